"""A part of a view: the rows of some books, for an answer without the books whose server is lost."""

from __future__ import annotations

from collections.abc import Collection
from dataclasses import dataclass

from ledger.log.lost_books import within
from projections.engine.generations import Generation
from projections.engine.tables import ViewTable


@dataclass(frozen=True, slots=True)
class PartOfGeneration(Generation):
    """A generation whose tables show the rows of these books alone, so that no statement comes to another book."""

    whole: Generation
    books: Collection[int]

    def stored_name(self, table: ViewTable) -> str:
        """Returns a subquery. It stands in a statement where the name of the table stands."""
        return f"(SELECT * FROM {self.whole.stored_name(table)} WHERE {within(self.books)})"

    @property
    def each_book(self) -> str:
        return self.whole.each_book


def part_of(whole: Generation, books: Collection[int]) -> Generation:
    """Returns the generation with the rows of these books alone."""
    named = (whole.projection, whole.version, whole.number, whole.fingerprint)
    return PartOfGeneration(*named, whole, books)
