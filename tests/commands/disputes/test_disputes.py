"""Disputes: what they hold back, who bears them, and that money comes back as it went."""

from typing import Any

import pytest

from commands.unmatched.report_unmatched_fact import ReportUnmatchedFact
from ledger.events.disputes import DisputeFundsWithdrawn, DisputeLost, DisputeOpened, DisputeWon
from ledger.events.platform import UnmatchedFactReported
from ledger.refusals.catalogue import RefundExceedsRemaining, RoleNotAllowed
from ledger.refusals.payments import DisputeClosed, DisputeNotFound, DisputeOpen, EvidenceTooLate
from tests.support.given import BUYER, MERCHANT, PLATFORM, ask, cny, given, usd
from tests.support.orders import OrderScenario, basket, capture
from tests.support.payments import OF_DISPUTE, disputed, opened

BOTH = ("product_unacceptable", "not_received")
LATER = "2025-05-01T08:00:00Z"


def signed(**other: Any) -> OrderScenario:
    """All of the order is sent and signed for."""
    return OrderScenario(**other).paid().sent(A=2, B=1).received().signed(at="2025-04-05T08:00:00Z")


def released() -> OrderScenario:
    scenario = signed()
    scenario.submit("release_settlement", at="2025-04-12T08:00:00Z")
    return scenario


def lost(scenario: OrderScenario, reason: str = "product_unacceptable", amount: str = "USD 69.44") -> OrderScenario:
    disputed(scenario, amount, reason).submit("report_dispute_lost", **OF_DISPUTE)
    return scenario


def nothing_is_left_in(scenario: OrderScenario, *accounts: str) -> None:
    for account in accounts:
        assert (scenario.balance(account, "USD"), scenario.base(account)) == (0, 0), account


class TestOpened:
    def test_it_is_recorded_once_a_stage(self) -> None:
        scenario = OrderScenario().paid()
        assert [type(e) for e in scenario.submit("report_dispute_opened", **opened(stage="inquiry"))] == [DisputeOpened]
        assert scenario.submit("report_dispute_opened", **opened(stage="inquiry")) == []
        assert [type(e) for e in scenario.submit("report_dispute_opened", **opened())] == [DisputeOpened]

    def test_an_earlier_stage_that_is_reported_late_changes_nothing(self) -> None:
        scenario = OrderScenario().paid()
        scenario.submit("report_dispute_opened", **opened())
        assert scenario.submit("report_dispute_opened", **opened(stage="inquiry")) == []

    def test_it_posts_nothing(self) -> None:
        scenario = OrderScenario().paid()
        before = len(scenario.entries)
        scenario.submit("report_dispute_opened", **opened())
        assert len(scenario.entries) == before

    def test_it_holds_the_release_back(self) -> None:
        scenario = signed()
        scenario.submit("report_dispute_opened", **opened())
        refused = scenario.refusal("release_settlement", at=LATER)
        assert isinstance(refused, DisputeOpen)
        assert refused.facts["dispute_id"] == "dp-1"

    def test_it_holds_back_only_the_lines_it_is_about(self) -> None:
        scenario = signed()
        scenario.submit("report_dispute_opened", **opened("USD 19.44", lines=[{"line_id": "B", "qty": 1}]))
        scenario.submit("release_settlement", at=LATER)
        assert scenario.balance("2120") == -342_00

    def test_it_holds_refunds_back(self) -> None:
        scenario = signed()
        scenario.submit("report_dispute_opened", **opened())
        reported = {"refund_id": "R-1", "reason": "broken", "lines": [{"line_id": "B", "qty": 1}]}
        assert isinstance(scenario.refusal("request_refund", by=BUYER, at=LATER, **reported), DisputeOpen)

    def test_a_disputed_capture_we_do_not_know_is_recorded_and_flagged(self) -> None:
        scenario = OrderScenario().paid()
        scenario.submit("report_dispute_opened", **opened() | {"capture_ref": "cap-9"})
        assert scenario.breaks() == ["fact_contradicts_state"]

    def test_more_than_was_captured_is_recorded_and_flagged(self) -> None:
        scenario = OrderScenario().paid()
        scenario.submit("report_dispute_opened", **opened("USD 69.45"))
        assert scenario.breaks() == ["amount_mismatch"]


class TestFunds:
    def test_withdrawn_money_is_held_by_the_provider(self) -> None:
        scenario = disputed(OrderScenario().paid())
        assert (scenario.balance("1120", "USD"), scenario.base("1120")) == (69_44, 498_58)
        nothing_is_left_in(scenario, "1110")

    def test_it_may_be_reported_before_the_dispute(self) -> None:
        scenario = OrderScenario().paid()
        decided = scenario.submit("report_dispute_funds_withdrawn", **OF_DISPUTE, amount="USD 69.44")
        assert [type(event) for event in decided] == [DisputeFundsWithdrawn]
        scenario.submit("report_dispute_opened", **opened())
        assert scenario.order.disputes.by_id["dp-1"].reason == "product_unacceptable"

    def test_it_is_withdrawn_once(self) -> None:
        scenario = disputed(OrderScenario().paid())
        assert scenario.submit("report_dispute_funds_withdrawn", **OF_DISPUTE, amount="USD 69.44") == []

    def test_another_amount_is_a_break_and_posts_nothing(self) -> None:
        scenario = disputed(OrderScenario().paid())
        scenario.submit("report_dispute_funds_withdrawn", **OF_DISPUTE, amount="USD 69.45")
        assert (scenario.breaks(), scenario.balance("1120", "USD")) == (["amount_mismatch"], 69_44)

    def test_the_fee_is_the_platforms(self) -> None:
        scenario = disputed(OrderScenario().paid())
        scenario.submit("report_dispute_fee", **OF_DISPUTE, amount="USD 15.00")
        assert (scenario.balance("5140", "USD"), scenario.balance("2110")) == (15_00, -500_00)

    def test_the_fee_is_charged_once(self) -> None:
        scenario = disputed(OrderScenario().paid())
        scenario.submit("report_dispute_fee", **OF_DISPUTE, amount="USD 15.00")
        assert scenario.submit("report_dispute_fee", **OF_DISPUTE, amount="USD 15.00") == []
        scenario.submit("report_dispute_fee", **OF_DISPUTE, amount="USD 20.00")
        assert scenario.breaks() == ["amount_mismatch"]


class TestWon:
    def test_the_money_is_owed_to_us_again(self) -> None:
        scenario = disputed(OrderScenario().paid())
        scenario.submit("report_dispute_won", **OF_DISPUTE)
        nothing_is_left_in(scenario, "1120")
        assert (scenario.balance("1110", "USD"), scenario.balance("2110")) == (69_44, -500_00)

    def test_it_is_won_once(self) -> None:
        scenario = disputed(OrderScenario().paid())
        scenario.submit("report_dispute_won", **OF_DISPUTE)
        assert scenario.submit("report_dispute_won", **OF_DISPUTE) == []

    def test_nothing_is_held_back_any_more(self) -> None:
        scenario = disputed(signed())
        scenario.submit("report_dispute_won", **OF_DISPUTE)
        scenario.submit("release_settlement", at=LATER)
        assert scenario.order.completed

    def test_an_inquiry_that_is_closed_posts_nothing(self) -> None:
        scenario = OrderScenario().paid()
        scenario.submit("report_dispute_opened", **opened(stage="inquiry"))
        before = len(scenario.entries)
        (won,) = scenario.submit("report_dispute_won", **OF_DISPUTE)
        assert isinstance(won, DisputeWon)
        assert len(scenario.entries) == before

    def test_money_withdrawn_after_it_was_won_is_recorded_and_flagged(self) -> None:
        scenario = OrderScenario().paid()
        scenario.submit("report_dispute_opened", **opened())
        scenario.submit("report_dispute_won", **OF_DISPUTE)
        scenario.submit("report_dispute_funds_withdrawn", **OF_DISPUTE, amount="USD 69.44")
        assert (scenario.breaks(), scenario.balance("1120", "USD")) == (["fact_contradicts_state"], 69_44)
        scenario.submit("report_dispute_won", **OF_DISPUTE)
        nothing_is_left_in(scenario, "1120")


class TestLostByTheMerchant:
    def test_before_release_the_list_price_leaves_pending(self) -> None:
        scenario = lost(signed())
        nothing_is_left_in(scenario, "1120", "1110")
        assert (scenario.balance("2110"), scenario.balance("2120"), scenario.balance("5140")) == (0, 0, 0)
        assert (scenario.balance("4210"), scenario.order.completed) == (0, True)

    def test_after_release_the_fee_comes_back(self) -> None:
        scenario = lost(released())
        assert (scenario.balance("2120"), scenario.balance("4120"), scenario.balance("4110")) == (0, 25_00, -25_00)

    def test_after_a_payout_the_merchant_owes_it(self) -> None:
        event = lost(released()).event(DisputeLost)
        assert sum((line.from_available for line in event.lines), cny("0")) == cny("475.00")

    def test_a_part_takes_that_part_of_the_list_price(self) -> None:
        scenario = lost(signed(), amount="USD 25.00")
        assert (scenario.balance("2110"), scenario.balance("5140")) == (-320_00, 0)

    def test_only_the_lines_it_is_about_give_back(self) -> None:
        scenario = signed()
        scenario.submit("report_dispute_opened", **opened("USD 19.44", lines=[{"line_id": "B", "qty": 1}]))
        scenario.submit("report_dispute_lost", **OF_DISPUTE)
        assert [line.line_id for line in scenario.event(DisputeLost).lines] == ["B"]

    def test_charges_go_with_the_last_unit(self) -> None:
        charges = [{"type": "shipping", "amount": "USD 5.00", "borne_by": "buyer"}]
        scenario = OrderScenario().paid(charges=charges, buyer_total="USD 74.44")
        lost(scenario, amount="USD 74.44")
        nothing_is_left_in(scenario, "4220", "1120")
        assert scenario.balance("5140") == 0

    def test_what_is_more_than_the_goods_is_the_platforms(self) -> None:
        charges = [{"type": "shipping", "amount": "USD 5.00", "borne_by": "buyer"}]
        scenario = OrderScenario().paid(charges=charges, buyer_total="USD 74.44")
        lost(scenario, amount="USD 70.44")
        assert (scenario.balance("5140"), scenario.balance("2110")) == (7_18, 0)

    def test_units_refunded_before_are_not_taken_again(self) -> None:
        scenario = OrderScenario().paid()
        scenario.submit("cancel_order", reason="out_of_stock", refund_id="R-1", lines=[{"line_id": "B", "qty": 1}])
        scenario.submit("submit_refund", refund_id="R-1")
        scenario.submit(
            "report_refund_outcome", psp="stripe", attempt_id="R-1.1", outcome="succeeded", amount="USD 19.44"
        )
        lost(scenario, amount="USD 50.00")
        assert [line.line_id for line in scenario.event(DisputeLost).lines] == ["A"]
        assert scenario.balance("2110") == 0

    def test_a_refund_that_was_owed_is_paid_by_it(self) -> None:
        scenario = OrderScenario().paid()
        scenario.submit("cancel_order", reason="out_of_stock", refund_id="R-1", lines=[{"line_id": "B", "qty": 1}])
        lost(scenario)
        nothing_is_left_in(scenario, "2210", "1120")
        assert (scenario.balance("2110"), scenario.order.cases["R-1"].unsubmitted) == (0, usd("0.00"))

    def test_the_refund_is_not_paid_as_well(self) -> None:
        scenario = OrderScenario().paid()
        scenario.submit("cancel_order", reason="out_of_stock", refund_id="R-1", lines=[{"line_id": "B", "qty": 1}])
        disputed(scenario)
        assert isinstance(scenario.refusal("submit_refund", refund_id="R-1"), DisputeOpen)


class TestLostByThePlatform:
    def test_the_merchant_keeps_its_money_and_gets_it_at_once(self) -> None:
        scenario = lost(OrderScenario().paid().sent(A=2, B=1).received(), "not_received")
        assert (scenario.balance("2110"), scenario.balance("2120"), scenario.balance("5140")) == (0, -475_00, 498_58)
        assert scenario.order.completed

    def test_nothing_is_taken_from_what_was_released(self) -> None:
        scenario = lost(released(), "not_received")
        assert (scenario.balance("2120"), scenario.balance("4120")) == (-475_00, 0)

    def test_its_units_are_not_refunded_as_well(self) -> None:
        scenario = lost(signed(), "not_received")
        reported = {"refund_id": "R-1", "reason": "broken", "lines": [{"line_id": "B", "qty": 1}]}
        assert isinstance(scenario.refusal("request_refund", by=BUYER, at=LATER, **reported), RefundExceedsRemaining)


class TestLostInAnyCase:
    def test_it_is_lost_once(self) -> None:
        assert lost(signed()).submit("report_dispute_lost", **OF_DISPUTE) == []

    def test_a_loss_says_that_the_money_is_gone(self) -> None:
        scenario = OrderScenario().paid()
        scenario.submit("report_dispute_opened", **opened())
        decided = scenario.submit("report_dispute_lost", **OF_DISPUTE)
        assert [type(event) for event in decided][:2] == [DisputeFundsWithdrawn, DisputeLost]
        nothing_is_left_in(scenario, "1120", "1110")

    def test_the_withdrawal_that_is_reported_late_changes_nothing(self) -> None:
        scenario = OrderScenario().paid()
        scenario.submit("report_dispute_opened", **opened())
        scenario.submit("report_dispute_lost", **OF_DISPUTE)
        assert scenario.submit("report_dispute_funds_withdrawn", **OF_DISPUTE, amount="USD 69.44") == []

    def test_money_captured_twice_is_lost_to_nobody(self) -> None:
        scenario = OrderScenario().paid()
        scenario.submit("report_payment_captured", **capture("cap-2"))
        of = OF_DISPUTE | {"capture_ref": "cap-2"}
        scenario.submit("report_dispute_opened", **opened(reason="duplicate") | of)
        scenario.submit("report_dispute_lost", **of)
        nothing_is_left_in(scenario, "2220", "1120")
        assert (scenario.balance("2110"), scenario.balance("5140")) == (-500_00, 0)

    def test_money_without_an_order_is_lost_to_nobody(self) -> None:
        scenario = OrderScenario()
        scenario.submit("report_payment_captured", **capture())
        lost(scenario)
        nothing_is_left_in(scenario, "2220", "1120", "1110")

    @pytest.mark.parametrize("reason", BOTH)
    def test_a_second_stage_that_is_won_undoes_it_to_the_cent(self, reason: str) -> None:
        scenario = lost(signed(), reason)
        scenario.submit("report_dispute_opened", **opened(reason=reason, stage="second_stage"), at=LATER)
        scenario.submit("report_dispute_won", **OF_DISPUTE, at=LATER)
        nothing_is_left_in(scenario, "1120")
        kept = scenario.balance("2110") + scenario.balance("2120") + scenario.balance("4110")
        assert (kept, scenario.balance("5140"), scenario.balance("1110", "USD")) == (-500_00, 0, 69_44)

    def test_what_was_won_back_can_be_released(self) -> None:
        scenario = lost(signed())
        scenario.submit("report_dispute_won", **OF_DISPUTE, at=LATER)
        scenario.submit("release_settlement", at=LATER)
        assert (scenario.balance("2110"), scenario.balance("2120")) == (0, -475_00)

    def test_one_that_was_won_and_opens_again_is_in_its_second_stage(self) -> None:
        scenario = disputed(signed())
        scenario.submit("report_dispute_won", **OF_DISPUTE)
        (again,) = scenario.submit("report_dispute_opened", **opened(), at=LATER)
        assert isinstance(again, DisputeOpened)
        assert again.stage == "second_stage"
        scenario.submit("report_dispute_funds_withdrawn", **OF_DISPUTE, amount="USD 69.44", at=LATER)
        scenario.submit("report_dispute_lost", **OF_DISPUTE, at=LATER)
        nothing_is_left_in(scenario, "1120", "1110")

    def test_a_loss_of_a_dispute_nobody_reported_is_a_break(self) -> None:
        scenario = OrderScenario().paid()
        scenario.submit("report_dispute_lost", **OF_DISPUTE)
        assert scenario.breaks() == ["fact_contradicts_state"]


class TestEvidence:
    def reported(self, **other: Any) -> dict[str, Any]:
        return {"dispute_id": "dp-1", "evidence_refs": ["pod-1"]} | other

    def test_it_is_recorded(self) -> None:
        scenario = disputed(OrderScenario().paid())
        assert len(scenario.submit("submit_dispute_evidence", by=PLATFORM, **self.reported())) == 1

    def test_a_dispute_nobody_knows_takes_none(self) -> None:
        refused = OrderScenario().paid().refusal("submit_dispute_evidence", by=PLATFORM, **self.reported())
        assert isinstance(refused, DisputeNotFound)

    def test_a_dispute_that_is_over_takes_none(self) -> None:
        refused = lost(signed()).refusal("submit_dispute_evidence", by=PLATFORM, **self.reported())
        assert isinstance(refused, DisputeClosed)

    def test_it_is_due_by_a_certain_time(self) -> None:
        scenario = OrderScenario().paid()
        scenario.submit("report_dispute_opened", **opened(due_by="2025-04-20T00:00:00Z"))
        refused = scenario.refusal("submit_dispute_evidence", by=PLATFORM, at="2025-04-20T00:00:01Z", **self.reported())
        assert isinstance(refused, EvidenceTooLate)

    def test_a_merchant_gives_its_to_the_platform(self) -> None:
        scenario = disputed(OrderScenario().paid())
        assert isinstance(scenario.refusal("submit_dispute_evidence", by=MERCHANT, **self.reported()), RoleNotAllowed)


def test_no_more_is_refunded_than_disputes_leave() -> None:
    scenario = OrderScenario()
    scenario.submit("place_order", **basket())
    scenario.submit("report_payment_captured", **capture("cap-1", "USD 50.00"))
    scenario.submit("report_payment_captured", **capture("cap-2", "USD 19.44"))
    lost(scenario, "not_received", "USD 50.00")
    refused = scenario.refusal("cancel_order", reason="out_of_stock", lines=[{"line_id": "A", "qty": 1}])
    assert refused is not None
    scenario.submit("cancel_order", reason="out_of_stock", refund_id="R-1", lines=[{"line_id": "B", "qty": 1}])
    assert scenario.order.cases["R-1"].money is not None


def test_a_dispute_with_only_a_providers_reference_waits_unmatched() -> None:
    said: dict[str, Any] = {
        "kind": "dispute",
        "refs": {"charge": "ch-1"},
        "body": {"amount": "USD 69.44", "reason": "fraudulent"},
    }
    noted = (
        given().when(ask(ReportUnmatchedFact, system="stripe", reference="dp-1", **said)).then(UnmatchedFactReported)
    )
    assert noted.stream.name == "unmatched/stripe/dp-1"


def duplicate_disputed(*, submitted: bool) -> OrderScenario:
    """Paid twice; the second capture is to go back, and the buyer disputes it at the issuer as well."""
    scenario = OrderScenario().paid()
    scenario.submit("report_payment_captured", **capture("cap-2"))
    about = {"refund_id": "R-2", "capture_ref": "cap-2"}
    scenario.submit("approve_duplicate_capture_refund", by=PLATFORM, **about)
    if submitted:
        scenario.submit("submit_refund", refund_id="R-2")
    of_it = OF_DISPUTE | {"capture_ref": "cap-2"}
    scenario.submit("report_dispute_opened", **opened() | of_it)
    scenario.submit("report_dispute_funds_withdrawn", **of_it, amount="USD 69.44")
    return scenario


def test_money_that_pays_for_nothing_is_not_sent_back_while_the_issuer_may_take_it() -> None:
    refused = duplicate_disputed(submitted=False).refusal("submit_refund", refund_id="R-2")
    assert isinstance(refused, DisputeOpen)
    assert refused.facts["line_id"] == "cap-2"


def test_a_duplicate_lost_in_a_dispute_settles_what_was_owed_for_it() -> None:
    scenario = duplicate_disputed(submitted=False)
    scenario.submit("report_dispute_lost", **OF_DISPUTE | {"capture_ref": "cap-2"})
    for account in ("1120", "2210", "2220", "5140"):
        assert (scenario.balance(account, "USD"), scenario.base(account)) == (0, 0), account
    assert scenario.balance("2110") == -500_00


def test_a_duplicate_paid_back_and_lost_as_well_is_never_the_merchants_loss() -> None:
    scenario = duplicate_disputed(submitted=True)
    scenario.submit("report_dispute_lost", **OF_DISPUTE | {"capture_ref": "cap-2"})
    assert (scenario.balance("2110"), scenario.base("5140"), scenario.order.confirmed) == (-500_00, 498_58, True)
    assert all(book.refunded == 0 for book in scenario.order.lines.values())


def test_a_loss_that_names_another_capture_than_the_dispute_is_of_takes_the_disputes_money() -> None:
    scenario = OrderScenario()
    scenario.submit("report_payment_captured", **capture())
    scenario.submit("report_dispute_fee", amount="USD 15.00", **OF_DISPUTE)
    lost = opened() | {"capture_ref": "cap-9"}
    scenario.submit("report_dispute_lost", **lost)
    assert (scenario.event(DisputeLost).capture_ref, scenario.balance("2220", "USD")) == ("cap-1", 0)
