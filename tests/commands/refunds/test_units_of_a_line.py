"""Units of one line in different places, or with different fates, stand each for itself."""

from __future__ import annotations

from typing import Any

import pytest

from ledger.events.settlement import SettlementReleased
from ledger.policies.return_window import ReturnWindow
from ledger.refusals.after_sales import ReturnNotExpired
from ledger.refusals.catalogue import (
    AfterSalesLocked,
    CaseAlreadyOpen,
    NotSignedFor,
    OpenCase,
    QtyExceedsRemaining,
    RefundPendingOnLine,
    ReturnWindowClosed,
)
from ledger.refusals.payments import DisputeOpen
from ledger.refusals.payouts import LineOnHold
from tests.support.after_sales import SERVICE, approve, asked, delivered, one
from tests.support.given import BUYER, PARTNER, PLATFORM
from tests.support.orders import OrderStory, after_days, line
from tests.support.payments import OF_DISPUTE, opened

Cases = dict[str, tuple[str, list[tuple[str, str | None, int]]]]


def signed_and_not() -> OrderStory:
    """Of two units of A one is signed for on day 14 and one is on its way; B is with the first."""
    return OrderStory().paid().sent("P-1", A=1, B=1).sent("P-2", A=1).signed("P-1", at=after_days(14))


def three_fates() -> OrderStory:
    """Of three units of A one is signed for, one is on its way, one was not sent."""
    lines = [line("A", 3, "CNY 180.00", "USD 25.00")]
    story = OrderStory().paid(lines=lines, list_total="CNY 540.00", buyer_total="USD 75.00")
    return story.sent("P-1", A=1).sent("P-2", A=1).signed("P-1", at=after_days(5))


def cases(story: OrderStory) -> Cases:
    return {
        case.id: (case.type, [(part.line_id, part.parcel_id, part.qty) for part in case.lines])
        for case in story.order.cases.values()
    }


def disputed(story: OrderStory, reason: str, qty: int = 1, *, day: float = 6, dispute_id: str = "dp-1") -> OrderStory:
    told = opened("USD 25.00", reason) | {"dispute_id": dispute_id, "lines": one("A", qty), "at": after_days(day)}
    story.tell("report_dispute_opened", by=PARTNER, **told)
    return story


def released(story: OrderStory, *, day: float = 40) -> list[tuple[str, str | None, int]]:
    """The units that a release on this day makes available."""
    events = story.tell("release_settlement", at=after_days(day))
    return [(e.line_id, e.parcel_id, e.qty) for e in events if isinstance(e, SettlementReleased)]


class TestRequests:
    """What a buyer may ask for is askable."""

    def test_two_kinds_at_once_become_two_cases(self) -> None:
        story = asked(signed_and_not(), day=22, lines=one("A", 2))
        assert cases(story) == {
            "R-1": ("return_refund", [("A", "P-1", 1)]),
            "R-1.not_received": ("not_received", [("A", "P-2", 1)]),
        }

    def test_everything_is_asked_for_as_what_it_is(self) -> None:
        story = asked(signed_and_not(), day=22)
        assert cases(story) == {
            "R-1": ("return_refund", [("A", "P-1", 1), ("B", "P-1", 1)]),
            "R-1.not_received": ("not_received", [("A", "P-2", 1)]),
        }

    def test_three_kinds_at_once_become_three_cases(self) -> None:
        story = asked(three_fates(), day=22, lines=one("A", 3))
        assert [kind for kind, _ in cases(story).values()] == ["unshipped", "return_refund", "not_received"]

    def test_each_of_two_cases_goes_its_own_way(self) -> None:
        story = asked(signed_and_not(), day=22, lines=one("A", 2))
        approve(story, "R-1.not_received", day=23)
        story.tell("withdraw_refund", by=BUYER, refund_id="R-1", at=after_days(23))
        assert [case.state for case in story.order.cases.values()] == ["withdrawn", "approved"]

    def test_all_that_can_be_asked_for_leaves_out_what_is_locked(self) -> None:
        story = asked(signed_and_not(), day=15)
        assert cases(story) == {"R-1": ("return_refund", [("A", "P-1", 1), ("B", "P-1", 1)])}

    def test_a_case_on_the_signed_unit_leaves_the_other_to_be_claimed(self) -> None:
        story = asked(asked(signed_and_not(), day=15, lines=one("A")), "R-2", day=22, lines=one("A"))
        assert cases(story)["R-2"] == ("not_received", [("A", "P-2", 1)])

    def test_a_claim_leaves_the_signed_unit_to_be_returned(self) -> None:
        story = asked(signed_and_not(), day=22, lines=one("A"), type="not_received")
        asked(story, "R-2", day=22, lines=one("A"))
        assert cases(story)["R-2"] == ("return_refund", [("A", "P-1", 1)])

    def test_a_case_on_an_unsent_unit_leaves_the_signed_one_to_be_returned(self) -> None:
        story = asked(asked(three_fates(), day=6, lines=one("A")), "R-2", day=6, lines=one("A"), type="return_refund")
        assert cases(story)["R-2"] == ("return_refund", [("A", "P-1", 1)])

    def test_units_of_one_parcel_can_be_asked_for_one_after_the_other(self) -> None:
        story = asked(asked(delivered(), lines=one("A")), "R-2", lines=one("A"))
        assert cases(story)["R-2"] == ("return_refund", [("A", "P-1", 1)])

    def test_a_unit_that_waits_for_its_goods_leaves_the_other_to_be_asked_for(self) -> None:
        story = asked(delivered(), lines=one("A"))
        approve(story, return_required=True, return_by=after_days(30))
        asked(story, "R-2", day=10, lines=one("A"))
        assert cases(story)["R-2"] == ("return_refund", [("A", "P-1", 1)])

    def test_while_a_unit_is_locked_the_lock_is_named_and_not_the_case_beside_it(self) -> None:
        story = asked(signed_and_not(), day=15, lines=one("A"))
        refusal = story.refusal(
            "request_refund", by=BUYER, refund_id="R-2", reason="late", lines=one("A"), at=after_days(15)
        )
        assert isinstance(refusal, AfterSalesLocked)
        assert refusal.lock_ends_at == after_days(20)

    def test_where_every_unit_has_a_case_the_case_is_named(self) -> None:
        story = asked(signed_and_not(), day=22, lines=one("A", 2))
        refusal = story.refusal(
            "request_refund", by=BUYER, refund_id="R-2", reason="late", lines=one("A"), at=after_days(22)
        )
        assert isinstance(refusal, CaseAlreadyOpen)

    def test_what_was_not_signed_for_is_not_returned_with_what_was(self) -> None:
        told: dict[str, Any] = {"lines": one("A", 2), "type": "return_refund", "at": after_days(22)}
        refusal = signed_and_not().refusal("request_refund", by=BUYER, refund_id="R-1", reason="broken", **told)
        assert isinstance(refusal, NotSignedFor)

    def test_a_unit_whose_window_is_over_leaves_the_other_to_be_returned(self) -> None:
        story = OrderStory(policies=[ReturnWindow.model_validate({"window": "P10D"})]).paid()
        story.sent("P-1", A=1).sent("P-2", A=1).signed("P-1", at=after_days(2)).signed("P-2", at=after_days(9))
        asked(story, day=15, lines=one("A"))
        assert cases(story) == {"R-1": ("return_refund", [("A", "P-2", 1)])}

    def test_more_than_is_in_time_is_too_late(self) -> None:
        story = OrderStory(policies=[ReturnWindow.model_validate({"window": "P10D"})]).paid()
        story.sent("P-1", A=1).sent("P-2", A=1).signed("P-1", at=after_days(2)).signed("P-2", at=after_days(9))
        told: dict[str, Any] = {"lines": one("A", 2), "at": after_days(15)}
        refusal = story.refusal("request_refund", by=BUYER, refund_id="R-1", reason="broken", **told)
        assert isinstance(refusal, ReturnWindowClosed)

    def test_a_unit_that_left_although_it_was_asked_for_is_not_asked_for_twice(self) -> None:
        story = OrderStory().paid()
        asked(story, day=0, lines=one("A", 2))
        items = one("A", 2)
        story.tell("report_dispatch", by=PARTNER, parcel_id="P-1", items=items, carrier="SF", tracking_no="T-1")
        story.signed("P-1", at=after_days(3))
        told: dict[str, Any] = {"lines": one("A"), "at": after_days(4)}
        refusal = story.refusal("request_refund", by=BUYER, refund_id="R-2", reason="broken", **told)
        assert isinstance(refusal, CaseAlreadyOpen)

    def test_a_unit_that_left_although_it_was_refunded_is_not_refunded_again(self) -> None:
        story = OrderStory(express=True).paid()
        asked(story, day=0, lines=one("A", 2))
        items = one("A", 2)
        story.tell("report_dispatch", by=PARTNER, parcel_id="P-1", items=items, carrier="SF", tracking_no="T-1")
        story.signed("P-1", at=after_days(3))
        told: dict[str, Any] = {"lines": one("A"), "at": after_days(4)}
        assert story.refusal("request_refund", by=BUYER, refund_id="R-2", reason="broken", **told)


class TestCancellations:
    def test_a_unit_beside_one_that_is_asked_back_can_be_cancelled(self) -> None:
        story = asked(OrderStory().paid(), day=0, lines=one("A"))
        story.tell("cancel_order", refund_id="C-1", reason="out_of_stock", lines=one("A"))
        assert story.order.lines["A"].refunded == 1

    def test_the_unit_that_is_asked_back_cannot(self) -> None:
        story = asked(OrderStory().paid(), day=0, lines=one("A"))
        refusal = story.refusal("cancel_order", refund_id="C-1", reason="out_of_stock", lines=one("A", 2))
        assert isinstance(refusal, RefundPendingOnLine)

    def test_a_unit_beside_a_disputed_one_can_be_cancelled(self) -> None:
        story = disputed(OrderStory().paid(), "not_received")
        story.tell("cancel_order", refund_id="C-1", reason="out_of_stock", lines=one("A"))
        assert story.order.lines["A"].refunded == 1


class TestReleases:
    """A unit that is signed for and in dispute with nobody is released, whatever becomes of the others."""

    def test_a_case_on_one_unit_holds_only_that_one_back(self) -> None:
        story = asked(delivered(), lines=one("A"))
        assert released(story) == [("A", "P-1", 1), ("B", "P-1", 1)]

    def test_a_claim_about_the_unit_that_never_came_holds_the_signed_one_back_no_longer(self) -> None:
        story = asked(signed_and_not(), day=22, lines=one("A"), type="not_received")
        assert released(story) == [("A", "P-1", 1), ("B", "P-1", 1)]

    def test_the_unit_with_the_case_is_released_when_the_case_is_rejected(self) -> None:
        story = asked(delivered(), lines=one("A"))
        released(story)
        story.tell("reject_refund", by=SERVICE, refund_id="R-1", round=1, reason="no_fault", at=after_days(41))
        assert (released(story, day=42), story.balance("2110"), story.balance("2120")) == (
            [("A", "P-1", 1)],
            0,
            -475_00,
        )

    def test_a_refund_of_the_unit_that_was_held_back_takes_nothing_that_was_released(self) -> None:
        story = asked(delivered(), lines=one("A"))
        released(story)
        approve(story, day=41)
        assert (story.balance("2110"), story.balance("2120"), story.order.completed) == (0, -304_00, True)

    def test_what_the_platform_bears_of_the_unit_that_was_held_back_is_released_at_once(self) -> None:
        story = asked(delivered(), lines=one("A"))
        released(story)
        approve(story, day=41, liability="platform")
        assert (story.balance("2110"), story.balance("2120"), story.order.completed) == (0, -475_00, True)

    def test_a_unit_that_waits_for_its_goods_holds_only_itself_back(self) -> None:
        story = asked(delivered(), lines=one("A"))
        approve(story, return_required=True, return_by=after_days(60), liability="platform")
        assert released(story) == [("A", "P-1", 1), ("B", "P-1", 1)]

    def test_and_is_released_when_they_are_back(self) -> None:
        story = asked(delivered(), lines=one("A"))
        approve(story, return_required=True, return_by=after_days(60), liability="platform")
        released(story)
        story.tell("report_return_received", refund_id="R-1", at=after_days(41))
        assert (released(story, day=42), story.balance("2110")) == ([("A", "P-1", 1)], 0)

    def test_where_only_held_units_are_left_the_case_is_named(self) -> None:
        story = asked(delivered(), lines=one("A"))
        released(story)
        assert isinstance(story.refusal("release_settlement", at=after_days(41)), OpenCase)

    def test_a_merchants_refund_leaves_alone_what_was_released_for_the_platforms(self) -> None:
        story = OrderStory().paid().sent("P-1", A=2).received("P-1", at=after_days(1))
        asked(story, day=21, lines=one("A"), type="not_received")
        approve(story, day=22)
        before = story.balance("2120")
        asked(story, "R-2", day=23, lines=one("A"), type="not_received")
        approve(story, "R-2", day=24, liability="merchant")
        assert (before, story.balance("2120")) == (-171_00, -171_00)


class TestDisputes:
    @pytest.mark.parametrize(
        ("reason", "free"), [("not_received", [("A", "P-1", 1)]), ("product_unacceptable", [("A", "P-2", 1)])]
    )
    def test_a_dispute_is_about_the_unit_that_its_reason_fits(
        self, reason: str, free: list[tuple[str, str | None, int]]
    ) -> None:
        story = disputed(signed_and_not(), reason, day=21)
        asked(story, day=22, lines=one("A"))
        ((_, parts),) = cases(story).values()
        assert parts == free

    def test_both_units_cannot_be_asked_for_while_one_is_disputed(self) -> None:
        told: dict[str, Any] = {"lines": one("A", 2), "at": after_days(22)}
        story = disputed(signed_and_not(), "not_received", day=21)
        refusal = story.refusal("request_refund", by=BUYER, refund_id="R-1", reason="broken", **told)
        assert isinstance(refusal, DisputeOpen)

    def test_the_unit_that_is_not_disputed_is_released(self) -> None:
        assert released(disputed(delivered(), "product_unacceptable")) == [("A", "P-1", 1), ("B", "P-1", 1)]

    def test_a_dispute_without_lines_holds_all_back(self) -> None:
        story = delivered()
        story.tell("report_dispute_opened", by=PARTNER, **opened("USD 25.00"), at=after_days(6))
        assert isinstance(story.refusal("release_settlement", at=after_days(40)), DisputeOpen)

    def test_a_case_that_is_taken_to_the_issuer_is_not_approved(self) -> None:
        story = disputed(asked(delivered(), day=6, lines=one("A")), "product_unacceptable", day=7)
        told: dict[str, Any] = {"refund_id": "R-1", "round": 1, "at": after_days(9)}
        assert isinstance(story.refusal("approve_refund", by=SERVICE, **told), DisputeOpen)

    def test_and_leaves_the_other_unit_to_be_asked_for(self) -> None:
        story = disputed(asked(delivered(), day=6, lines=one("A")), "product_unacceptable", day=7)
        asked(story, "R-2", day=9, lines=one("A"))
        assert approve(story, "R-2", day=10)

    def test_a_case_beside_a_dispute_is_approved(self) -> None:
        story = asked(disputed(delivered(), "product_unacceptable"), day=8, lines=one("A"))
        assert approve(story, day=9)

    def test_a_dispute_about_what_never_came_leaves_a_return_to_be_paid(self) -> None:
        story = asked(signed_and_not(), day=15, lines=one("A"))
        approve(story, day=16)
        disputed(story, "not_received", day=21)
        assert story.tell("submit_refund", refund_id="R-1", at=after_days(22))

    def test_a_lost_dispute_takes_the_unit_that_it_is_about(self) -> None:
        story = disputed(signed_and_not(), "not_received", day=21)
        story.tell("report_dispute_lost", by=PARTNER, **OF_DISPUTE | {"dispute_id": "dp-1"}, at=after_days(25))
        assert [story.order.lines["A"].at(parcel).refunded for parcel in ("P-1", "P-2")] == [0, 1]

    def test_a_lost_dispute_about_one_unit_leaves_an_approved_refund_of_the_other_owed(self) -> None:
        story = asked(signed_and_not(), day=15, lines=one("A"))
        approve(story, day=16)
        disputed(story, "not_received", day=21)
        story.tell("report_dispute_lost", by=PARTNER, **OF_DISPUTE | {"dispute_id": "dp-1"}, at=after_days(25))
        assert (story.order.cases["R-1"].paid.minor, story.balance("2210", "USD")) == (0, -25_00)


class TestHolds:
    def test_a_hold_on_units_of_a_parcel_holds_no_others(self) -> None:
        story = OrderStory().paid().sent("P-1", A=1).sent("P-2", A=1).signed("P-1").signed("P-2")
        told: dict[str, Any] = {"line_id": "A", "parcel_id": "P-1", "hold_id": "H-1", "reason": "evidence"}
        story.tell("hold_line", by=PLATFORM, **told)
        assert (story.balance("2130"), released(story)) == (-180_00, [("A", "P-2", 1)])

    def test_a_hold_on_one_of_two_units_in_a_parcel_leaves_the_other_to_be_released(self) -> None:
        story = delivered()
        told: dict[str, Any] = {"line_id": "A", "parcel_id": "P-1", "qty": 1, "hold_id": "H-1", "reason": "evidence"}
        story.tell("hold_line", by=PLATFORM, **told)
        assert (story.balance("2130"), released(story)) == (-180_00, [("A", "P-1", 1), ("B", "P-1", 1)])

    def test_when_a_hold_on_units_ends_they_are_released(self) -> None:
        story = delivered()
        told: dict[str, Any] = {"line_id": "A", "parcel_id": "P-1", "qty": 1, "hold_id": "H-1", "reason": "evidence"}
        story.tell("hold_line", by=PLATFORM, **told)
        released(story)
        story.tell("release_line_hold", by=PLATFORM, hold_id="H-1", at=after_days(41))
        assert (released(story, day=42), story.balance("2110"), story.balance("2130")) == ([("A", "P-1", 1)], 0, 0)

    def test_a_hold_on_the_line_takes_what_no_other_hold_has(self) -> None:
        story = delivered()
        told: dict[str, Any] = {"line_id": "A", "reason": "evidence"}
        story.tell("hold_line", by=PLATFORM, **told, hold_id="H-1", parcel_id="P-1", qty=1)
        story.tell("hold_line", by=PLATFORM, **told, hold_id="H-2")
        assert (story.order.holds.by_id["H-2"].amount.minor, story.balance("2130")) == (180_00, -360_00)

    def test_units_are_held_once(self) -> None:
        story = delivered()
        told: dict[str, Any] = {"line_id": "A", "reason": "evidence", "parcel_id": "P-1"}
        story.tell("hold_line", by=PLATFORM, **told, hold_id="H-1")
        assert isinstance(story.refusal("hold_line", by=PLATFORM, **told, hold_id="H-2"), LineOnHold)

    def test_no_more_units_are_held_than_are_there(self) -> None:
        told: dict[str, Any] = {"line_id": "A", "reason": "evidence", "parcel_id": "P-1", "qty": 3, "hold_id": "H-1"}
        assert isinstance(delivered().refusal("hold_line", by=PLATFORM, **told), QtyExceedsRemaining)

    def test_what_is_held_is_not_released_by_a_refund_that_the_platform_bears(self) -> None:
        story = asked(delivered(), lines=one("A"))
        story.tell("hold_line", by=PLATFORM, line_id="A", hold_id="H-1", reason="evidence")
        approve(story, liability="platform")
        assert (story.balance("2130"), story.balance("2120")) == (-360_00, 0)


class TestParcels:
    def test_a_lost_parcel_is_refunded_but_for_the_units_with_a_case(self) -> None:
        story = OrderStory().paid().sent("P-1", A=2, B=1).received("P-1", at=after_days(1))
        asked(story, day=21, lines=one("A"))
        story.tell("report_loss", by=PARTNER, parcel_id="P-1", at=after_days(22))
        story.tell("refund_lost_parcel", by=PLATFORM, parcel_id="P-1", refund_id="L-1", at=after_days(23))
        assert cases(story)["L-1"] == ("platform_initiated", [("A", "P-1", 1), ("B", "P-1", 1)])

    def test_goods_that_are_awaited_do_not_expire_for_a_case_beside_them(self) -> None:
        story = asked(delivered(), lines=one("A"))
        approve(story, return_required=True, return_by=after_days(30))
        asked(story, "R-2", day=10, lines=one("A"))
        assert isinstance(story.refusal("expire_return", refund_id="R-1", at=after_days(29)), ReturnNotExpired)
