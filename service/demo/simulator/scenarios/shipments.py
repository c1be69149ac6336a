"""Simulates how an order's parcels are packed, carried, paid for and signed for."""

from __future__ import annotations

from collections.abc import Generator, Iterator
from datetime import datetime, timedelta
from typing import Any

from ledger.money import Money, share
from service.demo.simulator.scenarios.journeys import journey, signed_after
from service.demo.simulator.scenarios.order_steps import Scenario, placed_and_paid
from service.demo.simulator.step import BROKER, CARRIER, SYSTEM, Step

RELEASE_AFTER = timedelta(days=7, minutes=1)  # the window of the default release policy has passed
WAREHOUSE = "WH-GZ-1"
HAULIER, CUSTOMS_BROKER = "simhaul", "simbroker"
Quantities = dict[str, int]
_DUTY_PERCENT = 10  # illustrative, as every duty here
_EVIDENCE = (*("recipient",) * 6, "household", "neighbour", "reception", "locker", "safe_place", "unspecified")


def sent(
    scenario: Scenario, paid_at: datetime, number: str, quantities: Quantities, *, trouble: str = "", evidence: str = ""
) -> Generator[Step, None, datetime]:
    """Packs, dispatches, carries and delivers a parcel. Returns the instant of the signature."""
    parcel_id = f"{scenario.order_id}-{number}"
    dispatched_at = scenario.later(paid_at, least_h=6, most_h=60)
    yield from packed_and_dispatched(scenario, dispatched_at, parcel_id, quantities)
    return (yield from carried(scenario, dispatched_at, parcel_id, quantities, trouble=trouble, evidence=evidence))


def carried(
    scenario: Scenario,
    dispatched_at: datetime,
    parcel_id: str,
    quantities: Quantities,
    *,
    trouble: str = "",
    after: int = 0,
    evidence: str = "",
) -> Generator[Step, None, datetime]:
    """Yields all milestones after the first `after`, their costs, and the signature. Returns the instant of the
    signature.
    """
    legs = list(legs_of(scenario, dispatched_at, parcel_id, trouble=trouble))
    yield from legs[after:]
    yield from costs_of(scenario, legs[-1].at, parcel_id, quantities)
    signed_at = signed_after(scenario.random, legs[-1].at)
    yield signed(scenario, signed_at, parcel_id, evidence=evidence)
    return signed_at


def signed(scenario: Scenario, at: datetime, parcel_id: str, *, evidence: str = "") -> Step:
    return scenario.reports(
        at,
        "report_signature",
        CARRIER,
        parcel_id=parcel_id,
        evidence_kind=evidence or scenario.random.choice(_EVIDENCE),
        proof_ref=f"pod-{parcel_id}",
        signed_by=scenario.basket.buyer.name,
    )


def released(scenario: Scenario, signed_at: datetime) -> Step:
    """Returns the release of the rest, after the window of the default policy."""
    return scenario.asks(signed_at + RELEASE_AFTER, "release_settlement", SYSTEM)


def sent_and_released(
    scenario: Scenario, paid_at: datetime, number: str, quantities: Quantities, *, trouble: str = ""
) -> Iterator[Step]:
    signed_at = yield from sent(scenario, paid_at, number, quantities, trouble=trouble)
    yield released(scenario, signed_at)


def all_sent(scenario: Scenario, paid_at: datetime) -> Generator[Step, None, datetime]:
    """Sends all units in one parcel. Returns the instant of the signature."""
    return (yield from sent(scenario, paid_at, "1", scenario.basket.quantities))


def packed(scenario: Scenario, at: datetime, parcel_id: str, quantities: Quantities) -> Step:
    return scenario.asks(
        at,
        "create_parcel",
        scenario.merchant,
        parcel_id=parcel_id,
        items=items_of(quantities),
        warehouse_id=WAREHOUSE,
    )


def dispatched(scenario: Scenario, at: datetime, parcel_id: str) -> Step:
    return scenario.asks(at, "dispatch_parcel", scenario.merchant, parcel_id=parcel_id, **numbered(parcel_id))


def packed_and_dispatched(scenario: Scenario, at: datetime, parcel_id: str, quantities: Quantities) -> Iterator[Step]:
    yield packed(scenario, at - timedelta(hours=3), parcel_id, quantities)
    yield dispatched(scenario, at, parcel_id)


def tracked(scenario: Scenario, at: datetime, milestone: str, *, parcel_id: str = "", **about: Any) -> Step:
    """Returns one milestone, by default of the first parcel."""
    return scenario.reports(
        at, "report_tracking", CARRIER, parcel_id=parcel_id or scenario.parcel_id, milestone=milestone, **about
    )


def legs_of(scenario: Scenario, dispatched_at: datetime, parcel_id: str, *, trouble: str = "") -> Iterator[Step]:
    market = scenario.basket.buyer.market
    left_at = dispatched_at + timedelta(hours=1)
    for at, milestone, about in journey(
        scenario.random, market=market, dispatched_at=left_at, order_id=scenario.order_id, trouble=trouble
    ):
        yield tracked(scenario, at, milestone, parcel_id=parcel_id, **about)


def under_way(scenario: Scenario, legs: int) -> Generator[Step, None, tuple[str, datetime, datetime]]:
    """Sends all units in one parcel, up to `legs` milestones. Returns the parcel's id, its dispatch and its
    last scan.
    """
    paid_at = yield from placed_and_paid(scenario)
    parcel_id, dispatched_at = scenario.parcel_id, scenario.later(paid_at, least_h=6, most_h=40)
    yield from packed_and_dispatched(scenario, dispatched_at, parcel_id, scenario.basket.quantities)
    way = list(legs_of(scenario, dispatched_at, parcel_id))[:legs]
    yield from way
    return parcel_id, dispatched_at, way[-1].at


def costs_of(scenario: Scenario, at: datetime, parcel_id: str, quantities: Quantities) -> Iterator[Step]:
    """Yields the platform's costs of the way: freight, and for the US a duty on the parcel's content."""
    yield freight(scenario, at, parcel_id)
    if scenario.basket.buyer.market == "US":
        yield duty(scenario, at, parcel_id, quantities)


def freight(scenario: Scenario, at: datetime, parcel_id: str, *, kind: str = "freight") -> Step:
    return scenario.reports(
        at,
        "record_logistics_charge",
        CARRIER,
        parcel_id=parcel_id,
        partner=HAULIER,
        amount=Money(scenario.random.randint(1_800, 9_600), "CNY"),
        charge_ref=f"{kind}-{parcel_id}",
        invoice_ref=f"{HAULIER}-{at:%Y-%m}",
        kind=kind,
    )


def duty(
    scenario: Scenario,
    at: datetime,
    parcel_id: str,
    quantities: Quantities,
    *,
    percent: int = _DUTY_PERCENT,
    **otherwise: str,
) -> Step:
    """Returns a duty; the platform bears it by default."""
    prices = {line["line_id"]: line["unit_reference"] for line in scenario.basket.data["lines"]}
    declared = sum((prices[line] * qty for line, qty in quantities.items()), Money(0, scenario.basket.total.currency))
    said = {
        "parcel_id": parcel_id,
        "partner": CUSTOMS_BROKER,
        "amount": share(declared, upto=percent, of=100, already=declared * 0),
        "assessment_ref": f"du-{parcel_id}",
        "declared_value": declared,
        "borne_by": "platform",
    }
    return scenario.reports(at, "report_duty", BROKER, **said | otherwise)


def numbered(parcel_id: str) -> dict[str, str]:
    """Returns a parcel's carrier and tracking number."""
    return {"carrier": "simpost", "tracking_no": f"SP{parcel_id}CN"}


def items_of(quantities: Quantities) -> list[dict[str, object]]:
    return [{"line_id": line_id, "qty": qty} for line_id, qty in quantities.items()]


def halves(quantities: Quantities) -> tuple[Quantities, Quantities]:
    """Returns the first line, or one unit of the only line, and the rest, which may be empty."""
    first = dict(list(quantities.items())[:1])
    ((line_id, qty),) = first.items()
    if len(quantities) == 1 and qty > 1:
        first = {line_id: 1}
    return first, {line: left for line, all_ in quantities.items() if (left := all_ - first.get(line, 0))}
