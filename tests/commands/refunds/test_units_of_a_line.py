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
from tests.support.orders import OrderScenario, after_days, line
from tests.support.payments import OF_DISPUTE, opened

Cases = dict[str, tuple[str, list[tuple[str, str | None, int]]]]


def signed_and_not() -> OrderScenario:
    """One of two units of A is signed for on day 14, the other is in transit; B is in the parcel of the first."""
    return OrderScenario().paid().sent("P-1", A=1, B=1).sent("P-2", A=1).signed("P-1", at=after_days(14))


def three_fates() -> OrderScenario:
    """One of three units of A is signed for, one is in transit, one was not sent."""
    lines = [line("A", 3, "CNY 180.00", "USD 25.00")]
    scenario = OrderScenario().paid(lines=lines, list_total="CNY 540.00", buyer_total="USD 75.00")
    return scenario.sent("P-1", A=1).sent("P-2", A=1).signed("P-1", at=after_days(5))


def cases(scenario: OrderScenario) -> Cases:
    return {
        case.id: (case.type, [(part.line_id, part.parcel_id, part.qty) for part in case.lines])
        for case in scenario.order.cases.values()
    }


def disputed(
    scenario: OrderScenario, reason: str, qty: int = 1, *, day: float = 6, dispute_id: str = "dp-1"
) -> OrderScenario:
    reported = opened("USD 25.00", reason) | {"dispute_id": dispute_id, "lines": one("A", qty), "at": after_days(day)}
    scenario.submit("report_dispute_opened", by=PARTNER, **reported)
    return scenario


def released(scenario: OrderScenario, *, day: float = 40) -> list[tuple[str, str | None, int]]:
    """The units that a release on this day makes available."""
    events = scenario.submit("release_settlement", at=after_days(day))
    return [(e.line_id, e.parcel_id, e.qty) for e in events if isinstance(e, SettlementReleased)]


class TestRequests:
    """Requests by buyers for units in different places."""

    def test_two_kinds_at_once_become_two_cases(self) -> None:
        scenario = asked(signed_and_not(), day=22, lines=one("A", 2))
        assert cases(scenario) == {
            "R-1": ("return_refund", [("A", "P-1", 1)]),
            "R-1.not_received": ("not_received", [("A", "P-2", 1)]),
        }

    def test_everything_is_asked_for_as_what_it_is(self) -> None:
        scenario = asked(signed_and_not(), day=22)
        assert cases(scenario) == {
            "R-1": ("return_refund", [("A", "P-1", 1), ("B", "P-1", 1)]),
            "R-1.not_received": ("not_received", [("A", "P-2", 1)]),
        }

    def test_three_kinds_at_once_become_three_cases(self) -> None:
        scenario = asked(three_fates(), day=22, lines=one("A", 3))
        assert [kind for kind, _ in cases(scenario).values()] == ["unshipped", "return_refund", "not_received"]

    def test_each_of_two_cases_goes_its_own_way(self) -> None:
        scenario = asked(signed_and_not(), day=22, lines=one("A", 2))
        approve(scenario, "R-1.not_received", day=23)
        scenario.submit("withdraw_refund", by=BUYER, refund_id="R-1", at=after_days(23))
        assert [case.state for case in scenario.order.cases.values()] == ["withdrawn", "approved"]

    def test_all_that_can_be_asked_for_leaves_out_what_is_locked(self) -> None:
        scenario = asked(signed_and_not(), day=15)
        assert cases(scenario) == {"R-1": ("return_refund", [("A", "P-1", 1), ("B", "P-1", 1)])}

    def test_a_case_on_the_signed_unit_leaves_the_other_to_be_claimed(self) -> None:
        scenario = asked(asked(signed_and_not(), day=15, lines=one("A")), "R-2", day=22, lines=one("A"))
        assert cases(scenario)["R-2"] == ("not_received", [("A", "P-2", 1)])

    def test_a_claim_leaves_the_signed_unit_to_be_returned(self) -> None:
        scenario = asked(signed_and_not(), day=22, lines=one("A"), type="not_received")
        asked(scenario, "R-2", day=22, lines=one("A"))
        assert cases(scenario)["R-2"] == ("return_refund", [("A", "P-1", 1)])

    def test_a_case_on_an_unsent_unit_leaves_the_signed_one_to_be_returned(self) -> None:
        scenario = asked(
            asked(three_fates(), day=6, lines=one("A")), "R-2", day=6, lines=one("A"), type="return_refund"
        )
        assert cases(scenario)["R-2"] == ("return_refund", [("A", "P-1", 1)])

    def test_units_of_one_parcel_can_be_asked_for_one_after_the_other(self) -> None:
        scenario = asked(asked(delivered(), lines=one("A")), "R-2", lines=one("A"))
        assert cases(scenario)["R-2"] == ("return_refund", [("A", "P-1", 1)])

    def test_a_unit_that_waits_for_its_goods_leaves_the_other_to_be_asked_for(self) -> None:
        scenario = asked(delivered(), lines=one("A"))
        approve(scenario, return_required=True, return_by=after_days(30))
        asked(scenario, "R-2", day=10, lines=one("A"))
        assert cases(scenario)["R-2"] == ("return_refund", [("A", "P-1", 1)])

    def test_while_a_unit_is_locked_the_lock_is_named_and_not_the_case_beside_it(self) -> None:
        scenario = asked(signed_and_not(), day=15, lines=one("A"))
        refusal = scenario.refusal(
            "request_refund", by=BUYER, refund_id="R-2", reason="late", lines=one("A"), at=after_days(15)
        )
        assert isinstance(refusal, AfterSalesLocked)
        assert refusal.lock_ends_at == after_days(20)

    def test_where_every_unit_has_a_case_the_case_is_named(self) -> None:
        scenario = asked(signed_and_not(), day=22, lines=one("A", 2))
        refusal = scenario.refusal(
            "request_refund", by=BUYER, refund_id="R-2", reason="late", lines=one("A"), at=after_days(22)
        )
        assert isinstance(refusal, CaseAlreadyOpen)

    def test_what_was_not_signed_for_is_not_returned_with_what_was(self) -> None:
        reported: dict[str, Any] = {"lines": one("A", 2), "type": "return_refund", "at": after_days(22)}
        refusal = signed_and_not().refusal("request_refund", by=BUYER, refund_id="R-1", reason="broken", **reported)
        assert isinstance(refusal, NotSignedFor)

    def test_a_unit_whose_window_is_over_leaves_the_other_to_be_returned(self) -> None:
        scenario = OrderScenario(policies=[ReturnWindow.model_validate({"window": "P10D"})]).paid()
        scenario.sent("P-1", A=1).sent("P-2", A=1).signed("P-1", at=after_days(2)).signed("P-2", at=after_days(9))
        asked(scenario, day=15, lines=one("A"))
        assert cases(scenario) == {"R-1": ("return_refund", [("A", "P-2", 1)])}

    def test_more_than_is_in_time_is_too_late(self) -> None:
        scenario = OrderScenario(policies=[ReturnWindow.model_validate({"window": "P10D"})]).paid()
        scenario.sent("P-1", A=1).sent("P-2", A=1).signed("P-1", at=after_days(2)).signed("P-2", at=after_days(9))
        reported: dict[str, Any] = {"lines": one("A", 2), "at": after_days(15)}
        refusal = scenario.refusal("request_refund", by=BUYER, refund_id="R-1", reason="broken", **reported)
        assert isinstance(refusal, ReturnWindowClosed)

    def test_a_unit_that_left_although_it_was_asked_for_is_not_asked_for_twice(self) -> None:
        scenario = OrderScenario().paid()
        asked(scenario, day=0, lines=one("A", 2))
        items = one("A", 2)
        scenario.submit("report_dispatch", by=PARTNER, parcel_id="P-1", items=items, carrier="SF", tracking_no="T-1")
        scenario.signed("P-1", at=after_days(3))
        reported: dict[str, Any] = {"lines": one("A"), "at": after_days(4)}
        refusal = scenario.refusal("request_refund", by=BUYER, refund_id="R-2", reason="broken", **reported)
        assert isinstance(refusal, CaseAlreadyOpen)

    def test_a_unit_that_left_although_it_was_refunded_is_not_refunded_again(self) -> None:
        scenario = OrderScenario(express=True).paid()
        asked(scenario, day=0, lines=one("A", 2))
        items = one("A", 2)
        scenario.submit("report_dispatch", by=PARTNER, parcel_id="P-1", items=items, carrier="SF", tracking_no="T-1")
        scenario.signed("P-1", at=after_days(3))
        reported: dict[str, Any] = {"lines": one("A"), "at": after_days(4)}
        assert scenario.refusal("request_refund", by=BUYER, refund_id="R-2", reason="broken", **reported)


class TestCancellations:
    def test_a_unit_beside_one_that_is_asked_back_can_be_cancelled(self) -> None:
        scenario = asked(OrderScenario().paid(), day=0, lines=one("A"))
        scenario.submit("cancel_order", refund_id="C-1", reason="out_of_stock", lines=one("A"))
        assert scenario.order.lines["A"].refunded == 1

    def test_the_unit_that_is_asked_back_cannot(self) -> None:
        scenario = asked(OrderScenario().paid(), day=0, lines=one("A"))
        refusal = scenario.refusal("cancel_order", refund_id="C-1", reason="out_of_stock", lines=one("A", 2))
        assert isinstance(refusal, RefundPendingOnLine)

    def test_a_unit_beside_a_disputed_one_can_be_cancelled(self) -> None:
        scenario = disputed(OrderScenario().paid(), "not_received")
        scenario.submit("cancel_order", refund_id="C-1", reason="out_of_stock", lines=one("A"))
        assert scenario.order.lines["A"].refunded == 1


class TestReleases:
    """A unit that is signed for and in dispute with nobody is released, whatever becomes of the others."""

    def test_a_case_on_one_unit_holds_only_that_one_back(self) -> None:
        scenario = asked(delivered(), lines=one("A"))
        assert released(scenario) == [("A", "P-1", 1), ("B", "P-1", 1)]

    def test_a_claim_about_the_unit_that_never_came_holds_the_signed_one_back_no_longer(self) -> None:
        scenario = asked(signed_and_not(), day=22, lines=one("A"), type="not_received")
        assert released(scenario) == [("A", "P-1", 1), ("B", "P-1", 1)]

    def test_the_unit_with_the_case_is_released_when_the_case_is_rejected(self) -> None:
        scenario = asked(delivered(), lines=one("A"))
        released(scenario)
        scenario.submit("reject_refund", by=SERVICE, refund_id="R-1", round=1, reason="no_fault", at=after_days(41))
        assert (released(scenario, day=42), scenario.balance("2110"), scenario.balance("2120")) == (
            [("A", "P-1", 1)],
            0,
            -475_00,
        )

    def test_a_refund_of_the_unit_that_was_held_back_takes_nothing_that_was_released(self) -> None:
        scenario = asked(delivered(), lines=one("A"))
        released(scenario)
        approve(scenario, day=41)
        assert (scenario.balance("2110"), scenario.balance("2120"), scenario.order.completed) == (0, -304_00, True)

    def test_what_the_platform_bears_of_the_unit_that_was_held_back_is_released_at_once(self) -> None:
        scenario = asked(delivered(), lines=one("A"))
        released(scenario)
        approve(scenario, day=41, liability="platform")
        assert (scenario.balance("2110"), scenario.balance("2120"), scenario.order.completed) == (0, -475_00, True)

    def test_a_unit_that_waits_for_its_goods_holds_only_itself_back(self) -> None:
        scenario = asked(delivered(), lines=one("A"))
        approve(scenario, return_required=True, return_by=after_days(60), liability="platform")
        assert released(scenario) == [("A", "P-1", 1), ("B", "P-1", 1)]

    def test_and_is_released_when_they_are_back(self) -> None:
        scenario = asked(delivered(), lines=one("A"))
        approve(scenario, return_required=True, return_by=after_days(60), liability="platform")
        released(scenario)
        scenario.submit("report_return_received", refund_id="R-1", at=after_days(41))
        assert (released(scenario, day=42), scenario.balance("2110")) == ([("A", "P-1", 1)], 0)

    def test_where_only_held_units_are_left_the_case_is_named(self) -> None:
        scenario = asked(delivered(), lines=one("A"))
        released(scenario)
        assert isinstance(scenario.refusal("release_settlement", at=after_days(41)), OpenCase)

    def test_a_merchants_refund_leaves_alone_what_was_released_for_the_platforms(self) -> None:
        scenario = OrderScenario().paid().sent("P-1", A=2).received("P-1", at=after_days(1))
        asked(scenario, day=21, lines=one("A"), type="not_received")
        approve(scenario, day=22)
        before = scenario.balance("2120")
        asked(scenario, "R-2", day=23, lines=one("A"), type="not_received")
        approve(scenario, "R-2", day=24, liability="merchant")
        assert (before, scenario.balance("2120")) == (-171_00, -171_00)


class TestDisputes:
    @pytest.mark.parametrize(
        ("reason", "free"), [("not_received", [("A", "P-1", 1)]), ("product_unacceptable", [("A", "P-2", 1)])]
    )
    def test_a_dispute_is_about_the_unit_that_its_reason_fits(
        self, reason: str, free: list[tuple[str, str | None, int]]
    ) -> None:
        scenario = disputed(signed_and_not(), reason, day=21)
        asked(scenario, day=22, lines=one("A"))
        ((_, parts),) = cases(scenario).values()
        assert parts == free

    def test_both_units_cannot_be_asked_for_while_one_is_disputed(self) -> None:
        reported: dict[str, Any] = {"lines": one("A", 2), "at": after_days(22)}
        scenario = disputed(signed_and_not(), "not_received", day=21)
        refusal = scenario.refusal("request_refund", by=BUYER, refund_id="R-1", reason="broken", **reported)
        assert isinstance(refusal, DisputeOpen)

    def test_the_unit_that_is_not_disputed_is_released(self) -> None:
        assert released(disputed(delivered(), "product_unacceptable")) == [("A", "P-1", 1), ("B", "P-1", 1)]

    def test_a_dispute_without_lines_holds_all_back(self) -> None:
        scenario = delivered()
        scenario.submit("report_dispute_opened", by=PARTNER, **opened("USD 25.00"), at=after_days(6))
        assert isinstance(scenario.refusal("release_settlement", at=after_days(40)), DisputeOpen)

    def test_a_case_that_is_taken_to_the_issuer_is_not_approved(self) -> None:
        scenario = disputed(asked(delivered(), day=6, lines=one("A")), "product_unacceptable", day=7)
        reported: dict[str, Any] = {"refund_id": "R-1", "round": 1, "at": after_days(9)}
        assert isinstance(scenario.refusal("approve_refund", by=SERVICE, **reported), DisputeOpen)

    def test_and_leaves_the_other_unit_to_be_asked_for(self) -> None:
        scenario = disputed(asked(delivered(), day=6, lines=one("A")), "product_unacceptable", day=7)
        asked(scenario, "R-2", day=9, lines=one("A"))
        assert approve(scenario, "R-2", day=10)

    def test_a_case_beside_a_dispute_is_approved(self) -> None:
        scenario = asked(disputed(delivered(), "product_unacceptable"), day=8, lines=one("A"))
        assert approve(scenario, day=9)

    def test_a_dispute_about_what_never_came_leaves_a_return_to_be_paid(self) -> None:
        scenario = asked(signed_and_not(), day=15, lines=one("A"))
        approve(scenario, day=16)
        disputed(scenario, "not_received", day=21)
        assert scenario.submit("submit_refund", refund_id="R-1", at=after_days(22))

    def test_a_lost_dispute_takes_the_unit_that_it_is_about(self) -> None:
        scenario = disputed(signed_and_not(), "not_received", day=21)
        scenario.submit("report_dispute_lost", by=PARTNER, **OF_DISPUTE | {"dispute_id": "dp-1"}, at=after_days(25))
        assert [scenario.order.lines["A"].at(parcel).refunded for parcel in ("P-1", "P-2")] == [0, 1]

    def test_a_lost_dispute_about_one_unit_leaves_an_approved_refund_of_the_other_owed(self) -> None:
        scenario = asked(signed_and_not(), day=15, lines=one("A"))
        approve(scenario, day=16)
        disputed(scenario, "not_received", day=21)
        scenario.submit("report_dispute_lost", by=PARTNER, **OF_DISPUTE | {"dispute_id": "dp-1"}, at=after_days(25))
        assert (scenario.order.cases["R-1"].paid.minor, scenario.balance("2210", "USD")) == (0, -25_00)


class TestHolds:
    def test_a_hold_on_units_of_a_parcel_holds_no_others(self) -> None:
        scenario = OrderScenario().paid().sent("P-1", A=1).sent("P-2", A=1).signed("P-1").signed("P-2")
        reported: dict[str, Any] = {"line_id": "A", "parcel_id": "P-1", "hold_id": "H-1", "reason": "evidence"}
        scenario.submit("hold_line", by=PLATFORM, **reported)
        assert (scenario.balance("2130"), released(scenario)) == (-180_00, [("A", "P-2", 1)])

    def test_a_hold_on_one_of_two_units_in_a_parcel_leaves_the_other_to_be_released(self) -> None:
        scenario = delivered()
        reported: dict[str, Any] = {
            "line_id": "A",
            "parcel_id": "P-1",
            "qty": 1,
            "hold_id": "H-1",
            "reason": "evidence",
        }
        scenario.submit("hold_line", by=PLATFORM, **reported)
        assert (scenario.balance("2130"), released(scenario)) == (-180_00, [("A", "P-1", 1), ("B", "P-1", 1)])

    def test_when_a_hold_on_units_ends_they_are_released(self) -> None:
        scenario = delivered()
        reported: dict[str, Any] = {
            "line_id": "A",
            "parcel_id": "P-1",
            "qty": 1,
            "hold_id": "H-1",
            "reason": "evidence",
        }
        scenario.submit("hold_line", by=PLATFORM, **reported)
        released(scenario)
        scenario.submit("release_line_hold", by=PLATFORM, hold_id="H-1", at=after_days(41))
        assert (released(scenario, day=42), scenario.balance("2110"), scenario.balance("2130")) == (
            [("A", "P-1", 1)],
            0,
            0,
        )

    def test_a_hold_on_the_line_takes_what_no_other_hold_has(self) -> None:
        scenario = delivered()
        reported: dict[str, Any] = {"line_id": "A", "reason": "evidence"}
        scenario.submit("hold_line", by=PLATFORM, **reported, hold_id="H-1", parcel_id="P-1", qty=1)
        scenario.submit("hold_line", by=PLATFORM, **reported, hold_id="H-2")
        assert (scenario.order.holds.by_id["H-2"].amount.minor, scenario.balance("2130")) == (180_00, -360_00)

    def test_units_are_held_once(self) -> None:
        scenario = delivered()
        reported: dict[str, Any] = {"line_id": "A", "reason": "evidence", "parcel_id": "P-1"}
        scenario.submit("hold_line", by=PLATFORM, **reported, hold_id="H-1")
        assert isinstance(scenario.refusal("hold_line", by=PLATFORM, **reported, hold_id="H-2"), LineOnHold)

    def test_no_more_units_are_held_than_are_there(self) -> None:
        reported: dict[str, Any] = {
            "line_id": "A",
            "reason": "evidence",
            "parcel_id": "P-1",
            "qty": 3,
            "hold_id": "H-1",
        }
        assert isinstance(delivered().refusal("hold_line", by=PLATFORM, **reported), QtyExceedsRemaining)

    def test_what_is_held_is_not_released_by_a_refund_that_the_platform_bears(self) -> None:
        scenario = asked(delivered(), lines=one("A"))
        scenario.submit("hold_line", by=PLATFORM, line_id="A", hold_id="H-1", reason="evidence")
        approve(scenario, liability="platform")
        assert (scenario.balance("2130"), scenario.balance("2120")) == (-360_00, 0)


class TestParcels:
    def test_a_lost_parcel_is_refunded_but_for_the_units_with_a_case(self) -> None:
        scenario = OrderScenario().paid().sent("P-1", A=2, B=1).received("P-1", at=after_days(1))
        asked(scenario, day=21, lines=one("A"))
        scenario.submit("report_loss", by=PARTNER, parcel_id="P-1", at=after_days(22))
        scenario.submit("refund_lost_parcel", by=PLATFORM, parcel_id="P-1", refund_id="L-1", at=after_days(23))
        assert cases(scenario)["L-1"] == ("platform_initiated", [("A", "P-1", 1), ("B", "P-1", 1)])

    def test_goods_that_are_awaited_do_not_expire_for_a_case_beside_them(self) -> None:
        scenario = asked(delivered(), lines=one("A"))
        approve(scenario, return_required=True, return_by=after_days(30))
        asked(scenario, "R-2", day=10, lines=one("A"))
        assert isinstance(scenario.refusal("expire_return", refund_id="R-1", at=after_days(29)), ReturnNotExpired)
