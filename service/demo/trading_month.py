"""Records the trading month of a demonstration once, resumes an interrupted recording, and sums it up."""

from __future__ import annotations

from collections import Counter
from collections.abc import Callable
from dataclasses import dataclass
from pathlib import Path

from ledger.log.engine import cursor_of
from ledger.money import Money
from projections.accounting.books_of_account import turnover_balance
from projections.balances.balances import AsOf, MerchantBalance, balances
from service.app import App
from service.demo.simulator.days import SEED, Days
from service.demo.simulator.month import record_month
from service.failures import ServiceFailure

Progress = Callable[[int, int], None]  # commands answered, commands in total
# The subjects of the summary: a label and an event type for each.
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
    """Totals of the books after the month. `refused` counts requests."""

    events: Counter[str]
    refused: int
    merchants: tuple[MerchantBalance, ...]
    trial_total: Money
    days: Days

    @property
    def lines(self) -> dict[str, str]:
        """Returns the totals as texts, by subject."""
        reported = {
            subject: " · ".join(f"{self.events[name]:,} {words}" for words, name in counted.items())
            for subject, counted in _COUNTED.items()
        }
        reported["Breaks"] += f" · {self.events['break.opened'] - self.events['break.resolved']:,} open"
        days = {"Days": f"{self.days.first} to {self.days.today}, today"}
        return (
            days | reported | {"Requests": f"{self.refused:,} refused", "Events": f"{self.events.total():,} recorded"}
        )

    @property
    def late_facts(self) -> tuple[str, str]:
        """Returns two commands that show the late facts: the month's last day as known three days later, and its
        difference from now.
        """
        last, known = self.days.month_end, self.days.at(self.days.month + 2)
        asked = f"--as-of {last} --as-known-at {known:%Y-%m-%dT%H:%M:%SZ}"
        return f"redledger trial-balance {asked}", f"redledger explain-difference {asked}"


class NotForDemonstration(ServiceFailure):
    """The ledger is not for demonstration, and the trading month needs the clock of one."""

    def __init__(self) -> None:
        super().__init__(
            "This ledger was not founded for demonstration, so that it cannot hold the trading month. Name"
            " another folder with --data-dir, or an empty database with --database-url, to found one with the month."
        )


def record_trading_month(app: App, progress: Progress) -> MonthSummary:
    """Records the month, unless it is complete; commands of an interrupted recording are only repeated.

    Raises `NotForDemonstration`.
    """
    if not app.ledger.identity.demonstration:
        raise NotForDemonstration
    if not is_whole(app):
        record_month(app, seed=SEED, days=Days.of_demonstration(app.ledger.identity), progress=progress)
        _whole(app).write_text(app.ledger.identity.ledger_id)
    return summary_of(app)


def is_whole(app: App) -> bool:
    """Returns True if the whole month is recorded in this ledger."""
    return _whole(app).exists() and _whole(app).read_text() == app.ledger.identity.ledger_id


def _whole(app: App) -> Path:
    return app.settings.data_dir / "trading-month"


def summary_of(app: App) -> MonthSummary:
    timepoint = AsOf(at_least=app.catch_up())
    with cursor_of(app.ledger.engine) as cursor:
        cursor.execute("SELECT type, count(*) FROM log.events GROUP BY type")
        events = Counter(dict(cursor.fetchall()))
        cursor.execute(_REFUSED)
        ((refused,),) = cursor.fetchall()
    found = balances(app.views, timepoint).merchants
    total, days = turnover_balance(app.views, timepoint).total, Days.of_demonstration(app.ledger.identity)
    return MonthSummary(events, refused, found, total, days)
