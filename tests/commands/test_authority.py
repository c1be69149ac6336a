"""The table of authority: every line of it, submitted by every kind of actor."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path
from types import new_class

import pytest

from commands.authority import ROLES, SYSTEM, role_of
from commands.bus.bus import Bus
from commands.command import Command, Handler
from commands.menu import MENU
from commands.proposable import PROPOSABLE
from ledger.actors import Actor, ActorKind
from ledger.events.event import Event
from ledger.ids import merchant_stream
from ledger.refusals.catalogue import RoleNotAllowed
from tests.commands.accounting.test_proposals import MADE, decided, propose
from tests.support import given as people
from tests.support.buses import open_desk
from tests.support.given import given

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
    """A command without data, asked for in place of one of the menu."""

    @property
    def stream(self) -> str:
        return merchant_stream("M-1")


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
    refused = {pair for pair, outcome in zip(pairs, outcomes, strict=True) if outcome.code == "ROLE_NOT_ALLOWED"}
    table = {(name, role) for name in COMMANDS for role in COMMANDS[name].authority.any | COMMANDS[name].authority.own}
    assert (allowed, refused) == (table, set(pairs) - table)


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
            handler.authority.expect(actor)


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
