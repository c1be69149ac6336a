"""Finds the payouts that have left our bank, from any report: a bank may report the same payment in several ways."""

from __future__ import annotations

from collections.abc import Iterable

from ledger.events.settlement import PayoutPaid
from ledger.ids import payouts_stream
from projections.reconciliation.expected_at_bank import Expectation
from service.app import App


def paid_already(app: App, expected: Iterable[Expectation]) -> set[str]:
    """Returns the ids of these payouts that were reported paid, including those that were returned later."""
    books = app.ledger.directory.books_of({each.merchant for each in expected if each.kind == "payout"})
    rows = app.ledger.reader.rows_of_streams({payouts_stream(merchant): book for merchant, book in books.items()})
    return {event.payout_id for row in rows if isinstance(event := row.readable_event, PayoutPaid)}
