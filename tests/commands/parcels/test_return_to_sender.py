"""Deliveries are read by whom they went to: nothing is released for a parcel that its sender has."""

from __future__ import annotations

import os
from collections.abc import Iterable
from typing import Any, NamedTuple

import pytest
from hypothesis import given, note, seed, settings
from hypothesis import strategies as some

from ledger.events.parcels import ParcelReturnedToSender, ParcelSignedFor
from ledger.events.refunds import RefundApproved
from ledger.events.settlement import ReconciliationBreakOpened, SettlementReleased
from ledger.refusals.catalogue import NotSignedOff, Refusal
from service.tracking.order_axes import axes_of
from tests.support.given import PARTNER, PLATFORM
from tests.support.orders import OrderScenario, after_days

SEED = int(os.environ.get("REDLEDGER_TEST_SEED", "20250423"))
EXAMPLES = int(os.environ.get("REDLEDGER_TEST_EXAMPLES", "100"))


class ReportedFact(NamedTuple):
    """A fact of the parcel, by its word, and on which day it happened. A delivery has its evidence."""

    word: str
    day: int
    evidence: str = "unspecified"


RETURNING = ReportedFact("returning_to_sender", 9)
DELIVERED = ReportedFact("signed_for", 12)
TO_RECIPIENT = ReportedFact("signed_for", 12, "recipient")


def submit(scenario: OrderScenario, fact: ReportedFact) -> None:
    reported: dict[str, Any] = {
        "by": PARTNER,
        "parcel_id": "P-2",
        "occurred_at": after_days(fact.day),
        "at": after_days(20),
    }
    if fact.word == "signed_for":
        scenario.submit("report_signature", evidence_kind=fact.evidence, **reported)
    elif fact.word == "received_at_warehouse":
        scenario.submit("report_tracking", milestone=fact.word, warehouse_id="W-1", **reported)
    else:
        scenario.submit("report_tracking", milestone=fact.word, **reported)


def scenario_of(*facts: ReportedFact) -> OrderScenario:
    """B travels alone in P-2."""
    scenario = OrderScenario().paid().sent("P-1", A=2).sent("P-2", B=1)
    for fact in facts:
        submit(scenario, fact)
    return scenario


def status(scenario: OrderScenario) -> str:
    parcel = scenario.order.parcels.of("P-2")
    return parcel.status if parcel else ""


def released(scenario: OrderScenario) -> object:
    """The units that a release would take, or the refusal's code."""
    try:
        events = scenario.decide("release_settlement", at=after_days(60))
    except Refusal as refusal:
        return refusal.code
    return sum(event.qty for event in events if isinstance(event, SettlementReleased))


def broken(scenario: OrderScenario) -> list[Any]:
    breaks = [event for event in scenario.events if isinstance(event, ReconciliationBreakOpened)]
    return sorted((e.kind, sorted(e.refs.items())) for e in breaks)


@pytest.mark.parametrize("facts", [(RETURNING, DELIVERED), (DELIVERED, RETURNING)])
def test_a_delivery_after_a_return_to_sender_ends_at_the_sender(facts: tuple[ReportedFact, ...]) -> None:
    scenario = scenario_of(*facts)
    assert (status(scenario), released(scenario), broken(scenario)) == ("returned_to_sender", NotSignedOff.code, [])


@pytest.mark.parametrize("facts", [(RETURNING, DELIVERED), (DELIVERED, RETURNING)])
def test_the_ledger_says_so_by_an_event_of_its_own(facts: tuple[ReportedFact, ...]) -> None:
    assert scenario_of(*facts).event(ParcelReturnedToSender).happened_at == after_days(12)


def test_a_delivery_known_to_be_the_senders_is_recorded_as_no_signature() -> None:
    assert not [event for event in scenario_of(RETURNING, DELIVERED).events if isinstance(event, ParcelSignedFor)]


@pytest.mark.parametrize("evidence", ["household", "neighbour", "reception", "locker", "safe_place", "unspecified"])
def test_only_the_recipients_name_makes_it_a_signature(evidence: str) -> None:
    assert status(scenario_of(RETURNING, ReportedFact("signed_for", 12, evidence))) == "returned_to_sender"


@pytest.mark.parametrize("facts", [(RETURNING, TO_RECIPIENT), (TO_RECIPIENT, RETURNING)])
def test_a_named_recipient_has_the_parcel_and_a_break_is_open(facts: tuple[ReportedFact, ...]) -> None:
    scenario = scenario_of(*facts)
    ((kind, refs),) = broken(scenario)
    assert (status(scenario), released(scenario), kind) == ("signed_for", 1, "fact_contradicts_state")
    assert dict(refs)["about"] == "returning_to_sender"


@pytest.mark.parametrize("word", ["returning_to_sender", "returned_to_sender", "returned_to_warehouse"])
def test_a_delivery_that_names_nobody_proves_nothing_once_the_carrier_has_the_parcel_again(word: str) -> None:
    scenario = scenario_of(DELIVERED, ReportedFact(word, 14))
    assert (status(scenario), released(scenario), len(broken(scenario))) == (word, NotSignedOff.code, 1)


@pytest.mark.parametrize("word", ["received_at_warehouse", "departed"])
def test_a_delivery_of_the_first_leg_is_the_warehouses(word: str) -> None:
    scenario = scenario_of(ReportedFact("signed_for", 2), ReportedFact(word, 3))
    assert (status(scenario), released(scenario)) == (word, NotSignedOff.code)


def test_several_reports_of_one_delivery_are_no_break() -> None:
    scenario = scenario_of(ReportedFact("signed_for", 12), ReportedFact("signed_for", 12, "recipient"))
    assert broken(scenario) == []


def test_the_last_leg_is_signed_for_after_it() -> None:
    scenario = scenario_of(ReportedFact("signed_for", 2), ReportedFact("departed", 3), ReportedFact("signed_for", 8))
    parcel = scenario.order.parcels.of("P-2")
    assert parcel is not None
    assert parcel.signature is not None
    assert (parcel.status, parcel.signature.signed_at) == ("signed_for", after_days(8))


def test_a_deemed_signature_ends_with_a_return() -> None:
    scenario = scenario_of(RETURNING)
    refusal = scenario.refusal("deem_signed", parcel_id="P-2", at=after_days(60))
    assert refusal.code == "NOT_DEEMED_SIGNED"


def test_a_return_reported_after_its_release_is_a_break_and_moves_no_money() -> None:
    scenario = scenario_of(DELIVERED)
    scenario.submit("release_settlement", at=after_days(30))
    entries = len(scenario.entries)
    submit(scenario, RETURNING)
    assert [dict(refs)["about"] for _, refs in broken(scenario)] == ["released"]
    assert len(scenario.entries) == entries


def test_the_buyer_of_a_returned_parcel_is_refunded_and_what_the_platform_bears_is_released() -> None:
    scenario = scenario_of(ReportedFact("received_at_warehouse", 2), RETURNING, DELIVERED)
    decided = scenario.submit(
        "refund_returned_parcel", by=PLATFORM, refund_id="R-1", parcel_id="P-2", at=after_days(20)
    )
    assert [event.rule for event in decided if isinstance(event, SettlementReleased)] == ["platform_borne"]


def test_what_the_merchant_bears_of_it_is_never_released() -> None:
    scenario = scenario_of(RETURNING, DELIVERED)
    scenario.submit("refund_returned_parcel", by=PLATFORM, refund_id="R-1", parcel_id="P-2", at=after_days(20))
    assert (scenario.event(RefundApproved).liability, released(scenario)) == ("merchant", NotSignedOff.code)


def test_the_orders_axis_says_returned_to_sender() -> None:
    assert axes_of(scenario_of(RETURNING, DELIVERED).order).fulfilment == "returned_to_sender"


# No find and no gate that lets a parcel pass after all: what such a fact undoes may have opened a break before it.
FACTS = some.builds(
    ReportedFact,
    some.sampled_from(
        [
            "received_at_warehouse",
            "departed",
            "arrived",
            "out_for_delivery",
            "delivery_attempted",
            "damaged",
            "returning_to_sender",
            "returned_to_sender",
            "returned_to_warehouse",
            "signed_for",
            "signed_for",
            "noted",
        ]
    ),
    some.integers(1, 6),
    some.sampled_from(["unspecified", "recipient", "neighbour"]),
)


@some.composite
def permuted(draw: some.DrawFn) -> tuple[list[ReportedFact], list[ReportedFact]]:
    facts = draw(some.lists(FACTS, min_size=1, max_size=6))
    return facts, draw(some.permutations(facts))


def seen(facts: Iterable[ReportedFact]) -> tuple[str, object, list[Any]]:
    scenario = scenario_of(*facts)
    return status(scenario), released(scenario), broken(scenario)


@settings(deadline=None, max_examples=EXAMPLES)
@seed(SEED)
@given(permuted())
def test_any_order_of_a_parcels_facts_comes_to_the_same(facts: tuple[list[ReportedFact], list[ReportedFact]]) -> None:
    reported, otherwise = facts
    note(f"{reported} or {otherwise}")
    assert seen(reported) == seen(otherwise)
