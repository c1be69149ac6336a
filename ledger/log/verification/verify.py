"""Checks a whole log against itself: order, versions, entries, hashes, guards, and the rows of all other tables.

It streams the events, so memory grows with the number of merchants, not of events.
`ledger/log/verification/evidence.py` lists the proof of each column.
"""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass, field
from datetime import datetime

from ledger.events.event import Event
from ledger.events.periods import BookMarker
from ledger.fx import CNY
from ledger.ids import merchant_of
from ledger.journal.accounts import AVAILABLE, ON_HOLD, PAYABLE_NOW, is_merchant_account
from ledger.log.claims import OpenInCases
from ledger.log.migrations import newest_revision
from ledger.log.preimage import leaf_of
from ledger.log.reader import AccountRow, Reader
from ledger.log.rows import Recorded
from ledger.log.verification.finding import Finding, missing, unexpected
from ledger.log.verification.hashed_rows import (
    Head,
    directory_findings,
    head_findings,
    identity_findings,
    leaf_finding,
    outcome_findings,
    read_heads,
    unknown_book_findings,
)
from ledger.log.verification.schema import schema_findings

_BATCH = 1000
_MOST_BROKEN_STREAMS = 20
_EVENTS = "log.events"
# One statement: the guards as they are at the position of the head row.
_GUARDED = """
SELECT h.position, a.merchant_id, a.version, a.available, a.on_hold, a.in_transit, a.in_open_cases
FROM log.heads h LEFT JOIN log.accounts a ON a.book = h.book WHERE h.book = %s
"""
_REVISION = "SELECT version_num FROM log.alembic_version"


def verify_log(reader: Reader) -> Iterator[Finding]:
    """Yields every fault of the log, each book's in order of position. No finding means that the log is consistent.

    Rows that are recorded during the check are left for the next one.
    """
    heads = read_heads(reader)
    other_revision = list(revision_findings(reader))
    yield from other_revision or schema_findings(reader)
    yield from identity_findings(reader, len(heads))
    yield from head_findings(heads)
    yield from unknown_book_findings(reader, [head.book for head in heads])
    seen: dict[str, set[int]] = {}
    for head in heads:
        yield from verify_book(reader, head, seen)
    yield from directory_findings(reader, {head.book: head.takes_merchants for head in heads}, seen)


def revision_findings(reader: Reader) -> Iterator[Finding]:
    """Yields a finding if the schema is not at the newest revision of this code."""
    found = [str(revision) for (revision,) in reader.select(_REVISION)]
    if found != [newest_revision()]:
        yield Finding(
            "log.alembic_version", "its one row", "version_num", newest_revision(), ", ".join(found) or "none"
        )


def verify_book(reader: Reader, head: Head, seen: dict[str, set[int]]) -> Iterator[Finding]:
    """Yields the faults of one book up to its head row's position. Adds its merchants, with the book, to `seen`."""
    guarded = list(reader.select(_GUARDED, head.book))
    upto = max([head.position, *(row[0] for row in guarded)])  # the guards are read after the head and may be newer
    walk = _Walk(head.book)
    yield from _event_findings(reader, head, upto, walk)
    for merchant in walk.merchants:
        seen.setdefault(merchant, set()).add(head.book)
    for position, stream, version, place in reader.broken_streams(head.book, _MOST_BROKEN_STREAMS):
        yield Finding(_EVENTS, walk.key(position), "version", f"{place}, the next of {stream}", str(version))
    yield from walk.head_findings(head)
    if walk.position >= upto:
        kept = {row[1]: AccountRow(*row[2:]) for row in guarded if row[1] is not None}
        yield from _guard_findings(reader, walk, upto, kept)
    yield from outcome_findings(reader, head, seen)


def verify_rows(reader: Reader, book: int, first: int, last: int) -> Iterator[Finding]:
    """Yields the faults of the events of a book from one position to another, both included: their order, their hashes
    and their entries. Versions, guards and other tables take the whole book: `verify_book`."""
    walk = _Walk(book, first - 1)
    if first > 1:
        for row in reader.read(book, first - 2, 1):
            walk.pass_by(row, is_of_head=False)
            walk.command = (row.command_id, row.command_n)
    while walk.position < last:
        rows = reader.read(book, walk.position, min(_BATCH, last - walk.position))
        if not rows:
            yield missing(_EVENTS, walk.key(walk.position + 1), "an event")
            return
        for row in rows:
            yield from walk.findings_of(row)
            walk.pass_by(row, is_of_head=False)


def _guard_findings(reader: Reader, walk: _Walk, upto: int, kept: dict[str, AccountRow]) -> Iterator[Finding]:
    try:
        walk.claim(reader.open_in_cases(walk.book, upto))
    except Exception as error:  # changed events can raise anything; the rest is still checked
        reason = " ".join(str(error).split())[:200]
        yield Finding(_EVENTS, f"book {walk.book}", "payload", "open cases that can be folded", reason)
    yield from walk.guard_findings(kept)


def _event_findings(reader: Reader, head: Head, upto: int, walk: _Walk) -> Iterator[Finding]:
    while walk.position < upto:
        rows = reader.read(head.book, walk.position, min(_BATCH, upto - walk.position))
        rows = [row for row in rows if row.position <= upto]
        if not rows:
            yield Finding("log.heads", f"book {head.book}", "position", f"{walk.position}", f"{head.position}")
            yield missing(_EVENTS, walk.key(walk.position + 1), "an event")
            break
        for row in rows:
            yield from walk.findings_of(row)
            walk.pass_by(row, is_of_head=row.position <= head.position)
    for row in reader.read(head.book, upto, 1):  # unless it was recorded meanwhile: then the head has moved too
        if reader.heads()[head.book] == head.position:
            yield Finding("log.heads", f"book {head.book}", "position", f"{row.position} or more", f"{head.position}")
            yield unexpected(_EVENTS, walk.key(row.position), "an event behind the position of the head")


@dataclass(slots=True)
class _Walk:
    """The state that is carried from one row of a book to the next."""

    book: int
    position: int = 0
    recorded_at: datetime | None = None
    command: tuple[str, int] = ("", 0)
    moved: set[str] = field(default_factory=set)  # merchants whose guard the current command has raised
    guards: dict[str, list[int]] = field(default_factory=dict)
    merchants: set[str] = field(default_factory=set)
    marked: BookMarker | None = None  # the last marker of a period up to the head
    _event: Event | None = None

    def key(self, position: int) -> str:
        return f"book {self.book}, position {position}"

    def findings_of(self, row: Recorded) -> Iterator[Finding]:
        if row.position != self.position + 1:
            yield missing(_EVENTS, self.key(self.position + 1), "an event")
        for column, expected, found in self._faults_of(row):
            yield Finding(_EVENTS, self.key(row.position), column, expected, found)
        yield from leaf_finding(_EVENTS, self.key(row.position), leaf_of(row), row.leaf)

    def pass_by(self, row: Recorded, *, is_of_head: bool) -> None:
        """Takes over the row's values, against which later rows are checked."""
        self.position, self.recorded_at = row.position, row.recorded_at
        if merchant := merchant_of(row.stream):
            self.merchants.add(merchant)
        if is_of_head and isinstance(self._event, BookMarker):
            self.marked = self._event

    def _faults_of(self, row: Recorded) -> Iterator[tuple[str, str, str]]:
        if self.recorded_at and row.recorded_at < self.recorded_at:
            yield "recorded_at", f"{self.recorded_at} or later", f"{row.recorded_at}"
        yield from self._command_faults(row)
        try:
            self._event = row.event
        except (LookupError, ValueError) as error:
            self._event = None
            yield "payload", "an event that can be read", " ".join(str(error).split())[:200]
        yield from self._entry_faults(row)

    def _command_faults(self, row: Recorded) -> Iterator[tuple[str, str, str]]:
        command_id, n = self.command
        if row.command_id != command_id:
            n, self.moved = 0, set()
        if row.command_n != n + 1:
            yield "command_n", f"{n + 1}", f"{row.command_n}"
        self.command = (row.command_id, row.command_n)

    def _entry_faults(self, row: Recorded) -> Iterator[tuple[str, str, str]]:
        if row.entry is None:
            return
        try:
            lines = row.lines
            off = sum(line["base"] for line in lines)
            for line in lines:
                if is_merchant_account(line["account"]) and (line["currency"] != CNY or not line.get("merchant")):
                    yield "entry", f"CNY and a merchant on {line['account']}", f"{line['currency']}"
                elif line["account"] in PAYABLE_NOW:
                    self._move(line["merchant"], line["account"], -line["base"])
        except (ValueError, KeyError, TypeError) as error:
            yield "entry", "an entry that can be read", f"{type(error).__name__}: {error}"
            return
        if off:
            yield "entry", "a sum of 0 fen", f"{off} fen"

    def _move(self, merchant: str, account: str, amount: int) -> None:
        guard = self.guards.setdefault(merchant, [0, 0, 0, 0, 0])
        if merchant not in self.moved:
            self.moved.add(merchant)
            guard[0] += 1
        guard[1 if account == AVAILABLE.code else 2 if account == ON_HOLD.code else 3] += amount

    def claim(self, claims: dict[str, OpenInCases]) -> None:
        """Adds the open cases and disputes to the folded guards."""
        for merchant, claim in claims.items():
            if claim.versions or claim.fen:
                guard = self.guards.setdefault(merchant, [0, 0, 0, 0, 0])
                guard[0], guard[4] = guard[0] + claim.versions, guard[4] + claim.fen

    def head_findings(self, head: Head) -> Iterator[Finding]:
        """Yields a finding if the head's first open day is not that of the book's last period marker."""
        open_day = self.marked.first_open_day if self.marked else head.opening_day
        if open_day != head.first_open_day:
            yield Finding("log.heads", f"book {head.book}", "first_open_day", f"{open_day}", f"{head.first_open_day}")

    def guard_findings(self, kept: dict[str, AccountRow]) -> Iterator[Finding]:
        for merchant in sorted(kept.keys() | self.guards.keys()):
            key = f"book {self.book}, merchant {merchant}"
            folded, found = self.guards.get(merchant), kept.get(merchant)
            if found is None:
                yield missing("log.accounts", key, "a guard, which the events of the merchant have raised")
            elif folded is None:
                yield unexpected("log.accounts", key, "a guard that no event has raised")
            else:
                for column, wanted, is_there in zip(AccountRow._fields, folded, found, strict=True):
                    if wanted != is_there:
                        yield Finding("log.accounts", key, column, f"{wanted}", f"{is_there}")
