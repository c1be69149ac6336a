"""Reports of payment providers' facts: to the order that the message names, or to those of its known references."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from dataclasses import dataclass, replace
from typing import Any

from pydantic import ValidationError

from commands.command import Command
from commands.limits import kept_text
from commands.payments.report_payment_captured import report_id
from commands.unmatched.match_payment import MatchPayment, Part
from commands.unmatched.report_unmatched_capture_failed import ReportUnmatchedCaptureFailed
from commands.unmatched.report_unmatched_payment import ReportUnmatchedPayment
from commands.unmatched.report_unmatched_refund_outcome import ReportUnmatchedRefundOutcome
from ledger.actors import Actor, Source
from ledger.ids import derived_id
from ledger.money import Money, total
from ledger.references import reference_key
from ledger.streams.reference_data import UnmatchedItem
from service.partner_facts.payments import (
    CaptureReported,
    Order,
    PaymentFailureReported,
    ProviderFact,
    RefundReported,
)
from service.partner_reports.noted_facts import note_of
from service.partner_reports.references import References, possible_captures

MATCHER = Actor(kind="system", id="payment-matcher", role="router")
Parts = Mapping[Order, Money]
_OF_REFUND = ("outcome", "amount", "attempt_id", "psp_refund_ref", "code")


@dataclass(frozen=True, slots=True)
class ToOrder:
    """Reports a fact to its order with one kind of command; without an order, or if a field is invalid, the fact
    becomes an unmatched item. `reported` is None if orders have no such fact.
    """

    reported: type[Command] | None

    def __call__(self, fact: ProviderFact, known: References) -> Iterator[Command]:
        fact = _with_capture(fact, known)
        orders, item = _orders_of(fact, known), _waiting(fact, fact.capture_key, known)
        about = list(_about_unmatched(fact, item, orders)) if item else []
        parts = {} if about or fact.order else _parts_of(fact, known)
        if about:
            yield from about
        elif isinstance(fact, CaptureReported | PaymentFailureReported) and len(parts) > 1:
            yield from self._to_each(fact, parts)
        elif isinstance(fact, RefundReported) and len(orders) != 1 and (shared := shares(fact, parts)):
            yield from (self.command(each, order) for order, each in shared.items())
        else:
            yield self.command(fact, next(iter(orders)) if len(orders) == 1 else None)

    def command(self, fact: ProviderFact, order: Order | None) -> Command:
        """Returns the report to the order, else the unmatched item. The same message has the same id; so has the same
        capture, from any message.
        """
        if order and (report := self.report(fact, order)):
            return report
        return _unmatched(fact)

    def report(self, fact: ProviderFact, order: Order) -> Command | None:
        """Returns the report to the order; None if orders have no such fact, or if a field is invalid."""
        if self.reported is None:
            return None
        is_capture = isinstance(fact, CaptureReported)
        id = _capture_id(fact, order[1]) if is_capture else derived_id(fact.psp, fact.message_id, order[1])
        names = {"merchant_id": order[0], "order_id": order[1], "psp": fact.psp}
        return _validated(self.reported, _envelope(fact, id) | names | fact.said)

    def _to_each(self, fact: CaptureReported | PaymentFailureReported, parts: Parts) -> Iterator[Command]:
        """Yields the fact for each order that shares the capture. A repeated full capture yields nothing, a failure
        goes to each order. An amount that differs from the sum of the parts goes to the first order as a contradiction
        and moves no money.
        """
        whole = total(list(parts.values()), next(iter(parts.values())).currency)
        is_older = _is_cumulative_in(fact, whole.currency) and fact.amount is not None and fact.amount < whole
        if fact.amount is None or is_older:
            return
        if fact.amount != whole:
            # A cumulative amount cannot be split over several orders.
            once = replace(fact, cumulative=False) if isinstance(fact, CaptureReported) else fact
            yield self.command(once, min(parts))
        else:
            yield from (self.command(each, order) for order, each in shares(fact, parts).items())


def shares(fact: ProviderFact, parts: Parts) -> Mapping[Order, ProviderFact]:
    """Returns the fact of each order that shares the capture, with its part: a failure, or a refund of the whole.

    Empty for other facts: a person says which order they concern.
    """
    is_shared = isinstance(fact, PaymentFailureReported)
    if isinstance(fact, RefundReported) and not fact.attempt_id and len(parts) > 1:
        is_shared = total(list(parts.values()), next(iter(parts.values())).currency) == fact.amount
    return {order: replace(fact, amount=part) for order, part in parts.items()} if is_shared else {}


def message_command_id(fact: ProviderFact) -> str:
    """Returns the id of the command of the fact's message."""
    return reference_key(derived_id(fact.psp, fact.message_id))


def _with_capture(fact: ProviderFact, known: References) -> ProviderFact:
    """Returns the fact with the capture that one of its references names."""
    for name in possible_captures(fact):
        if _charges(fact, name, known) or _waiting(fact, name, known):
            return replace(fact, capture_ref=name)  # type: ignore[call-arg]  # only facts with the field have names
    return fact


def _orders_of(fact: ProviderFact, known: References) -> set[Order]:
    """Returns the orders that all known references of the fact share; none if a reference may belong to further
    orders.
    """
    if fact.order:
        return {fact.order}
    if not known.is_whole:
        return set()
    named = [known.named(fact.psp, name) for name in fact.names]
    orders = [{(each.merchant, each.order_id) for each in found} for found in named if found]
    return set[Order].intersection(*orders) if orders else set()


def _parts_of(fact: ProviderFact, known: References) -> Parts:
    """Returns each order's part of the fact's capture; empty if the parts may not cover it."""
    return _charges(fact, fact.capture_key, known) if known.is_whole else {}


def _charges(fact: ProviderFact, capture_ref: str, known: References) -> Parts:
    found = known.named(fact.psp, capture_ref)
    return {(each.merchant, each.order_id): each.amount for each in found if each.kind == "charge"}


def _waiting(fact: ProviderFact, capture_ref: str, known: References) -> UnmatchedItem | None:
    """Returns the unmatched capture; None if an order has it, or if it failed and the fact is not about its refunds."""
    item = known.unmatched(fact.psp, capture_ref)
    if item is None or item.capture is None or item.is_matched:
        return None
    return item if not item.has_failed or (isinstance(fact, RefundReported) and item.refunds) else None


def _about_unmatched(fact: ProviderFact, item: UnmatchedItem, orders: set[Order]) -> Iterator[Command]:
    """Yields the commands about unmatched money."""
    envelope = _envelope(fact) | {"psp": fact.psp, "capture_ref": fact.capture_key}
    match fact:
        case CaptureReported():
            matched = _matched(fact, item, orders)
            if matched is None or item.captured != fact.amount:
                yield _unmatched(fact)
            if matched:
                yield matched
        case PaymentFailureReported():
            yield ReportUnmatchedCaptureFailed(**envelope, amount=fact.amount, code=fact.code)
        case RefundReported() if item.refunds and (len(orders) != 1 or _is_of(fact, item)):
            said = {name: getattr(fact, name) for name in _OF_REFUND}
            if report := _validated(ReportUnmatchedRefundOutcome, envelope | said):
                yield report


def _is_of(fact: RefundReported, item: UnmatchedItem) -> bool:
    """True if a refund of the item has an attempt with one of the fact's names."""
    known = (attempt for refund in (*item.refunds.values(), item.unasked_refunds) for attempt in refund.known)
    named = {fact.attempt_id, fact.psp_refund_ref} - {None, ""}
    return any({attempt.attempt_id, attempt.psp_refund_ref} & named for attempt in known)


def _matched(fact: CaptureReported, item: UnmatchedItem, orders: set[Order]) -> MatchPayment | None:
    """Returns the match of all the money with the named order; None if no order is named or another match exists."""
    if len(orders) != 1 or item.captured is None or item.is_of_orders or item.refunds:
        return None
    if item.captured != fact.amount and not _is_cumulative_in(fact, item.captured.currency):
        return None
    ((merchant_id, order_id),) = orders
    return MatchPayment(
        id=derived_id("match", fact.psp, fact.capture_key),
        actor=MATCHER,
        psp=fact.psp,
        capture_ref=fact.capture_key,
        parts=(Part(merchant_id=merchant_id, order_id=order_id),),
    )


def _is_cumulative_in(fact: ProviderFact, currency: str) -> bool:
    """Returns True if the amount is the total captured so far, in this currency."""
    is_cumulative = isinstance(fact, CaptureReported) and fact.cumulative
    return is_cumulative and fact.amount is not None and fact.amount.currency == currency


def _unmatched(fact: ProviderFact) -> Command:
    if isinstance(fact, CaptureReported):
        about = {"psp": fact.psp, **fact.said, "refs": {"named": kept_text(",".join(fact.names))}}
        money = _validated(ReportUnmatchedPayment, _envelope(fact, _capture_id(fact, "unmatched")) | about)
        if money:
            return money
    return note_of(fact, _envelope(fact))


def _capture_id(fact: ProviderFact, order_id: str) -> str:
    amount = fact.amount or Money(0, "XXX")
    return report_id(psp=fact.psp, capture_ref=fact.capture_key, order_id=order_id, amount=amount)


def _envelope(fact: ProviderFact, id: str | None = None) -> dict[str, Any]:
    return {
        "id": message_command_id(fact) if id is None else reference_key(id),
        "actor": Actor(kind="partner", id=fact.psp, role="psp"),
        "source": Source(system=fact.psp, external_id=kept_text(fact.message_id)),
        "occurred_at": fact.happened_at,
    }


def _validated(kind: type[Command], reported: Mapping[str, Any]) -> Command | None:
    """Returns the command; None if a value is invalid."""
    try:
        return kind.model_validate(reported)
    except ValidationError:
        return None
