"""Finance at the month's end: revalued, closed, reopened for one correction, closed again; partners and taxes paid."""

from __future__ import annotations

from collections.abc import Iterable, Iterator
from datetime import date
from functools import partial
from typing import Any

from commands.post_fx_revaluation import MONETARY
from ledger.events.platform_money import FxRevaluationPosted, RevaluedBalance
from ledger.fx import CNY, Rate
from ledger.ids import periods_stream, revaluation_stream
from ledger.journal.accounts import DISPUTED_FUNDS, PARTNER_PAYABLE, PSP_RECEIVABLE, TAX_PAYABLE
from ledger.money import Money
from ledger.streams.periods import Periods
from projections.balances import Moment, trial_balance
from projections.merchant_balances import MerchantBalances
from service.app import App
from service.period_close import PeriodClose
from service.simulator.sending import CUSTOMS_BROKER, HAULIER
from service.simulator.step import CONTROLLER, FINANCE, Act, Step
from service.simulator.telling import PSP
from service.simulator.world import World

_CLOSED, _REOPENED, _CLOSED_AGAIN, _PAID = 37, 38, 39, 41  # days
_PERIOD, _LAST_DAY = "2025-04", date(2025, 4, 30)
_SPARE, _SOLD_BACK = Money.of("500.00", "USD"), Money.of("300.00", "USD")
_WITH_PROVIDERS = (PSP_RECEIVABLE.code, DISPUTED_FUNDS.code)


def book_acts(world: World) -> Iterator[Act]:
    """Each as the state of the periods allows it: told again, what was done is left alone."""
    prefix = f"sim{world.seed}.books"
    yield Act(world.day(_CLOSED, hour=1), f"{prefix}.1", partial(_revalue, world))
    yield Act(world.day(_CLOSED, hour=2), f"{prefix}.2", partial(_close, 0))
    yield Act(world.day(_REOPENED, hour=2), f"{prefix}.3", _reopen)
    yield Act(world.day(_REOPENED, hour=5), f"{prefix}.4", partial(_correct, world))
    yield Act(world.day(_CLOSED_AGAIN, hour=2), f"{prefix}.5", partial(_close, 2))
    yield Act(world.day(_PAID, hour=3), f"{prefix}.6", partial(_pay, world))


def _revalue(world: World, app: App) -> Iterator[Step]:
    if _changes(app):
        return
    app.catch_up([MerchantBalances()])
    found = trial_balance(app.views, Moment(as_of=_LAST_DAY))
    balances = [
        {
            "account": row.account,
            "psp": PSP if row.account in _WITH_PROVIDERS else None,
            "balance": row.amount,
            "carried": row.base,
        }
        for row in found.rows
        if row.account in MONETARY and row.amount.currency != CNY
    ]
    data = {"period": _PERIOD, "balances": balances, "positions": found.vector}
    yield Step(world.day(_CLOSED, hour=1), f"sim{world.seed}.revaluation", "post_fx_revaluation", FINANCE, data)


def _close(after: int, app: App) -> Iterable[Step]:
    """Close April where the periods have changed so often, and no more."""
    if _changes(app) == after:
        PeriodClose(app.ledger, app.bus).close(_PERIOD, proposer=FINANCE.id, approver=CONTROLLER)
    return ()


def _reopen(app: App) -> Iterable[Step]:
    if _changes(app) in (1, 2):  # 2: its books may not be open again yet
        why = {"reason": "missing_accrual", "proposer": FINANCE.id}
        PeriodClose(app.ledger, app.bus).reopen(_PERIOD, **why, approver=CONTROLLER)
    return ()


def _correct(world: World, app: App) -> Iterator[Step]:  # noqa: ARG001
    """An accrual that was forgotten belongs to the month's last day."""
    lines = [
        {"account": "5110", "side": "debit", "amount": "CNY 480.00"},
        {"account": PARTNER_PAYABLE.code, "side": "credit", "amount": "CNY 480.00"},
    ]
    name = {"adjustment_id": f"A-{world.seed}-accrual"}
    data = {**name, "lines": lines, "reason": "accrual", "evidence": ["invoice 77"], "accounting_date": _LAST_DAY}
    at, prefix = world.day(_REOPENED, hour=5), f"sim{world.seed}.accrual"
    yield Step(at, f"{prefix}.1", "propose_adjustment", FINANCE, data)
    yield Step(at, f"{prefix}.2", "approve_adjustment", CONTROLLER, name)


def _pay(world: World, app: App) -> Iterator[Step]:
    """What was owed to partners and tax offices on the last day is paid; dollars are bought for it, some sold back."""
    app.catch_up([MerchantBalances()])
    owed = trial_balance(app.views, Moment(as_of=_LAST_DAY)).rows
    freight = next(row.amount for row in owed if (row.account, row.amount.currency) == (PARTNER_PAYABLE.code, CNY))
    yield _paid_from_bank(world, "record_partner_invoice_paid", _partner(HAULIER), amount=-freight)
    for foreign in _revalued(app):
        stood = {"amount": -foreign.balance, "carried": -foreign.carried}
        if (foreign.account, foreign.balance.currency) == (PARTNER_PAYABLE.code, "USD"):
            yield from _dollars(world, stood["amount"])
            yield _paid_from_bank(world, "record_partner_invoice_paid", _partner(CUSTOMS_BROKER), **stood)
        elif (foreign.account, foreign.balance.currency) == (TAX_PAYABLE.code, "USD"):
            office = {"authority": "us-states", "market": "US", "tax_period": _PERIOD}
            cash = _rate(world).convert(stood["amount"])
            yield _paid_from_bank(world, "record_tax_remitted", office, cash=cash, **stood)


def _paid_from_bank(world: World, command: str, whom: dict[str, Any], **money: Money) -> Step:
    ref = f"{next(iter(whom.values()))}-{world.seed}-{_PERIOD}"
    data = {**whom, **money, "payment_ref": ref, "bank_ref": f"bk-{ref}"}
    return Step(world.day(_PAID, hour=3), f"sim.{ref}", command, FINANCE, data, is_report=True)


def _partner(name: str) -> dict[str, Any]:
    return {"partner": name, "invoice_refs": [f"{name}-{_PERIOD}"]}


def _dollars(world: World, needed: Money) -> Iterator[Step]:
    bought, rate = needed + _SPARE, _rate(world)
    buys = {"sold": rate.convert(bought), "bought": bought}
    sells = {"sold": _SOLD_BACK, "bought": rate.convert(_SOLD_BACK)}
    for n, changed in enumerate((buys, sells)):
        data = {**changed, "bank_ref": f"fx-{world.seed}-{n}"}
        step_id = f"sim{world.seed}.dollars.{n}"
        yield Step(world.day(_PAID, hour=2), step_id, "record_bank_fx_converted", FINANCE, data, is_report=True)


def _rate(world: World) -> Rate:
    return world.rates.reference("USD", world.day(_PAID).date())


def _revalued(app: App) -> tuple[RevaluedBalance, ...]:
    """The foreign balances of the last day, before they were revalued."""
    rows = app.ledger.reader.read_stream(0, revaluation_stream(_PERIOD))
    return next((row.event.balances for row in rows if isinstance(row.event, FxRevaluationPosted)), ())


def _changes(app: App) -> int:
    """How often periods were closed and reopened."""
    periods = Periods(periods_stream())
    for row in app.ledger.reader.read_stream(0, periods.name):
        periods.apply(row.event)
    return periods.changes
