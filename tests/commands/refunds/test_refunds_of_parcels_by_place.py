"""Each refund of a parcel is granted only in the places that the table of liability has for its cause."""

from __future__ import annotations

from collections.abc import Iterator
from itertools import permutations
from typing import Any

import pytest

from ledger.events.milestones import MILESTONES
from ledger.policies.liability import POSSIBLE, Cause
from ledger.refusals.refusal import Refusal
from ledger.streams.units.unit_places import place_in
from tests.support.given import PARTNER, PLATFORM
from tests.support.orders import OrderScenario, after_days

REFUNDS: dict[Cause, str] = {
    "lost": "refund_lost_parcel",
    "damaged": "refund_damaged_parcel",
    "refused": "refund_refused_parcel",
    "undeliverable": "refund_returned_parcel",
}
PROBLEMS = [word for word, milestone in MILESTONES.items() if milestone.stage == "problem"]
REPORTED = ["received_at_warehouse", "export_released", "departed", "import_released", "found", *PROBLEMS, "signed_for"]


def reported(scenario: OrderScenario, milestone: str, day: int) -> None:
    about: dict[str, Any] = {"by": PARTNER, "parcel_id": "P-2", "at": after_days(day)}
    match milestone:
        case "lost":
            scenario.submit("report_loss", **about)
        case "signed_for":
            scenario.submit("report_signature", **about)
        case "received_at_warehouse" | "rejected_at_warehouse":
            scenario.submit("report_tracking", milestone=milestone, warehouse_id="W-1", **about)
        case _:
            scenario.submit("report_tracking", milestone=milestone, **about)


def granted(scenario: OrderScenario) -> Iterator[Cause]:
    for cause, command in REFUNDS.items():
        try:
            names: dict[str, Any] = {"parcel_id": "P-2", "refund_id": "R-1", "reason": "a_word_of_theirs"}
            scenario.decide(command, by=PLATFORM, at=after_days(25), **names)
        except Refusal:
            continue
        yield cause


@pytest.mark.parametrize("first", REPORTED)
def test_a_parcel_is_refunded_only_for_a_cause_that_its_place_allows(first: str) -> None:
    for second in REPORTED:
        scenario = OrderScenario().paid().sent("P-2", B=1)
        reported(scenario, first, 2)
        reported(scenario, second, 5)
        place = place_in(scenario.order, "P-2")
        for cause in granted(scenario):
            assert place in POSSIBLE[cause], f"{first}, then {second}: {REFUNDS[cause]} is granted for units {place}"


@pytest.mark.parametrize(("one", "other"), list(permutations(["lost", "returned_to_sender"])))
def test_a_parcel_that_was_returned_to_its_sender_is_refunded_as_returned(one: str, other: str) -> None:
    scenario = OrderScenario().paid().sent("P-2", B=1)
    reported(scenario, one, 2)
    reported(scenario, other, 5)
    assert list(granted(scenario)) == ["undeliverable"]
    asked: dict[str, Any] = {"parcel_id": "P-2", "refund_id": "R-1", "by": PLATFORM, "at": after_days(25)}
    refusal = scenario.refusal("refund_lost_parcel", **asked)
    assert refusal.next_step == "Refund it as a returned parcel instead (refund_returned_parcel)."


@pytest.mark.parametrize("command", REFUNDS.values())
def test_nobody_is_asked_to_report_again_what_a_signature_ended(command: str) -> None:
    scenario = OrderScenario().paid().sent("P-2", B=1)
    for day, milestone in enumerate(("received_at_warehouse", "damaged", "import_refused", "lost"), 1):
        reported(scenario, milestone, day)
    scenario.submit("report_signature", by=PARTNER, parcel_id="P-2", evidence_kind="recipient", at=after_days(9))
    asked: dict[str, Any] = {"parcel_id": "P-2", "refund_id": "R-1", "reason": "a_word_of_theirs"}
    refusal = scenario.refusal(command, by=PLATFORM, at=after_days(25), **asked)
    assert refusal.next_step.startswith("Do nothing: the parcel was signed for.")


@pytest.mark.parametrize(
    ("milestone", "command"),
    [
        ("lost", "refund_lost_parcel"),
        ("damaged", "refund_damaged_parcel"),
        ("destroyed", "refund_damaged_parcel"),
        ("import_refused", "refund_refused_parcel"),
        ("returning_to_sender", "refund_returned_parcel"),
        ("returned_to_sender", "refund_returned_parcel"),
    ],
)
def test_a_refused_release_names_the_refund_of_a_parcel_that_nobody_will_sign_for(milestone: str, command: str) -> None:
    scenario = OrderScenario().paid().sent("P-1", A=2).sent("P-2", B=1)
    reported(scenario, milestone, 2)
    refusal = scenario.refusal("release_settlement", at=after_days(25))
    assert f"parcel P-2 is {milestone}." in refusal.sentence
    assert refusal.next_step.startswith(f"Refund parcel P-2 ({command})")
    granted_instead: dict[str, Any] = {"parcel_id": "P-2", "refund_id": "R-1", "reason": "a_word_of_theirs"}
    scenario.submit(command, by=PLATFORM, at=after_days(25), **granted_instead)


def test_a_refused_release_waits_for_parcels_on_their_way() -> None:
    refusal = OrderScenario().paid().sent(A=2, B=1).refusal("release_settlement", at=after_days(25))
    assert refusal.next_step == "Wait for the parcels to be signed for."
