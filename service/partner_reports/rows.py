"""Rows of a file with their commands, and the rows that became unmatched items at the file's first import."""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass, field

from commands.command import Command
from commands.unmatched.mark_fact_matched import MarkFactMatched
from ledger.actors import Actor
from ledger.ids import derived_id
from service.partner_facts.files import FileName

IMPORTER = Actor(kind="system", id="files", role="finance")


@dataclass(frozen=True, slots=True)
class Row:
    """One row and its commands. `leaves_unmatched`: it was unmatched since the first import and is matched now.
    `unread` is the error of a row that is only kept.
    """

    line: int
    commands: tuple[Command, ...]
    leaves_unmatched: bool = False
    unread: str = ""


@dataclass(frozen=True, slots=True)
class Waiting:
    """The unmatched references of a file's first import; `matched` are those matched since. With `match`, the others
    are matched now if their order is known.
    """

    noted: frozenset[str] = field(default_factory=frozenset)
    matched: frozenset[str] = field(default_factory=frozenset)
    match: bool = False

    def keeps(self, reference: str) -> bool:
        """Returns True if the row keeps its first commands, even if its order is known now."""
        return reference in self.noted and (not self.match or reference in self.matched)

    def leaves(self, reference: str) -> bool:
        """Returns True if the row is now reported to its order and leaves the unmatched items."""
        return reference in self.noted and not self.keeps(reference)


def out_of_the_unmatched_items(file: FileName, system: str, reference: str, streams: Iterable[str]) -> MarkFactMatched:
    """Returns the command that marks the fact as matched. Submit it after the reports to its orders."""
    return MarkFactMatched(
        id=derived_id("matched", file.digest[:24], reference),
        actor=IMPORTER,
        system=system,
        reference=reference,
        streams=tuple(streams),
    )
