"""The rows of a file that became unmatched items at its first import. They stay unmatched until matching is
requested.
"""

from __future__ import annotations

from collections.abc import Iterable

from ledger.ids import PLATFORM_BOOK, unmatched_stream
from ledger.streams.loader import load_each
from ledger.streams.reference_data import UnmatchedItem
from service.app import App
from service.intake.files import accepted
from service.partner_facts.files import RawFile
from service.partner_reports.rows import Waiting


def waiting(app: App, file: RawFile, kind: str, system: str, references: Iterable[str], *, match: bool) -> Waiting:
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
    return Waiting(frozenset(noted), frozenset(matched), match)
