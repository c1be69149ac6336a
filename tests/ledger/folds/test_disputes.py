"""The stage of a dispute is the same for decisions, tracking and the claims on released money."""

from __future__ import annotations

from typing import Any

import pytest
from hypothesis import given, settings
from hypothesis import strategies as some

from ledger.folds.open_claims import CLAIMING, OpenClaims
from projections.tracking.tracked_disputes import DISPUTE_EVENTS, disputes_after, open_disputes
from tests.support.given import PARTNER
from tests.support.orders import OrderScenario, after_days

NAMED: dict[str, Any] = {"dispute_id": "D-1", "psp": "stripe", "capture_ref": "cap-1"}
OPENED = NAMED | {"amount": "USD 50.00", "reason": "other"}
REPORTS: list[tuple[str, dict[str, Any]]] = [
    ("report_dispute_opened", OPENED | {"stage": "inquiry"}),
    ("report_dispute_opened", OPENED | {"lines": [{"line_id": "A", "qty": 1}]}),
    ("report_dispute_opened", OPENED | {"stage": "second_stage"}),
    ("report_dispute_funds_withdrawn", NAMED | {"amount": "USD 50.00", "psp_ref": "w-1"}),
    ("report_dispute_fee", NAMED | {"amount": "USD 15.00", "psp_ref": "fee-1"}),
    ("report_dispute_lost", NAMED),
    ("report_dispute_won", NAMED),
]


def released() -> OrderScenario:
    """A delivered order whose CNY 500.00 are released."""
    scenario = OrderScenario().paid().sent(A=2, B=1).signed(at=after_days(5))
    scenario.submit("release_settlement", at=after_days(12))
    return scenario


@settings(max_examples=30, deadline=None)
@given(some.lists(some.sampled_from(REPORTS), min_size=1, max_size=6))
def test_decisions_tracking_and_claims_know_the_same_open_disputes(reports: list[tuple[str, dict[str, Any]]]) -> None:
    scenario = released()
    for day, (name, said) in enumerate(reports, 13):
        scenario.submit(name, by=PARTNER, at=after_days(day), **said)
    shown: dict[str, Any] = {}
    claims = OpenClaims()
    for event in scenario.events:
        claims.remember(event)
        if isinstance(event, DISPUTE_EVENTS):
            shown = disputes_after(shown, event, ())
    decided = {(d.dispute_id, d.stage, *d.lines) for d in scenario.order.disputes if d.is_open}
    assert decided == {(d.dispute_id, d.stage, *d.lines) for d in open_disputes(shown)}
    assert decided == {(d.dispute_id, d.stage, *d.lines) for d in claims.disputes.values() if d.is_open}


@pytest.mark.parametrize(("name", "said"), [report for report in REPORTS if "stage" not in report[1]][:3])
def test_a_dispute_claims_released_money_by_whatever_report_it_is_known_first(name: str, said: dict[str, Any]) -> None:
    scenario = released()
    scenario.submit(name, by=PARTNER, at=after_days(13), **said)
    assert scenario.order.claimed == (180_00 if "lines" in said else 500_00)


def test_the_events_that_views_and_the_verifier_read_are_those_that_the_fold_of_claims_applies() -> None:
    registered = vars(OpenClaims)["evolve"].dispatcher.registry
    assert set(CLAIMING) == set(registered) - {object}
