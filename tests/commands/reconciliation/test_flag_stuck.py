"""An overdue answer opens one break; an answer in the meantime opens none."""

from __future__ import annotations

from typing import Any

import pytest

from commands.reconciliation.flag_stuck import FlagStuck
from ledger.events.event import Event
from ledger.events.settlement import ReconciliationBreakOpened
from ledger.ids import order_stream, payouts_stream, periods_stream
from tests.commands.logistics.test_logistics_costs import CLAIM, claimed
from tests.commands.payouts.payout_stages import INITIATED, PAID, SUBMITTED
from tests.support.given import MERCHANT, When, ask, given
from tests.support.orders import OrderScenario, capture
from tests.support.payments import HELD, held

ORDER = order_stream("M-1", "O-1")


def flag(kind: str, subject: str, *events: Event, stream: str = ORDER, **other: Any) -> When:
    about: dict[str, Any] = {"in_stream": stream, "kind": kind, "subject": subject, "expected": "CNY 1.00"}
    return given(*events).when(ask(FlagStuck, **about, **other))


def asked_to_capture() -> OrderScenario:
    scenario = held()
    scenario.submit("capture_payment", payment_id="PAY-1", request_id="CR-1")
    return scenario


def asked_to_void() -> OrderScenario:
    scenario = held()
    scenario.submit("void_payment", payment_id="PAY-1", reason="changed_mind")
    return scenario


def test_a_capture_that_was_not_answered_is_a_break_that_names_the_request() -> None:
    opened = flag("capture_stuck", "CR-1", *asked_to_capture().events).event(ReconciliationBreakOpened)
    assert (opened.kind, opened.actual, opened.refs) == ("capture_stuck", "not answered", {"capture": "CR-1"})


def test_a_capture_that_was_answered_meanwhile_is_none() -> None:
    scenario = asked_to_capture()
    scenario.submit("report_payment_captured", **capture())
    flag("capture_stuck", "CR-1", *scenario.events).then_nothing()


def test_a_void_that_was_not_answered_is_a_break() -> None:
    flag("void_stuck", "PAY-1", *asked_to_void().events).then(ReconciliationBreakOpened)


def test_a_void_that_was_answered_meanwhile_is_none() -> None:
    scenario = asked_to_void()
    scenario.submit("report_payment_voided", **HELD)
    flag("void_stuck", "PAY-1", *scenario.events).then_nothing()


@pytest.mark.parametrize(("events", "opens"), [((INITIATED,), 1), ((INITIATED, SUBMITTED), 1), ((INITIATED, PAID), 0)])
def test_a_payout_is_stuck_until_the_bank_answers(events: tuple[Event, ...], opens: int) -> None:
    assert len(flag("payout_stuck", "P-1", *events, stream=payouts_stream("M-1")).events) == opens


def test_a_claim_is_stuck_until_the_partner_settles_or_denies_it() -> None:
    scenario = claimed()
    flag("claim_stuck", CLAIM["claim_id"], *scenario.events).then(ReconciliationBreakOpened)
    scenario.submit("report_claim_denied", **CLAIM)
    flag("claim_stuck", CLAIM["claim_id"], *scenario.events).then_nothing()


def test_the_same_thing_is_one_break() -> None:
    scenario = asked_to_capture()
    opened = flag("capture_stuck", "CR-1", *scenario.events).events
    flag("capture_stuck", "CR-1", *scenario.events, *opened).then_nothing()


def test_a_month_that_nobody_closed_is_a_break_also_where_none_was_ever_closed() -> None:
    flag("closing_due", "2025-03", stream=periods_stream()).then(ReconciliationBreakOpened)


def test_only_the_platform_asks() -> None:
    assert flag("closing_due", "2025-03", stream=periods_stream(), by=MERCHANT).refusal is not None
