"""Every expected amount that comes short or over, or is late or never comes, is a break with expected and actual."""

from __future__ import annotations

from collections.abc import Callable
from datetime import timedelta
from typing import Any, get_args

import pytest

from commands.payouts.report_payout_paid import ReportPayoutPaid
from commands.reconciliation.flag_missing_line import FlagMissingLine, MissingKind
from commands.reconciliation.flag_stuck import FlagStuck, StuckKind
from commands.reconciliation.report_bank_entry import ReportBankEntry
from ledger.events.event import Event
from ledger.events.files import BankMatch
from ledger.events.settlement import ReconciliationBreakOpened
from tests.commands.payouts.payout_stages import INITIATED, SUBMITTED
from tests.support.given import NOW, PARTNER, PLATFORM, SYSTEM, ask, given
from tests.support.orders import OrderScenario, basket, capture
from tests.support.payments import OF_DISPUTE, settled_line, settles

Opened = list[tuple[str, str]]
LATER = NOW + timedelta(hours=1)
OF_PARCEL: dict[str, Any] = {"parcel_id": "P-1", "partner": "sf"}


def opened(events: list[Event]) -> Opened:
    return [(event.expected, event.actual) for event in events if isinstance(event, ReconciliationBreakOpened)]


def payment(actual: str) -> Opened:
    scenario = OrderScenario()
    scenario.submit("place_order", **basket())
    events = scenario.submit("report_payment_captured", **capture(amount=actual))
    return opened([*events, *scenario.submit("flag_unallocated_capture", capture_ref="cap-1", at=LATER)])


def settlement(scenario: OrderScenario, kind: str, reference: str, actual: str) -> Opened:
    line = settled_line(reference, actual, "USD 0.00", actual, kind=kind)
    return opened(scenario.submit("report_psp_settlement", **settles(line)))


def refunded(scenario: OrderScenario) -> dict[str, Any]:
    scenario.submit("cancel_order", reason="out_of_stock", refund_id="R-1", lines=[{"line_id": "B", "qty": 1}])
    scenario.submit("submit_refund", refund_id="R-1")
    return {"psp": "stripe", "attempt_id": "R-1.1", "psp_refund_ref": "re-1", "outcome": "succeeded"}


def refund(actual: str) -> Opened:
    scenario = OrderScenario().paid()
    return opened(scenario.submit("report_refund_outcome", **refunded(scenario), amount=actual))


def settled_refund(actual: str) -> Opened:
    scenario = OrderScenario().paid()
    scenario.submit("report_refund_outcome", **refunded(scenario), amount="USD 19.44")
    return settlement(scenario, "refund", "re-1", f"USD -{actual.split()[1]}")


def settled_dispute(actual: str) -> Opened:
    scenario = OrderScenario().paid()
    scenario.submit("report_dispute_funds_withdrawn", **OF_DISPUTE, amount="USD 69.44")
    return settlement(scenario, "dispute", "dp-1", f"USD -{actual.split()[1]}")


def claim(actual: str) -> Opened:
    scenario, named = OrderScenario().paid().sent(A=2, B=1), {"claim_id": "CL-1", "partner": "sf"}
    scenario.submit("file_logistics_claim", by=PLATFORM, parcel_id="P-1", amount="CNY 50.00", reason="lost", **named)
    scenario.submit("report_claim_accepted", by=PARTNER, amount="CNY 50.00", **named)
    said = {"amount": actual, "cash": actual, "bank_entry_ref": "BE-1"}
    return opened(scenario.submit("report_claim_settled", by=PARTNER, **named, **said))


def accepted_claim(actual: str) -> Opened:
    scenario, named = OrderScenario().paid().sent(A=2, B=1), {"claim_id": "CL-1", "partner": "sf"}
    scenario.submit("file_logistics_claim", by=PLATFORM, parcel_id="P-1", amount="CNY 50.00", reason="lost", **named)
    return opened(scenario.submit("report_claim_accepted", by=PARTNER, amount=actual, **named))


def claim_accepted_again(actual: str) -> Opened:
    scenario, named = OrderScenario().paid().sent(A=2, B=1), {"claim_id": "CL-1", "partner": "sf"}
    scenario.submit("file_logistics_claim", by=PLATFORM, parcel_id="P-1", amount="CNY 50.00", reason="lost", **named)
    scenario.submit("report_claim_accepted", by=PARTNER, amount="CNY 50.00", **named)
    return opened(scenario.submit("report_claim_accepted", by=PARTNER, amount=actual, **named))


def payout(actual: str) -> Opened:
    command = ask(ReportPayoutPaid, by=PARTNER, merchant_id="M-1", payout_id="P-1", amount=actual)
    return opened(given(INITIATED, SUBMITTED).when(command).events)


def charge(actual: str) -> Opened:
    scenario = OrderScenario().paid().sent(A=2, B=1)
    scenario.submit("record_logistics_charge", by=PARTNER, charge_ref="ch-1", amount="CNY 20.00", **OF_PARCEL)
    return opened(scenario.submit("record_logistics_charge", by=PARTNER, charge_ref="ch-1", amount=actual, **OF_PARCEL))


def duty(actual: str) -> Opened:
    scenario = OrderScenario().paid().sent(A=2, B=1)
    said = {"assessment_ref": "as-1", "borne_by": "platform", "declared_value": "USD 69.44"}
    scenario.submit("report_duty", by=PARTNER, amount="CNY 20.00", **OF_PARCEL, **said)
    return opened(scenario.submit("report_duty", by=PARTNER, amount=actual, **OF_PARCEL, **said))


KINDS: dict[str, tuple[Callable[[str], Opened], str, str, str]] = {
    "a buyer's payment": (payment, "USD 69.44", "USD 59.44", "USD 79.44"),
    "a capture that is settled": (
        lambda actual: settlement(OrderScenario().paid(), "charge", "cap-1", actual), "USD 69.44", "USD 59.44",
        "USD 79.44"
    ),
    "a refund": (refund, "USD 19.44", "USD 9.44", "USD 29.44"),
    "a refund that is settled": (settled_refund, "USD 19.44", "USD 9.44", "USD 29.44"),
    "a dispute that is settled": (settled_dispute, "USD 69.44", "USD 59.44", "USD 79.44"),
    "a claim": (claim, "CNY 50.00", "CNY 30.00", "CNY 60.00"),
    "a claim that is accepted": (accepted_claim, "CNY 50.00", "CNY 30.00", "CNY 60.00"),
    "a claim that is accepted again": (claim_accepted_again, "CNY 50.00", "CNY 30.00", "CNY 60.00"),
    "a payout": (payout, "CNY 475.00", "CNY 375.00", "CNY 575.00"),
    "a partner's charge": (charge, "CNY 20.00", "CNY 10.00", "CNY 30.00"),
    "a duty": (duty, "CNY 20.00", "CNY 10.00", "CNY 30.00"),
}  # fmt: skip


@pytest.mark.parametrize("kind", KINDS)
def test_what_comes_as_expected_is_no_break(kind: str) -> None:
    come, expected, _, _ = KINDS[kind]
    assert come(expected) == []


@pytest.mark.parametrize("kind", KINDS)
@pytest.mark.parametrize("which", ["short", "over"])
def test_what_comes_in_another_sum_is_one_break_with_both_sums(kind: str, which: str) -> None:
    come, expected, short, over = KINDS[kind]
    actual = short if which == "short" else over
    ((was_expected, came),) = come(actual)
    assert expected.split()[1] in was_expected
    assert actual.split()[1] in came


@pytest.mark.parametrize("matched_to", get_args(BankMatch))
@pytest.mark.parametrize("amount", ["CNY 90.00", "CNY 110.00"], ids=["short", "over"])
def test_what_the_bank_shows_in_another_sum_is_a_break_whatever_it_is_of(matched_to: str, amount: str) -> None:
    said = {"account": "ICBC-1", "statement_id": "S-1", "entry_ref": "1", "value_date": "2025-04-01"}
    said |= {"reference": "ref-1", "matched_to": matched_to, "expected": "CNY 100.00"}
    command = ask(ReportBankEntry, by=PARTNER, amount=amount, **said)
    assert opened(given().when(command).events) == [("CNY 100.00", f"{amount} on 2025-04-01")]


@pytest.mark.parametrize("kind", get_args(MissingKind))
def test_what_is_not_shown_in_time_is_a_break(kind: str) -> None:
    reported: dict[str, Any] = {
        "in_stream": "payouts/M-1",
        "kind": kind,
        "expected": "CNY 475.00",
        "refs": {"reference": "P-1"},
    }
    assert opened(given(INITIATED).when(ask(FlagMissingLine, by=SYSTEM, **reported)).events) == [
        ("CNY 475.00", "nothing")
    ]


@pytest.mark.parametrize("kind", get_args(StuckKind))
def test_what_a_partner_does_not_answer_in_time_is_a_break(kind: str) -> None:
    scenario = OrderScenario().paid()
    refunded(scenario)
    stream, subject = (scenario.order.name, "R-1") if kind == "refund_stuck" else ("payouts/M-1", "P-1")
    known = scenario.events if kind == "refund_stuck" else [INITIATED]
    reported: dict[str, Any] = {"in_stream": stream, "kind": kind, "subject": subject, "expected": "CNY 475.00"}
    ((expected, actual),) = opened(given(*known).when(ask(FlagStuck, by=SYSTEM, **reported)).events)
    assert expected == "CNY 475.00"
    assert actual.endswith("not answered") or actual == "USD 0.00 paid; attempts: submitted"
