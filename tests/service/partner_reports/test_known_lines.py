"""A line that names only a capture of several orders is an order's only if it can be no other's."""

from __future__ import annotations

from datetime import date

import pytest

from ledger.money import Money
from projections.reconciliation.psp_references import PspReference
from service.partner_facts.settlement import ReportLine
from service.partner_reports.known_lines import KnownLines

DAY = date(2025, 4, 1)
ORDERS = {"O-1": "10.00", "O-2": "20.00"}


def usd(amount: str) -> Money:
    return Money.of(amount, "USD")


def reference(name: str, kind: str, order_id: str, amount: str) -> PspReference:
    return PspReference(name, "stripe", kind, "M-1", order_id, usd(amount), DAY, "")


CAPTURED = [reference("ch-1", "charge", order_id, amount) for order_id, amount in ORDERS.items()]


def line(kind: str, amount: str, *also: str) -> ReportLine:
    gross = usd(amount)
    return ReportLine(1, "bt-9", kind, "no-9", also or ("ch-1",), gross, usd("0.00"), gross, None)  # type: ignore[arg-type]


def parts(line: ReportLine, *known: PspReference) -> dict[object, str]:
    found: dict[str, list[PspReference]] = {}
    for each in known:
        found.setdefault(each.reference, []).append(each)
    return {part.of: str(part.line.gross) for part in KnownLines(found, {}, frozenset()).parts(line)}


@pytest.mark.parametrize("kind", ["refund", "dispute"])
def test_a_part_of_a_shared_capture_waits_until_it_is_known_whose_it_is(kind: str) -> None:
    assert parts(line(kind, "-5.00"), *CAPTURED) == {}


@pytest.mark.parametrize("kind", ["refund", "dispute"])
def test_a_part_of_a_shared_capture_is_the_orders_that_has_its_refund_or_dispute(kind: str) -> None:
    known = reference("no-9", kind, "O-2", "-5.00")
    assert parts(line(kind, "-5.00"), *CAPTURED, known) == {("M-1", "O-2"): "USD -5.00"}


def test_a_refund_of_a_whole_shared_capture_is_every_orders_part() -> None:
    assert parts(line("refund", "-30.00"), *CAPTURED) == {("M-1", "O-1"): "USD -10.00", ("M-1", "O-2"): "USD -20.00"}


def test_a_dispute_of_a_whole_shared_capture_waits_for_the_report_of_its_orders() -> None:
    assert parts(line("dispute", "-30.00"), *CAPTURED) == {}


def test_a_refund_that_names_only_a_payment_of_several_orders_waits() -> None:
    paid = [reference("pay-1", "payment", order_id, amount) for order_id, amount in ORDERS.items()]
    assert parts(line("refund", "-30.00", "pay-1"), *paid) == {}


@pytest.mark.parametrize("amount", ["-5.00", "-10.00"])
def test_a_refund_of_a_capture_of_one_order_is_its_own(amount: str) -> None:
    assert parts(line("refund", amount), CAPTURED[0]) == {("M-1", "O-1"): f"USD {amount}"}
