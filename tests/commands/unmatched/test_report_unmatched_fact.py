"""A fact without an order."""

from typing import Any

import pytest
from pydantic import ValidationError

from commands.unmatched.report_unmatched_fact import ReportUnmatchedFact
from ledger.events.platform import UnmatchedFactReported
from tests.support.given import NOW, PARTNER, ask, given


def note(**other: Any) -> ReportUnmatchedFact:
    said = {"system": "carrier", "reference": "T-9", "kind": "scan", "refs": {"tracking_no": "T-9"}}
    return ask(ReportUnmatchedFact, by=PARTNER, **{**said, "body": {"code": "EMC"}, **other})


def test_a_scan_with_only_a_tracking_number_is_kept() -> None:
    (
        given()
        .when(note())
        .then(
            UnmatchedFactReported(
                system="carrier",
                reference="T-9",
                kind="scan",
                refs={"tracking_no": "T-9"},
                body={"code": "EMC"},
                happened_at=NOW,
            )
        )
    )


def test_it_stands_unmatched_under_the_sources_name_for_it() -> None:
    assert note().stream == "unmatched/carrier/T-9"


def test_the_same_fact_again_changes_nothing() -> None:
    given(*given().when(note()).events).when(note()).then_nothing()


def test_another_fact_under_the_same_reference_is_kept_beside_it() -> None:
    given(*given().when(note()).events).when(note(body={"code": "EMD"})).then(UnmatchedFactReported)


@pytest.mark.parametrize("body", [{"weight": 1.5}, {"n": 2**53}, ["a"]], ids=str)
def test_a_body_that_canonical_json_cannot_hold_is_malformed(body: Any) -> None:
    with pytest.raises(ValidationError):
        note(body=body)
