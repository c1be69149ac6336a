"""Where captured money of the inbox belongs."""

from typing import Any

import pytest

from commands.unmatched.mark_parts_taken import MarkPartsTaken
from commands.unmatched.mark_payment_matched import MarkInboxRouted
from commands.unmatched.match_payment import RouteInboxPayment
from commands.unmatched.note_unmatched_payment import NoteUnroutedPayment
from ledger.actors import Actor
from ledger.events.platform import InboxFactRouted, InboxPartsTaken, InboxRoutingPlanned
from ledger.journal.posting import post
from ledger.refusals.catalogue import RoleNotAllowed
from ledger.refusals.finance import AllocationExceedsCapture, InboxAlreadyRouted, InboxItemNotFound
from tests.support.given import BUYER, FINANCE, PARTNER, SYSTEM, ask, given, usd

CAPTURED = tuple(
    given()
    .when(ask(NoteUnroutedPayment, by=PARTNER, psp="psp", capture_ref="c1", payment_id="PAY-1", amount="USD 69.44"))
    .events
)


def part(order_id: str, amount: str | None = None) -> dict[str, Any]:
    return {"merchant_id": f"M-{order_id[-1]}", "order_id": order_id, "amount": amount}


def route(*parts: dict[str, Any], by: Actor = FINANCE) -> RouteInboxPayment:
    return ask(RouteInboxPayment, by=by, psp="psp", capture_ref="c1", parts=parts)


DONE = ask(MarkInboxRouted, by=FINANCE, psp="psp", capture_ref="c1")
PLANNED = tuple(given(*CAPTURED).when(route(part("O-1"))).events)


def test_a_whole_capture_belongs_to_one_order() -> None:
    event = given(*CAPTURED).when(route(part("O-1"))).then(InboxRoutingPlanned).event(InboxRoutingPlanned)
    assert [(each.order_id, each.amount) for each in event.parts] == [("O-1", usd("69.44"))]


def test_the_last_order_of_a_checkout_gets_the_rest() -> None:
    event = given(*CAPTURED).when(route(part("O-1", "USD 50.00"), part("O-2"))).event(InboxRoutingPlanned)
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
    given(*CAPTURED).when(route(*parts)).then_refused(AllocationExceedsCapture, captured="USD 69.44")


def test_where_money_belongs_is_decided_once() -> None:
    given(*CAPTURED, *PLANNED).when(route(part("O-2"))).then_refused(InboxAlreadyRouted, state="being routed")


def test_a_buyer_routes_nothing() -> None:
    given(*CAPTURED).when(route(part("O-1"), by=BUYER)).then_refused(RoleNotAllowed)


def test_nothing_is_routed_that_never_came() -> None:
    given().when(route(part("O-1"))).then_refused(InboxItemNotFound, source="psp", reference="c1")


def test_what_the_orders_have_book_0_gives_up_line_by_line() -> None:
    event = given(*CAPTURED, *PLANNED).when(DONE).then(InboxFactRouted).event(InboxFactRouted)
    taken_in, given_over = post(CAPTURED[0]), post(event)
    assert taken_in is not None
    assert given_over is not None
    opposite = {(line.account, line.psp, line.payment, -line.amount, -line.base) for line in given_over.lines}
    assert opposite == {(line.account, line.psp, line.payment, line.amount, line.base) for line in taken_in.lines}


def test_giving_over_twice_changes_nothing() -> None:
    routed = given(*CAPTURED, *PLANNED).when(DONE).events
    given(*CAPTURED, *PLANNED, *routed).when(DONE).then_nothing()


def test_nothing_is_given_over_without_a_plan() -> None:
    given(*CAPTURED).when(DONE).then_refused(InboxItemNotFound, reference="c1")


def mark(*taken: int, plan: int = 1) -> MarkPartsTaken:
    return ask(MarkPartsTaken, by=SYSTEM, psp="psp", capture_ref="c1", plan=plan, taken=taken)


SPLIT = (
    *CAPTURED,
    *given(*CAPTURED).when(route(part("O-1", "USD 23.15"), part("O-2", "USD 23.15"), part("O-3"))).events,
)
IN_PART = (*SPLIT, *given(*SPLIT).when(mark(1)).events)
ANEW = (*IN_PART, *given(*IN_PART).when(route(part("O-4", "USD 23.15"), part("O-5"))).events)


def test_what_orders_have_taken_is_given_over_and_the_rest_waits_for_another_plan() -> None:
    event = given(*SPLIT).when(mark(1)).then(InboxPartsTaken).event(InboxPartsTaken)
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
    given(*SPLIT, event).when(route(part("O-2"))).then(InboxRoutingPlanned)


def test_what_is_given_over_bit_by_bit_is_what_was_taken_in() -> None:
    again = (*ANEW, *given(*ANEW).when(mark(0, plan=2)).events)
    last = (*again, *given(*again).when(route(part("O-6"))).events)
    events = (*last, *given(*last).when(DONE).events)
    lines = [line for event in events if (entry := post(event)) for line in entry.lines]
    assert sum(line.amount for line in lines if line.account == "2220") == 0
    assert sum(line.base for line in lines if line.account == "2220") == 0
    routed = events[-1]
    assert isinstance(routed, InboxFactRouted)
    assert routed.streams == ("order/M-2/O-2", "order/M-4/O-4", "order/M-6/O-6")


def test_what_is_said_late_of_an_earlier_plan_changes_nothing() -> None:
    given(*ANEW).when(mark()).then_nothing()
    given(*IN_PART).when(mark(1)).then_nothing()


def test_a_plan_that_everybody_took_their_part_of_goes_on() -> None:
    given(*SPLIT).when(mark(0, 1, 2)).then_nothing()


def test_no_person_says_what_orders_have_taken() -> None:
    by_hand = ask(MarkPartsTaken, by=FINANCE, psp="psp", capture_ref="c1", plan=1, taken=())
    given(*SPLIT).when(by_hand).then_refused(RoleNotAllowed)
