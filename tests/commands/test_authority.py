"""The table of authority: every line of it, submitted by every kind of actor."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from itertools import product
from pathlib import Path
from types import new_class
from typing import cast

import pytest

from commands.authority import ROLES, SYSTEM, role_of
from commands.bus.bus import Bus
from commands.command import Command, Handler
from commands.menu import MENU
from commands.merchants.enrol_merchant import EnrolMerchant
from commands.merchants.set_auto_export import SetAutoExport
from commands.orders.place_order import PlaceOrder
from commands.proposable import PROPOSABLE
from commands.rules import Rules
from ledger.actors import Actor, ActorKind
from ledger.events.event import Event
from ledger.events.merchants import MerchantEnrolmentRequested
from ledger.ids import order_stream
from ledger.refusals.catalogue import Refusal, RoleNotAllowed, ScopeNotAllowed
from tests.commands.accounting.test_proposals import MADE, decided, propose
from tests.support import given as people
from tests.support.buses import open_desk
from tests.support.given import ask, given, stream_of
from tests.support.orders import ENROLLED
from tests.support.parcels import PLACED
from tests.support.sales import order_data

TABLE = Path(__file__).with_name("authority.txt")
COMMANDS = MENU | PROPOSABLE
ACTORS = {
    "admin": Actor(kind="platform", id="ada", role="admin"),
    "finance": people.FINANCE,
    "support": people.PLATFORM,
    "auditor": Actor(kind="platform", id="audrey", role="auditor"),
    "platform": Actor(kind="platform", id="jo"),
    "service": people.PARTNER,
    "merchant": people.MERCHANT,
    "buyer": people.BUYER,
    "system": people.SYSTEM,
    "importer": people.IMPORTER,
}


class StandIn(Command):
    """A command about an order of merchant M-1 and buyer B-1, asked for in place of one of the menu."""

    @property
    def stream(self) -> str:
        return order_stream("M-1", "O-1")

    @property
    def buyer(self) -> str | None:
        return "B-1"


class UnderWay(StandIn):
    """A command about an order that exists, or does not; it does not name the buyer."""

    merchant_id: str

    @property
    def stream(self) -> str:
        return order_stream(self.merchant_id, "O-1")

    @property
    def buyer(self) -> None:
        return None


OTHERS = PLACED.model_copy(update={"buyer_ref": "B-2"})
THINGS = {
    "own": ("M-1", [PLACED]),
    "another merchant's": ("M-2", [PLACED]),
    "another buyer's": ("M-1", [OTHERS]),
    "another's in both": ("M-2", [OTHERS]),
    "an unplaced order": ("M-1", []),
    "another's unplaced order": ("M-2", []),
}
OWN = {
    "merchant": {"own", "another buyer's", "an unplaced order"},
    "buyer": {"own", "another merchant's"},
}


class OnAccount(StandIn):
    """A command on an access account."""

    account_id: str

    @property
    def access_account(self) -> str:
        return self.account_id


def _nothing(*_: object) -> Iterator[Event]:
    yield from ()


def _line(name: str, handler: Handler) -> str:
    who = handler.authority
    parts = [f"any {' '.join(role for role in ROLES if role in who.any)}"]
    parts += [f"own {' '.join(role for role in ROLES if role in who.own)}"] if who.own else []
    return f"{name}: {'; '.join([*parts, *(['two people'] if who.two_people else [])])}\n"


def test_the_table_is_the_one_that_was_agreed() -> None:
    printed = "".join(_line(name, handler) for name, handler in COMMANDS.items())
    assert printed == TABLE.read_text(encoding="utf-8"), f"the table is now:\n{printed}"


def test_the_bus_asks_the_table_for_every_command_and_every_kind_of_actor(database_url: str, tmp_path: Path) -> None:
    kinds = {name: new_class(name, (StandIn,), {"name": name}) for name in COMMANDS}
    menu = {name: Handler(kinds[name], _nothing, handler.authority) for name, handler in COMMANDS.items()}
    pairs = [(name, role) for name in COMMANDS for role in ACTORS]
    with open_desk(database_url, tmp_path) as desk:
        bus = Bus(desk.ledger, menu, clock=desk.clock)
        asked = [kinds[name](id=f"c{n}", actor=ACTORS[role]) for n, (name, role) in enumerate(pairs)]
        outcomes = bus.submit(asked)
        bus.close()
    allowed = {pair for pair, outcome in zip(pairs, outcomes, strict=True) if outcome.status == "nothing"}
    codes = {"ROLE_NOT_ALLOWED", "SCOPE_NOT_ALLOWED"}
    refused = {pair for pair, outcome in zip(pairs, outcomes, strict=True) if outcome.code in codes}
    table = {
        (name, role)
        for name, handler in COMMANDS.items()
        for role in handler.authority.any | (handler.authority.own & OWN.keys())
    }
    assert (allowed, refused) == (table, set(pairs) - table)


@pytest.mark.parametrize("name", COMMANDS)
def test_a_role_submits_about_its_own_exactly_as_the_table_says(name: str) -> None:
    """Role × command × whose it is."""
    kind, authority = new_class(name, (UnderWay,), {"name": name}), COMMANDS[name].authority
    handler = Handler(kind, _nothing, authority)
    for (role, actor), (whose, (merchant_id, events)) in product(ACTORS.items(), THINGS.items()):
        command = kind(id="c-1", actor=actor, merchant_id=merchant_id)
        allowed = role in authority.any or (role in authority.own and whose in OWN.get(role, set()))
        expected = "" if allowed else "SCOPE_NOT_ALLOWED" if role in authority.own else "ROLE_NOT_ALLOWED"
        assert _answer(handler, command, events) == expected, f"{name} by {role} about {whose}"


@pytest.mark.parametrize("name", COMMANDS)
def test_on_an_access_account_its_own_is_the_account_of_the_actor(name: str) -> None:
    kind, authority = new_class(name, (OnAccount,), {"name": name}), COMMANDS[name].authority
    handler = Handler(kind, _nothing, authority)
    for role, actor in ACTORS.items():
        for account, own in ((actor.id, True), (actor.acts_for if actor.scope else "other", False)):
            allowed = role in authority.any or (role in authority.own and own)
            expected = "" if allowed else "SCOPE_NOT_ALLOWED" if role in authority.own else "ROLE_NOT_ALLOWED"
            assert _answer(handler, kind(id="c-1", actor=actor, account_id=account), ()) == expected, (
                f"{name} by {role}"
            )


def _answer(handler: Handler, command: Command, events: Sequence[Event]) -> str:
    try:
        list(handler.decide_if_allowed(command, stream_of(command.stream, events), cast("Rules", None)))
    except Refusal as refusal:
        return refusal.code
    return ""


def test_without_a_scope_an_actor_acts_for_the_merchant_of_its_id() -> None:
    enrolled = ask(EnrolMerchant, by=Actor(kind="merchant", id="M-1"), merchant_id="M-1")
    given().when(enrolled).then(MerchantEnrolmentRequested)


def test_another_merchant_is_refused_alike_if_it_exists_and_if_not() -> None:
    switched = ask(SetAutoExport, by=people.MERCHANT, merchant_id="M-2", enabled=True)
    for events in ((), (ENROLLED,)):
        given(*events).when(switched).then_refused(ScopeNotAllowed, role="merchant", scope="M-1")


def test_nobody_places_an_order_for_another_buyer() -> None:
    order = ask(PlaceOrder, by=people.BUYER, **order_data() | {"buyer_ref": "B-2"})
    given().when(order).then_refused(ScopeNotAllowed, role="buyer", scope="B-1")


def test_an_order_that_was_placed_keeps_its_buyer() -> None:
    again = ask(PlaceOrder, by=people.BUYER, **order_data())
    given(OTHERS).when(again).then_refused(ScopeNotAllowed, role="buyer", scope="B-1")


def test_every_role_has_an_actor_in_this_walk() -> None:
    assert [role_of(actor) for actor in ACTORS.values()] == list(ROLES)


def test_an_auditor_asks_for_no_command() -> None:
    assert [name for name, handler in COMMANDS.items() if "auditor" in handler.authority.any] == []


def test_two_people_are_needed_exactly_for_what_can_be_proposed() -> None:
    assert {name for name, handler in COMMANDS.items() if handler.authority.two_people} == PROPOSABLE.keys()


@pytest.mark.parametrize("role", ["janitor", "merchant", "buyer", "system", "importer", "service", "j" * 4000])
def test_a_person_of_the_platform_with_an_unknown_role_submits_nothing(role: str) -> None:
    actor = Actor(kind="platform", id="jo", role=role)
    for handler in COMMANDS.values():
        with pytest.raises(RoleNotAllowed):
            handler.authority.expect(actor, merchant="M-1", buyer="B-1")


@pytest.mark.parametrize("name", COMMANDS)
def test_a_person_without_a_role_submits_what_every_person_of_the_platform_may(name: str) -> None:
    authority = COMMANDS[name].authority
    assert ("platform" in authority.any) == ({"admin", "finance", "support"} <= authority.any)


@pytest.mark.parametrize("kind", ["merchant", "buyer", "partner", "system", "importer"])
def test_only_a_person_of_the_platform_is_judged_by_the_role_that_the_actor_names(kind: ActorKind) -> None:
    assert role_of(Actor(kind=kind, id="x", role="admin")) == role_of(Actor(kind=kind, id="x"))


def test_customer_service_is_support_by_both_of_its_names() -> None:
    assert role_of(Actor(kind="platform", id="cs", role="platform_cs")) == "support"


def _only_for_systems(monkeypatch: pytest.MonkeyPatch) -> None:
    line = PROPOSABLE[MADE.command]
    monkeypatch.setitem(PROPOSABLE, MADE.command, Handler(line.command, line.decide, SYSTEM))


def test_who_proposes_needs_a_role_of_the_proposed_command(monkeypatch: pytest.MonkeyPatch) -> None:
    _only_for_systems(monkeypatch)
    given().when(propose()).then_refused(RoleNotAllowed, role="finance", needed="system")


def test_who_approves_needs_a_role_of_the_proposed_command(monkeypatch: pytest.MonkeyPatch) -> None:
    _only_for_systems(monkeypatch)
    given(MADE).when(decided("approve_proposal")).then_refused(RoleNotAllowed, role="finance", needed="system")
