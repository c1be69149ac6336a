"""Given breaks and unmatched facts, then what people must look at."""

from __future__ import annotations

from datetime import timedelta

import pytest

from ledger.events.event import Event
from ledger.events.platform import UnmatchedFactMatched, UnmatchedFactReported, UnmatchedPaymentCaptured
from ledger.events.platform_money import UnmatchedRefundPaid
from ledger.events.settlement import (
    ReconciliationBreakAssigned,
    ReconciliationBreakOpened,
    ReconciliationBreakResolved,
)
from ledger.events.unmatched_money import UnmatchedRefundReversed
from ledger.ledger import Ledger
from ledger.sealed import Sealed
from projections.engine.views import Views
from projections.worklists.exceptions import ExceptionRow, Exceptions, exceptions
from tests.projections.shop import Shop
from tests.support.given import FINANCE, RATES, cny, usd
from tests.support.parcels import at

BREAK = {"break_id": "b-1", "kind": "fact_contradicts_state"}
REFS = {"order_id": "O-1", "parcel_id": "P-1"}
OPENED = ReconciliationBreakOpened(
    **BREAK, expected="lost", actual="signed_for", refs=REFS, opened_at=at(0), arose_at=at(0)
)
ASSIGNED = ReconciliationBreakAssigned(**BREAK, owner="fang", assigner=FINANCE, assigned_at=at(1))
REASON: Sealed[str] = Sealed(box="c2VhbGVk", subject="b-1")
RESOLVED = ReconciliationBreakResolved(
    **BREAK, expected="lost", actual="signed_for", refs=REFS, resolution="delivered", reason=REASON,
    resolver=FINANCE, resolved_at=at(5),
)  # fmt: skip
NOTED = UnmatchedFactReported(
    system="aftership", reference="evt-1", kind="tracking", refs={"tracking_no": "SF-1"}, body={}, happened_at=at(0)
)
UNMATCHED = "unmatched/aftership/evt-1"


@pytest.fixture
def shop(ledger: Ledger, views: Views) -> Shop:
    return Shop(ledger, views, Exceptions())


def one(shop: Shop, **asked: str) -> ExceptionRow:
    (found,) = exceptions(shop.views, **asked)  # type: ignore[arg-type]
    return found


def test_an_open_break_says_what_differs(shop: Shop) -> None:
    shop.record([OPENED])
    found = one(shop)
    assert (found.kind, found.expected, found.actual, found.refs) == (OPENED.kind, "lost", "signed_for", REFS)


def test_a_break_of_an_order_names_its_merchant(shop: Shop) -> None:
    shop.record([OPENED])
    assert one(shop, merchant="M-1").merchant == "M-1"


def test_a_fact_of_the_unmatched_items_that_a_person_closes_is_resolved(shop: Shop) -> None:
    unmatched = {"break_id": "unmatched.aftership.evt-1", "kind": "unmatched"}
    shop.record([NOTED], stream=UNMATCHED)
    shop.record([RESOLVED.model_copy(update=unmatched)], stream=UNMATCHED)
    assert [row.resolution for row in exceptions(shop.views, status="resolved")] == ["delivered"]


def test_its_age_is_counted_at_read(shop: Shop) -> None:
    shop.record([OPENED])
    assert one(shop).age(at(36)) == timedelta(hours=36)


@pytest.mark.parametrize("later", [[ASSIGNED], [OPENED.model_copy(update={"opened_at": at(20)})]])
def test_its_age_does_not_begin_again(shop: Shop, later: list[Event]) -> None:
    shop.record([OPENED, *later])
    assert one(shop).age(at(36)) == timedelta(hours=36)


def test_its_age_counts_from_when_the_difference_arose(shop: Shop) -> None:
    shop.record([OPENED.model_copy(update={"arose_at": at(-48)})])
    assert one(shop).age(at(0)) == timedelta(hours=48)


def test_an_item_that_is_noted_again_after_it_was_matched_is_as_old_as_it_was(shop: Shop) -> None:
    matched = UnmatchedFactMatched(system="aftership", reference="evt-1", streams=("order/M-1/O-1",), matched_at=at(3))
    shop.record([NOTED, matched, NOTED.model_copy(update={"happened_at": at(30)})], stream=UNMATCHED, book=0)
    assert one(shop).age(at(36)) == timedelta(hours=36)


def test_a_break_nobody_took_has_no_owner(shop: Shop) -> None:
    shop.record([OPENED])
    assert one(shop).owner == ""


def test_an_assigned_break_has_its_owner(shop: Shop) -> None:
    shop.record([OPENED, ASSIGNED])
    assert one(shop).owner == "fang"


def test_a_resolved_break_is_no_longer_open(shop: Shop) -> None:
    shop.record([OPENED, RESOLVED])
    assert exceptions(shop.views) == ()


def test_a_resolved_break_keeps_how_long_it_took(shop: Shop) -> None:
    shop.record([OPENED, RESOLVED])
    assert one(shop, status="resolved").age(at(99)) == timedelta(hours=5)


def test_a_fact_among_the_unmatched_items_waits_for_its_order(shop: Shop) -> None:
    shop.record([NOTED], stream=UNMATCHED, book=0)
    found = one(shop)
    assert (found.kind, found.actual, found.refs) == ("unmatched", "tracking", {"tracking_no": "SF-1"})


def test_money_among_the_unmatched_items_says_how_much(shop: Shop) -> None:
    captured = UnmatchedPaymentCaptured(
        psp="stripe", capture_ref="cap-9", amount=usd("69.44"), book_rate=RATES[1], base=cny("498.58"), refs={},
        happened_at=at(0),
    )  # fmt: skip
    shop.record([captured], stream="unmatched/stripe/cap-9", book=0)
    assert one(shop).actual == "stripe captured USD 69.44"


def test_a_matched_fact_waits_no_longer(shop: Shop) -> None:
    matched = UnmatchedFactMatched(system="aftership", reference="evt-1", streams=("order/M-1/O-1",), matched_at=at(3))
    shop.record([NOTED, matched], stream=UNMATCHED, book=0)
    assert one(shop, status="resolved").resolution == "order/M-1/O-1"


def test_the_oldest_comes_first(shop: Shop) -> None:
    later = OPENED.model_copy(update={"break_id": "b-2", "opened_at": at(2)})
    shop.record([later, OPENED])
    assert [found.break_id for found in exceptions(shop.views)] == ["b-1", "b-2"]


def test_the_view_equals_one_built_anew(shop: Shop) -> None:
    shop.record([OPENED, ASSIGNED, RESOLVED], one_by_one=True)
    assert shop.differences() == 0


def paid_back(refund_id: str, amount: str) -> UnmatchedRefundPaid:
    return UnmatchedRefundPaid(
        refund_id=refund_id, attempt_id=refund_id, psp="stripe", capture_ref="c-1", payment_id=None,
        psp_refund_ref=f"re-{refund_id}", amount=usd(amount),
        carried=cny("1.00"), book_rate=RATES[1], base=cny("1.00"), fx=cny("0.00"),
        happened_at=at(4),
    )  # fmt: skip


def test_money_of_no_order_waits_until_all_of_it_is_paid_back(shop: Shop) -> None:
    captured = UnmatchedPaymentCaptured(
        psp="stripe", capture_ref="c-1", payment_id=None, psp_ref="", amount=usd("69.44"), book_rate=RATES[1],
        base=cny("498.58"), refs={}, happened_at=at(0), source_amount=None,
    )  # fmt: skip
    shop.record([captured, paid_back("R-1", "60.00")], stream="unmatched/stripe/c-1")
    assert one(shop).kind == "unmatched"
    shop.record([paid_back("R-2", "9.44")], stream="unmatched/stripe/c-1")
    assert exceptions(shop.views) == ()
    assert one(shop, status="resolved").resolution == "paid_back"


def test_money_of_no_order_that_came_back_waits_again(shop: Shop) -> None:
    captured = UnmatchedPaymentCaptured(
        psp="stripe", capture_ref="c-1", payment_id=None, psp_ref="", amount=usd("69.44"), book_rate=RATES[1],
        base=cny("498.58"), refs={}, happened_at=at(0), source_amount=None,
    )  # fmt: skip
    back = UnmatchedRefundReversed(
        psp="stripe", capture_ref="c-1", payment_id=None, amount=usd("69.44"), refund_id="R-1", attempt_id="R-1",
        psp_refund_ref="re-R-1", code="closed", carried=cny("1.00"), book_rate=RATES[1], base=cny("1.00"),
        fx=cny("0.00"), happened_at=at(5),
    )  # fmt: skip
    shop.record([captured, paid_back("R-1", "69.44"), back], stream="unmatched/stripe/c-1")
    assert (one(shop).kind, one(shop).resolution) == ("unmatched", "")
