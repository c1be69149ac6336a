"""Refunded units whose price the buyer does not have in full any more, because a part refund was undone."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass

from ledger.events.refunds import Bearer
from ledger.folds.line_places import Place
from ledger.streams.orders.order import Order


@dataclass(frozen=True, slots=True)
class Uncovered:
    """A part of the price of refunded units in one place that no refund covers, in the buyer's currency.

    `bearer` bears the refund of these units. With `awaits_goods`, the goods of a return are not back yet.
    """

    place: Place
    bearer: Bearer
    minor: int
    awaits_goods: bool = False


def uncovered(order: Order, line_id: str) -> Iterator[Uncovered]:
    """Yields the uncovered parts of a line by place and bearer.

    Units that a lost dispute took are left out: the buyer has the amounts that the issuer did not take back.
    """
    waiting = _covered_for_awaited_goods(order, line_id)
    for place, units in order.lines[line_id].places.items():
        left = units.balance.uncovered
        waits = min(left, waiting)
        waiting, left = waiting - waits, left - waits
        of_merchant, of_platform = max(0, units.balance.merchant_covered), max(0, units.balance.platform_covered)
        if waits:
            yield Uncovered(place, "merchant" if of_merchant else "platform", waits, awaits_goods=True)
        merchants = min(left, of_merchant)
        if merchants:
            yield Uncovered(place, "merchant", merchants)
        if platforms := min(left - merchants, of_platform):
            yield Uncovered(place, "platform", platforms)


def _covered_for_awaited_goods(order: Order, line_id: str) -> int:
    effects = (
        effect
        for case in order.cases.values()
        if case.awaits_goods
        for line, found in case.effects
        if line.line_id == line_id
        for _, effect in found
    )
    return sum(max(0, -effect.balance.paid_open) for effect in effects)
