"""Customs refuses a parcel (acceptance scenario 4), and who bears what on its way."""

from datetime import date
from typing import Any

import pytest

from ledger.events.event import Event
from ledger.events.orders import OrderCompleted
from ledger.events.refunds import RefundApproved, RefundRequested
from ledger.events.settlement import SettlementReleased
from ledger.fx import Rate
from ledger.refusals.after_sales import ParcelNotRefused
from ledger.refusals.catalogue import CaseAlreadyOpen, LineAlreadyRefunded, RoleNotAllowed
from tests.support.after_sales import one
from tests.support.given import BUYER, MERCHANT, PARTNER, PLATFORM, RATES, cny, usd
from tests.support.orders import OrderScenario, after_days

THAT_DAY = Rate("USD", "CNY", "7.1700", "book", "test", date(2025, 4, 5))


def refused_at_export() -> OrderScenario:
    """B travels in parcel 2, which the warehouse has; export customs says no on the sixth day."""
    scenario = (
        OrderScenario(rates=(*RATES, THAT_DAY))
        .paid()
        .sent("P-1", A=2)
        .sent("P-2", B=1)
        .received("P-2", at=after_days(2))
    )
    reported = {"milestone": "export_rejected", "raw_code": "100", "reason": "documents"}
    scenario.submit("report_tracking", by=PARTNER, parcel_id="P-2", at=after_days(5), **reported)
    return scenario


def refund(scenario: OrderScenario, reason: str, *, refund_id: str = "R-1", parcel_id: str = "P-2") -> list[Event]:
    reported: dict[str, Any] = {"parcel_id": parcel_id, "refund_id": refund_id, "reason": reason}
    return scenario.submit("refund_refused_parcel", by=PLATFORM, at=after_days(6), **reported)


def refusal(scenario: OrderScenario, **reported: Any) -> Any:
    asked = {"parcel_id": "P-2", "refund_id": "R-1", "reason": "missing_partner_documents", "by": PLATFORM} | reported
    return scenario.refusal("refund_refused_parcel", **asked)


def test_missing_partner_documents_are_the_platforms_loss() -> None:
    scenario = refused_at_export()
    refund(scenario, "missing_partner_documents")
    approval = scenario.event(RefundApproved)
    assert (approval.liability, approval.money.amount, approval.money.book_rate.value) == (
        "platform",
        usd("19.44"),
        "7.1700",
    )
    assert (scenario.base("5150"), scenario.balance("2210", "USD"), scenario.base("2210")) == (139_38, -19_44, -139_38)


def test_the_merchant_keeps_the_line_and_has_it_at_once() -> None:
    scenario = refused_at_export()
    decided = refund(scenario, "missing_partner_documents")
    assert [type(event) for event in decided] == [RefundRequested, RefundApproved, SettlementReleased]
    released = scenario.event(SettlementReleased)
    assert (released.gross, released.fee, released.net) == (cny("140.00"), cny("7.00"), cny("133.00"))


def test_prohibited_goods_are_the_merchants_fault() -> None:
    scenario = refused_at_export()
    refund(scenario, "prohibited")
    assert (scenario.base("5150"), scenario.balance("2110"), scenario.balance("2120")) == (0, -360_00, 0)
    assert (scenario.balance("2210", "USD"), scenario.base("4210"), scenario.base("5210")) == (-19_44, 1_42 - 42, -20)


def test_the_buyers_lock_is_not_the_platforms() -> None:
    scenario = refused_at_export()
    assert scenario.refusal("request_refund", by=BUYER, refund_id="R-1", reason="slow", at=after_days(6)).code == (
        "AFTER_SALES_LOCKED"
    )
    refund(scenario, "missing_partner_documents")
    assert scenario.order.cases["R-1"].state == "approved"


def test_a_refusal_at_import_is_refunded_the_same_way() -> None:
    scenario = OrderScenario().paid().sent(A=2, B=1)
    scenario.submit("report_tracking", by=PARTNER, parcel_id="P-1", milestone="import_refused", at=after_days(9))
    decided = refund(scenario, "missing_partner_documents", parcel_id="P-1")
    assert isinstance(decided[-1], OrderCompleted)
    assert scenario.base("5150") == 498_58


def test_what_customs_did_not_refuse_is_not_refunded_so() -> None:
    assert isinstance(refusal(OrderScenario().paid().sent("P-2", B=1)), ParcelNotRefused)


def test_what_was_signed_for_after_all_is_not_refunded_so() -> None:
    assert isinstance(refusal(refused_at_export().signed("P-2", at=after_days(20))), ParcelNotRefused)


def test_a_refused_parcel_is_refunded_once() -> None:
    scenario = refused_at_export()
    refund(scenario, "missing_partner_documents")
    assert isinstance(refusal(scenario, refund_id="R-2"), LineAlreadyRefunded)


def test_a_refund_has_a_name_of_its_own() -> None:
    scenario = refused_at_export()
    scenario.submit("request_refund", by=BUYER, refund_id="R-1", reason="slow", lines=one("B"), at=after_days(20))
    assert isinstance(refusal(scenario), CaseAlreadyOpen)


def test_a_merchant_does_not_refund_it() -> None:
    assert isinstance(refusal(refused_at_export(), by=MERCHANT), RoleNotAllowed)


# Custody passes at the warehouse's door; some faults are the merchant's wherever the parcel is.
TABLE = [
    # how far the parcel was, what happened, reason, who bears it
    ((), "lost", "lost", "merchant"),
    (("received_at_warehouse",), "lost", "lost", "platform"),
    (("departed",), "lost", "lost", "platform"),
    ((), "damaged", "damaged", "merchant"),
    (("received_at_warehouse",), "damaged", "damaged", "platform"),
    (("received_at_warehouse", "arrived"), "destroyed", "damaged", "platform"),
    (("received_at_warehouse",), "export_rejected", "missing_partner_documents", "platform"),
    ((), "export_rejected", "missing_partner_documents", "platform"),
    (("received_at_warehouse",), "export_rejected", "prohibited", "merchant"),
    (("received_at_warehouse",), "export_rejected", "mis_declared", "merchant"),
    (("departed",), "import_refused", "counterfeit", "merchant"),
    (("departed",), "import_refused", "buyer_unreachable", "platform"),
    (("departed",), "destroyed", "prohibited", "merchant"),
]
COMMANDS = {"lost": "refund_lost_parcel", "damaged": "refund_damaged_parcel", "destroyed": "refund_damaged_parcel"}


@pytest.mark.parametrize(("way", "end", "reason", "bearer"), TABLE)
def test_who_bears_it_goes_by_reason_and_place(way: tuple[str, ...], end: str, reason: str, bearer: str) -> None:
    scenario = OrderScenario().paid().sent(A=2, B=1)
    for day, milestone in enumerate(way, start=1):
        reported: dict[str, Any] = {"warehouse_id": "W-1"} if milestone == "received_at_warehouse" else {}
        scenario.submit(
            "report_tracking", by=PARTNER, parcel_id="P-1", milestone=milestone, at=after_days(day), **reported
        )
    fact: dict[str, Any] = {"parcel_id": "P-1", "at": after_days(8), "by": PARTNER}
    if end == "lost":
        scenario.submit("report_loss", **fact)
    else:
        scenario.submit("report_tracking", milestone=end, **fact)
    reported_so: dict[str, Any] = {"parcel_id": "P-1", "refund_id": "R-1", "reason": reason}
    scenario.submit(COMMANDS.get(end, "refund_refused_parcel"), by=PLATFORM, at=after_days(9), **reported_so)
    assert scenario.event(RefundApproved).liability == bearer
    assert (scenario.balance("2120") != 0) == (bearer == "platform")
