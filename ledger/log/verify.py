"""Checks a whole log against itself: order, versions, entries, hashes, guards. Streams it; memory stays flat."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass, field
from datetime import datetime

from ledger.fx import CNY
from ledger.journal.accounts import AVAILABLE, ON_HOLD, PAYABLE_NOW, is_merchant_account
from ledger.log.claims import OpenInCases
from ledger.log.preimage import leaf_of
from ledger.log.reading import AccountRow, Reader
from ledger.log.rows import Recorded

_BATCH = 1000
_MOST_BROKEN_STREAMS = 20


@dataclass(frozen=True, slots=True)
class Finding:
    """Something that does not hold, and where: the position is 0 where it is the book's as a whole."""

    book: int
    position: int
    what: str


def verify_log(reader: Reader) -> Iterator[Finding]:
    """Every fault of every book, each book's in order of position. Nothing found: the log holds together.

    What is recorded while it runs is left for the next time.
    """
    for book, head in reader.heads().items():
        yield from verify_book(reader, book, head)


def verify_book(reader: Reader, book: int, head: int) -> Iterator[Finding]:
    """The faults of one book up to the position its head had."""
    walk = _Walk(book)
    while walk.position < head:
        rows = reader.read(book, walk.position, min(_BATCH, head - walk.position))
        if not rows:
            yield Finding(book, walk.position + 1, f"the head says {head}, and nothing follows")
            break
        for row in rows:
            if row.position > head:
                break
            yield from (Finding(book, row.position, what) for what in walk.faults_of(row))
            walk.position = row.position
    for row in reader.read(book, head, 1):  # recorded meanwhile, in which case the head has moved with it
        if reader.heads()[book] == head:
            yield Finding(book, row.position, f"it stands behind the head, which says {head}")
    for position, stream in reader.broken_streams(book, _MOST_BROKEN_STREAMS):
        yield Finding(book, position, f"its version does not follow the one before it in {stream}")
    if reader.heads()[book] == head:  # else the guards are further than this walk
        walk.claim(reader.open_in_cases(book))
        yield from (Finding(book, 0, what) for what in walk.guard_faults(reader.all_accounts(book)))


@dataclass(slots=True)
class _Walk:
    """What is carried from one row of a book to the next."""

    book: int
    position: int = 0
    recorded_at: datetime | None = None
    command: tuple[str, int] = ("", 0)
    moved: set[str] = field(default_factory=set)  # merchants whose guard the current command has raised
    guards: dict[str, list[int]] = field(default_factory=dict)

    def faults_of(self, row: Recorded) -> Iterator[str]:
        if row.position != self.position + 1:
            yield f"position {self.position + 1} is missing before it"
        if self.recorded_at and row.recorded_at < self.recorded_at:
            yield "it was recorded before the one before it"
        self.recorded_at = row.recorded_at
        yield from self._command_faults(row)
        if leaf_of(row) != row.leaf:
            yield "its hash is not that of its fields"
        yield from _payload_faults(row)
        yield from self._entry_faults(row)

    def _command_faults(self, row: Recorded) -> Iterator[str]:
        command_id, n = self.command
        if row.command_id != command_id:
            n, self.moved = 0, set()
        if row.command_n != n + 1:
            yield f"it is event {row.command_n} of its command, not {n + 1}"
        self.command = (row.command_id, row.command_n)

    def _entry_faults(self, row: Recorded) -> Iterator[str]:
        if row.entry is None:
            return
        try:
            lines = row.lines
            off = sum(line["base"] for line in lines)
            for line in lines:
                if is_merchant_account(line["account"]) and (line["currency"] != CNY or not line.get("merchant")):
                    yield f"its entry has a line on {line['account']} that is not CNY or names no merchant"
                elif line["account"] in PAYABLE_NOW:
                    self._move(line["merchant"], line["account"], -line["base"])
        except (ValueError, KeyError, TypeError):
            yield "its entry cannot be read"
            return
        if off:
            yield f"its entry is off by {off} fen"

    def _move(self, merchant: str, account: str, amount: int) -> None:
        guard = self.guards.setdefault(merchant, [0, 0, 0, 0, 0])
        if merchant not in self.moved:
            self.moved.add(merchant)
            guard[0] += 1
        guard[1 if account == AVAILABLE.code else 2 if account == ON_HOLD.code else 3] += amount

    def claim(self, claims: dict[str, OpenInCases]) -> None:
        """What open cases and disputes add to the guards."""
        for merchant, claim in claims.items():
            if claim.versions or claim.fen:
                guard = self.guards.setdefault(merchant, [0, 0, 0, 0, 0])
                guard[0], guard[4] = guard[0] + claim.versions, guard[4] + claim.fen

    def guard_faults(self, kept: dict[str, AccountRow]) -> Iterator[str]:
        for merchant in sorted(kept.keys() | self.guards.keys()):
            folded = AccountRow(*self.guards.get(merchant, (0, 0, 0, 0, 0)))
            if kept.get(merchant) != folded:
                yield f"the guard of {merchant} is {kept.get(merchant)}, its events say {folded}"


def _payload_faults(row: Recorded) -> Iterator[str]:
    try:
        row.event  # noqa: B018 - decoding it is the check
    except (LookupError, ValueError) as error:
        yield f"its payload cannot be read: {' '.join(str(error).split())[:200]}"
