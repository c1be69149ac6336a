"""A log grown by the simulator, month after month: the books, where parcels are and scans in bulk, at two sizes."""

from __future__ import annotations

from datetime import date, datetime, timedelta
from pathlib import Path

from commands.bus.bus import Bus
from ledger.ledger import Ledger
from projections.accounting.account_turnovers import AccountTurnovers
from projections.balances.due_releases import DueReleases
from projections.balances.merchant_balances import MerchantBalances
from projections.engine.views import Views
from projections.reconciliation.psp_references import PspReferences
from projections.tracking.tracking import PROJECTION
from projections.tracking.tracking_numbers import TrackingNumbers
from service.app import App
from service.demo.simulator.days import Days
from service.demo.simulator.growth import grow
from service.demo.simulator.month import FIRST_DAY, make_month
from service.embedded import EmbeddedPostgres
from service.settings import Settings
from tests.benchmarks.bench_commands import month_clock, record_steps
from tests.benchmarks.bench_finance import ask_the_books, reconcile_a_report, settle_what_is_due
from tests.benchmarks.bench_parcels import dispatched, look_parcels_up, scan_in_bulk
from tests.benchmarks.ledgers import open_ledger
from tests.benchmarks.measure import Table
from tests.benchmarks.scale import Scale

_SEED_OF_WHAT_IS_DUE = 99
_ASKED = (MerchantBalances(), AccountTurnovers(), DueReleases(), PROJECTION, TrackingNumbers(), PspReferences())


def measure_grown(server: EmbeddedPostgres, table: Table, keys: Path, scale: Scale) -> None:
    """The same questions as the log passes each size; then, on the largest, what changes it."""
    with month_clock(open_ledger(server.url("bench_grown"), keys)) as (ledger, clock, bus):
        app, sizes = _app(ledger, clock, bus), list(scale.grown_to)
        for next_month, held in grow(app, orders=scale.grown_orders, merchants=scale.grown_merchants):
            print(f"  {held:,} events …", flush=True)
            if held >= sizes[0]:
                _ask(app, table, until=next_month, size=f"at {sizes.pop(0):,} events", scale=scale)
            if not sizes:
                break
        _change(app, clock, table, month=next_month, size=f"at {scale.grown_to[-1]:,} events", scale=scale)


def _app(ledger: Ledger, clock: list[datetime], bus: Bus) -> App:
    return App(Settings(), ledger, bus, Views(ledger.engine, ledger.reader), lambda: clock[0])


def _ask(app: App, table: Table, *, until: date, size: str, scale: Scale) -> None:
    app.catch_up(_ASKED)
    parcels = dispatched(app.ledger)
    merchants = sorted({parcel.merchant_id for parcel in parcels})
    days = [FIRST_DAY + timedelta(days=n) for n in range((until - FIRST_DAY).days)]
    ask_the_books(app, table, merchants=merchants, days=days, size=size, scale=scale)
    look_parcels_up(app, table, parcels, size=size, scale=scale)


def _change(app: App, clock: list[datetime], table: Table, *, month: date, size: str, scale: Scale) -> None:
    """Scans; then a month of orders that nobody has settled yet, and the run that does; then a provider's report."""
    parcels = dispatched(app.ledger)
    scan_in_bulk(app, table, parcels, size=size, scale=scale)
    orders, merchants = scale.grown_orders, scale.grown_merchants
    due = Days.of_month(month)
    world, steps = make_month(seed=_SEED_OF_WHAT_IS_DUE, orders=orders, merchants=merchants, days=due)
    record_steps(steps, clock, app.bus)
    clock[0] += timedelta(days=30)  # everything signed for is due
    app.catch_up(_ASKED)  # as a service is, which follows
    settle_what_is_due(app, table, size=size)
    names = [merchant.merchant_id for merchant in world.merchants]
    reconcile_a_report(app, table, merchants=names, day=month, size=size, lines=scale.lines)
