"""The stream of an order: lines, payments, parcels, cases, disputes and their money."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from datetime import datetime
from functools import singledispatchmethod
from typing import Any

from ledger.events.disputes import (
    DisputeEvidenceSubmitted,
    DisputeExcessReopened,
    DisputeFeeCharged,
    DisputeFundsWithdrawn,
    DisputeLost,
    DisputeOpened,
    DisputeWon,
)
from ledger.events.event import Event
from ledger.events.orders import (
    OrderCancelled,
    OrderCompleted,
    OrderConfirmed,
    OrderDeliveryDetailsChanged,
    OrderExpired,
    OrderLineCancelled,
    OrderPlaced,
)
from ledger.events.parcels import ParcelsConsolidated, ParcelSplit
from ledger.events.payment_requests import PaymentCaptureRequested, PaymentVoidRequested
from ledger.events.payments import (
    PaymentAllocated,
    PaymentAuthorizationExpired,
    PaymentAuthorized,
    PaymentCaptured,
    PaymentCaptureFailed,
    PaymentDeclined,
    PaymentInitiated,
    PaymentVoided,
)
from ledger.events.psp_settlement import PspSettlementMatched, PspSettlementReceived
from ledger.events.refunds import (
    ApprovedLine,
    BuyerFundsRefundApproved,
    DuplicateCaptureRefundApproved,
    Liability,
    RefundApproved,
    RefundAutoApproved,
    RefundFailed,
    RefundLiabilityExtinguished,
    RefundLiabilityReinstated,
    RefundPaidByAlternative,
    RefundRejected,
    RefundRequested,
    RefundReversed,
    RefundRoundApproved,
    RefundSubmitted,
    RefundSucceeded,
    RefundSuccessRepeated,
    RefundWithdrawn,
    ReturnAuthorized,
    ReturnExpired,
    ReturnInspected,
    ReturnReceived,
    ReturnShipped,
)
from ledger.events.settlement import ReconciliationBreakOpened, ReconciliationBreakResolved, SettlementReleased
from ledger.folds.line_places import Place, repack
from ledger.folds.open_claims import OpenClaims
from ledger.folds.parcels import Parcels
from ledger.ids import merchant_of, order_of
from ledger.streams.orders import refunds
from ledger.streams.orders.cases import Case
from ledger.streams.orders.disputes import Disputes
from ledger.streams.orders.line_holds import LineHolds
from ledger.streams.orders.logistics import Logistics
from ledger.streams.orders.payments import Payments
from ledger.streams.orders.quantities import Effect, LineBook
from ledger.streams.orders.status import OrderStatus, status_of
from ledger.streams.payable_refund import RefundAttempts
from ledger.streams.receivables import Receivables
from ledger.streams.stream import Stream


class Order(Stream):
    """The stream `order/<merchant>/<order>`: one consistency boundary (domain §4.1).

    A capture or a carrier's fact may come before the order is placed; `placed` is None until then.
    """

    def __init__(self, name: str) -> None:
        super().__init__(name)
        self.merchant_id = merchant_of(name) or ""
        self.order_id = order_of(name) or ""
        self.placed: OrderPlaced | None = None
        self.ship_to_ref = ""
        self.lines: dict[str, LineBook] = {}
        self.refunded_in_part: set[str] = set()  # lines
        self.payments = Payments()
        self.receivables = Receivables()
        self.disputes = Disputes()
        self.logistics = Logistics()
        self.parcels = Parcels()
        self.cases: dict[str, Case] = {}
        self.claims = OpenClaims()
        self.holds = LineHolds()
        self.breaks: dict[str, str] = {}  # id → kind of every break ever opened
        self.resolved_breaks: set[str] = set()
        self.unasked_refunds = RefundAttempts()
        self.confirmed = False
        self.confirmed_at: datetime | None = None
        self.cancelled = False
        self.expired = False
        self.completed = False

    @property
    def subject(self) -> str:
        return self.placed.buyer_ref if self.placed else self.name

    @property
    def buyer(self) -> str | None:
        return self.placed.buyer_ref if self.placed else None

    @property
    def claimed(self) -> int:
        return self.claims.fen

    @property
    def currency(self) -> str:
        """The buyer's currency."""
        assert self.placed is not None, "an order has a currency once it is placed"
        return self.placed.buyer_total.currency

    @property
    def is_open(self) -> bool:
        """True if it is placed, and neither cancelled, expired nor completed."""
        return self.placed is not None and not (self.cancelled or self.expired or self.completed)

    @property
    def status(self) -> OrderStatus:
        return status_of(self)

    def unshipped(self, line_id: str) -> int:
        """Returns the number of units of the line that are not refunded and have not left the merchant."""
        return self.lines[line_id].unshipped(self.parcels.journeys(line_id))

    def free(self, line_id: str) -> int:
        """Returns the number of unshipped units without an open case: they can be cancelled, refunded or packed."""
        return self.lines[line_id].free(self.parcels.journeys(line_id))

    def completes(self, leaving: Mapping[str, int], *, closing: str = "") -> bool:
        """True if nothing is pending once these quantities by line have left the pending account.

        `closing` is a case that is closed at the same time.
        """
        if self.payments.allocation is None or self.completed or self.cancelled:
            return False
        if any(case.is_pending and case.id != closing for case in self.cases.values()):
            return False
        if any(self.remainders(line_id) for line_id in self.lines):
            return False
        return all(book.pending == leaving.get(line_id, 0) for line_id, book in self.lines.items())

    def remainders(self, line_id: str) -> dict[Place, int]:
        """Returns the line's pending money that no pending unit carries, in fen by place."""
        return self.lines[line_id].remainders(self.parcels.journeys(line_id))

    def apply(self, event: Event) -> None:
        super().apply(event)
        self.claims.remember(event)
        self.holds.remember(event)
        for line_id in self.refunded_in_part:
            book = self.lines[line_id]
            book.follow_units(book.open_units(self.parcels.journeys(line_id)))

    @singledispatchmethod
    def evolve(self, event: Any) -> None:
        """Applies one event to the state. Events without a method belong to parcels and logistics."""
        self.parcels.remember(event)
        self.logistics.remember(event)

    @evolve.register
    def _(self, event: OrderPlaced) -> None:
        self.placed, self.ship_to_ref = event, event.ship_to_ref
        self.lines = {line.line_id: LineBook(line) for line in event.lines}

    @evolve.register
    def _(self, event: OrderConfirmed) -> None:
        self.confirmed, self.confirmed_at = True, event.confirmed_at

    @evolve.register
    def _(self, event: OrderDeliveryDetailsChanged) -> None:
        self.ship_to_ref = event.ship_to_ref

    @evolve.register
    def _(self, event: OrderLineCancelled) -> None:
        self.lines[event.line_id].cancel(event)

    @evolve.register
    def _(self, event: OrderCancelled) -> None:
        self.cancelled = True

    @evolve.register
    def _(self, event: OrderExpired) -> None:
        self.expired = True

    @evolve.register
    def _(self, event: OrderCompleted) -> None:
        self.completed = True

    @evolve.register
    def _(
        self,
        event: PaymentInitiated
        | PaymentAuthorized
        | PaymentDeclined
        | PaymentAuthorizationExpired
        | PaymentVoided
        | PaymentCaptured
        | PaymentCaptureRequested
        | PaymentVoidRequested,
    ) -> None:
        self.payments.remember(event)
        self.receivables.remember(event)

    @evolve.register
    def _(self, event: PspSettlementReceived | PspSettlementMatched) -> None:
        self.receivables.remember(event)

    @evolve.register
    def _(self, event: PaymentAllocated) -> None:
        self.payments.remember(event)
        for line in event.lines:
            self.lines[line.line_id].allocated = line

    @evolve.register
    def _(self, event: PaymentCaptureFailed) -> None:
        self.payments.remember(event)
        self.receivables.remember(event)
        for refund in event.owed:
            self.cases[refund.refund_id].owe_no_more(event.capture_ref, refund.amount, refund.carried)
        for case in self.cases.values():
            if case.state == "approved":
                case.failed_since.add(event.capture_ref)
        if event.undone:
            self.confirmed = False
            for book in self.lines.values():
                book.allocated = None

    @evolve.register
    def _(self, event: RefundRequested) -> None:
        case = self.cases[event.refund_id] = Case.of(event)
        for line in event.lines:
            case.parts_undone_before[line.line_id] = self.lines[line.line_id].parts_undone
            self.lines[line.line_id].ask(line.parcel_id, line.qty, event.refund_id)

    @evolve.register
    def _(self, event: RefundAutoApproved) -> None:
        self._approve(event, "merchant")

    @evolve.register
    def _(self, event: RefundApproved) -> None:
        self._approve(event, event.liability)

    @evolve.register
    def _(self, event: RefundRejected | RefundWithdrawn) -> None:
        self._no_longer_ask(self.cases[event.refund_id])
        self.cases[event.refund_id].remember(event)

    @evolve.register
    def _(
        self,
        event: RefundRoundApproved | RefundPaidByAlternative | ReturnAuthorized | ReturnInspected,
    ) -> None:
        self.cases[event.refund_id].remember(event)

    @evolve.register
    def _(self, event: ReturnShipped | ReturnReceived) -> None:
        if case := self.cases.get(event.refund_id):  # goods may come back without a case
            case.remember(event)

    @evolve.register
    def _(self, event: ReturnExpired) -> None:
        case = self.cases[event.refund_id]
        liability = case.liability
        case.remember(event)
        if case.by_alternative and event.undone is None:  # the buyer has all the money by other means
            return
        self._undo(event.undone.lines if event.undone else None, case.effects, liability)
        case.effects = self._refund(event.kept.lines, event.kept.liability) if event.kept else []

    @evolve.register
    def _(self, event: DuplicateCaptureRefundApproved | BuyerFundsRefundApproved) -> None:
        self.cases[event.refund_id] = Case.of_funds(event)
        self.payments.captures[event.capture_ref].give_back(event.amount, event.base)

    @evolve.register
    def _(self, event: RefundSubmitted) -> None:
        refunds.submitted(self, event)

    @evolve.register
    def _(self, event: RefundSucceeded | RefundSuccessRepeated | RefundFailed | RefundReversed) -> None:
        self.receivables.remember(event)
        refunds.answered(self, event)

    @evolve.register
    def _(self, event: RefundLiabilityExtinguished | RefundLiabilityReinstated) -> None:
        refunds.extinguished_liability(self, event)

    @evolve.register
    def _(self, event: DisputeOpened | DisputeEvidenceSubmitted | DisputeFundsWithdrawn | DisputeFeeCharged) -> None:
        self.disputes.remember(event, cases=self.cases)
        self.receivables.remember(event)

    @evolve.register
    def _(self, event: DisputeLost) -> None:
        dispute = self.disputes.remember(event)
        self._lose(event, 1)
        if event.amount:  # this loss stands, and a later stage may undo it
            dispute.effects += self._refund(event.lines, event.liability, by_issuer=True)

    @evolve.register
    def _(self, event: DisputeExcessReopened) -> None:
        self.disputes.remember(event)

    @evolve.register
    def _(self, event: DisputeWon) -> None:
        lost = self.disputes.lost(event.dispute_id)
        dispute = self.disputes.remember(event)
        self.receivables.remember(event)
        if event.undone is None:
            return
        if lost and lost.unallocated != event.undone.unallocated:  # its capture failed, and the platform bore this part
            self.payments.captures[event.capture_ref].take_back(lost.unallocated, lost.unallocated_base)
        self._undo(event.undone.lines, dispute.effects, event.undone.liability)
        dispute.effects.clear()
        self._lose(event.undone, -1)

    @evolve.register
    def _(self, event: SettlementReleased) -> None:
        self.lines[event.line_id].release(event)

    @evolve.register
    def _(self, event: ParcelsConsolidated | ParcelSplit) -> None:
        repack(self.lines, event, self.parcels)
        self.parcels.remember(event)

    @evolve.register
    def _(self, event: ReconciliationBreakOpened) -> None:
        self.breaks[event.break_id] = event.kind
        if event.kind == "unexpected_capture":
            self.payments.set_aside(event.refs["capture_ref"])
        self.payments.contradicted(event)

    @evolve.register
    def _(self, event: ReconciliationBreakResolved) -> None:
        self.resolved_breaks.add(event.break_id)

    def _approve(self, event: RefundAutoApproved | RefundApproved, liability: Liability) -> None:
        case = self.cases[event.refund_id]
        self._no_longer_ask(case)
        case.remember(event)
        effects = self._refund(event.lines, liability)
        if case.awaits_goods:
            case.effects += effects

    def _refund(
        self, lines: Iterable[ApprovedLine], liability: Liability, *, by_issuer: bool = False
    ) -> list[tuple[ApprovedLine, list[Effect]]]:
        """Refunds these lines and returns the effects, so that they can be undone."""
        done = []
        for line in lines:
            book, platform_borne = self.lines[line.line_id], not line.is_merchants(liability)
            done.append((line, book.refund(line, platform_borne=platform_borne, by_issuer=by_issuer)))
            if not line.qty:
                self.refunded_in_part.add(line.line_id)
        return done

    def _undo(
        self,
        lines: Iterable[ApprovedLine] | None,
        done: list[tuple[ApprovedLine, list[Effect]]],
        liability: Liability,
    ) -> None:
        """Undoes refunded lines. `lines` are the same lines with the fee that is charged again."""
        for line, (_, effects) in zip([line for line, _ in done] if lines is None else lines, done, strict=True):
            self.lines[line.line_id].undo(line, effects, platform_borne=not line.is_merchants(liability))

    def _lose(self, event: DisputeLost, sign: int) -> None:
        """Applies the unallocated and owed parts of a lost dispute, or (`sign` -1) undoes them."""
        if event.unallocated:
            self.payments.captures[event.capture_ref].give_back(event.unallocated * sign, event.unallocated_base * sign)
        for refund in event.owed:
            self.cases[refund.refund_id].reach_otherwise(refund.amount * sign, refund.carried * sign)

    def _no_longer_ask(self, case: Case) -> None:
        for line in case.lines:
            self.lines[line.line_id].no_longer_ask(case.id)
