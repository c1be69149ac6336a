"""Costs of transport and partners' payments for losses concern the platform or the buyer, never a merchant."""

from typing import Any

import pytest

from ledger.events.logistics import LogisticsClaimAccepted
from ledger.events.parcels import DutyAssessed, LogisticsChargeRecorded
from ledger.events.settlement import ReconciliationBreakOpened
from ledger.refusals.catalogue import ParcelNotFound, RoleNotAllowed
from ledger.refusals.payments import ClaimAlreadyFiled
from tests.support.given import MERCHANT, PARTNER, PLATFORM, cny, usd
from tests.support.orders import OrderScenario

FREIGHT: dict[str, Any] = {"parcel_id": "P-1", "partner": "sf", "charge_ref": "inv-1.1", "amount": "CNY 62.00"}
DUTY: dict[str, Any] = {
    "parcel_id": "P-1",
    "partner": "sf",
    "assessment_ref": "cbp-1",
    "amount": "USD 20.83",
    "declared_value": "USD 69.44",
    "borne_by": "platform",
}
CLAIM: dict[str, Any] = {"claim_id": "CL-1", "partner": "sf"}


def sent(**other: Any) -> OrderScenario:
    return OrderScenario().paid(**other).sent(A=2, B=1)


def taxed(tax: str = "USD 20.83", total: str = "USD 90.27") -> OrderScenario:
    """The buyer has paid tax with the order."""
    return sent(charges=[{"type": "tax", "amount": tax, "borne_by": "buyer"}], buyer_total=total)


class TestFreight:
    def test_it_is_owed_to_the_partner(self) -> None:
        scenario = sent()
        scenario.submit("record_logistics_charge", by=PARTNER, **FREIGHT)
        assert (scenario.balance("5110"), scenario.balance("2310"), scenario.balance("2110")) == (
            62_00,
            -62_00,
            -500_00,
        )

    def test_the_same_charge_again_changes_nothing(self) -> None:
        scenario = sent()
        scenario.submit("record_logistics_charge", **FREIGHT)
        assert scenario.submit("record_logistics_charge", **FREIGHT) == []

    def test_the_same_charge_with_another_amount_is_a_break(self) -> None:
        scenario = sent()
        scenario.submit("record_logistics_charge", **FREIGHT)
        scenario.submit("record_logistics_charge", **FREIGHT | {"amount": "CNY 63.00"})
        assert (scenario.breaks(), scenario.balance("5110")) == (["amount_mismatch"], 62_00)

    def test_a_charge_for_a_parcel_nobody_knows_is_booked_and_flagged(self) -> None:
        scenario = sent()
        decided = scenario.submit("record_logistics_charge", **FREIGHT | {"parcel_id": "P-9"})
        assert isinstance(decided[0], LogisticsChargeRecorded)
        assert scenario.breaks() == ["fact_contradicts_state"]

    def test_a_charge_without_a_rate_is_a_break_and_can_be_reported_again(self) -> None:
        scenario = sent()
        scenario.submit("record_logistics_charge", **FREIGHT | {"amount": "JPY 1000"})
        assert (scenario.breaks(), scenario.balance("5110")) == (["rate_missing"], 0)


class TestDuty:
    def test_the_platform_bears_it(self) -> None:
        scenario = sent()
        scenario.submit("report_duty", by=PARTNER, **DUTY)
        assert (scenario.balance("5120", "USD"), scenario.base("5120"), scenario.base("2310")) == (
            20_83,
            149_56,
            -149_56,
        )

    def test_the_buyer_bears_what_was_paid_for_it(self) -> None:
        scenario = taxed()
        scenario.submit("report_duty", **DUTY | {"borne_by": "buyer"})
        assert (scenario.balance("2320", "USD"), scenario.base("2320"), scenario.base("5120")) == (0, 0, 0)

    def test_what_the_rate_did_meanwhile_is_fx(self) -> None:
        scenario = taxed()
        scenario.submit("report_duty", **DUTY | {"borne_by": "buyer"})
        event = scenario.event(DutyAssessed)
        assert event.fx == event.base - event.from_buyer_base

    def test_the_platform_bears_what_the_buyers_tax_does_not_cover(self) -> None:
        scenario = taxed("USD 20.00", "USD 89.44")
        scenario.submit("report_duty", **DUTY | {"borne_by": "buyer"})
        assert (scenario.balance("2320", "USD"), scenario.base("2320"), scenario.balance("5120", "USD")) == (0, 0, 83)
        assert scenario.breaks() == ["duty_not_covered"]

    def test_two_duties_share_the_buyers_tax(self) -> None:
        scenario = taxed()
        scenario.submit("report_duty", **DUTY | {"borne_by": "buyer", "amount": "USD 10.00"})
        scenario.submit("report_duty", **DUTY | {"borne_by": "buyer", "amount": "USD 10.83", "assessment_ref": "cbp-2"})
        assert (scenario.balance("2320", "USD"), scenario.base("2320"), scenario.breaks()) == (0, 0, [])

    def test_the_same_assessment_again_changes_nothing(self) -> None:
        scenario = sent()
        scenario.submit("report_duty", **DUTY)
        assert scenario.submit("report_duty", **DUTY) == []

    def test_a_merchant_is_no_one_who_could_bear_it(self) -> None:
        with pytest.raises(ValueError, match="borne_by"):
            sent().submit("report_duty", **DUTY | {"borne_by": "merchant"})


def claimed(amount: str = "CNY 100.00") -> OrderScenario:
    scenario = sent()
    reported = {"parcel_id": "P-1", "amount": amount, "reason": "lost"}
    scenario.submit("file_logistics_claim", by=PLATFORM, **CLAIM, **reported)
    return scenario


class TestClaims:
    def test_filing_posts_nothing(self) -> None:
        assert claimed().balance("1210") == 0

    def test_what_is_accepted_is_owed_to_us(self) -> None:
        scenario = claimed()
        scenario.submit("report_claim_accepted", **CLAIM, amount="CNY 80.00")
        assert (scenario.balance("1210"), scenario.balance("5150")) == (80_00, -80_00)

    def test_it_is_accepted_once(self) -> None:
        scenario = claimed()
        scenario.submit("report_claim_accepted", **CLAIM, amount="CNY 80.00")
        assert scenario.submit("report_claim_accepted", **CLAIM, amount="CNY 80.00") == []

    def test_what_is_paid_in_another_currency_leaves_fx(self) -> None:
        scenario = claimed("USD 10.00")
        scenario.submit("report_claim_accepted", **CLAIM, amount="USD 10.00")
        scenario.submit("report_claim_settled", **CLAIM, amount="USD 4.00", cash="CNY 28.00", bank_entry_ref="b-1")
        scenario.submit("report_claim_settled", **CLAIM, amount="USD 6.00", cash="CNY 43.00", bank_entry_ref="b-2")
        assert (scenario.balance("1210", "USD"), scenario.base("1210")) == (0, 0)
        assert (scenario.balance("1010"), scenario.balance("5210")) == (71_00, 80)

    def test_the_same_receipt_again_changes_nothing(self) -> None:
        scenario = claimed()
        scenario.submit("report_claim_accepted", **CLAIM, amount="CNY 80.00")
        paid = CLAIM | {"amount": "CNY 80.00", "cash": "CNY 80.00", "bank_entry_ref": "b-1"}
        scenario.submit("report_claim_settled", **paid)
        assert scenario.submit("report_claim_settled", **paid) == []

    def test_what_is_denied_after_it_was_accepted_is_a_loss_again(self) -> None:
        scenario = claimed("CNY 80.00")
        scenario.submit("report_claim_accepted", **CLAIM, amount="CNY 80.00")
        scenario.submit("report_claim_denied", **CLAIM)
        assert (scenario.balance("1210"), scenario.balance("5150"), scenario.breaks()) == (
            0,
            0,
            ["fact_contradicts_state"],
        )

    def test_a_denial_posts_nothing_and_is_reported_once(self) -> None:
        scenario = claimed()
        scenario.submit("report_claim_denied", **CLAIM)
        assert (scenario.breaks(), scenario.submit("report_claim_denied", **CLAIM)) == ([], [])

    def test_what_is_accepted_in_part_is_booked_and_flagged_with_what_was_claimed(self) -> None:
        scenario = claimed()
        events = scenario.submit("report_claim_accepted", **CLAIM, amount="CNY 80.00")
        (opened,) = (event for event in events if isinstance(event, ReconciliationBreakOpened))
        assert (scenario.balance("1210"), opened.expected, opened.actual) == (
            80_00, "CNY 100.00 claimed", "CNY 80.00 accepted"
        )  # fmt: skip

    def test_an_answer_to_no_claim_is_booked_and_flagged(self) -> None:
        scenario = sent()
        scenario.submit("report_claim_accepted", **CLAIM, amount="CNY 80.00")
        assert (scenario.balance("1210"), scenario.breaks()) == (80_00, ["fact_contradicts_state"])

    def test_more_than_is_owed_is_booked_and_flagged(self) -> None:
        scenario = claimed("CNY 80.00")
        scenario.submit("report_claim_accepted", **CLAIM, amount="CNY 80.00")
        scenario.submit("report_claim_settled", **CLAIM, amount="CNY 90.00", cash="CNY 90.00", bank_entry_ref="b-1")
        assert (scenario.balance("1010"), scenario.balance("1210"), scenario.breaks()) == (
            90_00,
            -10_00,
            ["fact_contradicts_state"],
        )

    def test_a_claim_has_an_id_of_its_own(self) -> None:
        reported = CLAIM | {"parcel_id": "P-1", "amount": "CNY 1.00", "reason": "lost"}
        assert isinstance(claimed().refusal("file_logistics_claim", by=PLATFORM, **reported), ClaimAlreadyFiled)

    def test_a_claim_is_about_a_parcel(self) -> None:
        reported = CLAIM | {"parcel_id": "P-9", "amount": "CNY 1.00", "reason": "lost"}
        assert isinstance(sent().refusal("file_logistics_claim", by=PLATFORM, **reported), ParcelNotFound)

    def test_a_merchant_files_none(self) -> None:
        reported = CLAIM | {"parcel_id": "P-1", "amount": "CNY 1.00", "reason": "lost"}
        assert isinstance(sent().refusal("file_logistics_claim", by=MERCHANT, **reported), RoleNotAllowed)

    def test_it_is_worth_what_the_day_says(self) -> None:
        scenario = claimed("USD 10.00")
        scenario.submit("report_claim_accepted", **CLAIM, amount="USD 9.00")
        event = scenario.event(LogisticsClaimAccepted)
        assert (event.amount, event.base) == (usd("9.00"), cny("64.62"))
