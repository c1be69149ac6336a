"""Given refund cases, then whose turn it is."""

from __future__ import annotations

from datetime import timedelta

import pytest

from ledger.events.event import Event
from ledger.events.refunds import RefundRejected, RefundRequested, RefundRoundApproved, RefundWithdrawn
from ledger.ledger import Ledger
from ledger.policies.approvals import Approvals
from projections.engine.views import Views
from projections.worklists.approvals_queue import ApprovalsQueue, WaitingCase, waiting_cases
from tests.projections.shop import Shop
from tests.support.given import BUYER, MERCHANT, NOW, PLATFORM, published
from tests.support.parcels import ORDER, asked_back, at, refunded

CASE = {**ORDER, "refund_id": "R-1"}
ROUND_1 = RefundRoundApproved(**CASE, round=1, approver=MERCHANT)


@pytest.fixture
def shop(ledger: Ledger, views: Views) -> Shop:
    shop = Shop(ledger, views, ApprovalsQueue())
    shop.publish(Approvals(rounds=("merchant", "platform"), decide_within=timedelta(days=2)))
    return shop


def waiting(shop: Shop, *events: Event) -> WaitingCase:
    shop.record(events)
    (case,) = waiting_cases(shop.views)
    return case


def asked(**other: object) -> RefundRequested:
    event = asked_back(A=1)
    assert isinstance(event, RefundRequested)
    return event.model_copy(update=other)


def test_a_new_case_waits_for_the_merchant(shop: Shop) -> None:
    case = waiting(shop, asked())
    assert (case.round, case.rounds, case.role_needed, case.waiting_since) == (1, 2, "merchant", NOW)


def test_it_says_what_the_buyer_gets_and_what_the_merchant_gives(shop: Shop) -> None:
    case = waiting(shop, asked())
    assert (str(case.amount), str(case.list_amount)) == ("USD 25.00", "CNY 180.00")


def test_after_the_first_round_it_waits_for_the_platform(shop: Shop) -> None:
    case = waiting(shop, asked(), ROUND_1)
    assert (case.round, case.role_needed, case.previous_approver) == (2, "platform", MERCHANT.id)


def test_the_second_round_waits_since_the_first(shop: Shop) -> None:
    assert waiting(shop, asked(), ROUND_1).waiting_since == at(-2)


def test_a_claim_after_dispatch_waits_for_the_platform(shop: Shop) -> None:
    case = waiting(shop, asked(type="not_received", rounds_required=1))
    assert case.role_needed == "platform"


def test_it_should_be_decided_within_the_time_that_is_set(shop: Shop) -> None:
    case = waiting(shop, asked())
    assert (case.due_at, case.is_late(NOW + timedelta(days=2))) == (NOW + timedelta(days=2), True)


def test_the_merchants_switch_at_the_request_is_shown(shop: Shop) -> None:
    assert not waiting(shop, asked()).express


@pytest.mark.parametrize(
    "over",
    [
        RefundRejected(**CASE, reviewer=PLATFORM, reason="no"),
        RefundWithdrawn(**CASE, by=BUYER, reason="kept"),
        refunded(A=1)[1],
    ],
)
def test_a_decided_case_waits_no_longer(shop: Shop, over: Event) -> None:
    shop.record([asked(), over])
    assert waiting_cases(shop.views) == ()


def test_a_refund_that_needs_nobody_never_waits(shop: Shop) -> None:
    shop.record([asked(rounds_required=0)])
    assert waiting_cases(shop.views) == ()


def test_a_merchant_sees_its_own(shop: Shop) -> None:
    shop.record([asked()])
    assert waiting_cases(shop.views, merchant="M-2") == ()


def test_the_view_equals_one_built_anew(shop: Shop) -> None:
    shop.record([asked(), ROUND_1, refunded(A=1)[1]], one_by_one=True)
    assert shop.differences() == 0


def test_rules_of_newer_code_have_no_effect_and_stop_no_reader(shop: Shop) -> None:
    newer = published(Approvals(rounds=("platform",)), version=2)
    unknown = newer.model_copy(update={"content": newer.content | {"in_parallel": True}})
    shop.record([unknown], stream="policy/approvals", book=0)
    assert waiting(shop, asked()).role_needed == "merchant"


def test_a_page_goes_on_behind_the_last_case_of_the_one_before(shop: Shop) -> None:
    shop.record([asked(), asked(refund_id="R-2"), asked(refund_id="R-3", requested_at=at(-1))])
    (first,) = waiting_cases(shop.views, limit=1)
    behind = (first.waiting_since, first.merchant, first.order_id, first.refund_id)
    assert [case.refund_id for case in waiting_cases(shop.views, after=behind)] == ["R-1", "R-2"]
