"""Matches captured money: reports each order's part to it, then marks the capture in book 0 as matched."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from dataclasses import dataclass

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
    MatchPlanned,
    UnmatchedFactMatched,
    UnmatchedPartsTaken,
    UnmatchedPaymentCaptured,
)
from ledger.ids import PLATFORM_BOOK, derived_id, order_stream
from ledger.ledger import Ledger
from ledger.log.rows import Recorded
from service.partner_reports.provider_reports import MATCHER
from service.unmatched.fact_matches import reports_with, unmatched_item

_BATCH = 2_000
Reference = tuple[str, str]  # provider, capture reference


@dataclass(frozen=True, slots=True)
class StandsTwice:
    """A capture that is both unmatched and in an order's stream."""

    psp: str
    capture_ref: str
    stream: str


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

    def resume(self) -> list[Reference]:
        """Carries out every interrupted plan. Returns the references that failed, for people to check."""
        return [reference for reference in self._planned() if not _is_done(self.carry_out(*reference))]

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

    def standing_twice(self) -> Iterator[StandsTwice]:
        """Yields each reference that is recorded both as unmatched and in an order."""
        waiting = self._unmatched()
        if not waiting:
            return
        for book in self._ledger.reader.heads():
            for row in self._rows(book, PaymentCaptured.name):
                event = row.readable_event
                if not isinstance(event, PaymentCaptured):
                    continue
                given = waiting.get((event.psp, event.capture_ref))
                if given is not None and row.stream not in given:
                    yield StandsTwice(event.psp, event.capture_ref, row.stream)

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

    def _planned(self) -> list[Reference]:
        """Returns the references of plans that are not carried out, the oldest first."""
        open_: dict[Reference, None] = {}
        for row in self._rows(PLATFORM_BOOK, MatchPlanned.name, UnmatchedPartsTaken.name, UnmatchedFactMatched.name):
            match row.readable_event:
                case MatchPlanned(system=psp, reference=reference):
                    open_[psp, reference] = None
                case (
                    UnmatchedPartsTaken(system=psp, reference=reference)
                    | UnmatchedFactMatched(system=psp, reference=reference)
                ):
                    open_.pop((psp, reference), None)
        return list(open_)

    def _unmatched(self) -> dict[Reference, set[str]]:
        """Returns the unmatched captures, each with the streams that have taken a part of it."""
        waiting: dict[Reference, set[str]] = {}
        for row in self._rows(
            PLATFORM_BOOK, UnmatchedPaymentCaptured.name, UnmatchedPartsTaken.name, UnmatchedFactMatched.name
        ):
            match row.readable_event:
                case UnmatchedPaymentCaptured(psp=psp, capture_ref=reference):
                    waiting[psp, reference] = set()
                case UnmatchedPartsTaken(system=psp, reference=reference, taken=taken):
                    waiting[psp, reference] |= {order_stream(part.merchant_id, part.order_id) for part in taken}
                case UnmatchedFactMatched(system=psp, reference=reference):
                    waiting.pop((psp, reference), None)
        return waiting

    def _rows(self, book: int, *types: str) -> Iterator[Recorded]:
        position = 0
        while rows := self._ledger.reader.read(book, position, _BATCH):
            yield from (row for row in rows if row.type in types)
            position = rows[-1].position


def _is_done(outcome: Outcome | None) -> bool:
    return outcome is not None and outcome.is_accepted


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
