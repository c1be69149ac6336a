"""Simulates the provider's settlement reports: each week a batch of the captures, refunds and disputes of the week
before.

Some lines of the second batch and the deposit of the third differ from our books. One capture of the month's last days
is settled on the last day, in a report that comes days later.
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Mapping
from dataclasses import dataclass, replace
from datetime import UTC, date, datetime, time
from decimal import Decimal
from hashlib import sha256
from typing import Any

from commands.settlement.psp_lines import PspLine
from ledger.events.psp_settlement import SettledKind
from ledger.fx import CNY, NO_CNY, Rate
from ledger.ids import derived_id
from ledger.money import Money, half_up, total
from service.demo.simulator.late_facts import LATE, REPORTED_AFTER, SINCE
from service.demo.simulator.scenarios.order_steps import PSP
from service.demo.simulator.step import FINANCE, PROVIDER, Step
from service.demo.simulator.world import World

_AFTER_THE_WEEK = 2  # days
_WRONG_LINES, _WRONG_DEPOSIT = 2, 3  # numbers of the weeks
_SPREAD = Decimal("0.996")  # factor of the book rate
_ACCOUNT_FEE = Money(2_500, "USD")

Owner = tuple[str, str] | tuple[str]  # merchant and order, or a capture that no order will have


@dataclass(frozen=True, slots=True)
class Owed:
    """An amount that the provider owes us, or takes back if it is negative."""

    at: datetime
    owner: Owner
    kind: SettledKind
    reference: str
    gross: Money


@dataclass(frozen=True, slots=True)
class Batch:
    """The lines of one report by their owner; `at` is the instant of the report."""

    ref: str
    at: datetime
    lines: dict[Owner, list[PspLine]]
    day: date

    @property
    def happened_at(self) -> datetime:
        """Returns the instant of the settlement: of the report if it is on the same day, else noon in Shanghai."""
        return self.at if self.at.date() == self.day else datetime.combine(self.day, time(4), UTC)

    @property
    def cash(self) -> Money:
        return total([part.cash_on(self.day) for line in self.all_lines for part in line.parts(self.day)], CNY)

    @property
    def all_lines(self) -> list[PspLine]:
        return [line for lines in self.lines.values() for line in lines]


def provider_steps(world: World, reported: Iterable[Step], also: Iterable[Owed]) -> Iterator[Step]:
    """Yields the reports of what the provider did in the steps of all orders, including late reports, and of what else
    it owes us.
    """
    items = sorted([*_items(world, reported), *also], key=lambda item: (item.at, item.reference, item.kind, item.owner))
    late = [item for item in items if _is_reported_late(world, item)]
    for week in range(1, (world.days.count - _AFTER_THE_WEEK) // 7 + 1):
        first, last = world.day(7 * week - 7), world.day(7 * week)
        due = [item for item in items if first <= item.at < last or (week == 1 and item.at < first)]
        if due := [item for item in due if item not in late]:
            yield from _reported(world, week, _weekly(world, week, due))
    at = world.after_the_month(REPORTED_AFTER, hour=6)
    yield from _reported(world, 0, _batch(world, f"SIMPAY-{world.seed}-late", at, world.days.month_end, late))


def _is_reported_late(world: World, item: Owed) -> bool:
    is_theirs = item.owner[0] == world.guests[LATE].merchant_id
    return is_theirs and item.kind == "charge" and item.at >= world.after_the_month(SINCE)


def _items(world: World, reported: Iterable[Step]) -> Iterator[Owed]:
    """Yields each amount once, even if it was reported several times."""
    steps = [step for step in reported if step.data.get("psp") == PSP and "order_id" in step.data]
    seen: set[tuple[str, str, bool]] = set()
    withdrawn: dict[str, Money] = {}
    for step in sorted(steps, key=lambda step: (step.at, step.id)):
        item = _item(step, withdrawn)
        if item is None or (item.gross.currency, world.first_day) not in world.rates.book:
            continue
        name = item.kind, item.reference, item.gross.minor > 0
        if name not in seen:
            seen.add(name)
            yield item


def _item(step: Step, withdrawn: dict[str, Money]) -> Owed | None:
    data: Mapping[str, Any] = step.data

    def item(kind: SettledKind, reference: str, gross: Money) -> Owed:
        return Owed(step.happened_at or step.at, (data["merchant_id"], data["order_id"]), kind, reference, gross)

    match step.command:
        case "report_payment_captured":
            return item("charge", data["capture_ref"], data["amount"])
        case "report_payment_failed" if "capture_ref" in data:
            return item("charge", data["capture_ref"], -data["amount"])
        case "report_refund_outcome" if data["outcome"] == "succeeded":
            return item("refund", data["psp_refund_ref"], -data["amount"])
        case "report_refund_outcome" if data["outcome"] == "reversed":
            return item("refund", data["psp_refund_ref"], data["amount"])
        case "report_dispute_funds_withdrawn":
            withdrawn[data["dispute_id"]] = data["amount"]
            return item("dispute", data["dispute_id"], -data["amount"])
        case "report_dispute_fee":
            return item("dispute_fee", data["dispute_id"], -data["amount"])
        case "report_dispute_won" if data["dispute_id"] in withdrawn:
            return item("dispute", data["dispute_id"], withdrawn[data["dispute_id"]])
    return None


def _weekly(world: World, week: int, items: list[Owed]) -> Batch:
    at = world.day(7 * week + _AFTER_THE_WEEK, hour=6)
    batch = _batch(world, f"SIMPAY-{world.seed}-{week:02d}", at, at.date(), items)
    return _with_wrong_lines(batch) if week == _WRONG_LINES else batch


def _batch(world: World, ref: str, at: datetime, day: date, items: list[Owed]) -> Batch:
    lines: dict[Owner, list[PspLine]] = {}
    for item in items:
        lines.setdefault(item.owner, []).append(_line(world, item, day))
    return Batch(ref, at, lines, day)


def _line(world: World, item: Owed, day: date) -> PspLine:
    fee = Money(0, item.gross.currency)
    if item.kind == "charge" and item.gross.minor > 0:
        fee = Money(half_up(item.gross.minor * 29, 1_000) + 30, item.gross.currency)
    return PspLine(
        psp_ref=derived_id(item.kind, item.reference, "in" if item.gross.minor > 0 else "out"),
        kind=item.kind,
        reference=item.reference,
        gross=item.gross,
        fee=fee,
        net=item.gross - fee,
        rate=_rate(world, item.gross.currency, day),
    )


def _rate(world: World, currency: str, day: date) -> Rate:
    value = str((Decimal(world.rates.book[currency, day]) * _SPREAD).quantize(Decimal("0.0001")))
    return Rate(base=currency, quote=CNY, value=value, kind="provider_settlement", source=PSP, as_of=day)


def _with_wrong_lines(batch: Batch) -> Batch:
    """Returns the batch with four errors: one capture is missing, one is too high, one is unknown, and one is paid at
    another rate.
    """
    orders = [order for order, lines in batch.lines.items() if lines[0].kind == "charge" and len(lines) == 1]
    if len(orders) < 4:
        return batch
    lines = dict(batch.lines)
    del lines[orders[0]]
    (higher,), (other,), (dearer,) = (lines[order] for order in orders[1:4])
    more = Money(100, higher.gross.currency)
    lines[orders[1]] = [higher.model_copy(update={"gross": higher.gross + more, "net": higher.net + more})]
    unknown = {"psp_ref": derived_id(other.psp_ref, "x"), "reference": "ch_unknown"}
    lines[orders[2]] = [other, other.model_copy(update=unknown)]
    lines[orders[3]] = [dearer.model_copy(update={"cash": dearer.cash_on(batch.day) - Money(500, CNY)})]
    return replace(batch, lines=lines)


def _reported(world: World, week: int, batch: Batch) -> Iterator[Step]:
    """Yields the file, the lines of each order or unmatched capture, and the whole batch."""
    digest = sha256(repr(batch).encode()).hexdigest()
    file = {"kind": "psp_report", "digest": digest, "partner": PSP, "rows": len(batch.all_lines)}
    named = {"file_name": f"{batch.ref}.csv", "header": {"batch": batch.ref}}
    yield Step(batch.at, f"sim.{batch.ref}.file", "accept_file", FINANCE, file | named)
    said = {"psp": PSP, "batch_ref": batch.ref, "bank_entry_ref": batch.ref, "value_date": batch.day}
    for owner, lines in batch.lines.items():
        command, names = _about(owner)
        data = {**names, **said, "lines": lines}
        yield _report(batch, owner[-1], command, data)
    data = _whole(world, week, batch) | {"digest": digest}
    yield _report(batch, "whole", "report_psp_batch", data)
    done = {"kind": "psp_report", "digest": digest, "refused": 0}
    yield Step(batch.at, f"sim.{batch.ref}.whole.done", "complete_file", FINANCE, done)


def _report(batch: Batch, name: str, command: str, data: dict[str, Any]) -> Step:
    step = Step(batch.at, f"sim.{batch.ref}.{name}", command, PROVIDER, data, is_report=True)
    return replace(step, happened_at=batch.happened_at)


def _about(owner: Owner) -> tuple[str, dict[str, str]]:
    if len(owner) == 1:
        return "report_unmatched_settlement", {"capture_ref": owner[0]}
    return "report_psp_settlement", {"merchant_id": owner[0], "order_id": owner[1]}


def _whole(world: World, week: int, batch: Batch) -> dict[str, Any]:
    rate = _rate(world, _ACCOUNT_FEE.currency, batch.day)
    short = Money(5_000, CNY) if week == _WRONG_DEPOSIT else NO_CNY
    return {
        "psp": PSP,
        "batch_ref": batch.ref,
        "line_count": len(batch.all_lines),
        "totals": list(_totals(batch.all_lines)),
        "fees": [{"psp_ref": f"{batch.ref}-account", "amount": _ACCOUNT_FEE, "rate": rate}],
        "orders_cash": batch.cash,
        "cash": batch.cash - rate.convert(_ACCOUNT_FEE) - short,
        "bank_entry_ref": batch.ref,
        "value_date": batch.day,
    }


def _totals(lines: list[PspLine]) -> Iterator[dict[str, Money]]:
    for currency in sorted({line.gross.currency for line in lines}):
        here = [line for line in lines if line.gross.currency == currency]
        yield {name: total([getattr(line, name) for line in here], currency) for name in ("gross", "fee", "net")}
