"""Saying that an unmatched fact stands in its order's stream by now."""

from datetime import date

from commands.unmatched.mark_fact_matched import MarkFactMatched
from ledger.events.platform import UnmatchedFactMatched, UnmatchedFactReported, UnmatchedPaymentCaptured
from ledger.fx import Rate
from ledger.refusals.catalogue import RoleNotAllowed
from ledger.refusals.finance import UnmatchedItemNotFound
from tests.support.given import BUYER, NOW, PLATFORM, ask, cny, given, usd

NOTED = UnmatchedFactReported(
    system="upu", reference="r-1", kind="tracking", refs={"tracking_no": "SF-1"}, body={}, happened_at=NOW
)
CAPTURED = UnmatchedPaymentCaptured(
    psp="upu",
    capture_ref="r-1",
    amount=usd("10.00"),
    book_rate=Rate("USD", "CNY", "7.0000", "book", "test", date(2025, 4, 1)),
    base=cny("70.00"),
    refs={},
    happened_at=NOW,
)


def mark(**reported: object) -> MarkFactMatched:
    asked = {"by": PLATFORM, "system": "upu", "reference": "r-1", "streams": ["order/M-1/O-1"]} | reported
    return ask(MarkFactMatched, **asked)  # type: ignore[arg-type]


def test_a_matched_fact_names_the_stream_it_stands_in() -> None:
    matched = given(NOTED).when(mark()).then(UnmatchedFactMatched).event(UnmatchedFactMatched)
    assert matched.streams == ("order/M-1/O-1",)


def test_it_is_matched_once() -> None:
    matched = given(NOTED).when(mark()).event(UnmatchedFactMatched)
    given(NOTED, matched).when(mark()).then_nothing()


def test_what_was_never_noted_is_not_matched() -> None:
    given().when(mark()).then_refused(UnmatchedItemNotFound, reference="r-1")


def test_money_is_not_given_over_by_saying_so() -> None:
    given(CAPTURED, NOTED).when(mark()).then_refused(UnmatchedItemNotFound)


def test_a_buyer_does_not_say_so() -> None:
    given(NOTED).when(mark(by=BUYER)).then_refused(RoleNotAllowed)
