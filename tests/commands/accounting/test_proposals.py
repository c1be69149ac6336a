"""Commands for two people: one proposes, another approves or rejects, and proposals are listed."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest
from pydantic import ValidationError

from commands.authority import TWO_PEOPLE
from commands.bus.book_batch import BookBatch
from commands.command import Handler
from commands.menu import MENU
from commands.proposable import PROPOSABLE
from commands.proposals.propose import Propose
from commands.rules import Rules
from commands.two_people import TwoPersonCommand
from ledger.actors import Actor
from ledger.events.event import Event
from ledger.events.parking import EffectParked, EffectUnparked, ItemParked, ItemUnparked
from ledger.events.proposals import ProposalApproved, ProposalMade, ProposalRejected
from ledger.ids import account_guard, payouts_stream
from ledger.refusals.catalogue import MakerIsChecker, RoleNotAllowed
from ledger.refusals.finance import NotParked, ProposalIdTaken, ProposalNotOpen, ProposalOutdated
from ledger.streams.payouts import Payouts
from service.record.parser import Malformed, parse_command
from tests.support.buses import Desk, open_desk, publish_programme
from tests.support.given import FINANCE, MERCHANT, When, ask, given

ANN = Actor(kind="platform", id="ann", role="finance")
STREAM = "parking/0"
EFFECT: dict[str, Any] = {"view": "exceptions", "book": 0, "position": 3}
ITEM: dict[str, Any] = {"loop": "releases", "book": 1, "item": "M-1/O-1"}


def propose(command: str = "park_effect", data: dict[str, Any] = EFFECT, *, by: Actor = FINANCE, **other: Any) -> Any:
    asked = {"proposal_id": "P-1", "reason": "nested_too_deeply", "command": command, "data": data}
    return ask(Propose, by=by, **asked | other)


def decided(name: str, *, by: Actor = ANN, stream: str = STREAM, proposal_id: str = "P-1") -> Any:
    return ask(MENU[name].command, by=by, in_stream=stream, proposal_id=proposal_id)


MADE: ProposalMade = given().when(propose()).event(ProposalMade)


def approved(made: ProposalMade, *before: Event, stream: str = STREAM) -> When:
    return given(*before, made).when(decided("approve_proposal", stream=stream))


def of(command: str, data: dict[str, Any], *before: Event) -> ProposalMade:
    made: ProposalMade = given(*before).when(propose(command, data)).event(ProposalMade)
    return made


def test_a_proposal_holds_the_command_and_nothing_else_happens() -> None:
    (made,) = given().when(propose()).then(ProposalMade).events
    assert isinstance(made, ProposalMade)
    assert (made.command, made.data, made.proposer) == ("park_effect", EFFECT, FINANCE)


def test_another_persons_approval_makes_the_commands_events_under_both_names() -> None:
    parked = approved(MADE).then(ProposalApproved, EffectParked).event(EffectParked)
    assert (parked.proposer, parked.approver, parked.reason) == ("fang", "ann", "nested_too_deeply")


def test_who_proposes_does_not_approve() -> None:
    given(MADE).when(decided("approve_proposal", by=FINANCE)).then_refused(MakerIsChecker, maker="fang")


@pytest.mark.parametrize("name", ["approve_proposal", "reject_proposal"])
def test_what_is_decided_is_not_decided_again(name: str) -> None:
    for events in (approved(MADE).events, given(MADE).when(decided("reject_proposal")).events):
        given(MADE, *events).when(decided(name)).then_refused(ProposalNotOpen)


@pytest.mark.parametrize("name", ["approve_proposal", "reject_proposal"])
def test_what_was_never_proposed_is_not_decided(name: str) -> None:
    given().when(decided(name)).then_refused(ProposalNotOpen, state="never made")


@pytest.mark.parametrize("by", [ANN, FINANCE])
def test_another_rejects_it_and_its_maker_takes_it_back(by: Actor) -> None:
    given(MADE).when(decided("reject_proposal", by=by)).then(ProposalRejected)


def test_a_proposal_has_an_id_of_its_own() -> None:
    given(MADE).when(propose()).then_refused(ProposalIdTaken)


def test_only_the_platform_proposes() -> None:
    given().when(propose(by=MERCHANT)).then_refused(RoleNotAllowed)


@pytest.mark.parametrize(
    ("command", "data", "says"),
    [
        ("close_everything", {}, "not a command that takes two people"),
        ("park_effect", EFFECT | {"position": 0}, "position: it should be 1 or more"),
        ("park_effect", EFFECT | {"actor": "x"}, "actor belongs to the proposal"),
        ("park_item", ITEM | {"item": "two words"}, "item: it should be a name .* not .two words"),
    ],
)
def test_what_could_never_be_approved_is_not_proposed(command: str, data: dict[str, Any], says: str) -> None:
    with pytest.raises(ValidationError, match=says):
        propose(command, data)


def test_what_would_be_refused_now_is_refused_when_it_is_proposed() -> None:
    given().when(propose("unpark_effect")).then_refused(NotParked)


def test_what_no_longer_holds_is_refused_when_it_is_approved() -> None:
    unpark = of("unpark_effect", EFFECT, EffectParked(**parked_effect())).model_copy(update={"proposal_id": "P-2"})
    given(unpark).when(decided("approve_proposal", proposal_id="P-2")).then_refused(NotParked)


def test_a_proposal_of_a_form_that_is_gone_is_refused_and_can_be_rejected() -> None:
    old = MADE.model_copy(update={"data": {"projection": "exceptions"}})
    given(old).when(decided("approve_proposal")).then_refused(ProposalOutdated, command="park_effect")
    given(old).when(decided("reject_proposal")).then(ProposalRejected)


def test_an_effect_is_unparked_by_two_people_too() -> None:
    parked = (MADE, *approved(MADE).events)
    unpark = of("unpark_effect", EFFECT, EffectParked(**parked_effect())).model_copy(update={"proposal_id": "P-2"})
    done = given(*parked, unpark).when(decided("approve_proposal", proposal_id="P-2"))
    done.then(ProposalApproved, EffectUnparked)


def parked_effect() -> dict[str, Any]:
    (_, parked) = approved(MADE).events
    return dict(parked)


def test_an_item_of_a_loop_is_parked_and_unparked() -> None:
    made = of("park_item", ITEM)
    parked = approved(made, stream="parking/1").then(ProposalApproved, ItemParked).event(ItemParked)
    unpark = of("unpark_item", ITEM, parked)
    approved(unpark, parked, stream="parking/1").then(ProposalApproved, ItemUnparked)


def test_what_takes_two_people_is_not_asked_for_by_one() -> None:
    with pytest.raises(Malformed, match="takes two people"):
        parse_command(b'{"command": "park_effect", "id": "1", "actor": {"kind": "platform", "id": "p"}}', MENU)


class TakeAll(TwoPersonCommand, name="test_take_all"):
    """Stands for a command that rests on a merchant's account."""

    merchant_id: str

    @property
    def stream(self) -> str:
        return payouts_stream(self.merchant_id)

    @property
    def reads(self) -> tuple[str, ...]:
        return (account_guard(self.merchant_id),)


def take_all(command: TakeAll, payouts: Payouts, rules: Rules) -> Iterator[Event]:  # noqa: ARG001
    assert not rules.account(command.merchant_id).available, "there is no money yet"
    yield from ()


@pytest.fixture
def desk(database_url: str, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Iterator[Desk]:
    monkeypatch.setitem(PROPOSABLE, "test_take_all", Handler(TakeAll, take_all, TWO_PEOPLE))
    with open_desk(database_url, tmp_path) as desk:
        publish_programme(desk)
        yield desk


def test_an_approval_rests_on_what_the_proposed_command_rests_on(desk: Desk) -> None:
    data = {"merchant_id": "M-1"}
    desk.expect("propose", command="test_take_all", data=data, proposal_id="P-1", reason="r")
    desk.expect("approve_proposal", actor=ANN, in_stream="payouts/M-1", proposal_id="P-1")


def test_an_approval_in_the_batch_of_its_proposal_rests_on_the_guard(desk: Desk) -> None:
    """The proposal stands in no stream yet when the batch is loaded."""
    data = {"merchant_id": "M-2"}
    proposed = desk.command("propose", command="test_take_all", data=data, proposal_id="P-1", reason="r")
    approved = desk.command("approve_proposal", actor=ANN, in_stream="payouts/M-2", proposal_id="P-1")
    done: list[tuple[str, ...]] = []
    original = BookBatch.record

    def record(round_: BookBatch) -> Any:
        done.extend(asked.rests_on for asked, _ in round_._decided)
        return original(round_)

    with pytest.MonkeyPatch.context() as patched:
        patched.setattr(BookBatch, "record", record)
        outcomes = desk.bus.submit([proposed, approved])
    assert [outcome.code or outcome.status for outcome in outcomes] == ["recorded", "recorded"]
    assert done[1] == ("payouts/M-2", account_guard("M-2"))


def test_proposal_and_effect_stand_in_one_append_of_the_book_they_are_about(desk: Desk) -> None:
    data = EFFECT | {"book": 2}
    made = desk.expect("propose", command="park_effect", data=data, proposal_id="P-1", reason="r")
    done = desk.expect("approve_proposal", actor=ANN, in_stream="parking/2", proposal_id="P-1")
    assert (made.book, done.book, done.last - done.first) == (2, 2, 1)
    rows = desk.ledger.reader.read(2, 0, 10)
    assert [row.type for row in rows] == ["proposal.made", "proposal.approved", "view_effect.parked"]
