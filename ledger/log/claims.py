"""What open cases and disputes come to by merchant, folded from a book's events: what the guards should say of it."""

from __future__ import annotations

from collections.abc import Iterable
from itertools import groupby
from operator import itemgetter
from typing import Any, NamedTuple

from ledger.events import published  # noqa: F401 - so that what was recorded can be decoded
from ledger.events.event import readable
from ledger.folds.open_claims import CLAIMING, OpenClaims
from ledger.ids import merchant_of
from ledger.journal.accounts import PAYABLE_NOW
from ledger.journal.entry import entry_lines

# Only of orders that ever had a case or dispute: few, so that a whole book of them fits in memory.
CLAIMS = """
SELECT stream, command_id, type, schema_version, payload, entry FROM log.events
WHERE book = %(book)s AND position <= %(upto)s AND type = ANY(%(claiming)s) AND stream IN (
    SELECT stream FROM log.events WHERE book = %(book)s AND type = ANY(%(opening)s)
) ORDER BY position
"""
_OPENING = ["refund.requested", "dispute.opened", "dispute.funds_withdrawn"]
_COMMAND = itemgetter(0, 1)
_LAST = 2**63 - 1  # the last position there can be


class OpenInCases(NamedTuple):
    """A merchant's open claims in fen, and how many commands changed them that moved none of its money."""

    versions: int
    fen: int


def asked_of(book: int, upto: int = _LAST) -> dict[str, Any]:
    """The parameters of `CLAIMS`: up to this position, by default all that the book holds."""
    return {"book": book, "upto": upto, "claiming": [event.name for event in CLAIMING], "opening": _OPENING}


def open_in_cases(rows: Iterable[Any]) -> dict[str, OpenInCases]:
    """What the rows of `CLAIMS` come to, by merchant."""
    orders: dict[str, OpenClaims] = {}
    found: dict[str, OpenInCases] = {}
    for (stream, _), events in groupby(rows, key=_COMMAND):
        claims = orders.setdefault(stream, OpenClaims())
        before, moved = claims.fen, False
        for _, _, type_, schema_version, payload, entry in events:
            if (event := readable(type_, schema_version, payload)) is not None:  # else it is a finding of its own
                claims.remember(event)
            moved = moved or any(line["account"] in PAYABLE_NOW for line in entry_lines(entry))
        change, merchant = claims.fen - before, merchant_of(stream) or ""
        known = found.get(merchant, OpenInCases(0, 0))
        found[merchant] = OpenInCases(known.versions + bool(change and not moved), known.fen + change)
    return found
