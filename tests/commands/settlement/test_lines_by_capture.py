"""Lines of refunds that name only the capture: each settles the refund of its amount, in any order of the reports."""

from __future__ import annotations

from itertools import permutations
from typing import Any

import pytest

from tests.support.orders import OrderScenario
from tests.support.payments import settled_line, settles


def by_capture(amount: str, psp_ref: str, reference: str = "cap-1", **other: Any) -> dict[str, Any]:
    line = settled_line(reference, f"USD -{amount}", "USD 0.00", f"USD -{amount}", kind="refund")
    return settles(line | {"psp_ref": psp_ref} | other, batch_ref=f"po-{psp_ref}")


def refunded(scenario: OrderScenario, refund_id: str, line_id: str) -> None:
    scenario.submit("cancel_order", reason="out_of_stock", refund_id=refund_id, lines=[{"line_id": line_id, "qty": 1}])
    scenario.submit("submit_refund", refund_id=refund_id)


def paid_back(scenario: OrderScenario, refund_id: str, amount: str) -> None:
    said: dict[str, Any] = {"psp": "stripe", "attempt_id": f"{refund_id}.1", "psp_refund_ref": f"re-{refund_id}"}
    scenario.submit("report_refund_outcome", outcome="succeeded", amount=f"USD {amount}", **said)


def two_refunds(*alike: str) -> OrderScenario:
    scenario = OrderScenario().paid()
    for refund_id, line_id in zip(("R-1", "R-2"), alike or ("A", "B"), strict=True):
        refunded(scenario, refund_id, line_id)
    return scenario


def open_kinds(scenario: OrderScenario) -> list[str]:
    return [each.opened.kind for each in scenario.order.known_breaks.values() if each.is_open]


def open_items(scenario: OrderScenario) -> dict[str, int]:
    items = scenario.order.receivables.items.items()
    return {name: item.left.minor for (kind, name, _), item in items if kind == "refund" and item.left}


STEPS = ("R-1 is paid", "R-2 is paid", "25.00 is settled", "19.44 is settled")


@pytest.mark.parametrize("order", list(permutations(STEPS)), ids=",".join)
def test_each_line_settles_the_refund_of_its_amount(order: tuple[str, ...]) -> None:
    scenario = two_refunds()
    for step in order:
        match step.split():
            case [refund_id, "is", "paid"]:
                paid_back(scenario, refund_id, "25.00" if refund_id == "R-1" else "19.44")
            case [amount, *_]:
                scenario.submit("report_psp_settlement", **by_capture(amount, f"t-{amount}"))
    assert (open_items(scenario), open_kinds(scenario)) == ({}, [])


def test_of_two_refunds_alike_each_line_settles_one() -> None:
    scenario = two_refunds("A", "A")
    for refund_id in ("R-1", "R-2"):
        paid_back(scenario, refund_id, "25.00")
    scenario.submit("report_psp_settlement", **by_capture("25.00", "t-1"))
    assert open_items(scenario) == {"re-R-2": -25_00}
    scenario.submit("report_psp_settlement", **by_capture("25.00", "t-2"))
    assert (open_items(scenario), open_kinds(scenario)) == ({}, [])


def test_a_line_may_name_only_the_payment() -> None:
    scenario = two_refunds()
    paid_back(scenario, "R-2", "19.44")
    scenario.submit("report_psp_settlement", **by_capture("19.44", "t-1", "PAY-1"))
    assert (open_items(scenario), open_kinds(scenario)) == ({}, [])


def test_a_line_with_a_reference_of_its_own_takes_no_other_refund() -> None:
    scenario = two_refunds("A", "A")
    paid_back(scenario, "R-1", "25.00")
    scenario.submit("report_psp_settlement", **by_capture("25.00", "t-2", "re-R-2", also=["cap-1"]))
    assert (open_items(scenario), open_kinds(scenario)) == ({"re-R-1": -25_00}, ["psp_line_extra"])
    paid_back(scenario, "R-2", "25.00")
    assert (open_items(scenario), open_kinds(scenario)) == ({"re-R-1": -25_00}, [])


def test_a_line_that_is_no_refunds_amount_is_a_break_that_names_the_open_refunds() -> None:
    scenario = two_refunds()
    paid_back(scenario, "R-1", "25.00")
    paid_back(scenario, "R-2", "19.44")
    scenario.submit("report_psp_settlement", **by_capture("12.00", "t-1"))
    (extra,) = (each.opened for each in scenario.order.known_breaks.values() if each.is_open)
    assert extra.expected == "no such refund; cap-1 has USD -25.00 of re-R-1, USD -19.44 of re-R-2"
