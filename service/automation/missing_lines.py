"""Opens breaks for lines that providers and banks should have shown by now, and for invoices and taxes paid in another
amount."""

from __future__ import annotations

from collections.abc import Iterator
from datetime import timedelta
from functools import partial
from itertools import islice

from ledger.accounting_days import accounting_day
from ledger.ids import PLATFORM_BOOK
from projections.reconciliation.expected_at_bank import shown_currencies
from projections.reconciliation.unsettled import settling_providers
from service.finance.reconciliation import GRACE_DAYS, MissingLine, flagged_lines, missing_lines
from service.loops.loop import Item
from service.loops.timer import TIMER, Timer

_PAGE = 500


class MissingLines(Timer):
    """Covers only providers that report settlements, and currencies whose bank statements are imported."""

    name = "missing_lines"
    every = timedelta(minutes=5)

    def look(self) -> int:
        lines, flagged = self._due(), flagged_lines(self.app)
        fresh = (self._item(line) for line in lines if (line.stream, line.break_id) not in flagged)
        recorded = 0
        while not self.stop.is_set() and (page := list(islice(fresh, _PAGE))):
            recorded += self.loop.ask(page)
        return recorded

    def _item(self, line: MissingLine) -> Item:
        book = self.app.ledger.directory.book_of(line.merchant) if line.merchant else PLATFORM_BOOK
        return Item(book, f"{line.stream}#{line.break_id}", partial(line.flag, TIMER))

    def _due(self) -> Iterator[MissingLine]:
        before = accounting_day(self.app.clock()) - timedelta(days=GRACE_DAYS)
        providers, currencies = settling_providers(self.app.views), shown_currencies(self.app.views)
        for line in missing_lines(self.app, before=before):
            match line.kind:
                case "psp_line_missing":
                    is_due = line.refs["psp"] in providers
                case "bank_line_missing":
                    is_due = line.currency in currencies
                case "invoice_mismatch" | "tax_mismatch":
                    is_due = True
            if is_due:
                yield line
