"""The service fee of an order: always the fee of what the merchant keeps, in any order and on any day of release."""

from __future__ import annotations

from collections import defaultdict
from dataclasses import dataclass

from ledger.fx import NO_CNY
from ledger.money import Money
from ledger.policies.fees import Fees
from ledger.streams.orders.order import Order
from ledger.streams.orders.quantities import LineBook


@dataclass(slots=True)
class _Standing:
    """The released list price that is kept, with its fee and VAT, in CNY."""

    gross: Money = NO_CNY
    fee: Money = NO_CNY
    vat: Money = NO_CNY

    def add(self, *, gross: Money, fee: Money, vat: Money) -> None:
        self.gross, self.fee, self.vat = self.gross + gross, self.fee + fee, self.vat + vat


class OrderFees:
    """The fees of one order while a decision adds to them or takes from them.

    The fee and its VAT are computed on the sum over all lines with one rate (scope `order`), or on one line (`line`).
    Each release is charged the difference to the fee charged so far, and each refund gives the difference back. A fee
    that is not refundable is computed on everything that was ever released.
    """

    def __init__(self, order: Order, fees: Fees) -> None:
        self._fees = fees
        self._standing: defaultdict[str, _Standing] = defaultdict(_Standing)
        for book in order.lines.values():
            kept = book.gross_released - book.gross_taken_back if fees.refundable else book.gross_released
            fee, vat = book.fee_charged - book.fee_back, book.vat_charged - book.vat_back
            self._of(book).add(gross=kept, fee=fee, vat=vat)

    def charge(self, book: LineBook, gross: Money) -> tuple[Money, Money]:
        """Returns the fee and VAT of releasing `gross` of the line, all in CNY."""
        standing = self._of(book)
        due = self._fees.taken_from(standing.gross + gross, book.line.fee_rate_bps)
        fee, vat = due.fee - standing.fee, due.vat - standing.vat
        standing.add(gross=gross, fee=fee, vat=vat)
        return fee, vat

    def give_back(self, book: LineBook, released: Money) -> tuple[Money, Money]:
        """Returns the fee and VAT that go back with `released` money of the line, all in CNY."""
        if not self._fees.refundable:
            return NO_CNY, NO_CNY
        fee, vat = self.charge(book, -released)
        return -fee, -vat

    def charge_again(self, book: LineBook, released: Money) -> tuple[Money, Money]:
        """Returns the fee and VAT of `released` money of the line that a cancelled refund leaves with the merchant.

        Releases and refunds since then may have moved a fen of rounding from one line to another.
        """
        return self.charge(book, released) if self._fees.refundable else (NO_CNY, NO_CNY)

    def _of(self, book: LineBook) -> _Standing:
        rate, line_id = book.line.fee_rate_bps, book.line.line_id
        return self._standing[f"rate {rate}" if self._fees.scope == "order" else f"line {line_id}"]
