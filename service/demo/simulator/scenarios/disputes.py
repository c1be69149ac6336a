"""Scenarios of disputes at the card issuer."""

from __future__ import annotations

from collections.abc import Generator, Iterator
from datetime import datetime, timedelta
from typing import Any

from ledger.money import Money
from service.demo.simulator.scenarios.order_steps import PSP, Scenario, asks_back, placed_and_paid
from service.demo.simulator.scenarios.shipments import RELEASE_AFTER, all_sent, released
from service.demo.simulator.step import PROVIDER, SERVICE_DESK, Step

_ONE_DAY = timedelta(days=1)
_FEES = {"USD": 1_500, "HKD": 8_500, "MOP": 8_500}


def inquiry_closed(scenario: Scenario) -> Iterator[Step]:
    """The issuer inquires, the proof of delivery answers it; no money moves."""
    signed_at = yield from _delivered(scenario)
    yield _opened(scenario, signed_at + 2 * _ONE_DAY, stage="inquiry", reason="not_received")
    yield _evidence(scenario, signed_at + 3 * _ONE_DAY)
    yield _reported(scenario, signed_at + 6 * _ONE_DAY, "report_dispute_won")
    yield released(scenario, signed_at)


def chargeback_won(scenario: Scenario) -> Iterator[Step]:
    """An inquiry becomes a chargeback; meanwhile the buyer may not request a refund too. We win."""
    signed_at = yield from _delivered(scenario)
    yield _opened(scenario, signed_at + 2 * _ONE_DAY, stage="inquiry", reason="not_received")
    at = yield from _charged_back(scenario, signed_at + 4 * _ONE_DAY, reason="not_received")
    yield from asks_back(scenario, at + _ONE_DAY, reason="broken")
    yield _evidence(scenario, at + 2 * _ONE_DAY)
    yield _reported(scenario, at + 9 * _ONE_DAY, "report_dispute_won")
    yield released(scenario, at + 3 * _ONE_DAY)


def chargeback_lost_by_the_merchant(scenario: Scenario) -> Iterator[Step]:
    """Not as described: the merchant pays back the money released to it."""
    signed_at = yield from _delivered(scenario)
    yield released(scenario, signed_at)
    at = yield from _charged_back(scenario, signed_at + RELEASE_AFTER + _ONE_DAY, reason="product_unacceptable")
    yield _reported(scenario, at + 8 * _ONE_DAY, "report_dispute_lost")


def chargeback_lost_by_the_platform(scenario: Scenario) -> Iterator[Step]:
    """The issuer decides "never received", although the carrier reported delivery: the merchant keeps the sale."""
    signed_at = yield from _delivered(scenario)
    at = yield from _charged_back(scenario, signed_at + _ONE_DAY, reason="not_received")
    yield _reported(scenario, at + 8 * _ONE_DAY, "report_dispute_lost")


def second_stage_won(scenario: Scenario) -> Iterator[Step]:
    """Lost at first; the dispute opens again, and the loss is reversed."""
    signed_at = yield from _delivered(scenario)
    at = yield from _charged_back(scenario, signed_at + _ONE_DAY, reason="fraud")
    yield _reported(scenario, at + 6 * _ONE_DAY, "report_dispute_lost")
    yield _opened(scenario, at + 8 * _ONE_DAY, stage="second_stage", reason="fraud")
    yield _evidence(scenario, at + 9 * _ONE_DAY)
    yield _reported(scenario, at + 15 * _ONE_DAY, "report_dispute_won")


def lost(scenario: Scenario, at: datetime, amount: Money) -> Iterator[Step]:
    """This amount is charged back, and the dispute is lost a week later."""
    yield _opened(scenario, at, stage="chargeback", reason="product_unacceptable", amount=amount)
    money = {"psp_ref": f"txn_{_name(scenario)}", "amount": amount}
    yield _reported(scenario, at + timedelta(hours=1), "report_dispute_funds_withdrawn", **money)
    yield _reported(scenario, at + 7 * _ONE_DAY, "report_dispute_lost")


def _delivered(scenario: Scenario) -> Generator[Step, None, datetime]:
    paid_at = yield from placed_and_paid(scenario)
    return (yield from all_sent(scenario, paid_at))


def _charged_back(scenario: Scenario, at: datetime, *, reason: str) -> Generator[Step, None, datetime]:
    """Opens a dispute with the money withdrawn and the fee charged. Returns the instant of its end."""
    yield _opened(scenario, at, stage="chargeback", reason=reason)
    money = {"psp_ref": f"txn_{_name(scenario)}", "amount": scenario.basket.total}
    yield _reported(scenario, at + timedelta(hours=1), "report_dispute_funds_withdrawn", **money)
    currency = scenario.basket.total.currency
    fee = {"psp_ref": f"fee_{_name(scenario)}", "amount": Money(_FEES[currency], currency)}
    yield _reported(scenario, at + timedelta(hours=2), "report_dispute_fee", **fee)
    return at + timedelta(hours=2)


def _opened(scenario: Scenario, at: datetime, *, stage: str, reason: str, amount: Money | None = None) -> Step:
    reported = {
        "stage": stage,
        "reason": reason,
        "amount": amount or scenario.basket.total,
        "due_by": at + 10 * _ONE_DAY,
    }
    return _reported(scenario, at, "report_dispute_opened", capture_ref=scenario.capture_ref, **reported)


def _evidence(scenario: Scenario, at: datetime) -> Step:
    note = f"{scenario.basket.buyer.name} signed for it"
    evidence = {"dispute_id": _name(scenario), "evidence_refs": [f"pod-{scenario.parcel_id}"], "note": note}
    return scenario.asks(at, "submit_dispute_evidence", SERVICE_DESK, **evidence)


def _reported(scenario: Scenario, at: datetime, report: str, **what: Any) -> Step:
    return scenario.reports(at, report, PROVIDER, dispute_id=_name(scenario), psp=PSP, **what)


def _name(scenario: Scenario) -> str:
    return f"dp_{scenario.order_id}"
