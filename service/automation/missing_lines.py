"""Opens breaks for lines that providers and banks should have shown by now, and for invoices and taxes paid in another
amount."""

from __future__ import annotations

from collections.abc import Iterator
from datetime import date, timedelta
from functools import partial
from itertools import islice
from threading import Event

from ledger.accounting_days import accounting_day
from ledger.ids import PLATFORM_BOOK
from projections.reconciliation.expected_at_bank import ExpectedAtBank, shown_currencies
from projections.reconciliation.partner_invoices import PartnerInvoices
from projections.reconciliation.psp_references import PspReferences
from projections.reconciliation.taxes import Taxes
from projections.reconciliation.unsettled import settling_providers
from projections.worklists.exceptions import known_breaks
from service.app import App
from service.finance.missing_line import MissingLine
from service.finance.reconciliation import GRACE_DAYS, Since, missing_lines
from service.loops.followed_view import FollowedView
from service.loops.loop import Item
from service.loops.timer import PAGE, TIMER, Timer


class MissingLines(Timer):
    """Covers only providers that report settlements, and currencies whose bank statements are imported.

    Reads what changed since the last look. Terms end with a day, so the first look of a day reads everything; so does
    the look after the first report of a provider, or the first statement in a currency.
    """

    name = "missing_lines"
    every = timedelta(minutes=5)

    def __init__(self, app: App, stop: Event | None = None) -> None:
        super().__init__(app, stop)
        views = (PspReferences(), ExpectedAtBank(), PartnerInvoices(), Taxes())  # in the order of `Since`
        self._views = [FollowedView(app, view) for view in views]
        self._whole_on: date | None = None
        self._providers, self._currencies = set[str](), set[str]()  # that reports and statements have come of

    def look(self) -> int:
        today = accounting_day(self.app.clock())
        since = self._begin(whole=today != self._whole_on or self.loop.has_to_try_again)
        if self._has_first_reports(since):
            since = self._begin(whole=True)
        due = self._due(today, since)
        recorded = 0
        while not self.stop.is_set() and (page := list(islice(due, PAGE))):
            recorded += self.loop.ask(self._fresh(page))
        if not self.stop.is_set():
            self._whole_on = today
            for view in self._views:
                view.end_all()
        return recorded

    def _begin(self, *, whole: bool) -> Since:
        return Since(*(view.begin(whole=whole) for view in self._views))

    def _has_first_reports(self, since: Since) -> bool:
        """Notes the providers and currencies of new reports. Returns True if there was no report of one before."""
        known = len(self._providers) + len(self._currencies)
        self._providers |= settling_providers(self.app.views, since=since.provider)
        self._currencies |= shown_currencies(self.app.views, since=since.bank)
        return len(self._providers) + len(self._currencies) > known

    def _due(self, today: date, since: Since) -> Iterator[MissingLine]:
        for line in missing_lines(self.app, before=today - timedelta(days=GRACE_DAYS), since=since):
            match line.kind:
                case "psp_line_missing":
                    is_due = line.refs["psp"] in self._providers
                case "bank_line_missing":
                    is_due = line.currency in self._currencies
                case "invoice_mismatch" | "tax_mismatch":
                    is_due = True
            if is_due:
                yield line

    def _fresh(self, page: list[MissingLine]) -> Iterator[Item]:
        """Yields the lines that were not flagged before."""
        flagged = known_breaks(self.app.views, [(self._book_of(line), line.stream, line.break_id) for line in page])
        for line in page:
            if (line.stream, line.break_id) not in flagged:
                yield Item(self._book_of(line), f"{line.stream}#{line.break_id}", partial(line.flag, TIMER))

    def _book_of(self, line: MissingLine) -> int:
        return self.app.ledger.directory.book_of(line.merchant) if line.merchant else PLATFORM_BOOK
