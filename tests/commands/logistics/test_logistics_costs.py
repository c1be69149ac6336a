"""What moving goods costs and what partners pay for losing them: the platform's, or the buyer's, never a merchant's."""

from typing import Any

import pytest

from ledger.events.logistics import LogisticsClaimAccepted
from ledger.events.parcels import DutyAssessed, LogisticsChargeRecorded
from ledger.refusals.catalogue import ParcelNotFound, RoleNotAllowed
from ledger.refusals.payments import ClaimAlreadyFiled
from tests.support.given import MERCHANT, PARTNER, PLATFORM, cny, usd
from tests.support.orders import OrderStory

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


def sent(**other: Any) -> OrderStory:
    return OrderStory().paid(**other).sent(A=2, B=1)


def taxed(tax: str = "USD 20.83", total: str = "USD 90.27") -> OrderStory:
    """The buyer has paid tax with the order."""
    return sent(charges=[{"type": "tax", "amount": tax, "borne_by": "buyer"}], buyer_total=total)


class TestFreight:
    def test_it_is_owed_to_the_partner(self) -> None:
        story = sent()
        story.tell("record_logistics_charge", by=PARTNER, **FREIGHT)
        assert (story.balance("5110"), story.balance("2310"), story.balance("2110")) == (62_00, -62_00, -500_00)

    def test_the_same_charge_again_changes_nothing(self) -> None:
        story = sent()
        story.tell("record_logistics_charge", **FREIGHT)
        assert story.tell("record_logistics_charge", **FREIGHT) == []

    def test_the_same_charge_with_another_amount_is_a_break(self) -> None:
        story = sent()
        story.tell("record_logistics_charge", **FREIGHT)
        story.tell("record_logistics_charge", **FREIGHT | {"amount": "CNY 63.00"})
        assert (story.breaks(), story.balance("5110")) == (["amount_mismatch"], 62_00)

    def test_a_charge_for_a_parcel_nobody_knows_is_booked_and_flagged(self) -> None:
        story = sent()
        decided = story.tell("record_logistics_charge", **FREIGHT | {"parcel_id": "P-9"})
        assert isinstance(decided[0], LogisticsChargeRecorded)
        assert story.breaks() == ["fact_contradicts_state"]

    def test_a_charge_without_a_rate_is_a_break_and_can_be_told_again(self) -> None:
        story = sent()
        story.tell("record_logistics_charge", **FREIGHT | {"amount": "JPY 1000"})
        assert (story.breaks(), story.balance("5110")) == (["rate_missing"], 0)


class TestDuty:
    def test_the_platform_bears_it(self) -> None:
        story = sent()
        story.tell("report_duty", by=PARTNER, **DUTY)
        assert (story.balance("5120", "USD"), story.base("5120"), story.base("2310")) == (20_83, 149_56, -149_56)

    def test_the_buyer_bears_what_was_paid_for_it(self) -> None:
        story = taxed()
        story.tell("report_duty", **DUTY | {"borne_by": "buyer"})
        assert (story.balance("2320", "USD"), story.base("2320"), story.base("5120")) == (0, 0, 0)

    def test_what_the_rate_did_meanwhile_is_fx(self) -> None:
        story = taxed()
        story.tell("report_duty", **DUTY | {"borne_by": "buyer"})
        event = story.event(DutyAssessed)
        assert event.fx == event.base - event.from_buyer_base

    def test_the_platform_bears_what_the_buyers_tax_does_not_cover(self) -> None:
        story = taxed("USD 20.00", "USD 89.44")
        story.tell("report_duty", **DUTY | {"borne_by": "buyer"})
        assert (story.balance("2320", "USD"), story.base("2320"), story.balance("5120", "USD")) == (0, 0, 83)
        assert story.breaks() == ["duty_not_covered"]

    def test_two_duties_share_the_buyers_tax(self) -> None:
        story = taxed()
        story.tell("report_duty", **DUTY | {"borne_by": "buyer", "amount": "USD 10.00"})
        story.tell("report_duty", **DUTY | {"borne_by": "buyer", "amount": "USD 10.83", "assessment_ref": "cbp-2"})
        assert (story.balance("2320", "USD"), story.base("2320"), story.breaks()) == (0, 0, [])

    def test_the_same_assessment_again_changes_nothing(self) -> None:
        story = sent()
        story.tell("report_duty", **DUTY)
        assert story.tell("report_duty", **DUTY) == []

    def test_a_merchant_is_no_one_who_could_bear_it(self) -> None:
        with pytest.raises(ValueError, match="borne_by"):
            sent().tell("report_duty", **DUTY | {"borne_by": "merchant"})


def claimed(amount: str = "CNY 100.00") -> OrderStory:
    story = sent()
    told = {"parcel_id": "P-1", "amount": amount, "reason": "lost"}
    story.tell("file_logistics_claim", by=PLATFORM, **CLAIM, **told)
    return story


class TestClaims:
    def test_filing_posts_nothing(self) -> None:
        assert claimed().balance("1210") == 0

    def test_what_is_accepted_is_owed_to_us(self) -> None:
        story = claimed()
        story.tell("report_claim_accepted", **CLAIM, amount="CNY 80.00")
        assert (story.balance("1210"), story.balance("5150")) == (80_00, -80_00)

    def test_it_is_accepted_once(self) -> None:
        story = claimed()
        story.tell("report_claim_accepted", **CLAIM, amount="CNY 80.00")
        assert story.tell("report_claim_accepted", **CLAIM, amount="CNY 80.00") == []

    def test_what_is_paid_in_another_currency_leaves_fx(self) -> None:
        story = claimed("USD 10.00")
        story.tell("report_claim_accepted", **CLAIM, amount="USD 10.00")
        story.tell("report_claim_settled", **CLAIM, amount="USD 4.00", cash="CNY 28.00", bank_entry_ref="b-1")
        story.tell("report_claim_settled", **CLAIM, amount="USD 6.00", cash="CNY 43.00", bank_entry_ref="b-2")
        assert (story.balance("1210", "USD"), story.base("1210")) == (0, 0)
        assert (story.balance("1010"), story.balance("5210")) == (71_00, 80)

    def test_the_same_receipt_again_changes_nothing(self) -> None:
        story = claimed()
        story.tell("report_claim_accepted", **CLAIM, amount="CNY 80.00")
        paid = CLAIM | {"amount": "CNY 80.00", "cash": "CNY 80.00", "bank_entry_ref": "b-1"}
        story.tell("report_claim_settled", **paid)
        assert story.tell("report_claim_settled", **paid) == []

    def test_what_is_denied_after_it_was_accepted_is_a_loss_again(self) -> None:
        story = claimed()
        story.tell("report_claim_accepted", **CLAIM, amount="CNY 80.00")
        story.tell("report_claim_denied", **CLAIM)
        assert (story.balance("1210"), story.balance("5150"), story.breaks()) == (0, 0, ["fact_contradicts_state"])

    def test_a_denial_posts_nothing_and_is_told_once(self) -> None:
        story = claimed()
        story.tell("report_claim_denied", **CLAIM)
        assert (story.breaks(), story.tell("report_claim_denied", **CLAIM)) == ([], [])

    def test_an_answer_to_no_claim_is_booked_and_flagged(self) -> None:
        story = sent()
        story.tell("report_claim_accepted", **CLAIM, amount="CNY 80.00")
        assert (story.balance("1210"), story.breaks()) == (80_00, ["fact_contradicts_state"])

    def test_more_than_is_owed_is_booked_and_flagged(self) -> None:
        story = claimed()
        story.tell("report_claim_accepted", **CLAIM, amount="CNY 80.00")
        story.tell("report_claim_settled", **CLAIM, amount="CNY 90.00", cash="CNY 90.00", bank_entry_ref="b-1")
        assert (story.balance("1010"), story.balance("1210"), story.breaks()) == (
            90_00,
            -10_00,
            ["fact_contradicts_state"],
        )

    def test_a_claim_has_an_id_of_its_own(self) -> None:
        told = CLAIM | {"parcel_id": "P-1", "amount": "CNY 1.00", "reason": "lost"}
        assert isinstance(claimed().refusal("file_logistics_claim", by=PLATFORM, **told), ClaimAlreadyFiled)

    def test_a_claim_is_about_a_parcel(self) -> None:
        told = CLAIM | {"parcel_id": "P-9", "amount": "CNY 1.00", "reason": "lost"}
        assert isinstance(sent().refusal("file_logistics_claim", by=PLATFORM, **told), ParcelNotFound)

    def test_a_merchant_files_none(self) -> None:
        told = CLAIM | {"parcel_id": "P-1", "amount": "CNY 1.00", "reason": "lost"}
        assert isinstance(sent().refusal("file_logistics_claim", by=MERCHANT, **told), RoleNotAllowed)

    def test_it_is_worth_what_the_day_says(self) -> None:
        story = claimed("USD 10.00")
        story.tell("report_claim_accepted", **CLAIM, amount="USD 9.00")
        event = story.event(LogisticsClaimAccepted)
        assert (event.amount, event.base) == (usd("9.00"), cny("64.62"))
