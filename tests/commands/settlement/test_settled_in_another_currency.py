"""A buyer pays USD, the provider settles in HKD: 1110 is cleared in USD, and HKD stand in 5130 and 1020 alone (P3)."""

from typing import Any

import pytest

from tests.support.orders import OrderStory, capture
from tests.support.payments import OF_DISPUTE, disputed, rate, settled_line, settles

HKD = rate("0.9150", "HKD")
CHARGE = settled_line("cap-1", "USD 69.44", "HKD 15.00", "HKD 523.00") | {"rate": HKD}
IN_HKD_ONLY = CHARGE | {"gross": "HKD 538.00"}  # the report does not say what the buyer was charged


def in_1110(story: OrderStory) -> tuple[int, int, int]:
    """USD, HKD, and all of it in CNY."""
    return story.balance("1110", "USD"), story.balance("1110", "HKD"), story.base("1110")


@pytest.mark.parametrize("line", [CHARGE, IN_HKD_ONLY], ids=["both amounts", "the settled amount alone"])
def test_a_charge_clears_what_the_buyer_owed_and_pays_into_the_foreign_account(line: dict[str, Any]) -> None:
    story = OrderStory().paid()
    story.tell("report_psp_settlement", **settles(line))
    assert (in_1110(story), story.breaks()) == ((0, 0, 0), [])
    assert (story.balance("5130", "HKD"), story.balance("1020", "HKD")) == (15_00, 523_00)
    assert (story.base("5130"), story.base("1020"), story.balance("1010")) == (13_73, 478_55, 0)
    assert story.balance("5210") == 498_58 - 13_73 - 478_55


def test_what_was_paid_out_in_cny_stands_in_the_cny_account() -> None:
    story = OrderStory().paid()
    story.tell("report_psp_settlement", **settles(CHARGE, payout_currency="CNY"))
    assert (story.balance("1010"), story.balance("1020", "HKD"), in_1110(story)) == (478_55, 0, (0, 0, 0))


def test_cash_that_the_report_names_in_cny_stands_in_the_cny_account() -> None:
    story = OrderStory().paid()
    story.tell("report_psp_settlement", **settles(IN_HKD_ONLY | {"cash": "CNY 478.00"}))
    assert (story.balance("1010"), story.balance("1020", "HKD"), in_1110(story)) == (478_00, 0, (0, 0, 0))


def test_a_provider_may_settle_in_cny_itself() -> None:
    story = OrderStory().paid()
    line = settled_line("cap-1", "USD 69.44", "CNY 15.00", "CNY 480.00") | {"rate": None}
    story.tell("report_psp_settlement", **settles(line))
    assert (story.balance("1010"), story.balance("5130"), in_1110(story)) == (480_00, 15_00, (0, 0, 0))


def test_lines_of_one_deposit_go_to_one_account() -> None:
    story = OrderStory().paid()
    fee = settled_line("fee-1", "HKD -5.00", "HKD 0.00", "HKD -5.00", kind="fee") | {"rate": HKD}
    story.tell("report_psp_settlement", **settles(CHARGE, fee, payout_currency="HKD"))
    assert (story.balance("1020", "HKD"), story.balance("1010")) == (518_00, 0)


def test_a_refund_is_taken_from_the_foreign_account() -> None:
    story = OrderStory().paid()
    story.tell("cancel_order", reason="out_of_stock", refund_id="R-1", lines=[{"line_id": "B", "qty": 1}])
    story.tell("submit_refund", refund_id="R-1")
    told: dict[str, Any] = {"psp": "stripe", "submission_id": "R-1.1", "psp_refund_ref": "re-1", "amount": "USD 19.44"}
    story.tell("report_refund_outcome", outcome="succeeded", **told)
    line = settled_line("re-1", "HKD -151.00", "HKD 0.00", "HKD -151.00", kind="refund") | {"rate": HKD}
    story.tell("report_psp_settlement", **settles(line, CHARGE))
    assert (in_1110(story), story.balance("1020", "HKD"), story.breaks()) == ((0, 0, 0), 523_00 - 151_00, [])


def test_a_dispute_and_its_fee_are_settled_in_another_currency_together() -> None:
    story = disputed(OrderStory().paid())
    story.tell("report_dispute_fee", **OF_DISPUTE, amount="USD 15.00")
    line = settled_line("dp-1", "HKD -540.00", "HKD 117.00", "HKD -657.00", kind="dispute") | {"rate": HKD}
    story.tell("report_psp_settlement", **settles(line, CHARGE))
    assert (in_1110(story), story.breaks()) == ((0, 0, 0), [])
    assert (story.balance("1020", "HKD"), story.balance("5130", "HKD")) == (523_00 - 657_00, 15_00)


def test_the_same_line_again_changes_nothing() -> None:
    story = OrderStory().paid()
    story.tell("report_psp_settlement", **settles(IN_HKD_ONLY))
    assert story.tell("report_psp_settlement", **settles(IN_HKD_ONLY)) == []


def test_a_line_worth_a_part_of_the_capture_clears_that_part_and_is_flagged() -> None:
    story = OrderStory().paid()
    half = CHARGE | {"gross": "HKD 269.00", "net": "HKD 254.00"}
    story.tell("report_psp_settlement", **settles(half))
    assert story.breaks() == ["amount_mismatch"]
    assert 34_00 < story.balance("1110", "USD") < 36_00


def test_a_capture_in_a_currency_without_minor_units_is_cleared_too() -> None:
    story = OrderStory()
    story.tell("report_payment_captured", **capture(amount="HKD 500.00"))
    line = settled_line("cap-1", "HKD 500.00", "JPY 300", "JPY 9200") | {"rate": rate("0.0490", "JPY")}
    story.tell("report_psp_settlement", **settles(line))
    assert (in_1110(story), story.balance("1020", "JPY")) == ((0, 0, 0), 9200)
