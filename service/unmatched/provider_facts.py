"""Records providers' facts with their orders, found by the message itself or else by known references."""

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
from ledger.ids import PLATFORM_BOOK, derived_id, unmatched_stream
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
_BOOKED = (
    "captured",
    "refund",
    "dispute_withdrawn",
    "dispute_lost",
    "dispute_fee",
)  # at the rate of the day on which it happened


class RateNotKnown(ServiceFailure):
    """No rate of the currency is recorded. A break is open; the money is booked when it is reported again."""


def record_facts(app: App, facts: Sequence[ProviderFact]) -> list[Outcome]:
    """Records each fact with its order, or as an unmatched item if no order is known. A repeated fact changes nothing.

    A failed fact does not stop the others. Raises `ViewBehind` if the references are not up to date, and `RateNotKnown`
    after all other facts are recorded.
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
                fault_of(error, command=f"psp_{fact.kind}", id=fact.command_id, book=PLATFORM_BOOK, stream="")
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
        raise RateNotKnown(f"No rate of {rateless[0].currency} is recorded. Publish a rate and report the facts again.")
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
    """Returns the command under another id, so that a later report that can be booked is not answered by it."""
    return command.model_copy(update={"id": derived_id("unbooked", command.id)})


class _Known:
    """The known references of these facts: their orders, and unmatched captures."""

    def __init__(self, app: App, facts: Sequence[ProviderFact]) -> None:
        self._stopped = False  # a view has stopped in a book, so that the orders of a reference may be incomplete
        self._references = dict(self._found(app, facts))
        self._unmatched = self._items(app, facts)

    def reported(self, fact: ProviderFact) -> ProviderFact:
        """Returns the fact with the capture that its reference names."""
        for name in fact.perhaps_of:
            if any(each.kind == "charge" for each in self._of(fact, name)) or self._captured(fact, name):
                return fact.of_capture(name)
        return fact

    def orders_of(self, fact: ProviderFact) -> set[Order]:
        """Returns the orders that all known references of the fact share; none if a reference may belong to further
        orders.
        """
        if fact.order:
            return {fact.order}
        if self._stopped:
            return set()
        named = [{_order(each) for each in found} for name in fact.names if (found := self._of(fact, name))]
        return set[Order].intersection(*named) if named else set()

    def parts_of(self, fact: ProviderFact) -> dict[Order, Money]:
        """Returns each order's part of the fact's capture; empty if the parts do not cover it."""
        if self._stopped:
            return {}
        return {_order(each): each.amount for each in self._of(fact, fact.capture_ref) if each.kind == "charge"}

    def waiting(self, fact: ProviderFact) -> UnmatchedItem | None:
        """Returns the unmatched capture of the fact; None if an order has it."""
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
        return load_each(app.ledger.reader, dict.fromkeys(names, PLATFORM_BOOK), UnmatchedItem)


def _commands(fact: ProviderFact, known: _Known) -> Iterator[Command]:
    item = known.waiting(fact)
    orders = known.orders_of(fact)
    if item and (reported := list(_about_the_unmatched_items(fact, item, orders))):
        yield from reported
    elif fact.kind in ("captured", "failed") and not fact.order and len(parts := known.parts_of(fact)) > 1:
        yield from _of_each(fact, parts)
    elif len(orders) != 1 and fact.kind == "refund" and (shared := fact.shared_among(known.parts_of(fact))):
        yield from (each.command(order) for order, each in shared.items())
    else:
        yield fact.command(next(iter(orders)) if len(orders) == 1 else None)


def _of_each(fact: ProviderFact, parts: dict[Order, Money]) -> Iterator[Command]:
    """Yields the fact for each order that shares the capture. A repeated full capture yields nothing, a failure goes to
    each order. An amount that differs from the sum of the parts goes to the first order as a contradiction and moves no
    money.
    """
    whole = total(list(parts.values()), next(iter(parts.values())).currency)
    if fact.amount is None or fact.is_cumulative_below(whole):
        return
    if fact.amount != whole:
        yield fact.once().command(min(parts))
    elif fact.kind == "failed":
        yield from (each.command(order) for order, each in fact.shared_among(parts).items())


def _about_the_unmatched_items(fact: ProviderFact, item: UnmatchedItem, orders: set[Order]) -> Iterator[Command]:
    """Yields the commands about unmatched money."""
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
    """Returns the match of all the money with the named order; None if no order is named or another match exists."""
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
    """Returns the refund that the fact names by our id or the provider's; else the only unpaid one of that amount."""
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
