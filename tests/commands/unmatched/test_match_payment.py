"""Where unmatched captured money belongs."""

from typing import Any

import pytest

from commands.unmatched.mark_parts_taken import MarkPartsTaken
from commands.unmatched.mark_payment_matched import MarkPaymentMatched
from commands.unmatched.match_payment import MatchPayment
from commands.unmatched.report_unmatched_payment import ReportUnmatchedPayment
from ledger.actors import Actor
from ledger.events.platform import MatchPlanned, UnmatchedFactMatched, UnmatchedPartsTaken
from ledger.journal.posting import post
from ledger.refusals.catalogue import RoleNotAllowed
from ledger.refusals.finance import AllocationExceedsCapture, ItemAlreadyMatched, UnmatchedItemNotFound
from tests.support.given import BUYER, FINANCE, PARTNER, SYSTEM, ask, given, usd

CAPTURED = tuple(
    given()
    .when(ask(ReportUnmatchedPayment, by=PARTNER, psp="psp", capture_ref="c1", payment_id="PAY-1", amount="USD 69.44"))
    .events
)


def part(order_id: str, amount: str | None = None) -> dict[str, Any]:
    return {"merchant_id": f"M-{order_id[-1]}", "order_id": order_id, "amount": amount}


def match(*parts: dict[str, Any], by: Actor = FINANCE) -> MatchPayment:
    return ask(MatchPayment, by=by, psp="psp", capture_ref="c1", parts=parts)


DONE = ask(MarkPaymentMatched, by=FINANCE, psp="psp", capture_ref="c1")
PLANNED = tuple(given(*CAPTURED).when(match(part("O-1"))).events)


def test_a_whole_capture_belongs_to_one_order() -> None:
    event = given(*CAPTURED).when(match(part("O-1"))).then(MatchPlanned).event(MatchPlanned)
    assert [(each.order_id, each.amount) for each in event.parts] == [("O-1", usd("69.44"))]


def test_the_last_order_of_a_checkout_gets_the_rest() -> None:
    event = given(*CAPTURED).when(match(part("O-1", "USD 50.00"), part("O-2"))).event(MatchPlanned)
    assert [each.amount for each in event.parts] == [usd("50.00"), usd("19.44")]


def test_a_plan_posts_nothing() -> None:
    assert [post(event) for event in PLANNED] == [None]


@pytest.mark.parametrize(
    "parts",
    [
        [part("O-1", "USD 69.45")],
        [part("O-1", "USD 69.43")],
        [part("O-1", "USD 69.44"), part("O-2")],
        [part("O-1", "USD 60.00"), part("O-1")],
    ],
    ids=["more", "less", "nothing left for the second", "one order twice"],
)
def test_the_parts_are_exactly_what_was_captured(parts: list[dict[str, Any]]) -> None:
    given(*CAPTURED).when(match(*parts)).then_refused(AllocationExceedsCapture, captured="USD 69.44")


def test_where_money_belongs_is_decided_once() -> None:
    given(*CAPTURED, *PLANNED).when(match(part("O-2"))).then_refused(ItemAlreadyMatched, state="being matched")


def test_a_buyer_routes_nothing() -> None:
    given(*CAPTURED).when(match(part("O-1"), by=BUYER)).then_refused(RoleNotAllowed)


def test_nothing_is_matched_that_never_came() -> None:
    given().when(match(part("O-1"))).then_refused(UnmatchedItemNotFound, source="psp", reference="c1")


def test_what_the_orders_have_book_0_gives_up_line_by_line() -> None:
    event = given(*CAPTURED, *PLANNED).when(DONE).then(UnmatchedFactMatched).event(UnmatchedFactMatched)
    taken_in, given_over = post(CAPTURED[0]), post(event)
    assert taken_in is not None
    assert given_over is not None
    opposite = {(line.account, line.psp, line.payment, -line.amount, -line.base) for line in given_over.lines}
    assert opposite == {(line.account, line.psp, line.payment, line.amount, line.base) for line in taken_in.lines}


def test_giving_over_twice_changes_nothing() -> None:
    matched = given(*CAPTURED, *PLANNED).when(DONE).events
    given(*CAPTURED, *PLANNED, *matched).when(DONE).then_nothing()


def test_nothing_is_given_over_without_a_plan() -> None:
    given(*CAPTURED).when(DONE).then_refused(UnmatchedItemNotFound, reference="c1")


def mark(*taken: int, plan: int = 1) -> MarkPartsTaken:
    return ask(MarkPartsTaken, by=SYSTEM, psp="psp", capture_ref="c1", plan=plan, taken=taken)


SPLIT = (
    *CAPTURED,
    *given(*CAPTURED).when(match(part("O-1", "USD 23.15"), part("O-2", "USD 23.15"), part("O-3"))).events,
)
IN_PART = (*SPLIT, *given(*SPLIT).when(mark(1)).events)
ANEW = (*IN_PART, *given(*IN_PART).when(match(part("O-4", "USD 23.15"), part("O-5"))).events)


def test_what_orders_have_taken_is_given_over_and_the_rest_waits_for_another_plan() -> None:
    event = given(*SPLIT).when(mark(1)).then(UnmatchedPartsTaken).event(UnmatchedPartsTaken)
    assert [each.order_id for each in event.not_taken] == ["O-1", "O-3"]
    entry = post(event)
    assert entry is not None
    assert [(line.account, line.amount, line.base) for line in entry.lines] == [
        ("2220", 2315, 16622),
        ("1110", -2315, -16622),
    ]


def test_a_plan_that_nobody_took_anything_of_posts_nothing() -> None:
    (event,) = given(*SPLIT).when(mark()).events
    assert post(event) is None
    given(*SPLIT, event).when(match(part("O-2"))).then(MatchPlanned)


def test_what_is_given_over_bit_by_bit_is_what_was_taken_in() -> None:
    again = (*ANEW, *given(*ANEW).when(mark(0, plan=2)).events)
    last = (*again, *given(*again).when(match(part("O-6"))).events)
    events = (*last, *given(*last).when(DONE).events)
    lines = [line for event in events if (entry := post(event)) for line in entry.lines]
    assert sum(line.amount for line in lines if line.account == "2220") == 0
    assert sum(line.base for line in lines if line.account == "2220") == 0
    matched = events[-1]
    assert isinstance(matched, UnmatchedFactMatched)
    assert matched.streams == ("order/M-2/O-2", "order/M-4/O-4", "order/M-6/O-6")


def test_what_is_said_late_of_an_earlier_plan_changes_nothing() -> None:
    given(*ANEW).when(mark()).then_nothing()
    given(*IN_PART).when(mark(1)).then_nothing()


def test_a_plan_that_everybody_took_their_part_of_goes_on() -> None:
    given(*SPLIT).when(mark(0, 1, 2)).then_nothing()


def test_no_person_says_what_orders_have_taken() -> None:
    by_hand = ask(MarkPartsTaken, by=FINANCE, psp="psp", capture_ref="c1", plan=1, taken=())
    given(*SPLIT).when(by_hand).then_refused(RoleNotAllowed)
