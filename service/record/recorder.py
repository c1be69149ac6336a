"""Recorder of lines: submits them to the bus in batches and counts every line."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Mapping, Sequence
from dataclasses import dataclass, field
from typing import Protocol

from commands.bus.outcome import Outcome, OutcomeStatus
from commands.command import Command, Handler
from ledger.actors import Actor
from service.record.lines import LIMIT_BYTES, Line
from service.record.parser import Malformed, command_in_body, imported_command
from service.record.refusals_file import RefusalsFile

BATCH = 500
_COUNTED: Mapping[OutcomeStatus, str] = {
    "recorded": "recorded",
    "nothing": "nothing",
    "refused": "refused",
    "fault": "failed",
}


class Submits(Protocol):
    """The part of the bus that a recorder needs."""

    def submit(self, commands: Sequence[Command]) -> list[Outcome]: ...


@dataclass(slots=True)
class Counts:
    """Counts of the input's lines. Every line is in exactly one of them."""

    recorded: int = 0
    repeated: int = 0  # answered by an earlier run or line, with any outcome
    nothing: int = 0  # the command had nothing to change
    refused: int = 0
    malformed: int = 0
    failed: int = 0  # by a defect of the program: the reference is in the log, and the line may be sent again

    @property
    def lines(self) -> int:
        return self.recorded + self.repeated + self.nothing + self.refused + self.malformed + self.failed


@dataclass(slots=True)
class Recorder:
    """Submits lines to a bus, as `actor`; without one, a line names its own, which must be an importer. After any
    interruption the same lines may be sent again: recorded commands are only repeated.

    `complain` is called at once for each malformed or failed line; `progress` after each batch with the bytes done.
    """

    bus: Submits
    menu: Mapping[str, Handler]
    refusals: RefusalsFile
    complain: Callable[[int, Malformed], None]
    progress: Callable[[int, Counts], None]
    actor: Actor | None = None
    counts: Counts = field(default_factory=Counts)

    def record(self, lines: Iterable[Line]) -> Counts:
        """Records all lines. Raises the exceptions of the bus if the database is lost."""
        batch: list[tuple[int, Command]] = []
        offset = 0
        for line in lines:
            offset = line.end_offset
            try:
                batch.append((line.number, self._read(line)))
            except Malformed as malformed:
                self._reject(line.number, malformed)
            if len(batch) == BATCH:
                self._submit(batch)
                batch = []
                self.progress(offset, self.counts)
        self._submit(batch)
        self.progress(offset, self.counts)
        return self.counts

    def _read(self, line: Line) -> Command:
        if line.too_long:
            raise Malformed("LINE_TOO_LONG", f"it is longer than {LIMIT_BYTES:,} bytes")
        try:
            if self.actor:
                return command_in_body(line.content, self.menu, actor=self.actor)
            return imported_command(line.content, self.menu)
        except Malformed as malformed:
            if malformed.code == "MALFORMED_JSON" and not line.whole:
                raise Malformed("TRUNCATED", "the input ends in the middle of this command") from None
            raise

    def _submit(self, batch: Sequence[tuple[int, Command]]) -> None:
        if not batch:
            return
        outcomes = self.bus.submit([command for _, command in batch])
        for (number, command), outcome in zip(batch, outcomes, strict=True):
            self._account(number, command, outcome)

    def _account(self, number: int, command: Command, outcome: Outcome) -> None:
        count = "repeated" if outcome.repeated else _COUNTED[outcome.status]
        setattr(self.counts, count, getattr(self.counts, count) + 1)
        if outcome.status == "fault":
            self.complain(number, Malformed(outcome.code, outcome.sentence, command=command.name, id=command.id))
        if not outcome.is_accepted:
            self.refusals.add(
                line=number,
                id=command.id,
                command=command.name,
                code=outcome.code,
                sentence=outcome.sentence,
                remedy=outcome.remedy,
                facts=outcome.facts,
                repeated=outcome.repeated,
            )

    def _reject(self, number: int, malformed: Malformed) -> None:
        self.counts.malformed += 1
        self.refusals.add(
            line=number,
            id=malformed.id,
            command=malformed.command,
            code=malformed.code,
            field=malformed.field,
            sentence=malformed.sentence,
        )
        self.complain(number, malformed)
