"""Makes the bank's weekly statements: deposits, payouts, and entries that match nothing."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from datetime import date
from functools import partial
from hashlib import sha256
from typing import Any

from ledger.fx import CNY, NO_CNY
from ledger.money import Money, total
from projections.reconciliation.expected_at_bank import Expectation, ExpectedAtBank, expected_under
from service.app import App
from service.demo.simulator.books import bank_refs
from service.demo.simulator.settlement import RunPayouts, run_day, runs_of
from service.demo.simulator.step import BANK, Act, Step
from service.demo.simulator.world import World

ACCOUNT = "CN-ICBC-0001"
_SHOWN_AFTER = 4  # days after the run, when the payouts have left the account
_OPENING = Money(100_000_000, CNY)
_UNMATCHED, _UNEQUAL, _GAP = 2, 3, 5  # the statements with an unmatched entry, with a wrong amount, and after a gap
_CHARGED = 4  # the statement with the bank's own charge


def bank_acts(world: World, steps: Sequence[Step]) -> Iterator[Act]:
    """Yields a statement for each week from the first settlement run on."""
    deposits = [step for step in steps if step.command == "report_psp_batch"]
    claims = [step.data["bank_entry_ref"] for step in steps if step.command == "report_claim_settled"]
    for week in range(1, runs_of(world) + 1):
        at = world.day(run_day(week) + _SHOWN_AFTER)
        do = partial(_statement, _Reported(world, deposits, [*claims, *bank_refs(world)]), week)
        yield Act(at, f"sim{world.seed}.statement.{week}", do)


@dataclass(frozen=True, slots=True)
class _Reported:
    """The facts that the bank knows: the provider's deposits, and the references of other payments."""

    world: World
    deposits: Sequence[Step]
    references: Sequence[str]


@dataclass(frozen=True, slots=True)
class _Books:
    """The payouts and the expected payments as the ledger knows them at the time of a statement, read once."""

    payouts: RunPayouts
    expected: Sequence[Expectation]

    @classmethod
    def read(cls, app: App, reported: _Reported) -> _Books:
        payouts = RunPayouts.read(app, reported.world)
        app.catch_up([ExpectedAtBank()])
        returned = [row.payout_id for row in payouts.returned()]
        return cls(payouts, expected_under(app.views, [*reported.references, *returned]))


def _statement(reported: _Reported, week: int, app: App) -> Iterator[Step]:
    world, books = reported.world, _Books.read(app, reported)
    opening = _OPENING
    for earlier in range(1, week):
        opening += total([entry["amount"] for entry in _entries(reported, earlier, books)], CNY)
    if week >= _GAP:
        opening += Money(7_700, CNY)  # money received in the gap between two statements
    entries = list(_entries(reported, week, books))
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


def _entries(reported: _Reported, week: int, books: _Books) -> Iterator[dict[str, Any]]:
    world = reported.world
    since, upto = (world.day(run_day(n) + _SHOWN_AFTER) if n else world.day(-7) for n in (week - 1, week))
    for deposit in reported.deposits:
        if since <= deposit.at < upto:
            yield _matched("psp_settlement", deposit.data["batch_ref"], deposit.data["cash"])
    for n, row in enumerate(books.payouts.paid(week)):
        entry = _matched("payout", row.payout_id, -row.amount)
        charged = Money(200, CNY) if week == _UNEQUAL and n == 0 else NO_CNY
        yield entry | {"amount": entry["amount"] - charged}
    for other in books.expected:
        in_cny = other.amount.currency == CNY  # dollar entries are in no statement
        if other.kind != "payout" and in_cny and since.date() <= other.expected_on < upto.date():
            yield _matched(other.kind, other.reference, other.amount)
    if week == _CHARGED:
        yield _matched("bank_charge", f"charges {world.seed}-{week:02d}", Money(-500, CNY))
    if week == _UNMATCHED:
        yield {"amount": Money(12_345, CNY), "reference": "interest or a mistake"}


def _matched(kind: str, reference: str, amount: Money) -> dict[str, Any]:
    return {"amount": amount, "reference": reference, "matched_to": kind, "expected": amount}
