"""A partial payment opens a break at once, with the expected and the paid amount, until the rest is paid."""

from collections.abc import Callable
from typing import Any, NamedTuple

import pytest

from ledger.events.settlement import ReconciliationBreakOpened
from tests.support.given import PARTNER
from tests.support.orders import OrderScenario
from tests.support.payments import OF_DISPUTE, settled_line, settles

CLAIM: dict[str, Any] = {"claim_id": "CL-1", "partner": "sf"}


def settle(scenario: OrderScenario, reference: str, kind: str, amount: str, batch_ref: str) -> None:
    line = settled_line(reference, amount, "USD 0.00", amount, kind=kind)
    scenario.submit("report_psp_settlement", **settles(line, batch_ref=batch_ref))


def charge(scenario: OrderScenario, *parts: str) -> None:
    for n, part in enumerate(parts):
        settle(scenario, "cap-1", "charge", part, f"po-{n}")


def refund(scenario: OrderScenario, *parts: str) -> None:
    scenario.submit("cancel_order", reason="out_of_stock", refund_id="R-1", lines=[{"line_id": "B", "qty": 1}])
    scenario.submit("submit_refund", refund_id="R-1")
    reported: dict[str, Any] = {"psp": "stripe", "attempt_id": "R-1.1", "psp_refund_ref": "re-1", "amount": "USD 19.44"}
    scenario.submit("report_refund_outcome", outcome="succeeded", **reported)
    for n, part in enumerate(parts):
        settle(scenario, "re-1", "refund", part, f"po-{n}")


def dispute(scenario: OrderScenario, *parts: str) -> None:
    scenario.submit("report_dispute_funds_withdrawn", **OF_DISPUTE, amount="USD 69.44")
    for n, part in enumerate(parts):
        settle(scenario, "dp-1", "dispute", part, f"po-{n}")


def claim(scenario: OrderScenario, *parts: str) -> None:
    scenario.sent(A=2, B=1)
    scenario.submit("file_logistics_claim", parcel_id="P-1", amount="CNY 50.00", reason="lost", **CLAIM)
    scenario.submit("report_claim_accepted", by=PARTNER, amount="CNY 50.00", **CLAIM)
    for n, part in enumerate(parts):
        scenario.submit("report_claim_settled", by=PARTNER, amount=part, cash=part, bank_entry_ref=f"BE-{n}", **CLAIM)


class Case(NamedTuple):
    """One kind of payment, with its reports for the whole amount, for a part, and for the rest."""

    pay: Callable[..., None]
    whole: str
    part: str
    rest: str


CASES = (
    Case(charge, "USD 69.44", "USD 59.44", "USD 10.00"),
    Case(refund, "USD -19.44", "USD -9.44", "USD -10.00"),
    Case(dispute, "USD -69.44", "USD -59.44", "USD -10.00"),
    Case(claim, "CNY 50.00", "CNY 45.00", "CNY 5.00"),
)
each_kind = pytest.mark.parametrize("case", CASES, ids=[case.pay.__name__ for case in CASES])


def open_breaks(scenario: OrderScenario) -> list[ReconciliationBreakOpened]:
    return [known.opened for known in scenario.order.known_breaks.values() if known.is_open]


@each_kind
def test_what_comes_short_is_a_break_at_once(case: Case) -> None:
    scenario = OrderScenario().paid()
    case.pay(scenario, case.part)
    (opened,) = open_breaks(scenario)
    assert (opened.kind, opened.expected, opened.actual) == ("amount_mismatch", case.whole, case.part)


@each_kind
def test_the_break_is_over_when_the_rest_comes(case: Case) -> None:
    scenario = OrderScenario().paid()
    case.pay(scenario, case.part, case.rest)
    assert open_breaks(scenario) == []


@each_kind
def test_what_comes_whole_is_no_break(case: Case) -> None:
    scenario = OrderScenario().paid()
    case.pay(scenario, case.whole)
    assert scenario.breaks() == []


@each_kind
def test_what_comes_on_top_of_the_whole_is_a_break(case: Case) -> None:
    scenario = OrderScenario().paid()
    case.pay(scenario, case.whole, case.rest)
    assert len(open_breaks(scenario)) == 1
