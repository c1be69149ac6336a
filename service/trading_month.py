"""The trading month that a first start shows: recorded once, carried on where it was cut off, then summed up."""

from __future__ import annotations

from collections import Counter
from collections.abc import Callable
from dataclasses import dataclass

from ledger.log.engine import cursor_of
from ledger.money import Money
from projections.balances import MerchantBalance, Moment, balances
from projections.books_of_account import turnover_balance
from service.app import App
from service.simulator.month import record_month

Progress = Callable[[int, int], None]  # commands answered, commands in all
# What the summary counts, by subject: the words for it, and the type of event.
_COUNTED = {
    "Merchants": {"enrolled": "merchant.enrolled", "suspended": "merchant.suspended", "left": "merchant.withdrawn"},
    "Orders": {"placed": "order.placed", "cancelled": "order.cancelled", "expired": "order.expired"},
    "Payments": {"captured": "payment.captured", "declined": "payment.declined", "voided": "payment.voided"},
    "Parcels": {"dispatched": "parcel.dispatched", "signed for": "parcel.signed_for", "lost": "parcel.lost"},
    "Refunds": {"asked for": "refund.requested", "paid": "refund.succeeded", "rejected": "refund.rejected"},
    "Disputes": {"opened": "dispute.opened", "won": "dispute.won", "lost": "dispute.lost"},
    "Payouts": {"initiated": "payout.initiated", "paid": "payout.paid", "returned": "payout.returned"},
    "Breaks": {"opened": "break.opened", "resolved": "break.resolved"},
}
_REFUSED = "SELECT count(*) FROM log.outcomes WHERE code <> ''"


@dataclass(frozen=True, slots=True)
class MonthSummary:
    """What the books hold after the month. `refused` counts requests."""

    events: Counter[str]
    refused: int
    merchants: tuple[MerchantBalance, ...]
    trial_total: Money

    @property
    def lines(self) -> dict[str, str]:
        """What happened, by subject."""
        told = {
            subject: " · ".join(f"{self.events[name]:,} {words}" for words, name in counted.items())
            for subject, counted in _COUNTED.items()
        }
        told["Breaks"] += f" · {self.events['break.opened'] - self.events['break.resolved']:,} open"
        return told | {"Requests": f"{self.refused:,} refused", "Events": f"{self.events.total():,} recorded"}


def record_trading_month(app: App, progress: Progress) -> MonthSummary:
    """Record the month: whatever was recorded of it before only repeats. Once it is whole, it is not told again."""
    whole = app.settings.data_dir / "trading-month"
    if not (whole.exists() and whole.read_text() == app.ledger.identity.ledger_id):
        record_month(app, progress=progress)
        whole.write_text(app.ledger.identity.ledger_id)
    return summary_of(app)


def summary_of(app: App) -> MonthSummary:
    moment = Moment(at_least=app.catch_up())
    with cursor_of(app.ledger.engine) as cursor:
        cursor.execute("SELECT type, count(*) FROM log.events GROUP BY type")
        events = Counter(dict(cursor.fetchall()))
        cursor.execute(_REFUSED)
        ((refused,),) = cursor.fetchall()
    found = balances(app.views, moment).merchants
    return MonthSummary(events, refused, found, turnover_balance(app.views, moment).total)
