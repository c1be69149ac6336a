"""Amounts by line with which a reviewer approves less than was requested."""

from __future__ import annotations

from collections.abc import Iterable, Iterator
from typing import Annotated

from pydantic import AfterValidator, BaseModel, ConfigDict

from commands.fields import PositiveMoney
from commands.requested_amounts import expect_within
from ledger.events.refunds import RefundLine
from ledger.fx import CNY
from ledger.ids import Id
from ledger.money import Money, total
from ledger.refusals.after_sales import FullAmountOnly, LineNotInCase
from ledger.refusals.catalogue import RefundExceedsRemaining
from ledger.streams.amounts.refund_shares import cut_to, refund_line
from ledger.streams.orders.cases import Case
from ledger.streams.orders.order import Order


class LineAmount(BaseModel):
    """The refunded amount of a line, in the buyer's currency."""

    model_config = ConfigDict(frozen=True, extra="forbid")

    line_id: Id
    amount: PositiveMoney


def _each_once(lines: Iterable[LineAmount]) -> tuple[LineAmount, ...]:
    named = tuple(lines)
    if not named or len({line.line_id for line in named}) != len(named):
        raise ValueError("name at least one line, and each line once")
    return named


LineAmounts = Annotated[tuple[LineAmount, ...], AfterValidator(_each_once)]


def approved_lines(
    order: Order, case: Case, amounts: Iterable[LineAmount] | None, *, taken_back: bool
) -> tuple[RefundLine, ...]:
    """Returns the case's lines with these amounts: all as requested if none are given, else only the given ones.

    With `taken_back` the goods come back, so the units count as refunded at any amount. Raises `RefundExceedsRemaining`
    if a dispute took some of a line since the request; `LineNotInCase`, `FullAmountOnly`, and as `expect_within`.
    """
    if amounts is None:
        for line_id in dict.fromkeys(line.line_id for line in case.lines):
            _expect_left(order, line_id, _asked(order, case, line_id))
        return tuple(_requested(order, case))
    return tuple(part for line in amounts for part in _cut(order, case, line, taken_back=taken_back))


def _cut(order: Order, case: Case, line: LineAmount, *, taken_back: bool) -> Iterator[RefundLine]:
    """Yields the line's parts. A line may be in several parcels, which get the approved amount in turn."""
    parts = [part for part in _requested(order, case) if part.line_id == line.line_id]
    if not parts:
        lines = tuple(sorted({part.line_id for part in case.lines}))
        raise LineNotInCase(refund_id=case.id, line_id=line.line_id, lines=lines)
    asked = _asked(order, case, line.line_id)
    expect_within(line.amount, asked, what=f"line {line.line_id}")
    _expect_left(order, line.line_id, line.amount)
    if case.type == "unshipped" and line.amount != (most := min(asked, order.lines[line.line_id].left_to_buyer)):
        raise FullAmountOnly(line_id=line.line_id, asked=str(most), amount=str(line.amount))
    left = line.amount
    for part in parts:
        amount = min(left, part.buyer_amount)
        if amount:
            yield cut_to(part, order.lines[part.line_id], amount, taken_back=taken_back)
        left = left - amount
    assert left == Money(0, left.currency), "what is approved is part of what was asked"


def _asked(order: Order, case: Case, line_id: str) -> Money:
    return total([part.buyer_amount for part in _requested(order, case) if part.line_id == line_id], order.currency)


def _requested(order: Order, case: Case) -> Iterator[RefundLine]:
    """Yields the requested units at the price that was asked for them. It grows by part refunds that were undone since,
    up to the price that the units have now."""
    for line in case.lines:
        book = order.lines[line.line_id]
        open_units = book.open_units(order.parcels.journeys(line.line_id))
        now = [
            refund_line(book, qty, place, of=open_units.get(place, 0))
            for place, qty in book.now_in(line.parcel_id, line.qty)
        ]
        buyer = total([part.buyer_amount for part in now], line.buyer_amount.currency)
        undone = Money(book.parts_undone - case.parts_undone_before[line.line_id], buyer.currency)
        grown = min(buyer, line.buyer_amount + undone)
        if grown <= line.buyer_amount:
            yield line
            continue
        listed = total([part.list_amount for part in now], CNY)
        if grown < buyer:
            listed = Money(book.at(line.parcel_id).balance.list_for(book.prices, line.qty, grown.minor), CNY)
        yield line.model_copy(update={"buyer_amount": grown, "list_amount": listed})


def _expect_left(order: Order, line_id: str, amount: Money) -> None:
    left = order.lines[line_id].left_to_buyer
    if left < amount:
        raise RefundExceedsRemaining(what=f"line {line_id}", asked=str(amount), remaining=str(left))
