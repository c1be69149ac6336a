"""The bank's weekly statements of the platform's account: deposits, payouts, and entries that fit nothing."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from datetime import date
from functools import partial
from hashlib import sha256
from typing import Any

from ledger.fx import CNY
from ledger.money import Money, total
from projections.payouts import Payouts
from service.app import App
from service.simulator.settling import RUNS, paid_by_bank, run_day
from service.simulator.step import BANK, Act, Step
from service.simulator.world import World

ACCOUNT = "CN-ICBC-0001"
_SHOWN_AFTER = 4  # days after the run, when its payouts have left
_OPENING = Money(100_000_000, CNY)
_UNMATCHED, _UNEQUAL, _GAP = 2, 3, 5  # the statements with an entry of nothing, of another amount, and behind a gap


def bank_acts(world: World, steps: Sequence[Step]) -> Iterator[Act]:
    """A statement for each week from the first settlement run on."""
    deposits = [step for step in steps if step.command == "report_psp_batch"]
    for week in range(1, RUNS + 1):
        at = world.day(run_day(week) + _SHOWN_AFTER)
        yield Act(at, f"sim{world.seed}.statement.{week}", partial(_statement, world, deposits, week))


def _statement(world: World, deposits: Sequence[Step], week: int, app: App) -> Iterator[Step]:
    app.catch_up([Payouts()])
    opening = _OPENING
    for earlier in range(1, week):
        opening += total([entry["amount"] for entry in _entries(world, deposits, earlier, app)], CNY)
    if week >= _GAP:
        opening += Money(7_700, CNY)  # what came in while no statement was taken
    entries = list(_entries(world, deposits, week, app))
    name = {"account": ACCOUNT, "statement_id": f"ST-{world.seed}-{week:02d}"}
    at, closed_on = world.day(run_day(week) + _SHOWN_AFTER), _shown_on(world, week)
    whole = {
        **name,
        "digest": sha256(repr((name, entries)).encode()).hexdigest(),
        "opening": opening,
        "closing": opening + total([entry["amount"] for entry in entries], CNY),
        "opened_on": _shown_on(world, week - 1),
        "closed_on": closed_on,
        "entries": len(entries),
    }
    prefix = f"sim.{name['statement_id']}"
    yield Step(at, f"{prefix}.0", "report_bank_statement", BANK, whole, is_report=True)
    for n, entry in enumerate(entries, 1):
        data = {**name, "entry_ref": f"{week:02d}-{n:04d}", "value_date": closed_on, **entry}
        yield Step(at, f"{prefix}.{n:04d}", "report_bank_entry", BANK, data, is_report=True)


def _shown_on(world: World, week: int) -> date:
    return world.day(run_day(week) + _SHOWN_AFTER).date()


def _entries(world: World, deposits: Sequence[Step], week: int, app: App) -> Iterator[dict[str, Any]]:
    since, upto = (world.day(run_day(n) + _SHOWN_AFTER) if n else world.day(-7) for n in (week - 1, week))
    for deposit in deposits:
        if since <= deposit.at < upto:
            yield _matched("psp_settlement", deposit.data["batch_ref"], deposit.data["cash"])
    for n, row in enumerate(paid_by_bank(app, world, week)):
        entry = _matched("payout", row.payout_id, -row.amount)
        charged = Money(200, CNY) if week == _UNEQUAL and n == 0 else Money(0, CNY)
        yield entry | {"amount": entry["amount"] - charged}
    if week == _UNMATCHED:
        yield {"amount": Money(12_345, CNY), "reference": "interest or a mistake"}


def _matched(kind: str, reference: str, amount: Money) -> dict[str, Any]:
    return {"amount": amount, "reference": reference, "matched_to": kind, "expected": amount}
