"""Saying that a fact of the inbox stands in its order's stream by now."""

from datetime import date

from commands.unmatched.mark_fact_matched import MarkFactRouted
from ledger.events.platform import InboxFactNoted, InboxFactRouted, InboxPaymentCaptured
from ledger.fx import Rate
from ledger.refusals.catalogue import RoleNotAllowed
from ledger.refusals.finance import InboxItemNotFound
from tests.support.given import BUYER, NOW, PLATFORM, ask, cny, given, usd

NOTED = InboxFactNoted(
    system="upu", reference="r-1", kind="tracking", refs={"tracking_no": "SF-1"}, body={}, happened_at=NOW
)
CAPTURED = InboxPaymentCaptured(
    psp="upu",
    capture_ref="r-1",
    amount=usd("10.00"),
    book_rate=Rate("USD", "CNY", "7.0000", "book", "test", date(2025, 4, 1)),
    base=cny("70.00"),
    refs={},
    happened_at=NOW,
)


def mark(**told: object) -> MarkFactRouted:
    asked = {"by": PLATFORM, "system": "upu", "reference": "r-1", "streams": ["order/M-1/O-1"]} | told
    return ask(MarkFactRouted, **asked)  # type: ignore[arg-type]


def test_a_routed_fact_names_the_stream_it_stands_in() -> None:
    routed = given(NOTED).when(mark()).then(InboxFactRouted).event(InboxFactRouted)
    assert routed.streams == ("order/M-1/O-1",)


def test_it_is_routed_once() -> None:
    routed = given(NOTED).when(mark()).event(InboxFactRouted)
    given(NOTED, routed).when(mark()).then_nothing()


def test_what_was_never_noted_is_not_routed() -> None:
    given().when(mark()).then_refused(InboxItemNotFound, reference="r-1")


def test_money_is_not_given_over_by_saying_so() -> None:
    given(CAPTURED, NOTED).when(mark()).then_refused(InboxItemNotFound)


def test_a_buyer_does_not_say_so() -> None:
    given(NOTED).when(mark(by=BUYER)).then_refused(RoleNotAllowed)
