"""Shares of a refund: cumulative, so that all refunds of a line sum exactly to its amounts."""

from __future__ import annotations

from collections.abc import Collection, Iterable, Sequence
from dataclasses import dataclass
from typing import Literal

from ledger.events.payments import AllocatedCharge
from ledger.events.refunds import ApprovedLine, Bearer, Liability, RefundLine, RefundMoney
from ledger.fx import CNY, NO_CNY, Rate
from ledger.money import Money, share, split, total
from ledger.streams.amounts.fees import OrderFees
from ledger.streams.orders.order import Order
from ledger.streams.orders.quantities import LineBook
from ledger.streams.units.units import unreleased

Expense = Literal["goods_lost", "goodwill"]
SharedLiability = Literal["merchant", "platform", "shared"]


def refund_line(book: LineBook, qty: int, parcel_id: str | None = None, *, of: int | None = None) -> RefundLine:
    """Returns `qty` of the `of` open units in one place, at the order's prices less part refunds of them."""
    balance = book.at(parcel_id).balance
    left = balance.left_to_buyer(book.prices, qty, of=qty if of is None else of)
    return RefundLine(
        line_id=book.line.line_id,
        qty=qty,
        buyer_amount=Money(left, book.line.unit_reference.currency),
        list_amount=Money(balance.list_for(book.prices, qty, left), CNY),
        parcel_id=parcel_id,
    )


def cut_to(line: RefundLine, book: LineBook, amount: Money, *, taken_back: bool) -> RefundLine:
    """Returns the line at a smaller amount: for units that come back all the same, or (qty 0) for a part of their
    price."""
    if amount == line.buyer_amount:
        return line
    listed = book.at(line.parcel_id).balance.list_for(book.prices, 0, amount.minor)
    changed = {"qty": line.qty if taken_back else 0, "buyer_amount": amount, "list_amount": Money(listed, CNY)}
    return line.model_copy(update=changed)


def buyer_amount(order: Order, lines: Iterable[RefundLine], charges: Iterable[AllocatedCharge]) -> Money:
    """Returns the amount for the buyer, in the buyer's currency."""
    return total([line.buyer_amount for line in lines] + [charge.amount for charge in charges], order.currency)


def liability_of(bearers: Collection[Bearer]) -> SharedLiability:
    """Returns the liability of a whole refund or dispute; the platform's if it has no units."""
    found = set(bearers)
    return "shared" if len(found) > 1 else next(iter(found), "platform")


def taken_back(
    order: Order, lines: Sequence[RefundLine], bearers: Sequence[Bearer], fees: OrderFees
) -> tuple[ApprovedLine, ...]:
    """Returns the lines with the amounts that are taken back from the merchant, if it bears them. Units that are not
    released come from pending, the others from available; in one place the unreleased come first."""
    running: dict[str, _Running] = {}
    approved = []
    for line, bearer in zip(lines, bearers, strict=True):
        if bearer == "merchant":
            pending = unreleased(order, line.line_id, line.parcel_id)
            sums = running.setdefault(line.line_id, _Running.of(order.lines[line.line_id]))
            taken = sums.take(line, fees, pending=pending)
        else:
            taken = _kept(line)
        approved.append(taken.model_copy(update={"borne_by": bearer}) if len(set(bearers)) > 1 else taken)
    return tuple(approved)


def _kept(line: RefundLine) -> ApprovedLine:
    """Returns the line with nothing taken back: the merchant keeps the list price."""
    nothing = dict.fromkeys(("from_pending", "from_available", "fee_back", "vat_back", "base"), NO_CNY)
    return ApprovedLine(**dict(line), released_qty=0, **nothing)


def refund_money(
    order: Order,
    lines: Sequence[ApprovedLine],
    liability: Liability,
    charges: tuple[AllocatedCharge, ...],
    rate: Rate,
    expense: Expense,
    *,
    base: Money | None = None,
) -> RefundMoney:
    """Returns the amounts of P7 to P9. The merchant's lines reverse their share of the margin, and the change of the
    rate is `fx`. The goods' part that the platform bears is `expense`. `base` is given if the refund already stands in
    2210."""
    theirs = [line for line in lines if line.is_merchants(liability)]
    amount, given_up = buyer_amount(order, lines, charges), buyer_amount(order, theirs, ())
    base = rate.convert(amount) if base is None else base
    given_back, listed = _sum(theirs, "base"), _sum(theirs, "list_amount")
    lost = NO_CNY
    if liability != "merchant":
        goods = buyer_amount(order, lines, ()) - given_up
        lost = split(base, [goods.minor, given_up.minor, *(charge.amount.minor for charge in charges)])[0]
    return RefundMoney(
        amount=amount,
        base=base,
        book_rate=rate,
        from_pending=_sum(theirs, "from_pending"),
        from_available=_sum(theirs, "from_available"),
        fee_back=_sum(theirs, "fee_back"),
        vat_back=_sum(theirs, "vat_back"),
        charges=charges,
        margin_reversed=given_back - listed,
        fx=base - lost - given_back - _bases(charges),
        expense="" if liability == "merchant" else expense,
        expense_base=lost,
    )


def _sum(lines: Iterable[ApprovedLine], name: str) -> Money:
    return total([getattr(line, name) for line in lines], CNY)


@dataclass(slots=True)
class _Running:
    """Cumulative sums of a line while one refund takes several parts of it; `paid` is minor units for the buyer."""

    book: LineBook
    paid: int
    base: Money

    @classmethod
    def of(cls, book: LineBook) -> _Running:
        return cls(book=book, paid=book.merchant_paid, base=book.base_back)

    def take(self, line: RefundLine, fees: OrderFees, *, pending: int) -> ApprovedLine:
        """Returns the line with its amounts, and adds them up. `pending` units of its place are not released."""
        book, units = self.book, self.book.at(line.parcel_id)
        assert book.allocated is not None, "only what was paid is refunded"
        listed = Money(units.balance.list_for(book.prices, line.qty, line.buyer_amount.minor), CNY)
        standing = Money(units.balance.released, CNY)
        first = Money(max(0, book.prices.list * pending - units.balance.pending_less), CNY)
        released = min(listed - min(listed, first), standing)
        self.paid += line.buyer_amount.minor
        base = share(book.allocated.base, upto=self.paid, of=book.allocated.amount.minor, already=self.base)
        fee, vat = fees.give_back(book, released)
        self.base += base
        return ApprovedLine(
            **dict(line) | {"list_amount": listed},
            released_qty=min(max(0, line.qty - pending), units.kept_releases),
            from_pending=listed - released,
            from_available=released - fee - vat,
            fee_back=fee,
            vat_back=vat,
            base=base,
        )


def _bases(charges: Iterable[AllocatedCharge]) -> Money:
    return total([charge.base for charge in charges], CNY)
