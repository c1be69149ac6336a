"""Simulates finance at the month's end: revalued, closed, reopened for a correction, closed again; partners and taxes
paid.
"""

from __future__ import annotations

from collections.abc import Callable, Iterable, Iterator, Mapping
from datetime import date, timedelta
from functools import partial
from typing import Any

from ledger.calendar_months import last_day, month_of
from ledger.events.platform_money import FxRevaluationPosted, RevaluedBalance
from ledger.fx import CNY, Rate
from ledger.ids import revaluation_stream
from ledger.journal.accounts import LOGISTICS_COST, PARTNER_PAYABLE, TAX_PAYABLE
from ledger.money import Money
from ledger.trial_balance import Balance, Balances
from projections.accounting.account_turnovers import AccountTurnovers
from projections.accounting.books_of_account import turnover_balance
from projections.balances.balances import AsOf
from service.app import App
from service.demo.simulator.scenarios.shipments import CUSTOMS_BROKER, HAULIER
from service.demo.simulator.step import CONTROLLER, FINANCE, Act, Step, by_two
from service.demo.simulator.world import World
from service.finance.period_close import PeriodClose
from service.finance.periods import periods
from service.finance.revaluation import revalue

_CLOSED, _REOPENED, _CLOSED_AGAIN, _PAID = 37, 38, 39, 41  # days
_TAX_OFFICE = "us-states"
_SPARE, _SOLD_BACK = Money.of("500.00", "USD"), Money.of("300.00", "USD")


def book_acts(world: World) -> Iterator[Act]:
    """Yields the acts. Each checks the state of the period first, so that a repetition changes nothing."""
    acts: tuple[tuple[int, int, Callable[[World, App], Iterable[Step]]], ...] = (
        (_CLOSED, 1, _revalue),
        (_CLOSED, 2, _close),
        (_REOPENED, 2, _reopen),
        (_REOPENED, 5, _correct),
        (_CLOSED_AGAIN, 2, _close_again),
        (_PAID, 3, _pay),
    )
    for n, (day, hour, do) in enumerate(acts, 1):
        yield Act(world.day(day, hour=hour), f"sim{world.seed}.books.{n}", partial(do, world))


def _revalue(world: World, app: App) -> Iterable[Step]:
    if not _changes(world, app):
        revalue(app, _period(world), actor=FINANCE)
    return ()


def _close(world: World, app: App) -> Iterable[Step]:
    return _closed(world, app, after=0)


def _reopen(world: World, app: App) -> Iterable[Step]:
    closing = _closing(app)
    if closing.unfinished:
        closing.finish()
    elif _changes(world, app) == 1:
        proposal_id = f"sim{world.seed}.reopen"
        closing.propose_reopen(_period(world), by=FINANCE, reason="missing_accrual", proposal_id=proposal_id)
        closing.approve(proposal_id, by=CONTROLLER, id=f"{proposal_id}.approved")
    return ()


def _correct(world: World, _: App) -> Iterator[Step]:
    """Yields the correction: a forgotten accrual of the month's last day."""
    lines = [
        {"account": LOGISTICS_COST.code, "side": "debit", "amount": "CNY 480.00"},
        {"account": PARTNER_PAYABLE.code, "side": "credit", "amount": "CNY 480.00"},
    ]
    name, day = {"adjustment_id": f"A-{world.seed}-accrual"}, last_day(_period(world))
    data = {**name, "lines": lines, "evidence": ["invoice 77"], "accounting_date": day.isoformat()}
    at, id = world.day(_REOPENED, hour=5), f"sim{world.seed}.accrual"
    yield from by_two(at, id, "post_adjustment", data, reason="accrual", after=timedelta(0))


def _close_again(world: World, app: App) -> Iterable[Step]:
    return _closed(world, app, after=2)


def _closed(world: World, app: App, *, after: int) -> Iterable[Step]:
    """Closes the month if it was closed and reopened `after` times before, and finishes an interrupted closing."""
    closing = _closing(app)
    if closing.unfinished:
        closing.finish()
    elif _changes(world, app) == after:
        proposal_id = f"sim{world.seed}.close.{after}"
        closing.propose_close(_period(world), by=FINANCE, proposal_id=proposal_id)
        closing.approve(proposal_id, by=CONTROLLER, id=f"{proposal_id}.approved")
    return ()


def _pay(world: World, app: App) -> Iterator[Step]:
    """Yields the payments of what was owed to partners and tax offices on the last day. Dollars are bought for them,
    and some sold back.
    """
    for row in _owed_in_cny(world, app):
        yield _paid_from_bank(world, "record_partner_invoice_paid", _partner(world, HAULIER), amount=row)
    for foreign in _revalued(world, app):
        stood = {"amount": -foreign.balance, "carried": -foreign.carried}
        if foreign.account == PARTNER_PAYABLE.code and foreign.balance.minor < 0:
            yield from _dollars(world, stood["amount"])
            broker = _partner(world, CUSTOMS_BROKER)
            yield _paid_from_bank(world, "record_partner_invoice_paid", broker, **stood)
        elif foreign.account == TAX_PAYABLE.code and foreign.balance.minor < 0:
            office = {"authority": _TAX_OFFICE, "market": "US", "tax_period": _period(world)}
            cash = _rate(world).convert(stood["amount"])
            yield _paid_from_bank(world, "record_tax_remitted", office, cash=cash, **stood)


def _owed_in_cny(world: World, app: App) -> Iterator[Money]:
    app.catch_up([AccountTurnovers()])
    for row in turnover_balance(app.views, AsOf(as_of=last_day(_period(world)))).rows:
        if (row.account, row.currency) == (PARTNER_PAYABLE.code, CNY) and row.closing.minor < 0:
            yield -row.closing


def _revalued(world: World, app: App) -> tuple[RevaluedBalance, ...]:
    """Returns the foreign balances of the last day before they were revalued."""
    rows = app.ledger.reader.read_stream(0, revaluation_stream(_period(world)))
    return next((row.event.balances for row in rows if isinstance(row.event, FxRevaluationPosted)), ())


def bank_refs(world: World) -> list[str]:
    """Returns the bank's references of these payments and exchanges."""
    paid = [_paid_ref(world, name) for name in (HAULIER, CUSTOMS_BROKER, _TAX_OFFICE)]
    return [*paid, *(_changed_ref(world, n) for n in (0, 1))]


def _paid_from_bank(world: World, command: str, whom: dict[str, Any], **money: Money) -> Step:
    ref = _paid_ref(world, next(iter(whom.values())))
    data = {**whom, **money, "payment_ref": ref, "bank_ref": ref}
    return Step(world.day(_PAID, hour=3), f"sim.{ref}", command, FINANCE, data, is_report=True)


def _paid_ref(world: World, name: str) -> str:
    return f"{name}-{world.seed}-{_period(world)}"


def _changed_ref(world: World, n: int) -> str:
    return f"fx-{world.seed}-{n}"


def _partner(world: World, name: str) -> dict[str, Any]:
    """Returns the data of a payment of everything owed to a partner: the month's invoice and accruals without one."""
    return {"partner": name, "invoice_refs": [f"{name}-{_period(world)}", f"{name}-{_period(world)}-accrued"]}


def _dollars(world: World, needed: Money) -> Iterator[Step]:
    bought, rate = needed + _SPARE, _rate(world)
    buys = {"sold": rate.convert(bought), "bought": bought}
    sells = {"sold": _SOLD_BACK, "bought": rate.convert(_SOLD_BACK)}
    for n, changed in enumerate((buys, sells)):
        data = {**changed, "bank_ref": _changed_ref(world, n)}
        step_id = f"sim{world.seed}.dollars.{n}"
        yield Step(world.day(_PAID, hour=2), step_id, "record_bank_fx_converted", FINANCE, data, is_report=True)


def _rate(world: World) -> Rate:
    return world.rates.reference("USD", world.day(_PAID).date())


def _closing(app: App) -> PeriodClose:
    """Returns the closing, with the trial balance of a view, which is quicker than a long log."""

    def balances(positions: Mapping[int, int], upto: date) -> Balances:
        app.catch_up([AccountTurnovers()])
        rows = turnover_balance(app.views, AsOf(as_of=upto, at=dict(positions))).rows
        return {(row.account, row.currency): Balance(row.closing.minor, row.closing_base.minor) for row in rows}

    return PeriodClose(app.ledger, app.bus, balances=balances)


def _changes(world: World, app: App) -> int:
    """Returns the number of times the month was closed or reopened."""
    return sum(change.period == _period(world) for change in periods(app).changes)


def _period(world: World) -> str:
    return month_of(world.first_day)
