"""A provider's payment for an order: cash, fee and FX by line, until the receivable is zero in both currencies (P3)."""

from typing import Any

import pytest
from pydantic import ValidationError

from ledger.events.psp_settlement import PspSettlementReceived
from ledger.events.settlement import ReconciliationBreakOpened
from tests.support.given import NOW, SYSTEM, ask, cny
from tests.support.orders import NAMES, OrderScenario, basket, capture
from tests.support.payments import OF_DISPUTE, disputed, rate, settled_line, settles

CHARGE = settled_line("cap-1", "USD 69.44", "USD 2.31", "USD 67.13")


def owed(scenario: OrderScenario) -> tuple[int, int]:
    """1110 in cents and in fen."""
    return scenario.balance("1110", "USD"), scenario.base("1110")


def refunded(scenario: OrderScenario) -> OrderScenario:
    """B is cancelled and paid back."""
    scenario.submit("cancel_order", reason="out_of_stock", refund_id="R-1", lines=[{"line_id": "B", "qty": 1}])
    scenario.submit("submit_refund", refund_id="R-1")
    reported: dict[str, Any] = {"psp": "stripe", "attempt_id": "R-1.1", "psp_refund_ref": "re-1", "amount": "USD 19.44"}
    scenario.submit("report_refund_outcome", outcome="succeeded", **reported)
    return scenario


def test_a_charge_brings_cash_less_the_fee_and_what_the_rate_cost() -> None:
    scenario = OrderScenario().paid()
    scenario.submit("report_psp_settlement", **settles(CHARGE))
    assert (scenario.balance("1010"), scenario.balance("5130", "USD"), scenario.base("5130")) == (479_98, 2_31, 16_52)
    assert (scenario.balance("5210"), owed(scenario)) == (2_08, (0, 0))


def test_the_cash_is_what_the_provider_says_it_is() -> None:
    scenario = OrderScenario().paid()
    scenario.submit("report_psp_settlement", **settles(CHARGE | {"cash": "CNY 479.97"}))
    assert (scenario.balance("1010"), scenario.balance("5210"), scenario.breaks()) == (479_97, 2_09, [])


def test_cash_that_does_not_follow_from_the_rate_is_booked_and_flagged() -> None:
    scenario = OrderScenario().paid()
    scenario.submit("report_psp_settlement", **settles(CHARGE | {"cash": "CNY 470.00"}))
    assert (scenario.balance("1010"), scenario.breaks()) == (470_00, ["fx_out_of_tolerance"])


def test_a_refund_is_settled_with_opposite_signs() -> None:
    scenario = refunded(OrderScenario().paid())
    line = settled_line("re-1", "USD -19.44", "USD 0.00", "USD -19.44", kind="refund", at="7.1400")
    scenario.submit("report_psp_settlement", **settles(line, CHARGE))
    assert (scenario.balance("1010"), owed(scenario)) == (479_98 - 138_80, (0, 0))


def test_a_refund_is_found_by_our_own_name_for_it_too() -> None:
    scenario = refunded(OrderScenario().paid())
    line = settled_line("R-1.1", "USD -19.44", "USD 0.00", "USD -19.44", kind="refund")
    scenario.submit("report_psp_settlement", **settles(line))
    assert scenario.breaks() == []


def test_parts_of_a_capture_add_up_to_its_base() -> None:
    scenario = OrderScenario().paid()
    for n, gross in enumerate(("USD 23.15", "USD 23.15", "USD 23.14")):
        scenario.submit(
            "report_psp_settlement", **settles(settled_line("cap-1", gross, "USD 0.00", gross, psp_ref=f"t-{n}"))
        )
    assert owed(scenario) == (0, 0)
    assert not any(known.is_open for known in scenario.order.known_breaks.values())


def test_the_same_line_again_changes_nothing() -> None:
    scenario = OrderScenario().paid()
    scenario.submit("report_psp_settlement", **settles(CHARGE))
    assert scenario.submit("report_psp_settlement", **settles(CHARGE)) == []


def test_the_same_line_with_another_amount_posts_nothing_and_opens_a_break() -> None:
    scenario = OrderScenario().paid()
    scenario.submit("report_psp_settlement", **settles(CHARGE))
    other = CHARGE | {"gross": "USD 69.45", "net": "USD 67.14"}
    (opened,) = scenario.submit("report_psp_settlement", **settles(other))
    assert isinstance(opened, ReconciliationBreakOpened)
    assert (opened.kind, opened.expected, opened.actual) == ("amount_mismatch", "USD 69.44", "USD 69.45")


def test_a_line_of_a_capture_we_do_not_know_is_booked_and_flagged() -> None:
    scenario = OrderScenario().paid()
    scenario.submit("report_psp_settlement", **settles(settled_line("cap-9", "USD 10.00", "USD 0.00", "USD 10.00")))
    assert (scenario.balance("1010"), scenario.breaks()) == (71_50, ["psp_line_extra"])


def test_a_capture_that_becomes_known_later_is_no_longer_owed() -> None:
    scenario = OrderScenario()
    scenario.submit("place_order", **basket())
    scenario.submit("report_psp_settlement", **settles(CHARGE))
    scenario.submit("report_payment_captured", **capture())
    assert scenario.balance("1110", "USD") == 0


def test_more_than_was_captured_is_booked_and_flagged() -> None:
    scenario = OrderScenario().paid()
    scenario.submit("report_psp_settlement", **settles(settled_line("cap-1", "USD 79.44", "USD 0.00", "USD 79.44")))
    assert (owed(scenario)[0], scenario.breaks()) == (-10_00, ["amount_mismatch"])


def test_a_fee_of_its_own_is_a_cost() -> None:
    scenario = OrderScenario().paid()
    line = settled_line("fee-1", "USD -0.50", "USD 0.00", "USD -0.50", kind="fee")
    scenario.submit("report_psp_settlement", **settles(line))
    assert (scenario.balance("5130", "USD"), scenario.balance("1010"), scenario.breaks()) == (50, -3_58, [])


def test_a_dispute_and_its_fee_are_settled_together() -> None:
    scenario = disputed(OrderScenario().paid())
    scenario.submit("report_dispute_fee", **OF_DISPUTE, amount="USD 15.00")
    line = settled_line("dp-1", "USD -69.44", "USD 15.00", "USD -84.44", kind="dispute")
    scenario.submit("report_psp_settlement", **settles(line, CHARGE))
    assert (owed(scenario), scenario.breaks(), scenario.balance("5130", "USD")) == ((0, 0), [], 2_31)


def test_a_failed_capture_is_taken_back_by_the_provider() -> None:
    scenario = OrderScenario().paid()
    scenario.submit("report_psp_settlement", **settles(CHARGE))
    scenario.submit(
        "report_payment_failed", payment_id="PAY-1", psp="stripe", capture_ref="cap-1", amount="USD 69.44", code="nsf"
    )
    back = settled_line("cap-1", "USD -69.44", "USD 0.00", "USD -69.44", psp_ref="txn-back")
    scenario.submit("report_psp_settlement", **settles(back, batch_ref="po-2"))
    assert (owed(scenario), scenario.breaks()) == ((0, 0), [])


def test_a_provider_may_settle_in_another_currency_than_it_charged() -> None:
    rates: dict[str, Any] = {"rate": rate("0.8900", "MOP"), "fee_rate": rate("0.9167", "HKD")}
    line = settled_line("cap-1", "MOP 100.00", "HKD 3.00", "HKD 94.09", cash="CNY 86.25", **rates)
    scenario = OrderScenario()
    scenario.submit("report_payment_captured", **capture(amount="MOP 100.00"))
    scenario.submit("report_psp_settlement", **settles(line))
    assert (scenario.balance("1110", "MOP"), scenario.base("1110"), scenario.balance("1010")) == (0, 0, 86_25)


@pytest.mark.parametrize(
    "wrong",
    [
        {"net": "USD 67.14"},
        {"rate": None},
        {"rate": rate("7.1500", "HKD")},
        {"rate": rate("7.1500", kind="book")},
        {"cash": "USD 67.13"},
        {"cash": "EUR 0.00"},
        {"net": "HKD 520.00"},
    ],
    ids=[
        "does not add up",
        "no rate",
        "rate of another pair",
        "rate of another kind",
        "cash not CNY",
        "nothing, not CNY",
        "no cash",
    ],
)
def test_a_line_that_cannot_be_is_not_taken(wrong: dict[str, Any]) -> None:
    from commands.settlement.report_psp_settlement import ReportPspSettlement

    with pytest.raises(ValidationError):
        ask(ReportPspSettlement, by=SYSTEM, at=NOW, **NAMES, **settles(CHARGE | wrong))


def test_the_orders_of_one_checkout_share_a_capture_and_each_settles_its_part() -> None:
    first, second = OrderScenario().paid(), OrderScenario().paid()
    for scenario in (first, second):
        scenario.submit("report_psp_settlement", **settles(CHARGE))
        assert owed(scenario) == (0, 0)


def test_the_event_names_batch_bank_entry_and_cash() -> None:
    scenario = OrderScenario().paid()
    scenario.submit("report_psp_settlement", **settles(CHARGE, bank_entry_ref="b-1", value_date="2025-04-03"))
    event = scenario.event(PspSettlementReceived)
    assert (event.batch_ref, event.bank_entry_ref, event.cash) == ("po-1", "b-1", cny("479.98"))


def test_a_line_of_something_unknown_is_booked_as_it_is_each_time_it_is_paid() -> None:
    scenario = OrderScenario().paid()
    line = settled_line("cap-9", "USD 10.00", "USD 0.00", "USD 10.00")
    for n in (1, 2):
        scenario.submit("report_psp_settlement", **settles(line, batch_ref=f"po-{n}"))
    assert (scenario.balance("1010"), owed(scenario)) == (143_00, (69_44 - 20_00, 498_58 - 143_00))
