"""A provider's lines may come before what they settle: the books and the lists are the same in the end."""

from collections.abc import Callable, Iterable
from typing import Any

import pytest

from tests.support.orders import OrderScenario, basket, capture
from tests.support.payments import OF_DISPUTE, rate, settled_line, settles

CHARGE = settled_line("cap-1", "USD 69.44", "USD 2.31", "USD 67.13")
ACCOUNTS = ("1010", "1020", "1110", "1120", "5130", "5140", "5210", "2210", "2220", "2110", "4210")
Step = Callable[[OrderScenario], Any]


def settled(*lines: dict[str, Any], batch_ref: str = "po-1", **other: Any) -> Step:
    return lambda scenario: scenario.submit("report_psp_settlement", **settles(*lines, batch_ref=batch_ref, **other))


def captured(scenario: OrderScenario) -> None:
    scenario.submit("report_payment_captured", **capture())


def asked_back(scenario: OrderScenario) -> None:
    scenario.submit("cancel_order", reason="out_of_stock", refund_id="R-1", lines=[{"line_id": "B", "qty": 1}])
    scenario.submit("submit_refund", refund_id="R-1")


def paid_back(scenario: OrderScenario) -> None:
    reported: dict[str, Any] = {"psp": "stripe", "attempt_id": "R-1.1", "psp_refund_ref": "re-1", "amount": "USD 19.44"}
    scenario.submit("report_refund_outcome", outcome="succeeded", **reported)


def withdrawn(scenario: OrderScenario) -> None:
    scenario.submit("report_dispute_funds_withdrawn", **OF_DISPUTE, amount="USD 69.44")


def fee_charged(scenario: OrderScenario) -> None:
    scenario.submit("report_dispute_fee", **OF_DISPUTE, amount="USD 15.00")


def reported(steps: Iterable[Step]) -> OrderScenario:
    scenario = OrderScenario()
    scenario.submit("place_order", **basket())
    for step in steps:
        step(scenario)
    return scenario


def books(scenario: OrderScenario) -> dict[str, tuple[int, int]]:
    return {account: (scenario.balance(account, "USD"), scenario.base(account)) for account in ACCOUNTS}


def open_breaks(scenario: OrderScenario) -> list[str]:
    return sorted(known.opened.kind for known in scenario.order.known_breaks.values() if known.is_open)


REFUND = settled_line("re-1", "USD -19.44", "USD 0.00", "USD -19.44", kind="refund", at="7.1400")
BY_CAPTURE = settled_line("cap-1", "USD -19.44", "USD 0.00", "USD -19.44", kind="refund", at="7.1400", psp_ref="t-re-1")
OURS = settled_line("R-1.1", "USD -19.44", "USD 0.00", "USD -19.44", kind="refund", at="7.1400")
DISPUTE = settled_line("dp-1", "USD -69.44", "USD 15.00", "USD -84.44", kind="dispute")
DISPUTE_BY_CAPTURE = DISPUTE | {"reference": "cap-1"}
PART = settled_line("cap-1", "USD 40.00", "USD 1.00", "USD 39.00", psp_ref="t-1")
REST = settled_line("cap-1", "USD 29.44", "USD 1.00", "USD 28.44", psp_ref="t-2")
IN_HKD = settled_line("cap-1", "USD 69.44", "HKD 15.00", "HKD 523.00") | {"rate": rate("0.9150", "HKD")}
HKD_ALONE = IN_HKD | {"gross": "HKD 538.00"}
HKD_ALONE_IN_CNY = HKD_ALONE | {"cash": "CNY 478.55"}
HKD_PART = HKD_ALONE | {"gross": "HKD 300.00", "fee": "HKD 10.00", "net": "HKD 290.00", "psp_ref": "t-1"}
HKD_REST = HKD_ALONE | {"gross": "HKD 238.00", "fee": "HKD 5.00", "net": "HKD 233.00", "psp_ref": "t-2"}
OVER = settled_line("cap-1", "USD 79.44", "USD 0.00", "USD 79.44")


@pytest.mark.parametrize(
    ("in_order", "out_of_order"),
    [
        ([captured, settled(CHARGE)], [settled(CHARGE), captured]),
        ([captured, settled(PART), settled(REST)], [settled(PART), captured, settled(REST)]),
        ([captured, settled(PART), settled(REST)], [settled(PART), settled(REST), captured]),
        ([captured, settled(OVER)], [settled(OVER), captured]),
        ([captured, settled(IN_HKD)], [settled(IN_HKD), captured]),
        (
            [captured, settled(HKD_ALONE, payout_currency="HKD")],
            [settled(HKD_ALONE, payout_currency="HKD"), captured],
        ),
        ([captured, settled(HKD_ALONE)], [settled(HKD_ALONE), captured]),
        ([captured, settled(HKD_PART), settled(HKD_REST)], [settled(HKD_PART), settled(HKD_REST), captured]),
        ([captured, settled(HKD_ALONE_IN_CNY)], [settled(HKD_ALONE_IN_CNY), captured]),
        (
            [captured, asked_back, paid_back, settled(CHARGE, REFUND)],
            [captured, asked_back, settled(CHARGE, REFUND), paid_back],
        ),
        ([captured, asked_back, paid_back, settled(OURS)], [captured, asked_back, settled(OURS), paid_back]),
        (
            [captured, withdrawn, fee_charged, settled(DISPUTE)],
            [captured, settled(DISPUTE), fee_charged, withdrawn],
        ),
        (
            [captured, asked_back, paid_back, settled(CHARGE, REFUND)],
            [captured, asked_back, settled(CHARGE, BY_CAPTURE), paid_back],
        ),
        (
            [captured, asked_back, paid_back, settled(CHARGE, REFUND)],
            [captured, asked_back, paid_back, settled(CHARGE, BY_CAPTURE)],
        ),
        (
            [captured, withdrawn, fee_charged, settled(DISPUTE)],
            [captured, settled(DISPUTE_BY_CAPTURE), fee_charged, withdrawn],
        ),
        (
            [captured, withdrawn, fee_charged, settled(DISPUTE)],
            [captured, withdrawn, fee_charged, settled(DISPUTE_BY_CAPTURE)],
        ),
    ],
    ids=[
        "charge", "a part before and a part after", "both parts before", "more than captured", "in another currency",
        "in another currency alone", "so, unsaid in which it is paid", "so, in two lines", "so, paid in CNY",
        "refund", "refund by our own name", "dispute and its fee",
        "refund by its capture", "known refund by its capture", "dispute by its capture", "known dispute so",
    ],
)  # fmt: skip
def test_a_line_before_what_it_settles_comes_to_the_same_books_and_breaks(
    in_order: list[Step], out_of_order: list[Step]
) -> None:
    first, second = reported(in_order), reported(out_of_order)
    assert books(second) == books(first)
    assert (second.balance("1110", "HKD"), second.balance("1020", "HKD")) == (0, first.balance("1020", "HKD"))
    assert open_breaks(second) == open_breaks(first)
