"""A bus over a real ledger for tests: a clock that tests move, the programme's defaults published, rates recorded."""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager
from datetime import UTC, date, datetime, timedelta
from pathlib import Path
from typing import Any

from commands.bus.bus import Bus
from commands.bus.outcome import Outcome
from commands.command import Command
from commands.menu import MENU
from commands.proposable import PROPOSABLE
from ledger.actors import Actor
from ledger.keys import FileKeyStore
from ledger.ledger import Ledger
from ledger.policies.defaults import default_policies
from tests.support.given import patient

IMPORTER = Actor(kind="importer", id="tests", role="importer")
PLATFORM = Actor(kind="platform", id="pat", role="platform_ops")
PROPOSER = Actor(kind="platform", id="pan", role="finance")
LONG_AGO = datetime(2025, 3, 10, tzinfo=UTC)


class Clock:
    """Says what tests make it say."""

    def __init__(self, now: datetime) -> None:
        self.now = now

    def __call__(self) -> datetime:
        return self.now

    def forward(self, **by: float) -> None:
        self.now += timedelta(**by)


class Desk:
    """A bus with its ledger and clock, and short ways to ask."""

    def __init__(self, ledger: Ledger, clock: Clock) -> None:
        self.ledger, self.clock = ledger, clock
        self.bus = Bus(ledger, MENU, clock=clock)
        self._numbers = iter(range(1, 1_000_000))

    def ask(
        self, name: str, *, actor: Actor = PLATFORM, id: str = "", at: datetime | None = None, **data: Any
    ) -> Outcome:
        """One command, by its name and data as they come from outside; what takes two people is proposed first."""
        if name in PROPOSABLE:
            return self.by_two(name, approver=actor, at=at, **data)
        return self.bus.submit([self.command(name, actor=actor, id=id, at=at, **data)])[0]

    def by_two(
        self,
        name: str,
        *,
        proposer: Actor = PROPOSER,
        approver: Actor,
        reason: str = "asked",
        at: datetime | None = None,
        **data: Any,
    ) -> Outcome:
        """The approval of a proposal; the proposal's own outcome where that was refused. An importer does both."""
        number = f"P{next(self._numbers)}"
        maker = approver if approver.is_importer else proposer
        proposal: dict[str, Any] = {"proposal_id": number, "command": name, "data": data, "reason": reason}
        made = self.ask("propose", actor=maker, at=at, **proposal)
        if made.status != "recorded":
            return made
        stream = self.ledger.reader.read(made.book, made.last - 1, 1)[0].stream
        return self.ask("approve_proposal", actor=approver, at=at, in_stream=stream, proposal_id=number)

    def command(
        self, name: str, *, actor: Actor = PLATFORM, id: str = "", at: datetime | None = None, **data: Any
    ) -> Command:
        """The command, validated; it gets an id of its own where none is named."""
        envelope = {"id": id or f"c{next(self._numbers)}", "actor": actor, "occurred_at": at}
        return MENU[name].command.model_validate(envelope | data)

    def expect(self, name: str, **asked: Any) -> Outcome:
        """One command that must be recorded."""
        outcome = self.ask(name, **asked)
        assert outcome.status == "recorded", f"{name}: {outcome.status} {outcome.code} {outcome.sentence}"
        return outcome


@contextmanager
def open_desk(
    url: str, folder: Path, *, now: datetime = datetime(2025, 4, 1, 8, tzinfo=UTC), demonstration: bool = False
) -> Iterator[Desk]:
    """A desk on this database, its key file in `folder`."""
    keys = FileKeyStore(folder / "keys")
    with Ledger.open(url, keys=keys, demonstration=demonstration) as ledger:
        desk = Desk(ledger, Clock(now))
        yield desk
        desk.bus.close()


def publish_programme(desk: Desk, *, day: date = date(2025, 3, 10)) -> None:
    """The default policies from the programme's start, and a book and a reference rate for each market that serve for
    long."""
    commands = []
    for default in default_policies():
        content = patient(default.policy).model_dump(mode="json")
        about: dict[str, Any] = {"key": default.key, "content": content, "effective_from": LONG_AGO}
        commands.append(desk.command("adopt_policy", actor=IMPORTER, at=LONG_AGO, **about))
    for pair, rate in (("USD/CNY", "7.1800"), ("HKD/CNY", "0.9200")):
        for kind, value in (("book", rate), ("reference", "7.2000" if pair == "USD/CNY" else rate)):
            commands.append(
                desk.command(
                    "record_fx_rate",
                    actor=IMPORTER,
                    at=LONG_AGO,
                    pair=pair,
                    rate=value,
                    kind=kind,
                    provider="test",
                    as_of=day,
                )
            )
    for command, outcome in zip(commands, desk.bus.submit(commands), strict=True):
        assert outcome.status == "recorded", f"{command.name}: {outcome.code} {outcome.sentence}"


def enrol(desk: Desk, merchant_id: str) -> None:
    """A merchant that may sell and be paid."""
    desk.expect("enrol_merchant", merchant_id=merchant_id)
