"""Simulates weekly settlement runs and the fate of their payouts: paid, failed, returned, recalled, paid twice."""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Sequence
from dataclasses import dataclass, replace
from functools import partial
from typing import Any

from ledger.ids import derived_id
from projections.balances.payouts import PayoutRow, Payouts, payouts
from service.app import App
from service.demo.simulator.step import BANK, FINANCE, SYSTEM, Act, Step
from service.demo.simulator.world import World
from service.finance.settlement_run import payout_id_of, settle

_FIRST_RUN = 14  # first day, then weekly
# Runs in which this happens to one payout; the first run may have no payout.
_FAILED, _RETURNED, _PAID_TWICE, _CANCELLED = 2, 3, 4, 5


def settlement_acts(world: World) -> Iterator[Act]:
    """Yields the weekly runs of releases, statements and payouts. The bank answers two days later."""
    for run in range(1, runs_of(world) + 1):
        prefix, day = run_id(world, run), run_day(run)
        yield Act(world.day(day, hour=2), f"{prefix}.1", partial(_settled, world, run))
        yield Act(world.day(day, hour=4), f"{prefix}.2", partial(_handed_to_the_bank, world, run))
        yield Act(world.day(day + 2, hour=2), f"{prefix}.3", partial(_answered, world, run))
    yield Act(world.day(run_day(_RETURNED) + 5), f"{run_id(world, _RETURNED)}.4", partial(_came_back, world))


def runs_of(world: World) -> int:
    """Returns the number of runs up to today."""
    return (world.days.count - _FIRST_RUN) // 7 + 1


def run_id(world: World, run: int) -> str:
    return f"run-{world.seed}-{run}"


def run_day(run: int) -> int:
    return _FIRST_RUN + 7 * (run - 1)


@dataclass(frozen=True, slots=True)
class RunPayouts:
    """The payouts of every run, read once."""

    world: World
    rows: Sequence[PayoutRow]  # sorted by merchant

    @classmethod
    def read(cls, app: App, world: World) -> RunPayouts:
        app.catch_up([Payouts()])
        return cls(world, sorted(payouts(app.views), key=lambda row: row.merchant))

    def of(self, run: int) -> list[PayoutRow]:
        """Returns the run's payouts."""
        name = run_id(self.world, run)
        return [row for row in self.rows if row.payout_id == payout_id_of(name, row.merchant)]

    def paid(self, run: int) -> list[PayoutRow]:
        """Returns the run's payouts that left the bank's account."""
        kept = {_CANCELLED, _FAILED} & {run}
        return self.of(run)[len(kept) :]

    def returned(self) -> list[PayoutRow]:
        """Returns the payout that was paid and returned."""
        return self.of(_RETURNED)[:1]


def _settled(world: World, run: int, app: App) -> Iterable[Step]:
    settle(app, run_id(world, run))
    return ()


def _handed_to_the_bank(world: World, run: int, app: App) -> Iterator[Step]:
    """Yields the payment order of the run and the submissions of its payouts; one payout is cancelled before."""
    rows, at = RunPayouts.read(app, world).of(run), world.day(run_day(run), hour=4)
    if ordered := [_named(row) for row in rows[run == _CANCELLED :]]:
        order = {"message_id": f"RL-{run_id(world, run)}", "payouts": ordered}
        yield Step(at, f"order-{run_id(world, run)}", "record_payment_order", SYSTEM, order)
    for n, row in enumerate(rows):
        name = _named(row)
        if run == _CANCELLED and n == 0:
            yield Step(
                at, f"cancel-{row.payout_id}", "cancel_payout", FINANCE, {**name, "reason": "account_in_question"}
            )
        else:
            sent = {**name, "bank_ref": _bank_ref(row)}
            yield Step(at, f"send-{row.payout_id}", "submit_payout", SYSTEM, sent)


def _answered(world: World, run: int, app: App) -> Iterator[Step]:
    """Yields the bank's answers: all are paid except one of the second run. One is reported twice, and one was never
    sent.
    """
    known = RunPayouts.read(app, world)
    rows = known.of(run)
    if run == _FAILED and rows:
        yield _said(world, run, rows[0], "report_payout_failed", code="account_closed")
    for row in known.paid(run):
        yield _said(world, run, row, "report_payout_paid")
    if run == _PAID_TWICE and rows:
        yield _said(world, run, rows[0], "report_payout_paid", bank_ref=f"{_bank_ref(rows[0])}-2")
        other = replace(rows[0], payout_id=f"UNKNOWN-{world.seed}")
        yield _said(world, run, other, "report_payout_paid")


def _came_back(world: World, app: App) -> Iterator[Step]:
    """A merchant's bank returns a payout; the account is stopped, and another one is verified."""
    for row in RunPayouts.read(app, world).returned():
        yield _said(world, _RETURNED, row, "report_payout_returned", days=5, code="name_mismatch")
        at, merchant = world.day(run_day(_RETURNED) + 5), {"merchant_id": row.merchant}
        old = {**merchant, "account_ref": row.account_ref, "reason": "payout_returned"}
        yield Step(at, f"stop-{row.payout_id}", "disable_payout_account", SYSTEM, old)
        new = {**merchant, "account_ref": f"{row.account_ref}-b"}
        owner = world.owner(row.merchant)
        yield Step(at, f"renew-{row.payout_id}", "register_payout_account", owner, {**new, "bank_code": "CMB"})
        yield Step(at, f"check-{row.payout_id}", "verify_payout_account", FINANCE, new)


def _said(world: World, run: int, row: PayoutRow, report: str, *, days: int = 2, **what: Any) -> Step:
    at = world.day(run_day(run) + days, hour=0 if days > 2 else 2)
    reported = {**_named(row), "bank_ref": _bank_ref(row), "value_date": at.date(), **what}
    return Step(at, derived_id(report, reported["bank_ref"]), report, BANK, reported, is_report=True)


def _named(row: PayoutRow) -> dict[str, str]:
    return {"merchant_id": row.merchant, "payout_id": row.payout_id}


def _bank_ref(row: PayoutRow) -> str:
    return f"bk-{row.payout_id}"
