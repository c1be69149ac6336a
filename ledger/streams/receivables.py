"""What providers owe the platform for one order, or one capture of the inbox (1110), item by item, and how much of each
they have settled."""

from __future__ import annotations

from dataclasses import dataclass, field, replace
from functools import singledispatchmethod
from typing import Any

from ledger.events.dispute import DisputeFeeCharged, DisputeFundsWithdrawn, DisputeWon
from ledger.events.inbox_money import UnallocatedFundsSettled, UnallocatedRefundReversed, UnroutedCaptureFailed
from ledger.events.payment import PaymentCaptured, PaymentCaptureFailed
from ledger.events.platform import InboxPaymentCaptured
from ledger.events.platform_money import UnallocatedRefundPaid
from ledger.events.psp_settlement import PspSettlementReceived, SettledKind, SettledLine
from ledger.events.refund import RefundReversed, RefundSucceeded
from ledger.fx import CNY
from ledger.money import Money, share
from ledger.streams.evolving import Evolving

Key = tuple[SettledKind, str, bool]  # what it is, its reference, and whether it is owed to us
_RefundOutcome = RefundSucceeded | RefundReversed | UnallocatedRefundPaid | UnallocatedRefundReversed


@dataclass(slots=True)
class Receivable:
    """One item, signed: positive is owed to us. `settled_base` of `base` went with the settlements so far."""

    amount: Money
    base: Money
    settled: Money
    settled_base: Money = field(default_factory=lambda: Money(0, CNY))

    @property
    def left(self) -> Money:
        """What is still to be settled; nothing where more was settled than we know of."""
        left = self.amount - self.settled
        is_known = bool(self.amount) and (left.minor > 0) == (self.amount.minor > 0)
        return left if is_known else Money(0, left.currency)

    @property
    def left_base(self) -> Money:
        return self.base - self.settled_base if self.left else Money(0, CNY)

    def clearing(self, gross: Money) -> Money | None:
        """What so much of it stands at; None where it is more than is left, or of another currency."""
        if gross.currency != self.amount.currency or not gross:
            return None
        upto = self.settled.minor + gross.minor
        if abs(upto) > abs(self.amount.minor):
            return None
        return share(self.base, upto=upto, of=self.amount.minor, already=self.settled_base)


def settled_name(batch_ref: str, psp_ref: str, kind: SettledKind) -> str:
    """What a line of a provider's report is known by."""
    return f"{batch_ref}/{psp_ref}/{kind}"


class Receivables(Evolving):
    """Captures and refunds that came back are owed to us; refunds, failed captures and disputes are owed by us."""

    def __init__(self) -> None:
        self.items: dict[Key, Receivable] = {}
        self.settled_lines: dict[str, SettledLine] = {}  # by batch and line
        self._names: dict[str, str] = {}  # our submission → the provider's reference

    def copy(self) -> Receivables:
        """The same items, to be settled without these being."""
        other = Receivables()
        other.items = {key: replace(item) for key, item in self.items.items()}
        other.settled_lines, other._names = dict(self.settled_lines), dict(self._names)
        return other

    def find(self, kind: SettledKind, reference: str, gross: Money) -> Receivable | None:
        """The item that a line of a provider's report settles."""
        return self.items.get((kind, self._names.get(reference, reference), gross.minor > 0))

    @singledispatchmethod
    def evolve(self, event: Any) -> None:
        """Remember what came to be owed, or was settled."""

    @evolve.register
    def _(self, event: PaymentCaptured | InboxPaymentCaptured) -> None:
        self._owe("charge", event.capture_ref, event.amount, event.base)

    @evolve.register
    def _(self, event: PaymentCaptureFailed | UnroutedCaptureFailed) -> None:
        self._owe("charge", event.capture_ref, -event.amount, -event.base)

    @evolve.register
    def _(self, event: RefundSucceeded | UnallocatedRefundPaid) -> None:
        self._owe("refund", self._name(event), -event.amount, -event.base)

    @evolve.register
    def _(self, event: RefundReversed | UnallocatedRefundReversed) -> None:
        self._owe("refund", self._name(event), event.amount, event.base)

    @evolve.register
    def _(self, event: DisputeFundsWithdrawn) -> None:
        self._owe("dispute", event.dispute_id, -event.amount, -event.base)

    @evolve.register
    def _(self, event: DisputeFeeCharged) -> None:
        self._owe("dispute_fee", event.dispute_id, -event.amount, -event.base)

    @evolve.register
    def _(self, event: DisputeWon) -> None:
        if event.amount:
            self._owe("dispute", event.dispute_id, event.amount, event.base)

    @evolve.register
    def _(self, event: PspSettlementReceived | UnallocatedFundsSettled) -> None:
        for line in event.lines:
            self.settle(event.batch_ref, line)

    def settle(self, batch_ref: str, line: SettledLine) -> None:
        """The provider has paid for this line."""
        self.settled_lines[settled_name(batch_ref, line.psp_ref, line.kind)] = line
        if line.kind == "fee":
            return
        item = self._item(line.kind, self._names.get(line.reference, line.reference), line.gross)
        if item.amount.currency == line.gross.currency:
            item.settled, item.settled_base = item.settled + line.gross, item.settled_base + line.cleared

    def _owe(self, kind: SettledKind, reference: str, amount: Money, base: Money) -> None:
        item = self._item(kind, reference, amount)
        if item.amount.currency == amount.currency:
            item.amount, item.base = item.amount + amount, item.base + base

    def _item(self, kind: SettledKind, reference: str, amount: Money) -> Receivable:
        nothing = Money(0, amount.currency)
        return self.items.setdefault((kind, reference, amount.minor > 0), Receivable(nothing, Money(0, CNY), nothing))

    def _name(self, event: _RefundOutcome) -> str:
        ours = event.submission_id or event.refund_id
        name = event.psp_refund_ref or self._names.get(ours, ours)
        self._names.setdefault(ours, name)
        return name
