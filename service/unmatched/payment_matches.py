"""Matches captured money: reports each order's part to it, then marks the capture in book 0 as matched."""

from __future__ import annotations

from collections.abc import Sequence

from commands.bus.bus import Bus
from commands.bus.outcome import Outcome, first_fault
from commands.payments.report_payment_captured import ReportPaymentCaptured
from commands.unmatched.mark_parts_taken import MarkPartsTaken
from commands.unmatched.mark_payment_matched import MarkPaymentMatched
from commands.unmatched.match_payment import MatchPayment, Part
from ledger.actors import Actor, Source
from ledger.events.payments import PaymentCaptured
from ledger.events.platform import (
    MatchedPart,
    UnmatchedPaymentCaptured,
)
from ledger.ids import derived_id, order_stream
from ledger.ledger import Ledger
from service.partner_reports.provider_reports import MATCHER
from service.unmatched.fact_matches import reports_with, unmatched_item


class PaymentMatcher:
    """May be interrupted and run again: it records the plan first, and derives all later command ids from it."""

    def __init__(self, ledger: Ledger, bus: Bus) -> None:
        self._ledger, self._bus = ledger, bus

    def match(self, psp: str, capture_ref: str, parts: Sequence[Part], *, actor: Actor, id: str) -> Outcome:
        """Records the plan as `actor` and carries it out. Returns the refusal if the plan is refused."""
        plan = MatchPayment(id=id, actor=actor, psp=psp, capture_ref=capture_ref, parts=tuple(parts))
        planned = self._bus.submit([plan])[0]
        if not planned.is_accepted:
            return planned
        return self.carry_out(psp, capture_ref) or planned

    def carry_out(self, psp: str, capture_ref: str) -> Outcome | None:
        """Reports each order's part, and marks the capture as matched once all orders have theirs. Returns None if one
        has not.

        An order's answer to its report is final: the plan ends, and the rest may be planned again. A fault is returned,
        and the plan stays.
        """
        item = unmatched_item(self._ledger, psp, capture_ref)
        if item.capture is None or item.plan is None:
            return None
        capture, parts = item.capture, item.plan.parts
        alone = len(parts) == 1 and not item.taken
        reports = [_report(capture, part, plan=item.plans, alone=alone) for part in parts]
        if fault := first_fault(self._bus.submit(reports)):
            return fault
        taken = tuple(n for n, part in enumerate(parts) if self._has(part, capture))
        if len(taken) < len(parts):
            self._bus.submit([_taken(capture, item.plans, taken)])
            return None
        if fault := first_fault(self._bus.submit(list(reports_with(item, (*item.taken, *parts))))):
            return fault
        done = MarkPaymentMatched(
            id=derived_id("matched", psp, capture_ref), actor=MATCHER, psp=psp, capture_ref=capture_ref
        )
        return self._bus.submit([done])[0]

    def _has(self, part: MatchedPart, capture: UnmatchedPaymentCaptured) -> bool:
        """Returns True if the order has recorded its part. A report may end in a break, which moves no money."""
        book = self._ledger.directory.book_of(part.merchant_id)
        rows = self._ledger.reader.read_stream(book, order_stream(part.merchant_id, part.order_id))
        captures = [row.readable_event for row in rows if row.type == PaymentCaptured.name]
        return any(
            isinstance(known, PaymentCaptured)
            and (known.psp, known.capture_ref, known.amount) == (capture.psp, capture.capture_ref, part.amount)
            for known in captures
        )


def _taken(capture: UnmatchedPaymentCaptured, plan: int, taken: tuple[int, ...]) -> MarkPartsTaken:
    return MarkPartsTaken(
        id=derived_id("parts_taken", capture.psp, capture.capture_ref, str(plan)),
        actor=MATCHER,
        psp=capture.psp,
        capture_ref=capture.capture_ref,
        plan=plan,
        taken=taken,
    )


def _report(capture: UnmatchedPaymentCaptured, part: MatchedPart, *, plan: int, alone: bool) -> ReportPaymentCaptured:
    """Returns the order's report of the capture at its original instant, so that it is booked at that day's rate."""
    again = () if plan == 1 else (str(plan),)
    return ReportPaymentCaptured(
        id=derived_id("match", capture.psp, capture.capture_ref, part.merchant_id, part.order_id, *again),
        actor=MATCHER,
        source=Source(system=capture.psp, external_id=capture.capture_ref),
        occurred_at=capture.happened_at,
        merchant_id=part.merchant_id,
        order_id=part.order_id,
        payment_id=capture.payment_id or derived_id("unmatched", capture.capture_ref),
        psp=capture.psp,
        capture_ref=capture.capture_ref,
        amount=part.amount,
        source_amount=capture.source_amount if alone else None,
    )
