"""Missing lines, items of ours that no report or statement has shown, and their list in parts."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Iterator
from dataclasses import dataclass
from datetime import date
from operator import attrgetter
from typing import Any, NamedTuple

from commands.contradictions import break_id_of
from commands.reconciliation.flag_missing_line import FlagMissingLine, MissingKind
from ledger.actors import Actor
from ledger.ids import command_id
from projections.keyset import Chunk, Key

PLACE: Callable[[Any], tuple[date, str, str, str]] = attrgetter("since", "kind", "stream", "break_id")
_LAST = "\U0010ffff"  # after every stream


@dataclass(frozen=True, slots=True)
class MissingLine:
    """An item of ours that no report or statement has shown, or with another amount."""

    kind: MissingKind
    stream: str
    merchant: str
    currency: str
    since: date
    refs: dict[str, str]
    expected: str
    actual: str = "nothing"

    @property
    def break_id(self) -> str:
        return break_id_of(self.kind, self.refs)

    @property
    def reference(self) -> str:
        return " ".join(self.refs[name] for name in ("psp", "partner", "reference") if name in self.refs)

    def flag(self, actor: Actor) -> FlagMissingLine:
        """Returns the command that flags the item as a break. Every caller makes the same command."""
        return FlagMissingLine(
            id=command_id("missing", self.stream, self.break_id),
            actor=actor,
            in_stream=self.stream,
            kind=self.kind,
            expected=self.expected,
            actual=self.actual,
            refs=self.refs,
            since=self.since,
        )


Read = Callable[[Chunk], Iterable[MissingLine]]


class Part(NamedTuple):
    """A part of the list of differences: at most `limit` after the key `after`."""

    limit: int | None
    after: Key | None

    def chunks(self, kind: MissingKind, read: Read) -> Iterator[list[MissingLine]]:
        """Yields the lines of one kind after the key, in order, as many at a time as the part has rows.

        Reads by day and stream, since the id of a break is in no table: all lines of a stream's day are in one chunk.
        """
        chunk = self._start(kind)
        while lines := sorted(read(chunk), key=PLACE):
            yield [line for line in lines if self.after is None or PLACE(line) > self.after]
            if self.limit is None:
                return
            chunk = Chunk(self.limit, (lines[-1].since, lines[-1].stream))

    def _start(self, kind: MissingKind) -> Chunk:
        if self.after is None:
            return Chunk(self.limit)
        since, of_kind, stream, _ = self.after
        if kind == of_kind:
            return Chunk(self.limit, (since, stream), included=True)
        return Chunk(self.limit, (since, "" if kind > str(of_kind) else _LAST))


def whole(find: Callable[[], Iterable[MissingLine]]) -> Read:
    """Returns a reader of chunks for a short list that `find` computes as a whole. Each chunk has all lines after its
    key."""

    def read(chunk: Chunk) -> Iterator[MissingLine]:
        for line in find():
            place = (line.since, line.stream)
            if chunk.after is None or place > chunk.after or (chunk.included and place == chunk.after):
                yield line

    return read
