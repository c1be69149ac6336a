"""Checks of an order that lived through random money: books, shares, replays, and nothing left at the end."""

from __future__ import annotations

from collections.abc import Iterable, Iterator
from decimal import ROUND_HALF_UP, Decimal

from ledger.events.disputes import DisputeLost, DisputeWon
from ledger.events.event import Event, decode
from ledger.events.payments import PaymentAllocated, PaymentCaptureFailed
from ledger.events.psp_settlement import PspSettlementReceived
from ledger.events.refunds import (
    ApprovedLine,
    BuyerFundsRefundApproved,
    DuplicateCaptureRefundApproved,
    RefundApproved,
    RefundAutoApproved,
    ReturnExpired,
)
from ledger.events.settlement import SettlementReleased
from ledger.fx import CNY
from ledger.money import total
from ledger.streams.orders.cases import Case
from ledger.streams.orders.order import Order
from ledger.streams.units.uncovered import uncovered
from tests.simulation.models.money_life import MoneyLife
from tests.support.one_key import OneKey


def the_books_say_what_is_remembered(life: MoneyLife) -> None:
    """Every account between the parties holds what the order remembers, in its own currency and in CNY."""
    order: Order = life.order
    captures = order.payments.captures.values()
    approved = [case for case in order.cases.values() if case.money and case.state == "approved"]
    items = order.receivables.items.values()
    remembered = {
        "1110": (
            sum(item.amount.minor - item.settled.minor for item in items),
            sum(item.base.minor - item.settled_base.minor for item in items),
        ),
        "1120": (
            sum(dispute.held.minor for dispute in order.disputes),
            sum(dispute.held_base.minor for dispute in order.disputes),
        ),
        "2210": (
            -sum(case.money.amount.minor - case.paid.minor for case in approved if case.money),
            -sum(case.money.base.minor - case.carried.minor for case in approved if case.money),
        ),
        "2220": (-sum(c.free.minor for c in captures), -sum(c.free_base.minor for c in captures)),
    }
    for account, expected in remembered.items():
        assert (life.scenario.balance(account, life.currency), life.scenario.base(account)) == expected, account


def nobody_is_owed_what_was_never_paid(life: MoneyLife) -> None:
    """A refund approved before its capture failed is owed only as far as that capture has no part to answer for."""
    order: Order = life.order
    for capture_ref, before in approved_before_failure(life.scenario.events).items():
        capture, cases = order.payments.captures[capture_ref], order.cases.values()
        due = [case for case in cases if case.id in before and case.state == "approved" and not case.awaits_goods]
        assert not any(case.unsubmitted for case in due if case.capture_ref == capture_ref), capture_ref
        ended = sum(case.liability_extinguished[capture_ref].minor for case in cases if _ended(case, capture_ref))
        if capture.allocated.minor > capture.paid_back.minor + ended:
            assert not any(case.unsubmitted for case in due if not case.capture_ref), capture_ref


def approved_before_failure(events: Iterable[Event]) -> dict[str, set[str]]:
    """Returns the ids of the refunds that were approved before a capture failed, by the capture."""
    approved: set[str] = set()
    failed: dict[str, set[str]] = {}
    for event in events:
        match event:
            case (
                RefundApproved() | RefundAutoApproved() | DuplicateCaptureRefundApproved() | BuyerFundsRefundApproved()
            ):
                approved.add(event.refund_id)
            case PaymentCaptureFailed():
                failed[event.capture_ref] = set(approved)
    return failed


def _ended(case: Case, capture_ref: str) -> bool:
    return capture_ref in case.liability_extinguished and not case.capture_ref


def merchants_have_what_they_are_due(life: MoneyLife) -> None:
    """Invariant 3 of the design, of one order's money before it is paid out."""
    pending, available, held = (life.scenario.balance(account) for account in ("2110", "2120", "2130"))
    assert -(pending + available + held) == due_to_merchant(life.scenario.events)
    assert pending == life.scenario.base("2110"), "a merchant's money is CNY"
    assert pending + held <= 0, "no more leaves a merchant's pending money than came in"


def due_to_merchant(events: Iterable[Event]) -> int:
    """List allocated − net fees − merchant-borne refunds and disputes at list, in fen: of events, not entries."""
    due = 0
    for event in events:
        match event:
            case PaymentAllocated():
                due += event.list_total.minor
            case PaymentCaptureFailed(undone=PaymentAllocated() as undone):
                due -= undone.list_total.minor
            case SettlementReleased():
                due -= event.fee.minor + event.vat.minor
        due -= sum(sign * (line.from_pending + line.from_available).minor for line, sign in lines_taken(event))
    return due


def parts_add_up(life: MoneyLife) -> None:
    for event in life.scenario.events:
        match event:
            case PaymentAllocated():
                parts = total([part.base for part in event.parts], CNY)
                assert parts == event.goods_base + total([charge.base for charge in event.charges], CNY)
                assert total([line.list_amount for line in event.lines], CNY) == event.list_total
            case PspSettlementReceived():
                assert total([line.cash for line in event.lines], CNY) == event.cash
            case RefundApproved() | RefundAutoApproved():
                buyer = [line.buyer_amount for line in event.lines] + [charge.amount for charge in event.money.charges]
                assert total(buyer, event.money.amount.currency) == event.money.amount
    fees_are_shared_to_the_cent(life.scenario.events)


def fees_are_shared_to_the_cent(events: Iterable[Event]) -> None:
    """After every event: 5 % of all that was released of the order and is not taken back."""
    kept = fee = 0
    for event in events:
        if isinstance(event, SettlementReleased):
            kept, fee = kept + event.gross.minor, fee + event.fee.minor
        for line, sign in lines_taken(event):
            kept -= sign * (line.from_available + line.fee_back).minor
            fee -= sign * line.fee_back.minor
        assert fee == rounded(kept, 500, 10_000)


def lines_taken(event: Event) -> Iterator[tuple[ApprovedLine, int]]:
    """Yields each line that the event takes from the merchant (1) or gives back (-1)."""
    match event:
        case RefundApproved() | RefundAutoApproved() | DisputeLost():
            yield from ((line, 1) for line in event.lines)
        case DisputeWon(undone=DisputeLost() as undone):
            yield from ((line, -1) for line in undone.lines)
        case ReturnExpired(undone=RefundApproved() as undone, kept=kept):
            yield from ((line, -1) for line in undone.lines)
            yield from ((line, 1) for line in (kept.lines if kept else ()))


def rounded(whole: int, part: int, of: int) -> int:
    """HALF_UP."""
    return int((Decimal(whole * part) / of).quantize(Decimal(1), ROUND_HALF_UP))


def a_replay_remembers_the_same(life: MoneyLife) -> None:
    """The fold of the stored events equals the remembered state (invariant 1)."""
    again = Order(life.order.name)
    for event in life.scenario.events:
        sealed = event.sealed_for(life.order.name, life.order.name, OneKey())
        again.apply(decode(sealed.name, sealed.schema_version, sealed.payload()))
    assert again.cases == life.order.cases
    assert again.lines == life.order.lines
    assert again.payments.captures == life.order.payments.captures
    assert again.payments.authorizations == life.order.payments.authorizations
    assert again.disputes.by_id == life.order.disputes.by_id
    assert again.receivables.items == life.order.receivables.items
    assert again.claims == life.order.claims
    assert again.version == life.order.version


def lines_for_people(life: MoneyLife) -> set[str]:
    """The lines whose rest a person decides on: the buyer may have the goods, or other disputes have the money."""
    return {
        known.opened.refs["line_id"]
        for known in life.order.known_breaks.values()
        if known.is_open and known.opened.kind == "dispute_won_on_closed_units"
    }


def no_money_is_without_a_unit(life: MoneyLife) -> None:
    """Refunded units are paid to the buyer in full and what is pending has a unit, unless a break asks a person."""
    flagged = lines_for_people(life)
    for line_id, book in life.order.lines.items():
        if line_id not in flagged:
            assert not list(uncovered(life.order, line_id))
            assert book.pending_value.minor == 0, line_id


def for_people(life: MoneyLife) -> int:
    """Fen of pending money that waits for a refund which the captured money does not allow."""
    bearers = {line_id: {part.bearer for part in uncovered(life.order, line_id)} for line_id in life.order.lines}
    return sum(book.pending_value.minor for line_id, book in life.order.lines.items() if "merchant" in bearers[line_id])


def nothing_is_left(life: MoneyLife) -> None:
    """All decided, paid and settled: every account between the parties is closed in both currencies."""
    no_money_is_without_a_unit(life)
    assert -life.scenario.balance("2110") == for_people(life)
    for account in ("1110", "1120", "1210", "2210", "2220"):
        assert (life.scenario.balance(account, life.currency), life.scenario.base(account)) == (0, 0), account
