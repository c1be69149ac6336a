"""Small projections for tests of the engine."""

from __future__ import annotations

from threading import Event as Signal

from pydantic_core import from_json
from sqlalchemy import Column, Integer, Text

from projections.engine.batch import Batch
from projections.engine.projection import Projection
from projections.engine.tables import ViewTable, appended_table, kept_table


def tally_table(name: str) -> ViewTable:
    return kept_table(
        name, Column("word", Text(collation="C"), primary_key=True), Column("seen", Integer, nullable=False)
    )


TALLY = tally_table("tally")
SEEN = appended_table("seen", Column("stream", Text(collation="C")), Column("seen", Integer, nullable=False))
STRICT_TALLY = tally_table("strict_tally")


class Tally(Projection):
    """Counts the `word` of each event; `forget` in its place deletes that word's row."""

    name = "tally"
    version = 1
    tables = (TALLY, SEEN)

    def fold(self, batch: Batch) -> None:
        rows = batch.rows(TALLY)
        for recorded in batch.events:
            payload = from_json(recorded.payload)
            if "forget" in payload:
                rows.delete(payload["forget"], at=recorded.position)
            if "word" not in payload:
                continue
            row = rows.get(payload["word"]) or {"word": payload["word"], "seen": 0}
            row["seen"] += 1
            rows.put(row, at=recorded.position)
            batch.lines(SEEN).append((batch.book, recorded.position, recorded.stream, row["seen"]))


class Strict(Projection):
    """Counts like `Tally`, and cannot apply the word `poison` unless it is cured."""

    name = "picky"
    version = 1
    tables = (STRICT_TALLY,)

    def __init__(self, *, cured: bool = False) -> None:
        self.cured = cured

    def fold(self, batch: Batch) -> None:
        rows = batch.rows(STRICT_TALLY)
        for recorded in batch.events:
            word = from_json(recorded.payload).get("word")
            if word is None:
                continue
            if word == "poison" and not self.cured:
                raise ValueError("poison is no word")
            row = rows.get(word) or {"word": word, "seen": 0}
            row["seen"] += 1
            rows.put(row, at=recorded.position)


class Gated(Tally):
    """A `Tally` that waits inside its fold until the gate is open."""

    def __init__(self) -> None:
        self.reached, self.gate = Signal(), Signal()

    def fold(self, batch: Batch) -> None:
        self.reached.set()
        assert self.gate.wait(30), "nobody opened the gate"
        super().fold(batch)


class Restated(Tally):
    """The same view with other figures: what a changed fold under an unchanged version looks like."""

    def fold(self, batch: Batch) -> None:
        rows = batch.rows(TALLY)
        for recorded in batch.events:
            rows.put({"word": from_json(recorded.payload)["word"], "seen": -1}, at=recorded.position)


class TallyInAnotherShape(Tally):
    """The next version."""

    version = 2


class TallyWithOtherWords(Tally):
    """The same rows by changed code."""

    def fold(self, batch: Batch) -> None:
        super().fold(batch)
