"""Units of an order for which a refund can be requested at an instant, by kind, and why no more."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, replace
from datetime import datetime
from functools import cached_property

from commands.refunds.after_sales import Sent, lock_of, opens_at, sent
from commands.requested_units import LineQty
from commands.rules import Rules
from ledger.folds.line_places import Place
from ledger.folds.request_types import REQUEST_TYPES, RequestType, RequestTypes, request_types
from ledger.policies.return_window import ReturnWindow
from ledger.refusals.catalogue import (
    AfterSalesLocked,
    CaseAlreadyOpen,
    NotSignedFor,
    RefundExceedsRemaining,
    Refusal,
    ReturnWindowClosed,
)
from ledger.refusals.payments import DisputeOpen
from ledger.streams.orders.order import Order
from ledger.streams.units.units import OrderUnits


@dataclass(frozen=True, slots=True)
class Part:
    """`qty` of the `of` free units of a line in one place, to be requested as one kind."""

    kind: RequestType
    line_id: str
    parcel_id: Place
    qty: int
    of: int


class RefundableUnits:
    """The units that can be requested `at` an instant, by this kind of actor and for this reason.

    `kind` limits the request to one kind; None allows all.
    """

    def __init__(
        self, order: Order, rules: Rules, *, kind: RequestType | None, at: datetime, initiator: str, reason: str
    ) -> None:
        self._order, self._rules, self._units = order, rules, OrderUnits(order)
        self._kind, self._at, self._initiator, self._reason = kind, at, initiator, reason

    @cached_property
    def _sent(self) -> dict[str, list[Sent]]:
        """The free units that have left, by line. The lock is read only if such units are requested."""
        lock = lock_of(self._order, self._rules)
        binding = lock.binds(self._initiator, self._reason)
        return sent(self._order, self._units, lock, at=self._at, binding=binding)

    def chosen(self, wanted: Sequence[LineQty]) -> list[Part]:
        """Returns the units for these quantities: all of one kind if there are enough, else of several kinds.

        Raises a refusal with the reason if there are too few.
        """
        for kind in REQUEST_TYPES if self._kind is None else ():
            found = [(line, self.of(line.line_id, kind)) for line in wanted]
            if all(_count(parts) >= line.qty for line, parts in found):
                return [part for line, parts in found for part in _first(parts, line.qty)]
        return [part for line in wanted for part in self._chosen_of(line)]

    def everything(self) -> list[Part]:
        """Returns all units that can be requested: the unsent ones, or else the sent ones.

        Raises a refusal with the reason if there are none.
        """
        unsent = [part for line_id in self._order.lines for part in self.of(line_id, "unshipped")]
        if self._kind is None and unsent:
            return unsent
        if found := [part for line_id in self._order.lines for part in self._all_sent(line_id)]:
            return found
        for line_id in self._order.lines:
            everywhere = sum(units.qty for units in self._units.of(line_id)) or 1
            refusal = self._refusal(LineQty(line_id=line_id, qty=everywhere))
            if not isinstance(refusal, RefundExceedsRemaining):
                raise refusal
        raise RefundExceedsRemaining(what=f"order {self._order.order_id}", asked="all", remaining="nothing")

    def of(self, line_id: str, kind: RequestType) -> list[Part]:
        """Returns the line's units that can be requested as this kind, the preferred ones first."""
        if kind == "unshipped":
            free = self._units.at(line_id, None).free
            return [Part(kind, line_id, None, free, free)] if free else []
        return [Part(kind, line_id, part.parcel_id, part.qty, part.qty) for part in self._open(line_id, kind)]

    def _chosen_of(self, line: LineQty) -> list[Part]:
        """Returns units of one kind if it has enough, else of several kinds. Raises the refusal."""
        by_kind = [self.of(line.line_id, kind) for kind in (REQUEST_TYPES if self._kind is None else (self._kind,))]
        parts = next((parts for parts in by_kind if _count(parts) >= line.qty), [p for parts in by_kind for p in parts])
        if _count(parts) < line.qty:
            raise self._refusal(line)
        return _first(parts, line.qty)

    def _all_sent(self, line_id: str) -> list[Part]:
        if self._kind == "not_received":  # units with a signature are taken only if there are no others
            parts, signed = self.of(line_id, "not_received"), {p.parcel_id for p in self._sent[line_id] if p.signed_at}
            return [part for part in parts if part.parcel_id not in signed] or parts
        kinds: tuple[RequestType, ...] = ("return_refund", "not_received") if self._kind is None else (self._kind,)
        return [part for kind in kinds for part in self.of(line_id, kind)]

    def _open(self, line_id: str, kind: RequestType) -> list[Sent]:
        """Returns unlocked units: all that grant this type if the request names it, else those that offer it first.
        If a receipt is denied, units without a signature come first, then those with a deemed one."""
        open_ = [(part, self._types(part)) for part in self._sent[line_id] if not part.locked]
        found = [part for part, types in open_ if kind in (types.granted if self._kind else types.offered[:1])]
        if kind == "not_received":
            found.sort(key=lambda part: (part.signed_at is not None, not part.lock.is_deemed(self._at)))
        return found

    def _types(self, part: Sent) -> RequestTypes:
        window = self._window if part.signed_at else None  # read only if the decision depends on it
        return request_types(part.lock, window, self._at)

    @cached_property
    def _window(self) -> ReturnWindow:
        assert self._order.placed is not None, "only units of a placed order are requested"
        return self._rules.policy_then(ReturnWindow, self._order.placed.placed_at)

    def _refusal(self, line: LineQty) -> Refusal:
        """Returns the refusal for the missing units; the obstacle that ends soonest comes first."""
        parts, everywhere = self._sent[line.line_id], self._units.of(line.line_id)
        open_, locked = [p for p in parts if not p.locked], [p for p in parts if p.locked]
        late = [closed_at for part in open_ if (closed_at := self._types(part).closed_at)]
        there = self._units.at(line.line_id, None).free + sum(part.qty for part in parts)
        if self._kind == "return_refund" and not late and line.qty <= sum(part.qty for part in open_):
            return NotSignedFor(line_id=line.line_id)
        if locked and line.qty <= there:
            return AfterSalesLocked(line_id=line.line_id, lock_ends_at=opens_at(parts, line.qty))
        if late and line.qty <= there and self._kind != "not_received":
            return ReturnWindowClosed(line_id=line.line_id, closed_at=min(late))
        for units in everywhere:
            there += units.at_stake
            if (dispute := self._units.dispute_about(units)) and line.qty <= there:
                return DisputeOpen(line_id=line.line_id, dispute_id=dispute.dispute_id, stage=dispute.stage)
        return self._pending(line, there)

    def _pending(self, line: LineQty, there: int) -> Refusal:
        remaining = there
        for case in self._order.cases.values():
            there += sum(part.qty for part in case.lines if part.line_id == line.line_id and case.is_pending)
            if case.is_pending and case.concerns(line.line_id) and line.qty <= there:
                return CaseAlreadyOpen(
                    refund_id=case.id, state=case.state_in_words, then_locked=self._then_locked(line)
                )
        return RefundExceedsRemaining(what=f"line {line.line_id}", asked=str(line.qty), remaining=str(remaining))

    def _then_locked(self, line: LineQty) -> str | None:
        """Returns until when further units are locked, in words, or None if they are not."""
        locked = [part for part in self._sent[line.line_id] if part.locked]
        if not locked:
            return None
        ends_at = opens_at(locked, min(line.qty, sum(part.qty for part in locked)))
        return f"until {ends_at:%Y-%m-%dT%H:%M:%SZ}" if ends_at else "until it is signed for"


def _count(parts: Sequence[Part]) -> int:
    return sum(part.qty for part in parts)


def _first(parts: Sequence[Part], qty: int) -> list[Part]:
    taken: list[Part] = []
    for part in parts:
        if qty:
            taken.append(replace(part, qty=min(part.qty, qty)))
            qty -= taken[-1].qty
    return taken
