"""Money that an undone refund of a part of a price gives back for units that were refunded or released meanwhile.

The buyer gets what refunded units lack of their price; the merchant gets what no pending unit carries.
"""

from __future__ import annotations

from collections.abc import Callable, Iterator, Sequence

from commands.command import Command
from commands.contradictions import break_once, explained
from commands.disputes.excess import excess_divided
from commands.rates import last_rate
from commands.refunds.refund_events import approval_of, charges_back, request_of
from commands.rules import Rules
from commands.settlement.releases import REMAINDER, released, to_release
from ledger.actors import Actor
from ledger.events.disputes import DisputeWon
from ledger.events.event import Event
from ledger.events.orders import OrderCompleted
from ledger.events.payments import PaymentAllocated
from ledger.events.refunds import Bearer, RefundLine, ReturnExpired
from ledger.fx import CNY
from ledger.ids import command_id
from ledger.money import Money
from ledger.policies.release import Release
from ledger.streams.amounts.charges import OrderCharges
from ledger.streams.amounts.dispute_shares import shared
from ledger.streams.amounts.refundable import refundable
from ledger.streams.orders.order import Order
from ledger.streams.stream import Stream
from ledger.streams.units.uncovered import Uncovered, uncovered

REASON, _KIND = "part_refund_undone", "dispute_won_on_closed_units"
_SYSTEM = Actor(kind="system", id="remainders", role="system")


def remainders(command: Command, stream: Stream, events: Sequence[Event], rules: Rules) -> Iterator[Event]:
    """Yields the refunds and releases that follow from these events, and breaks for what a person must decide."""
    if not isinstance(stream, Order) or not (any(_freed(events)) or (events and _is_out_of_balance(stream))):
        return
    later = stream.after(*events)
    if later.payments.allocation is None:
        return
    for step in (_excess(events), _refunded, _released):
        found = list(step(command, later, rules))
        yield from found
        later = later.after(*found) if found else later
    if later.completes({}):
        yield OrderCompleted(order_id=later.order_id, completed_at=command.decided_at)
    for line_id in later.lines:
        yield from _flagged(command, later, line_id, _undone(events))


def _excess(events: Sequence[Event]) -> Callable[[Command, Order, Rules], Iterator[Event]]:
    """Returns the step that gives what these events undo to lost disputes that took more than there was."""

    def step(command: Command, order: Order, rules: Rules) -> Iterator[Event]:
        for freed in _freed(events):
            if freed.currency == order.currency:
                found = list(excess_divided(order, freed, rules, at=command.decided_at))
                yield from found
                order = order.after(*found) if found else order

    return step


def _freed(events: Sequence[Event]) -> Iterator[Money]:
    """Yields the buyer's money of the dispute or refund that is undone, or of a payment that covers the order after a
    dispute of it was lost.
    """
    for event in events:
        if isinstance(event, PaymentAllocated):
            yield event.amount
        if isinstance(event, DisputeWon) and event.undone:
            yield shared(event.undone)
        if isinstance(event, ReturnExpired) and event.undone:
            kept = event.kept.money.amount if event.kept else event.undone.money.amount * 0
            yield event.undone.money.amount - kept


def _undone(events: Sequence[Event]) -> dict[str, str]:
    """Returns the id of the dispute or refund that these events undo, by its name; empty if they undo none."""
    for event in events:
        if isinstance(event, DisputeWon) and event.undone:
            return {"dispute_id": event.dispute_id}
        if isinstance(event, ReturnExpired) and event.undone:
            return {"refund_id": event.refund_id}
    return {}


def _is_out_of_balance(order: Order) -> bool:
    return any(book.is_out_of_balance for book in order.lines.values())


def _refunded(command: Command, order: Order, rules: Rules) -> Iterator[Event]:
    """Yields a refund of the uncovered parts, at most what is refundable of the order."""
    rate = last_rate(rules, order.currency, command.happened_at)
    parts = list(_refundable_parts(order))
    if rate is None or not parts:
        return
    lines, bearers = [line for line, _ in parts], [bearer for _, bearer in parts]
    charges = charges_back(order, lines, rules)
    names = {"refund_id": command_id("remainder", order.name, command.id), "reason": REASON}
    opened = request_of(
        order, lines, charges, **names, kind="platform_initiated", actor=_SYSTEM, at=command.happened_at
    )
    yield opened
    order = order.after(opened)
    yield approval_of(order, lines, bearers, charges, rate, rules, **names, kind="platform_initiated", actor=_SYSTEM)


def _refundable_parts(order: Order) -> Iterator[tuple[RefundLine, Bearer]]:
    """Yields the uncovered parts that can be refunded with their tax, with the bearer of each."""
    charges, left = OrderCharges(order), refundable(order)
    spent = Money(0, order.currency)
    for line_id in order.lines:
        for part in uncovered(order, line_id):
            if part.awaits_goods or _may_have_come(order, line_id, part):
                continue
            amount = min(Money(part.minor, order.currency), charges.goods_within(left, after=spent))
            if amount.minor > 0:
                spent = spent + amount
                yield _line(order, line_id, part, amount), part.bearer


def _line(order: Order, line_id: str, part: Uncovered, amount: Money) -> RefundLine:
    book = order.lines[line_id]
    listed = Money(book.at(part.place).balance.list_for(book.prices, 0, amount.minor), CNY)
    return RefundLine(line_id=line_id, qty=0, buyer_amount=amount, list_amount=listed, parcel_id=part.place)


def _may_have_come(order: Order, line_id: str, part: Uncovered) -> bool:
    """True if the parcel was signed for after its units were refunded: the buyer may have the goods."""
    parcel = order.parcels.of(part.place) if part.place else None
    if parcel is None or parcel.signature is None:
        return False
    for case in order.cases.values():
        lines = case.approved_lines if case.given and not case.return_required else ()
        refunded = any(line.qty and (line.line_id, line.parcel_id) == (line_id, part.place) for line in lines)
        if refunded and case.requested_at < parcel.signature.signed_at:
            return True
    return False


def _released(command: Command, order: Order, rules: Rules) -> Iterator[Event]:
    """Yields the releases of what remains for the merchant, unless a case, a dispute or a hold keeps it back."""
    now = command.decided_at
    coming = to_release(order, order.lines.values(), rules.policy(Release), at=now)
    due = [part for part in coming if part.rule == REMAINDER and not part.held_back]
    yield from released(order, due, rules, at=now)


def _flagged(command: Command, order: Order, line_id: str, undone: dict[str, str]) -> Iterator[Event]:
    """Opens a break for the uncovered parts of a line that were not refunded, or resolves it once none is left."""
    left = sum(part.minor for part in uncovered(order, line_id) if not part.awaits_goods)
    if not left:
        for known in order.known_breaks.values():
            if known.is_open and known.opened.kind == _KIND and known.opened.refs.get("line_id") == line_id:
                yield explained(command, known, "rest_came_later", "refunds the rest of the units' price")
        return
    if undone:
        yield from break_once(
            order.breaks,
            kind=_KIND,
            expected="the buyer has the whole price of refunded units, or their goods",
            actual=f"{Money(left, order.currency)} of it was given back to us and cannot be refunded by itself",
            refs={"order_id": order.order_id, "line_id": line_id, **undone},
            at=command.decided_at,
        )
