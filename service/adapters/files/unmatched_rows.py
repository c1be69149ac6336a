"""The rows of a file that became unmatched items at its first import. They stay unmatched until matching is
requested.
"""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass, field

from commands.unmatched.mark_fact_matched import MarkFactMatched
from ledger.ids import PLATFORM_BOOK, derived_id, unmatched_stream
from ledger.streams.loader import load_each
from ledger.streams.reference_data import UnmatchedItem
from service.adapters.files.importer import IMPORTER, FileName, RawFile, accepted
from service.app import App


@dataclass(frozen=True, slots=True)
class Waiting:
    """The unmatched references of a file's first import; `matched` are those matched since."""

    noted: frozenset[str] = field(default_factory=frozenset)
    matched: frozenset[str] = field(default_factory=frozenset)

    def keeps(self, reference: str, *, match: bool) -> bool:
        """Returns True if the row keeps its first commands, even if its order is known now."""
        return reference in self.noted and (not match or reference in self.matched)

    def leaves(self, reference: str, *, match: bool) -> bool:
        """Returns True if the row is now reported to its order and leaves the unmatched items."""
        return reference in self.noted and not self.keeps(reference, match=match)


def waiting(app: App, file: RawFile, kind: str, system: str, references: Iterable[str]) -> Waiting:
    """Returns the unmatched references of the file; empty if the file is new."""
    if not accepted(app, file, kind).accepted:
        return Waiting()
    names = {unmatched_stream(system, reference): reference for reference in references}
    noted, matched = set(), set()
    for name, item in load_each(app.ledger.reader, dict.fromkeys(names, PLATFORM_BOOK), UnmatchedItem).items():
        if item.noted:
            noted.add(names[name])
        if item.is_matched:
            matched.add(names[name])
    return Waiting(frozenset(noted), frozenset(matched))


def out_of_the_unmatched_items(file: FileName, system: str, reference: str, streams: Iterable[str]) -> MarkFactMatched:
    """Returns the command that marks the fact as matched. Submit it after the reports to its orders."""
    return MarkFactMatched(
        id=derived_id("matched", file.digest[:24], reference),
        actor=IMPORTER,
        system=system,
        reference=reference,
        streams=tuple(streams),
    )
