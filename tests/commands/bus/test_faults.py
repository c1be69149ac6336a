"""A command that raises anything but a refusal fails alone, wherever it raises."""

from __future__ import annotations

import json
import logging
from collections.abc import Callable, Iterator
from contextlib import closing
from pathlib import Path
from typing import Any, cast

import pytest

from commands.bus.bus import Bus
from commands.bus.decision import Decision, attempt_of
from commands.bus.outcome import Outcome
from commands.menu import MENU
from commands.merchants.set_express_refund import SetExpressRefund
from ledger.events.event import Event
from ledger.log.database_errors import READ_ONLY, DatabaseTrouble, DatabaseUnreachable
from ledger.log.rows import Attempt
from ledger.streams.merchants import Merchant
from tests.ledger.log.attempts import attempt, new_event
from tests.support.buses import Desk, open_desk, publish_programme

SECRET = "Alex Doe, 12 Elm Street"
BAD = "bad-1"
ATTEMPT_OF = "commands.bus.book_batch.attempt_of"


class Mistake(Exception):
    """A mistake of ours whose message quotes what was sent."""


@pytest.fixture
def desk(database_url: str, tmp_path: Path) -> Iterator[Desk]:
    with open_desk(database_url, tmp_path) as desk:
        publish_programme(desk)
        desk.expect("enrol_merchant", merchant_id="M-1")
        desk.expect("enrol_merchant", merchant_id="M-2")
        yield desk


def _raises() -> Any:
    raise Mistake(SECRET)


def _property(name: str) -> Callable[[pytest.MonkeyPatch, Desk], None]:
    """The command's own property raises."""

    def break_it(monkeypatch: pytest.MonkeyPatch, desk: Desk) -> None:  # noqa: ARG001
        whole = getattr(SetExpressRefund, name).fget
        monkeypatch.setattr(SetExpressRefund, name, property(lambda self: _raises() if self.id == BAD else whole(self)))

    return break_it


def _fingerprint(monkeypatch: pytest.MonkeyPatch, desk: Desk) -> None:  # noqa: ARG001
    whole = SetExpressRefund.fingerprint
    monkeypatch.setattr(SetExpressRefund, "fingerprint", lambda self: _raises() if self.id == BAD else whole(self))


def _further_reads(monkeypatch: pytest.MonkeyPatch, desk: Desk) -> None:  # noqa: ARG001
    monkeypatch.setattr(SetExpressRefund, "reads_of", lambda self, _: _raises() if self.id == BAD else ())


def _decision(monkeypatch: pytest.MonkeyPatch, desk: Desk) -> None:
    whole = MENU["set_express_refund"].decide
    deciders = cast(dict[Any, Any], desk.bus._context.deciders)
    monkeypatch.setitem(deciders, SetExpressRefund, lambda c, s, r: _raises() if c.id == BAD else whole(c, s, r))


def _loaded(monkeypatch: pytest.MonkeyPatch, desk: Desk) -> None:  # noqa: ARG001
    """Loads a stream whose `apply` raises after it has applied the event."""
    whole, raised = Merchant.apply, list[str]()

    def apply(self: Merchant, event: Event) -> None:
        whole(self, event)
        if "express" in event.name and not raised:
            raised.append(event.name)
            _raises()

    monkeypatch.setattr(Merchant, "apply", apply)


def _posting(monkeypatch: pytest.MonkeyPatch, desk: Desk) -> None:  # noqa: ARG001
    whole = Decision.come_to
    monkeypatch.setattr(
        Decision, "come_to", lambda self, events: _raises() if self.command.id == BAD else whole(self, events)
    )


def _shape(monkeypatch: pytest.MonkeyPatch, desk: Desk) -> None:  # noqa: ARG001
    """Sealing, canonical form and entry are made after everybody is decided."""
    monkeypatch.setattr(ATTEMPT_OF, lambda d, **with_: _raises() if d.command.id == BAD else attempt_of(d, **with_))


def _row(monkeypatch: pytest.MonkeyPatch, desk: Desk) -> None:  # noqa: ARG001
    """The database cannot hold a value of its row."""

    def unfit(decision: Decision, **with_: Any) -> Attempt:
        made = attempt_of(decision, **with_)
        if decision.command.id != BAD:
            return made
        return made._replace(events=tuple(event._replace(schema_version=2**40) for event in made.events))

    monkeypatch.setattr(ATTEMPT_OF, unfit)


PLACES = {
    "its stream": _property("stream"),
    "its reads": _property("reads"),
    "its further reads": _further_reads,
    "its fingerprint": _fingerprint,
    "its decision": _decision,
    "its entry": _posting,
    "what is remembered of it": _loaded,
    "its form in the log": _shape,
    "its row": _row,
}


@pytest.fixture(params=list(PLACES.values()), ids=list(PLACES))
def broken(request: pytest.FixtureRequest, monkeypatch: pytest.MonkeyPatch, desk: Desk) -> Desk:
    """A desk on which the command `BAD` raises at this place."""
    request.param(monkeypatch, desk)
    return desk


def _batch(desk: Desk) -> list[Outcome]:
    """Neighbours on the same stream before and behind it, the second of them decided on it; one of another merchant."""
    return desk.bus.submit(
        [
            desk.command("set_auto_export", id="before", merchant_id="M-1", enabled=True),
            desk.command("set_express_refund", id=BAD, merchant_id="M-1", enabled=True),
            desk.command("set_express_refund", id="on-it", merchant_id="M-1", enabled=True),
            desk.command("set_express_refund", id="behind", merchant_id="M-1", enabled=False),
            desk.command("set_auto_export", id="beside", merchant_id="M-2", enabled=True),
        ]
    )


def test_it_fails_and_its_neighbours_are_recorded_as_if_it_had_not_been_asked(broken: Desk) -> None:
    outcomes = _batch(broken)
    assert [outcome.status for outcome in outcomes] == ["recorded", "fault", "recorded", "recorded", "recorded"]
    assert (outcomes[1].code, outcomes[1].is_accepted) == ("FAULT", False)


def test_the_same_id_may_be_sent_again(broken: Desk, monkeypatch: pytest.MonkeyPatch) -> None:
    _batch(broken)
    monkeypatch.undo()
    again = broken.ask("set_express_refund", id=BAD, merchant_id="M-1", enabled=True)
    assert (again.status, again.repeated) == ("recorded", False)


def test_its_reference_stands_in_the_log_with_where_it_broke_and_nothing_of_what_was_sent(
    broken: Desk, caplog: pytest.LogCaptureFixture
) -> None:
    with caplog.at_level(logging.ERROR):
        fault = _batch(broken)[1]
    (line,) = [record.getMessage() for record in caplog.records]
    reported = json.loads(line)
    assert (reported["fault"], reported["command"], reported["id"]) == (fault.reference, "set_express_refund", BAD)
    assert fault.reference in fault.sentence
    assert "File " in reported["trace"][0]["at"]
    assert SECRET not in line
    assert "\n" not in line


def test_many_that_fail_on_one_stream_cost_their_neighbours_nothing(
    desk: Desk, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(ATTEMPT_OF, lambda d, **w: _raises() if d.command.id.startswith("bad") else attempt_of(d, **w))
    commands = [
        desk.command("set_express_refund", id=f"{'bad' if n % 2 else 'good'}-{n}", merchant_id="M-1", enabled=n % 4 > 1)
        for n in range(40)
    ]
    assert [outcome.status == "fault" for outcome in desk.bus.submit(commands)] == [bool(n % 2) for n in range(40)]


def test_a_stream_that_cannot_be_read_fails_its_own_commands_only(desk: Desk) -> None:
    book = desk.ledger.directory.book_of("M-1")
    version = len(desk.ledger.reader.read_stream(book, "merchant/M-1"))
    poison = attempt("merchant/M-1", version, events=[new_event("merchant/M-1", type="merchant.not_ours")])
    desk.ledger.append(book, [poison])
    with closing(Bus(desk.ledger, MENU, clock=desk.clock)) as bus:
        asked = [desk.command("set_auto_export", merchant_id=merchant, enabled=True) for merchant in ("M-1", "M-2")]
        assert [outcome.status for outcome in bus.submit(asked)] == ["fault", "recorded"]


@pytest.mark.parametrize("trouble", [DatabaseUnreachable("It is away."), DatabaseTrouble("read-only", kind=READ_ONLY)])
def test_a_database_in_trouble_is_nobodys_fault(
    desk: Desk, monkeypatch: pytest.MonkeyPatch, trouble: Exception
) -> None:
    def append(*_: Any) -> Any:
        raise trouble

    monkeypatch.setattr(desk.ledger, "append", append)
    with pytest.raises(type(trouble)):
        _batch(desk)
