"""Which payouts are known to have left our bank, by whichever report: the bank reports the same in several ways."""

from __future__ import annotations

from collections.abc import Iterable

from ledger.events.settlement import PayoutPaid
from ledger.ids import payouts_stream
from projections.reconciliation.expected_at_bank import Expectation
from service.app import App


def paid_already(app: App, expected: Iterable[Expectation]) -> set[str]:
    """Those of these payouts that were reported paid, those that came back since included."""
    books = app.ledger.directory.books_of({each.merchant for each in expected if each.kind == "payout"})
    rows = app.ledger.reader.rows_of_streams({payouts_stream(merchant): book for merchant, book in books.items()})
    return {event.payout_id for row in rows if isinstance(event := row.readable_event, PayoutPaid)}
