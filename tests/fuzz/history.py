"""One random history: commands of the whole menu on a desk, what each came to, and the first one that raised."""

from __future__ import annotations

import traceback
from collections import Counter
from collections.abc import Iterator, Sequence
from dataclasses import dataclass, field
from datetime import datetime
from functools import cache
from pathlib import Path
from random import Random
from typing import Any, NamedTuple

from pydantic import ValidationError
from pydantic_core import from_json

from commands.bus.outcome import Outcome
from commands.command import Command
from commands.menu import MENU
from ledger.actors import Actor
from ledger.refusals.catalogue import REFUSALS
from tests.fuzz.facts import Facts
from tests.fuzz.plots import PLOT_OF
from tests.fuzz.script import Script, Step
from tests.fuzz.values import ENVELOPE, PEOPLE, Values
from tests.support.buses import Desk, publish_programme
from tests.support.given import BUYER, IMPORTER, MERCHANT, PARTNER, SYSTEM
from tests.support.sales import merchant_ready

_ROLES = ("platform_cs", "finance", "platform_ops", "admin")
_OUTSIDERS = (SYSTEM, MERCHANT, BUYER, PARTNER, IMPORTER)
_TRIES = 4  # of a command whose values its model does not take


class SubmittedTogether(NamedTuple):
    """Commands that were submitted together, and when."""

    at: datetime
    commands: tuple[Command, ...]


@dataclass(slots=True)
class Tally:
    """Counts of commands by name and outcome."""

    asked: Counter[str] = field(default_factory=Counter)
    recorded: Counter[str] = field(default_factory=Counter)
    nothing: Counter[str] = field(default_factory=Counter)
    refused: Counter[str] = field(default_factory=Counter)

    def count(self, name: str, outcome: Outcome) -> None:
        """One more of this command."""
        self.asked[name] += 1
        getattr(self, outcome.status)[name] += 1

    def table(self) -> str:
        """A line for each command of the menu, the one recorded least first."""
        names = sorted(MENU, key=lambda name: (self.recorded[name], name))
        rows = [
            f"{name:36} {self.asked[name]:8} {self.recorded[name]:9} {self.nothing[name]:8} {self.refused[name]:8}"
            for name in names
        ]
        return "\n".join((f"{'command':36} {'asked':>8} {'recorded':>9} {'nothing':>8} {'refused':>8}", *rows))


@cache
def unwritten(kind: type[Command]) -> set[str]:
    """The envelope, and personal values, which cannot be written in clear."""
    return {name for name, info in kind.model_fields.items() if "Sealed[" in str(info.annotation)} | ENVELOPE


class Raised(Exception):
    """A command came to no outcome; says what it came to instead."""


def ready(desk: Desk) -> None:
    """The programme in force, and two merchants that sell and can be paid."""
    publish_programme(desk)
    for merchant_id in ("M-1", "M-2"):
        merchant_ready(desk, merchant_id)


def submit(desk: Desk, asked: SubmittedTogether) -> list[Outcome]:
    """Returns the outcomes of the commands. Raises `Raised` for an outcome that is neither recorded, nothing to do nor
    refused.
    """
    desk.clock.now = asked.at
    try:
        outcomes = desk.bus.submit(asked.commands)
    except Exception as error:
        where = traceback.extract_tb(error.__traceback__)
        ours = [frame for frame in where if "/site-packages/" not in frame.filename]
        place = " < ".join(f"{Path(frame.filename).name} {frame.name}" for frame in reversed(ours[-4:]))
        raise Raised(f"{type(error).__name__} in {place}: {str(error)[:200]}") from error
    for command, outcome in zip(asked.commands, outcomes, strict=True):
        if outcome.status == "fault":  # the log says where
            raise Raised(f"{command.name} failed: {outcome.sentence}")
        assert not outcome.code or outcome.code in REFUSALS, f"{command.name} was refused for no known reason"
    return outcomes


class History:
    """Lives one history on a desk that is `ready`; `asked` is all of it, to be asked again elsewhere."""

    def __init__(self, desk: Desk, random: Random, tally: Tally, *, odd: float = 0.08) -> None:
        self.desk, self.random, self.tally = desk, random, tally
        self.facts, self.asked = Facts(), list[SubmittedTogether]()
        self.values = Values(random, self.facts, desk.clock, odd=odd)
        self._plots: list[Iterator[Step]] = []
        self._numbers = 0
        self._read = desk.ledger.reader.heads()
        ready(desk)
        self._learn_events()

    def live(self, commands: int) -> None:
        """Ask so many commands. Raises `Raised` at the first that comes to no outcome."""
        while sum(len(asked.commands) for asked in self.asked) < commands:
            drawn = [self._next() for _ in range(self.random.choice((1, 1, 1, 1, 3, 6)))]
            if batch := tuple(command for command in drawn if command):
                self._ask(SubmittedTogether(self.desk.clock.now, batch))

    def _ask(self, asked: SubmittedTogether) -> None:
        self.asked.append(asked)
        outcomes = submit(self.desk, asked)
        for command, outcome in zip(asked.commands, outcomes, strict=True):
            self.tally.count(command.name, outcome)
            self.facts.learn(command.stream, command.model_dump(mode="json", exclude=unwritten(type(command))))
        if any(outcome.status == "recorded" for outcome in outcomes):
            self._learn_events()

    def _learn_events(self) -> None:
        reader = self.desk.ledger.reader
        for book, head in reader.heads().items():
            if head > (read := self._read.get(book, 0)):
                for row in reader.read(book, read, head - read):
                    data = from_json(row.payload)
                    if row.type.startswith("break.opened") or row.type.endswith("break_opened"):
                        data["opened_break"] = {"in_stream": row.stream, "break_id": data["break_id"]}
                    self.facts.learn(row.stream, data)
                self._read[book] = head

    def _next(self) -> Command | None:
        """A step of a plot, a command asked again, or one of the menu's with whatever values."""
        self._time_passes()
        chance = self.random.random()
        if chance < 0.45:
            return self._of_a_plot()
        if chance < 0.52 and self.asked:
            return self._again()
        return self._any(self._wanted())

    def _time_passes(self) -> None:
        forward = self.random.choice((0.0, 0.0, 0.0, 0.001, 0.01, 0.3))
        self.desk.clock.forward(days=forward + (self.random.random() < 0.01) * 8)

    def _wanted(self) -> str:
        """The command recorded least of a few."""
        return min(self.random.sample(sorted(MENU), k=4), key=lambda name: self.tally.recorded[name])

    def _of_a_plot(self) -> Command | None:
        if len(self._plots) < 3:
            name = min(self.random.sample(sorted(PLOT_OF), k=6), key=lambda name: self.tally.recorded[name])
            script = Script(
                self.random, self.values, self.desk.clock, self.desk.ledger.reader.heads, self.tally.recorded
            )
            self._plots.append(PLOT_OF[name](script))
        plot = self.random.choice(self._plots)
        step = next(plot, None)
        if step is None:
            self._plots.remove(plot)
            return None
        self.desk.clock.forward(days=step.days)
        return self._made(step.name, step.data, step.by)

    def _again(self) -> Command:
        """A command that was asked before: the same, or the same under another id."""
        command = self.random.choice(self.random.choice(self.asked[-60:]).commands)
        return self.random.choice((command, command.model_copy(update={"id": self._id()})))

    def _any(self, name: str) -> Command | None:
        kind = MENU[name].command
        about = self.facts.about(self.random, set(kind.model_fields))
        for _ in range(_TRIES):
            data = self.values.model(kind, about, leave=ENVELOPE)
            if command := self._made(name, data, self._actor(), at=self._occurred_at(kind)):
                return command
        return None

    def _made(self, name: str, data: dict[str, Any], actor: Actor, at: datetime | None = None) -> Command | None:
        """The command; None where its model does not take these values, as at every entrance."""
        envelope = {"id": self._id(), "actor": actor, "occurred_at": at}
        try:
            return MENU[name].command.model_validate(envelope | data)
        except ValidationError:
            return None

    def _id(self) -> str:
        self._numbers += 1
        return f"f{self._numbers}"

    def _actor(self) -> Actor:
        if self.random.random() < 0.3:
            return self.random.choice(_OUTSIDERS)
        return Actor(kind="platform", id=self.random.choice(PEOPLE), role=self.random.choice(_ROLES))

    def _occurred_at(self, kind: type[Command]) -> datetime | None:
        if self.random.random() < (0.6 if kind.reports_a_fact else 0.95):
            return None
        return self.values.instant(odd=self.random.random() < self.values.odd)


def asked_again(desk: Desk, asked: Sequence[SubmittedTogether]) -> None:
    """Ask a history's commands on a new desk. Raises `Raised`."""
    ready(desk)
    for each in asked:
        submit(desk, each)


START = datetime.fromisoformat("2025-04-01T08:00:00Z")
