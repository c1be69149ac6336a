"""Allocation of captured money to an order: once, when it covers the buyer's total, split exactly."""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence

from ledger.events.orders import Charge, OrderPlaced, PlacedLine
from ledger.events.payments import AllocatedCharge, AllocatedLine, AllocatedPart, PaymentAllocated
from ledger.fx import CNY
from ledger.money import Money, share, split, total
from ledger.streams.orders.payments import Capture


def buyer_charges(placed: OrderPlaced) -> list[Charge]:
    """Returns the charges that the buyer pays, without those that the platform bears."""
    return [charge for charge in placed.charges if charge.borne_by == "buyer"]


def amount_due(placed: OrderPlaced, quantities: Mapping[str, int]) -> Money:
    """Returns the buyer's price for these quantities by line, with charges; zero if no quantity is left."""
    currency = placed.buyer_total.currency
    if not any(quantities.values()):
        return Money(0, currency)
    goods = [line.unit_reference * quantities[line.line_id] for line in placed.lines]
    return total([*goods, *(charge.amount for charge in _charges_for(placed, quantities))], currency)


def _charges_for(placed: OrderPlaced, quantities: Mapping[str, int]) -> list[Charge]:
    """Returns the charges for these quantities. Tax follows the goods, also goods cancelled before payment."""
    ordered = sum(line.unit_reference.minor * line.qty for line in placed.lines)
    left = sum(line.unit_reference.minor * quantities[line.line_id] for line in placed.lines)
    return [
        charge.model_copy(update={"amount": share(charge.amount, upto=left, of=ordered, already=charge.amount * 0)})
        if charge.type == "tax" and ordered
        else charge
        for charge in buyer_charges(placed)
    ]


def allocation(
    placed: OrderPlaced, quantities: Mapping[str, int], captures: Iterable[Capture]
) -> PaymentAllocated | None:
    """Returns the allocation of these captures to these quantities, or None if they do not cover the amount due.

    Captures are used in the order in which they became known; the rest of the last one stays in 2220 (domain §3.4).
    """
    due = amount_due(placed, quantities)
    parts = _parts(due, captures)
    if parts is None:
        return None
    charges = _charges_for(placed, quantities)
    sold = [(line, quantities[line.line_id]) for line in placed.lines if quantities[line.line_id]]
    amounts = [line.unit_reference * qty for line, qty in sold] + [charge.amount for charge in charges]
    bases = split(total([part.base for part in parts], CNY), [amount.minor for amount in amounts])
    lines = tuple(_line(line, qty, base) for (line, qty), base in zip(sold, bases[: len(sold)], strict=True))
    list_total = total([line.list_amount for line in lines], CNY)
    goods_base = total([line.base for line in lines], CNY)
    return PaymentAllocated(
        merchant_id=placed.merchant_id,
        order_id=placed.order_id,
        market=placed.market,
        amount=due,
        parts=tuple(parts),
        lines=lines,
        list_total=list_total,
        goods_base=goods_base,
        charges=_charges(charges, bases[len(sold) :]),
        margin=goods_base - list_total,
    )


def _parts(due: Money, captures: Iterable[Capture]) -> list[AllocatedPart] | None:
    parts: list[AllocatedPart] = []
    missing = due
    for capture in captures:
        if not missing:
            break
        used = min(missing, capture.free)
        if not used:
            continue
        base = capture.base_of(used)
        parts.append(
            AllocatedPart(
                payment_id=capture.payment_id, capture_ref=capture.capture_ref, psp=capture.psp, amount=used, base=base
            )
        )
        missing = missing - used
    return None if missing or not parts else parts


def _line(line: PlacedLine, qty: int, base: Money) -> AllocatedLine:
    return AllocatedLine(
        line_id=line.line_id,
        qty=qty,
        list_amount=line.unit_list * qty,
        amount=line.unit_reference * qty,
        base=base,
    )


def _charges(charges: Sequence[Charge], bases: Sequence[Money]) -> tuple[AllocatedCharge, ...]:
    return tuple(
        AllocatedCharge(type=charge.type, amount=charge.amount, base=base)
        for charge, base in zip(charges, bases, strict=True)
    )
