"""Providers' messages to the orders they are about: as they say themselves, else as their references are known."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Iterable, Iterator, Sequence
from typing import Any

from commands.bus.fault import fault_of
from commands.bus.outcome import Outcome
from commands.command import Command
from commands.limits import kept_text
from commands.unmatched.match_payment import MatchPayment, Part
from commands.unmatched.report_unmatched_capture_failed import ReportUnmatchedCaptureFailed
from commands.unmatched.report_unmatched_refund_failed import ReportUnmatchedRefundFailed
from commands.unmatched.report_unmatched_refund_paid import ReportUnmatchedRefundPaid
from ledger.accounting_days import accounting_day
from ledger.actors import Actor, Source
from ledger.ids import derived_id, unmatched_stream
from ledger.money import Money, total
from ledger.refusals.catalogue import RateMissing
from ledger.streams.loader import load_each
from ledger.streams.reference_data import UnmatchedItem
from ledger.streams.unmatched_refunds import UnmatchedFundsRefund
from projections.reconciliation.psp_references import PspReference, orders_of
from service.adapters.psp.facts import ProviderFact
from service.app import App
from service.failures import ServiceFailure
from service.unmatched.payment_matches import ROUTER, PaymentMatcher

Order = tuple[str, str]  # merchant and order
_PLATFORM_BOOK = 0
_BOOKED = (
    "captured",
    "refund",
    "dispute_withdrawn",
    "dispute_lost",
    "dispute_fee",
)  # at the rate of the day it happened on


class RateNotKnown(ServiceFailure):
    """Money of a currency that no rate was ever recorded of: it is flagged, and booked when it is reported again."""


def record_facts(app: App, facts: Sequence[ProviderFact]) -> list[Outcome]:
    """Record each fact where it belongs; what no order is known for becomes an unmatched item. Reported again, nothing
    changes.

    A fact that fails leaves its neighbours alone.

    Raises `ViewBehind`, since what was recorded just now may be what the fact is about; `RateNotKnown` once all that
    can be recorded is.
    """
    known = _Known(app, facts)
    rateless: list[Money] = []
    commands: list[Command] = []
    faults: list[Outcome] = []
    for fact in facts:
        try:
            reported = list(_commands(known.reported(fact), known))
            has_rate = _has_rate(app, fact)
        except Exception as error:
            faults.append(
                fault_of(error, command=f"psp_{fact.kind}", id=fact.command_id, book=_PLATFORM_BOOK, stream="")
            )
            continue
        if not has_rate and fact.amount:
            rateless.append(fact.amount)
            reported = [_as_not_booked(command) for command in reported]
        commands += reported
    outcomes = faults + app.bus.submit(commands)
    matcher = PaymentMatcher(app.ledger, app.bus)
    for command in commands:
        if isinstance(command, MatchPayment):
            matcher.carry_out(command.psp, command.capture_ref)
    if rateless:
        raise RateNotKnown(f"No rate of {rateless[0].currency} is recorded; report it again when there is.")
    return outcomes


def _has_rate(app: App, fact: ProviderFact) -> bool:
    if fact.amount is None or fact.kind not in _BOOKED:
        return True
    try:
        app.bus.reference().rate(fact.amount.currency, "book", accounting_day(fact.happened_at or app.clock()))
    except RateMissing:
        return False
    return True


def _as_not_booked(command: Command) -> Command:
    """Under another id, so that what is answered now does not stick to the report that can be booked."""
    return command.model_copy(update={"id": derived_id("unbooked", command.id)})


class _Known:
    """What is known of the references of these facts: their orders, and captures of them that are unmatched."""

    def __init__(self, app: App, facts: Sequence[ProviderFact]) -> None:
        self._stopped = False  # in a book: what is known of a reference may be half of it
        self._references = dict(self._found(app, facts))
        self._unmatched = self._items(app, facts)

    def reported(self, fact: ProviderFact) -> ProviderFact:
        """The fact, about the capture that its name turns out to be."""
        for name in fact.perhaps_of:
            if any(each.kind == "charge" for each in self._of(fact, name)) or self._captured(fact, name):
                return fact.of_capture(name)
        return fact

    def orders_of(self, fact: ProviderFact) -> set[Order]:
        """The orders that every known name of the fact is of; none where a name may be of further ones."""
        if fact.order:
            return {fact.order}
        if self._stopped:
            return set()
        named = [{_order(each) for each in found} for name in fact.names if (found := self._of(fact, name))]
        return set[Order].intersection(*named) if named else set()

    def parts_of(self, fact: ProviderFact) -> dict[Order, Money]:
        """What each order has of the capture that the fact is about; nothing where that is not known of all."""
        if self._stopped:
            return {}
        return {_order(each): each.amount for each in self._of(fact, fact.capture_ref) if each.kind == "charge"}

    def waiting(self, fact: ProviderFact) -> UnmatchedItem | None:
        """The capture that the fact is about, where it is unmatched and no order has it."""
        return self._captured(fact, fact.capture_ref)

    def _captured(self, fact: ProviderFact, capture_ref: str) -> UnmatchedItem | None:
        item = self._unmatched.get(unmatched_stream(fact.psp, capture_ref))
        return item if item and item.capture and not item.is_matched and not item.has_failed else None

    def _of(self, fact: ProviderFact, name: str) -> list[PspReference]:
        return self._references.get((fact.psp, name), [])

    def _found(self, app: App, facts: Sequence[ProviderFact]) -> Iterator[tuple[tuple[str, str], list[PspReference]]]:
        heads = {book: head for book, head in app.ledger.reader.heads().items() if head}
        for psp in sorted({fact.psp for fact in facts}):
            names = sorted({name for fact in facts if fact.psp == psp for name in (*fact.names, *fact.perhaps_of)})
            by_name: defaultdict[str, list[PspReference]] = defaultdict(list)
            if names:
                known = orders_of(app.views, psp, names, at_least=heads)
                self._stopped |= bool(known.held.short_in())
                for found in known.references:
                    by_name[found.reference].append(found)
            yield from (((psp, name), found) for name, found in by_name.items())

    @staticmethod
    def _items(app: App, facts: Iterable[ProviderFact]) -> dict[str, UnmatchedItem]:
        names = {unmatched_stream(fact.psp, name) for fact in facts for name in fact.perhaps_of}
        return load_each(app.ledger.reader, dict.fromkeys(names, _PLATFORM_BOOK), UnmatchedItem)


def _commands(fact: ProviderFact, known: _Known) -> Iterator[Command]:
    item = known.waiting(fact)
    orders = known.orders_of(fact)
    if item and (reported := list(_about_the_unmatched_items(fact, item, orders))):
        yield from reported
    elif fact.kind in ("captured", "failed") and not fact.order and len(parts := known.parts_of(fact)) > 1:
        yield from _of_each(fact, parts)
    else:
        yield fact.command(next(iter(orders)) if len(orders) == 1 else None)


def _of_each(fact: ProviderFact, parts: dict[Order, Money]) -> Iterator[Command]:
    """A capture that several orders share: of a whole one nothing new is said; what failed, failed for each of them.
    What is not the sum of the parts contradicts the first, and moves nothing."""
    whole = total(list(parts.values()), next(iter(parts.values())).currency)
    if fact.amount is None or fact.is_cumulative_below(whole):
        return
    if fact.amount != whole:
        yield fact.once().command(min(parts))
    elif fact.kind == "failed":
        yield from (fact.of(amount).command(order) for order, amount in parts.items())


def _about_the_unmatched_items(fact: ProviderFact, item: UnmatchedItem, orders: set[Order]) -> Iterator[Command]:
    """What the fact says of unmatched money."""
    match fact.kind:
        case "captured":
            matched = _matched(fact, item, orders)
            if matched is None or item.captured != fact.amount:
                yield fact.command(None)
            if matched:
                yield matched
        case "failed":
            reported = {"amount": fact.amount, "code": fact.said["code"]}
            yield ReportUnmatchedCaptureFailed(**_envelope(fact), **reported)
        case "refund" if refund := _refund_of(fact, item):
            reported = {
                "refund_id": refund.refund_id,
                "psp_refund_ref": fact.said["psp_refund_ref"],
                "amount": fact.amount,
            }
            reported["attempt_id"] = fact.said.get("attempt_id")
            if fact.said["outcome"] == "succeeded":
                yield ReportUnmatchedRefundPaid(**_envelope(fact), **reported)
            else:
                code = fact.said.get("code") or "unsaid"
                yield ReportUnmatchedRefundFailed(**_envelope(fact), **reported, code=code)


def _matched(fact: ProviderFact, item: UnmatchedItem, orders: set[Order]) -> MatchPayment | None:
    """All of it to the order that is named now; None where that is not said, or something else was decided."""
    if len(orders) != 1 or item.captured is None or item.is_of_orders or item.refunds:
        return None
    if item.captured != fact.amount and not fact.is_cumulative_in(item.captured.currency):
        return None
    ((merchant_id, order_id),) = orders
    return MatchPayment(
        id=derived_id("match", fact.psp, fact.capture_ref),
        actor=ROUTER,
        psp=fact.psp,
        capture_ref=fact.capture_ref,
        parts=(Part(merchant_id=merchant_id, order_id=order_id),),
    )


def _refund_of(fact: ProviderFact, item: UnmatchedItem) -> UnmatchedFundsRefund | None:
    """The refund it names, in our words or the provider's; else the only one of that amount that is not paid."""
    if attempt_id := fact.said.get("attempt_id"):
        return item.refund_named(attempt_id)
    theirs = fact.said["psp_refund_ref"]
    for refund in item.refunds.values():
        if theirs and any(one.psp_refund_ref == theirs for one in refund.attempts):
            return refund
    unpaid = [r for r in item.refunds.values() if r.amount == fact.amount and not r.is_paid]
    return unpaid[0] if len(unpaid) == 1 else None


def _envelope(fact: ProviderFact) -> dict[str, Any]:
    return {
        "id": fact.command_id,
        "actor": Actor(kind="partner", id=fact.psp, role="psp"),
        "source": Source(system=fact.psp, external_id=kept_text(fact.message_id)),
        "occurred_at": fact.happened_at,
        "psp": fact.psp,
        "capture_ref": fact.capture_ref,
    }


def _order(found: PspReference) -> Order:
    return found.merchant, found.order_id
