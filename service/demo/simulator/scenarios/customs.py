"""Scenarios of customs on both sides, and of declarations that do not agree with order and payment (9610)."""

from __future__ import annotations

from collections.abc import Generator, Iterator
from datetime import datetime, timedelta

from ledger.money import Money
from service.demo.simulator.scenarios.journeys import declaration_of
from service.demo.simulator.scenarios.order_steps import Scenario, captured, paid_back, placed
from service.demo.simulator.scenarios.payments import given_back
from service.demo.simulator.scenarios.shipments import (
    WAREHOUSE,
    all_sent,
    carried,
    costs_of,
    duty,
    items_of,
    legs_of,
    numbered,
    released,
    signed,
    tracked,
    under_way,
)
from service.demo.simulator.step import CARRIER, SERVICE_DESK, SYSTEM, Step

_ANOTHER_OFFICE = "5199"  # the office of a second declaration
_ONE_DAY = timedelta(days=1)
_RECEIVED = 1  # number of milestones up to the warehouse
_DECLARED = 2  # up to the export declaration
_RELEASED = 3  # up to the release from export
_PRESENTED = 6  # up to the presentation at import


def detained_then_closed(scenario: Scenario) -> Iterator[Step]:
    """Inspected, detained, released; the summary declaration closes the export in the next month."""
    parcel_id, dispatched_at, at = yield from under_way(scenario, _DECLARED)
    declaration = declaration_of(scenario.order_id)
    yield tracked(scenario, at + timedelta(hours=5), "export_inspected", raw_code="500", **declaration)
    yield tracked(scenario, at + timedelta(hours=9), "export_detained", raw_code="501", reason="papers", **declaration)
    signed_at = yield from carried(
        scenario, dispatched_at + 3 * _ONE_DAY, parcel_id, scenario.basket.quantities, after=_DECLARED
    )
    yield tracked(scenario, signed_at + 3 * _ONE_DAY, "export_closed", raw_code="899", **declaration)
    yield released(scenario, signed_at)


def declared_twice(scenario: Scenario) -> Iterator[Step]:
    """The broker declares the same parcel under a second number, which cannot be linked to the payment."""
    parcel_id, dispatched_at, at = yield from under_way(scenario, _DECLARED)
    yield tracked(
        scenario,
        at + timedelta(hours=4),
        "export_declared",
        raw_code="120",
        **declaration_of(scenario.order_id, _ANOTHER_OFFICE),
    )
    signed_at = yield from carried(
        scenario, dispatched_at + _ONE_DAY, parcel_id, scenario.basket.quantities, after=_DECLARED
    )
    yield released(scenario, signed_at)


def declared_without_a_payment(scenario: Scenario) -> Iterator[Step]:
    """The merchant dispatches at once; order and waybill are declared before there is a receipt of payment."""
    at, quantities = scenario.basket.placed_at, scenario.basket.quantities
    yield placed(scenario)
    handed_over = {"parcel_id": scenario.parcel_id, "items": items_of(quantities), "warehouse_id": WAREHOUSE}
    sent_at = at + timedelta(hours=2)
    yield scenario.reports(sent_at, "report_dispatch", CARRIER, **handed_over, **numbered(scenario.parcel_id))
    yield tracked(
        scenario, at + timedelta(hours=30), "export_declared", raw_code="120", **declaration_of(scenario.order_id)
    )
    yield captured(scenario, at + timedelta(hours=40))
    signed_at = yield from carried(scenario, at + timedelta(hours=40), scenario.parcel_id, quantities, after=_DECLARED)
    yield released(scenario, signed_at)


def declared_at_another_amount(scenario: Scenario) -> Iterator[Step]:
    """The buyer paid more than the goods cost: the receipt and the declaration have different amounts."""
    at, too_much = scenario.basket.placed_at, Money(500, scenario.basket.total.currency)
    yield placed(scenario)
    paid_at = scenario.later(at, least_h=0.1, most_h=3)
    yield captured(scenario, paid_at, amount=scenario.basket.total + too_much)
    signed_at = yield from all_sent(scenario, paid_at)
    yield released(scenario, signed_at)
    yield from given_back(scenario, signed_at + _ONE_DAY, "paid_too_much", too_much)


def not_declared_at_all(scenario: Scenario) -> Iterator[Step]:
    """The parcel leaves the country without a reported declaration: a break after a day."""
    parcel_id, dispatched_at, _ = yield from under_way(scenario, _RECEIVED)
    way = list(legs_of(scenario, dispatched_at + _ONE_DAY, parcel_id))[_RELEASED:]
    yield from way
    flag = {"parcel_ids": [parcel_id], "mismatch": "not_declared"}
    yield scenario.asks(way[0].at + 2 * _ONE_DAY, "flag_customs_tie", SYSTEM, **flag)
    yield from costs_of(scenario, way[-1].at, parcel_id, scenario.basket.quantities)
    yield signed(scenario, way[-1].at + timedelta(hours=5), parcel_id)
    yield released(scenario, way[-1].at + timedelta(hours=5))


def rejected_then_declared_anew(scenario: Scenario) -> Iterator[Step]:
    """Export customs refuses the papers; with new ones, under a new number, it releases the parcel."""
    parcel_id, dispatched_at, at = yield from under_way(scenario, _DECLARED)
    rejected, anew = (
        {"raw_code": "503", "reason": "papers", **declaration_of(scenario.order_id)},
        declaration_of(scenario.order_id, _ANOTHER_OFFICE),
    )
    yield tracked(scenario, at + timedelta(hours=6), "export_rejected", **rejected)
    yield tracked(scenario, at + timedelta(hours=30), "export_declared", raw_code="120", **anew)
    yield tracked(scenario, at + timedelta(hours=38), "export_released", raw_code="800", **anew)
    again = dispatched_at + 3 * _ONE_DAY
    signed_at = yield from carried(scenario, again, parcel_id, scenario.basket.quantities, after=_RELEASED)
    yield released(scenario, signed_at)


def refused_and_destroyed(scenario: Scenario) -> Iterator[Step]:
    """Import customs refuses the parcel; the goods are destroyed, because their return costs too much. The platform
    bears it.
    """
    at = yield from _refused(scenario)
    yield tracked(scenario, at + 6 * _ONE_DAY, "destroyed", reason="not_worth_returning", evidence_ref="cert-1")


def refused_and_sent_back(scenario: Scenario) -> Iterator[Step]:
    """Import customs refuses the parcel; it comes back to the warehouse."""
    at = yield from _refused(scenario)
    yield tracked(scenario, at + 2 * _ONE_DAY, "returning_to_sender", raw_code="EDX", reason="import_refused")
    yield tracked(scenario, at + 11 * _ONE_DAY, "returned_to_warehouse", location="Guangzhou")


def with_a_duty_the_buyer_did_not_cover(scenario: Scenario) -> Iterator[Step]:
    """The buyer owes the duty by the order's terms, and it is higher than what the buyer has paid for it."""
    parcel_id, _, at = yield from under_way(scenario, _PRESENTED)
    yield duty(scenario, at, parcel_id, scenario.basket.quantities, percent=30, borne_by="buyer")
    yield tracked(scenario, at + timedelta(hours=6), "import_released", raw_code="EDC")


def _refused(scenario: Scenario) -> Generator[Step, None, datetime]:
    """Refused at import because of the platform's papers, and refunded. Returns the instant of the refusal."""
    _, _, at = yield from under_way(scenario, _PRESENTED)
    refused_at, reason = at + timedelta(hours=9), "missing_partner_documents"
    yield tracked(scenario, refused_at, "import_refused", raw_code="EDX", reason=reason)
    names = {"parcel_id": scenario.parcel_id, "refund_id": scenario.refund_id, "reason": reason}
    yield scenario.asks(refused_at + _ONE_DAY, "refund_refused_parcel", SERVICE_DESK, **names)
    yield from paid_back(scenario, refused_at + _ONE_DAY, scenario.refund_id, scenario.basket.total)
    return refused_at
