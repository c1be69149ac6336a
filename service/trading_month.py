"""The trading month that a first start shows: recorded once, carried on where it was cut off, then summed up."""

from __future__ import annotations

from collections import Counter
from collections.abc import Callable
from dataclasses import dataclass

from ledger.log.engine import cursor_of
from ledger.money import Money
from projections.balances import MerchantBalance, Moment, balances, trial_balance
from service.app import App
from service.simulator.month import record_month

Progress = Callable[[int, int], None]  # commands answered, commands in all
_SHOWN = {
    "order.placed": "orders placed",
    "payment.captured": "payments captured",
    "parcel.dispatched": "parcels dispatched",
    "parcel.signed_for": "parcels signed for",
    "refund.auto_approved": "refunds approved at once",
}


@dataclass(frozen=True, slots=True)
class MonthSummary:
    """What the books hold after the month."""

    events: Counter[str]
    merchants: tuple[MerchantBalance, ...]
    trial_total: Money

    @property
    def counts(self) -> dict[str, int]:
        """Orders and other milestones by what to call them, and events in all."""
        return {words: self.events[name] for name, words in _SHOWN.items()} | {"events": self.events.total()}


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
    return MonthSummary(events, balances(app.views, moment).merchants, trial_balance(app.views, moment).total)
