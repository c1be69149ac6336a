"""Where an order stands on its three axes, whatever else happens to its money."""

import pytest

from service.tracking.order_axes import axes_of
from tests.support.after_sales import approve, asked, cut, delivered, one, paid_back
from tests.support.given import PLATFORM
from tests.support.orders import OrderScenario, capture
from tests.support.payments import OF_DISPUTE, disputed


def test_a_delivered_order_is_paid_and_nobody_asked_for_anything() -> None:
    axes = axes_of(delivered().order)
    assert (axes.payment, axes.fulfilment, axes.after_sales) == ("paid", "delivered", "none")


def test_a_part_that_was_paid_back_is_a_refund_in_part() -> None:
    scenario = asked(delivered(), lines=one("A"))
    approve(scenario, lines=cut("A", "USD 5.00"))
    axes = axes_of(paid_back(scenario).order)
    assert (axes.payment, axes.after_sales) == ("partly_refunded", "refunded")


def test_money_that_never_was_the_orders_is_no_refund_of_it() -> None:
    scenario = OrderScenario().paid()
    scenario.submit("report_payment_captured", **capture("cap-2"))
    reported = {"refund_id": "R-9", "capture_ref": "cap-2", "reason": "captured_twice"}
    scenario.submit("approve_duplicate_capture_refund", by=PLATFORM, **reported)
    axes = axes_of(paid_back(scenario, "R-9").order)
    assert (axes.payment, axes.after_sales) == ("paid", "none")


@pytest.mark.parametrize(
    ("ends", "payment"), [((), "disputed"), (("lost",), "charged_back"), (("won",), "paid"), (("lost", "won"), "paid")]
)
def test_a_dispute_is_shown_until_it_is_won(ends: tuple[str, ...], payment: str) -> None:
    scenario = disputed(delivered())
    for end in ends:
        scenario.submit(f"report_dispute_{end}", **OF_DISPUTE)
    assert axes_of(scenario.order).payment == payment
