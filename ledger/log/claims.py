"""The open claims of cases and disputes by merchant, folded from a book's events to check the guards."""

from __future__ import annotations

from collections.abc import Iterable
from itertools import groupby
from operator import itemgetter
from typing import Any, NamedTuple

from ledger.events import published  # noqa: F401 - registers the events, so that rows can be decoded
from ledger.events.event import readable
from ledger.folds.open_claims import CLAIMING, OpenClaims
from ledger.ids import merchant_of
from ledger.journal.accounts import PAYABLE_NOW
from ledger.journal.entry import entry_lines
from ledger.limits import LARGEST_POSITION

# Only orders that ever had a case or dispute: they are few, so a whole book of them fits in memory.
CLAIMS = """
SELECT stream, command_id, type, schema_version, payload, entry FROM log.events
WHERE book = %(book)s AND position <= %(upto)s AND type = ANY(%(claiming)s) AND stream IN (
    SELECT stream FROM log.events WHERE book = %(book)s AND type = ANY(%(opening)s)
) ORDER BY position
"""
_OPENING = ["refund.requested", "dispute.opened", "dispute.funds_withdrawn", "dispute.fee_charged"]
_COMMAND = itemgetter(0, 1)


class OpenInCases(NamedTuple):
    """A merchant's open claims in fen, and the number of commands that changed them without moving its money."""

    versions: int
    fen: int


def asked_of(book: int, upto: int = LARGEST_POSITION) -> dict[str, Any]:
    """Returns the parameters of `CLAIMS` for a book, up to this position or to the end."""
    return {"book": book, "upto": upto, "claiming": [event.name for event in CLAIMING], "opening": _OPENING}


def open_in_cases(rows: Iterable[Any]) -> dict[str, OpenInCases]:
    """Returns the open claims by merchant, from rows of `CLAIMS` in order of position."""
    orders: dict[str, OpenClaims] = {}
    found: dict[str, OpenInCases] = {}
    for (stream, _), events in groupby(rows, key=_COMMAND):
        claims = orders.setdefault(stream, OpenClaims())
        before, moved = claims.fen, False
        for _, _, type_, schema_version, payload, entry in events:
            if (
                event := readable(type_, schema_version, payload)
            ) is not None:  # an unreadable event is reported by verify-log itself
                claims.remember(event)
            moved = moved or any(line["account"] in PAYABLE_NOW for line in entry_lines(entry))
        change, merchant = claims.fen - before, merchant_of(stream) or ""
        known = found.get(merchant, OpenInCases(0, 0))
        found[merchant] = OpenInCases(known.versions + bool(change and not moved), known.fen + change)
    return found
