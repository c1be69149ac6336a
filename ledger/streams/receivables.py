"""Amounts that providers owe us, or we owe them, for one order or unmatched capture (1110), and what they settled."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass, replace
from datetime import date
from functools import singledispatchmethod
from typing import Any

from ledger.events.disputes import DisputeFeeCharged, DisputeFundsWithdrawn, DisputeWon
from ledger.events.payments import PaymentCaptured, PaymentCaptureFailed
from ledger.events.platform import UnmatchedPaymentCaptured
from ledger.events.platform_money import UnmatchedRefundPaid
from ledger.events.psp_settlement import (
    PspSettlementMatched,
    PspSettlementReceived,
    SettledKind,
    SettledLine,
)
from ledger.events.refunds import RefundReversed, RefundSucceeded
from ledger.events.unmatched_money import (
    UnmatchedCaptureFailed,
    UnmatchedFundsMatched,
    UnmatchedFundsSettled,
    UnmatchedRefundReversed,
)
from ledger.folds.evolution import Evolving
from ledger.fx import NO_CNY
from ledger.ids import UNKNOWN
from ledger.money import Money, half_up, share, total
from ledger.streams.expectation import Expectation

Key = tuple[SettledKind, str, bool]  # kind, reference, and True if it is owed to us
_RATE_TOLERANCE_PERCENT = 10  # a larger difference to our book rate means that the line settles only a part of its item
_RefundOutcome = RefundSucceeded | RefundReversed | UnmatchedRefundPaid | UnmatchedRefundReversed


@dataclass(frozen=True, slots=True)
class Advance:
    """Settled money whose item is not known, or that exceeds it. It stands in 1110 at the provider's rate; `base` is
    CNY; `reference` is the one that the lines name."""

    amount: Money
    base: Money
    psp: str
    batch_ref: str
    value_date: date
    reference: str = ""

    def less(self, amount: Money, base: Money) -> Advance | None:
        left = replace(self, amount=self.amount - amount, base=self.base - base)
        return left if left.amount else None


@dataclass(frozen=True, slots=True)
class Match:
    """A part of an advance that settles an item known now. `settled` with `settled_base` (CNY) leaves the advance;
    `cleared` with `cleared_base` (CNY) leaves the item. `is_exact` is true if neither has a rest that the other does
    not explain."""

    kind: SettledKind
    reference: str
    advance: Advance
    settled: Money
    settled_base: Money
    cleared: Money
    cleared_base: Money
    is_exact: bool


@dataclass(slots=True)
class Receivable:
    """One item; positive amounts are owed to us. `settled_base` is the part of `base` (CNY) that is settled.

    `parts` are the amounts that it consists of; a part is removed when a settlement equals it exactly. `pieces` are the
    advances of each line. `of` are the capture and the payment of a refund or dispute.
    """

    amount: Money
    base: Money
    settled: Money
    settled_base: Money = NO_CNY
    advance: Advance | None = None
    parts: tuple[Money, ...] = ()
    pieces: tuple[Advance, ...] = ()
    of: tuple[str, ...] = ()

    @property
    def left(self) -> Money:
        """The amount that is still to be settled; zero if more was settled than is known."""
        left = self.amount - self.settled
        is_known = bool(self.amount) and (left.minor > 0) == (self.amount.minor > 0)
        return left if is_known else Money(0, left.currency)

    def is_less_than(self, base: Money) -> bool:
        """True if the provider paid more CNY for the item than differences of rates explain."""
        return abs(base.minor) * 100 > abs(self.left_base.minor) * (100 + _RATE_TOLERANCE_PERCENT)

    def part_value(self, base: Money) -> Money:
        """Returns the part of `left` that the provider paid `base` (CNY) for. It is all of `left`, unless the two
        values differ by more than the rate tolerance."""
        given, owed = abs(base.minor), abs(self.left_base.minor)
        if not owed or abs(given - owed) * 100 <= owed * _RATE_TOLERANCE_PERCENT:
            return self.left
        return Money(half_up(self.left.minor * min(given, owed), owed), self.left.currency)

    def settle(self, line: SettledLine, *, psp: str, batch_ref: str, value_date: date) -> None:
        """Applies a settled line. An amount beyond `left` becomes an advance. A line in another currency changes
        nothing, and there is one advance: what comes beyond it in another currency is left to a person."""
        if line.gross.currency != self.amount.currency:
            return
        over = line.gross - self.left if abs(line.gross.minor) > abs(self.left.minor) else line.gross * 0
        over_base = line.cleared - self.left_base if over else NO_CNY
        self.take(line.gross - over, line.cleared - over_base)
        before = self.advance
        if over and (before is None or before.amount.currency == over.currency):
            piece = Advance(over, over_base, psp, batch_ref, value_date, line.reference)
            amount, base = (before.amount + over, before.base + over_base) if before else (over, over_base)
            self.advance, self.pieces = replace(piece, amount=amount, base=base), (*self.pieces, piece)

    def take(self, amount: Money, base: Money) -> None:
        """Settles `amount` of the item, with `base` (CNY) of its carried value."""
        self.settled, self.settled_base = self.settled + amount, self.settled_base + base
        if amount in self.parts:
            n = self.parts.index(amount)
            self.parts = (*self.parts[:n], *self.parts[n + 1 :])

    def fits(self, amount: Money, base: Money) -> bool:
        """True if `amount`, for which the provider gave `base` (CNY), is all that is left, in any currency."""
        if not self.left or amount.currency == self.left.currency:
            return bool(self.left) and amount == self.left
        return not self.is_less_than(base) and self.part_value(base) == self.left

    def adopt(self, other: Receivable) -> None:
        """Takes over the advance of a line that named only the capture, if it is all that is left here."""
        piece = next((each for each in other.pieces if self.fits(each.amount, each.base)), None)
        if piece and other.advance and self.advance is None:
            self.advance, self.pieces = piece, (piece,)
            other.advance = other.advance.less(piece.amount, piece.base)
            other.pieces = tuple(each for each in other.pieces if each is not piece)

    def owe(self, amount: Money, base: Money) -> None:
        """Adds `amount` to the item. Its first amount decides its currency; an amount in another currency is
        ignored."""
        if not self.amount and not self.settled:
            self.amount, self.settled, self.parts = Money(0, amount.currency), Money(0, amount.currency), ()
        if self.amount.currency == amount.currency:
            self.amount, self.base, self.parts = self.amount + amount, self.base + base, (*self.parts, amount)

    def match(self, kind: SettledKind, reference: str) -> Match | None:
        """Returns the match of the advance with `left`, or None."""
        advance = self.advance
        if advance is None or not self.left:
            return None
        if advance.amount.currency == self.left.currency:
            cleared = min(advance.amount, self.left, key=lambda amount: abs(amount.minor))
            settled, is_exact = cleared, advance.amount == cleared
        else:
            cleared, settled = self.part_value(advance.base), advance.amount
            is_exact = not self.is_less_than(advance.base)
        cleared_base = self.clearing(cleared) if cleared else None
        if cleared_base is None:
            return None
        given = share(advance.base, upto=settled.minor, of=advance.amount.minor, already=NO_CNY)
        return Match(kind, reference, advance, settled, given, cleared, cleared_base, is_exact)

    @property
    def left_base(self) -> Money:
        return self.base - self.settled_base if self.left else NO_CNY

    def clearing(self, gross: Money) -> Money | None:
        """Returns the carried CNY value of `gross`, or None if it exceeds what is left or has another currency."""
        if gross.currency != self.amount.currency or not gross:
            return None
        upto = self.settled.minor + gross.minor
        if abs(upto) > abs(self.amount.minor):
            return None
        return share(self.base, upto=upto, of=self.amount.minor, already=self.settled_base)


def settled_name(batch_ref: str, psp_ref: str, kind: SettledKind) -> str:
    """Returns the id of a line of a provider's report."""
    return f"{batch_ref}/{psp_ref}/{kind}"


def _names_of(event: Any) -> tuple[str, ...]:
    """Returns the capture and the payment of a refund or dispute. A provider's line may name one of them alone."""
    return tuple(name for name in (event.capture_ref, event.payment_id) if name)


class Receivables(Evolving):
    """Captures and reversed refunds are owed to us; refunds, failed captures and disputes are owed by us."""

    def __init__(self) -> None:
        self.items: dict[Key, Receivable] = {}
        self.has_advances = False
        self.settled_lines: dict[str, SettledLine] = {}  # by batch and line
        self._names: dict[str, str] = {}  # attempt id → the provider's reference

    def copy(self) -> Receivables:
        """Returns a copy that can be settled without changing this one."""
        other = Receivables()
        other.items = {key: replace(item) for key, item in self.items.items()}
        other.has_advances = self.has_advances
        other.settled_lines, other._names = dict(self.settled_lines), dict(self._names)
        return other

    def find(self, kind: SettledKind, reference: str, gross: Money) -> Receivable | None:
        """Returns the item that a line of a provider's report settles, or None."""
        return self.items.get((kind, self.named(reference), gross.minor > 0))

    def fitting(self, kind: SettledKind, name: str, gross: Money, base: Money) -> str | None:
        """Returns the refund or dispute of a capture or payment of this name of which `gross` is all that is left. If
        several are alike, the first reported; in another currency than the line, only one that is alone.
        """
        is_ours = gross.minor > 0
        alike = {each: item for each, item in self.open_of(kind, name, is_ours=is_ours) if item.fits(gross, base)}
        is_exact = any(item.left == gross for item in alike.values())
        return next(iter(alike), None) if is_exact or len(alike) == 1 else None

    def open_of(self, kind: SettledKind, name: str, *, is_ours: bool) -> Iterator[tuple[str, Receivable]]:
        """Yields the open refunds or disputes of a capture or payment of this name, with their references."""
        for (of_kind, reference, ours), item in self.items.items():
            if (of_kind, ours) == (kind, is_ours) and name in item.of and item.left:
                yield reference, item

    def named(self, reference: str) -> str:
        """Returns the provider's reference of an attempt id; any other reference unchanged."""
        return self._names.get(reference, reference)

    def matches(self) -> Iterator[Match]:
        """Yields the advances that can be matched to items known now."""
        for (kind, reference, _), item in self.items.items():
            if match := item.match(kind, reference):
                yield match

    def expectations(self) -> Iterator[Expectation]:
        """Yields each item as an expectation: the amount owed and the amount settled."""
        for (kind, reference, is_ours), item in self.items.items():
            outstanding = total(item.parts, item.amount.currency)
            yield Expectation(f"{kind}_{'in' if is_ours else 'out'}", reference, item.amount, item.settled, outstanding)

    @singledispatchmethod
    def evolve(self, event: Any) -> None:
        """Applies an event that adds to an item, or settles it."""

    @evolve.register
    def _(self, event: PaymentCaptured | UnmatchedPaymentCaptured) -> None:
        self._owe("charge", event.capture_ref, event.amount, event.base)

    @evolve.register
    def _(self, event: PaymentCaptureFailed | UnmatchedCaptureFailed) -> None:
        self._owe("charge", event.capture_ref, -event.amount, -event.base)

    @evolve.register
    def _(self, event: RefundSucceeded | UnmatchedRefundPaid) -> None:
        self._owe("refund", self._name(event), -event.amount, -event.base, of=_names_of(event))

    @evolve.register
    def _(self, event: RefundReversed | UnmatchedRefundReversed) -> None:
        self._owe("refund", self._name(event), event.amount, event.base, of=_names_of(event))

    @evolve.register
    def _(self, event: DisputeFundsWithdrawn) -> None:
        self._owe("dispute", event.dispute_id, -event.amount, -event.base, of=_names_of(event))

    @evolve.register
    def _(self, event: DisputeFeeCharged) -> None:
        self._owe("dispute_fee", event.dispute_id, -event.amount, -event.base, of=_names_of(event))

    @evolve.register
    def _(self, event: DisputeWon) -> None:
        if event.amount:
            self._owe("dispute", event.dispute_id, event.amount, event.base, of=_names_of(event))

    @evolve.register
    def _(self, event: PspSettlementReceived | UnmatchedFundsSettled) -> None:
        for line in event.lines:
            self.settle(line, psp=event.psp, batch_ref=event.batch_ref, value_date=event.value_date)

    @evolve.register
    def _(self, event: PspSettlementMatched | UnmatchedFundsMatched) -> None:
        item = self._item(event.kind, event.reference, event.cleared)
        item.take(event.cleared, event.cleared_base)
        if item.advance:
            item.advance = item.advance.less(event.settled, event.settled_base)
            item.pieces = item.pieces if item.advance else ()

    def settle(self, line: SettledLine, *, psp: str, batch_ref: str, value_date: date) -> None:
        """Applies a settled line."""
        self.settled_lines[settled_name(batch_ref, line.psp_ref, line.kind)] = line
        if line.kind == "fee":
            return
        item = self._item(line.kind, self.named(line.reference), line.gross)
        item.settle(line, psp=psp, batch_ref=batch_ref, value_date=value_date)
        self.has_advances = self.has_advances or item.advance is not None

    def _owe(self, kind: SettledKind, reference: str, amount: Money, base: Money, *, of: tuple[str, ...] = ()) -> None:
        item = self._item(kind, reference, amount)
        item.owe(amount, base)
        item.of = tuple(name for name in of if name not in (UNKNOWN, reference))
        for name in item.of:
            unknown = self.items.get((kind, name, amount.minor > 0))
            if unknown and not unknown.amount:
                item.adopt(unknown)

    def _item(self, kind: SettledKind, reference: str, amount: Money) -> Receivable:
        nothing = Money(0, amount.currency)
        return self.items.setdefault((kind, reference, amount.minor > 0), Receivable(nothing, NO_CNY, nothing))

    def _name(self, event: _RefundOutcome) -> str:
        ours = event.attempt_id or event.refund_id
        name = event.psp_refund_ref or self._names.get(ours, ours)
        if ours not in self._names:
            self._names[ours] = name
            self._rename(ours, name)
        return name

    def _rename(self, ours: str, name: str) -> None:
        """Moves items that were settled under our attempt id to the provider's reference."""
        for key in [key for key in self.items if key[1] == ours != name]:
            self.items.setdefault((key[0], name, key[2]), self.items.pop(key))
