"""Something that is no object, wherever an adapter reads a list, is kept in the whole body; its neighbours are read."""

from __future__ import annotations

import json
from collections.abc import Callable
from typing import Any

import pytest

from commands.unmatched.report_unmatched_fact import ReportUnmatchedFact
from projections.tracking.tracking_numbers import SCAN
from service.adapters.carriers import aftership, easypost, parsed, upu
from service.partner_facts.bodies import ITEM_UNREAD
from service.partner_reports.scans import Lookup
from tests.support.partner_facts import commands_from

AT = "2025-04-03T12:00:00+08:00"
_POINT = {"tag": "InTransit", "subtag": "InTransit_004", "checkpoint_time": AT}
_DETAIL = {"status": "in_transit", "status_detail": "in_transit", "datetime": AT}
_EVENT = {"status": "in_transit", "timestamp": AT}
_POSTAL = {"code": "EMD", "at": AT}
ODD: list[Any] = [3, "text", None, True, [1]]


def _aftership(points: Any, *further: Any) -> Any:
    return {"data": {"trackings": [{"tracking_number": "T-1", "slug": "ups", "checkpoints": points}, *further]}}


def _easypost(details: Any, *further: Any) -> Any:
    tracker = {"object": "Tracker", "tracking_code": "T-1", "carrier": "UPS", "tracking_details": details}
    return {"trackers": [tracker, *further]}


def _parsed(events: Any, *further: Any) -> Any:
    return [[{"tracking_number": "T-1", "carrier_name": "gls", "events": events}, *further], []]


def _upu(events: Any, *further: Any) -> Any:
    return [{"item_id": "T-1", "operator": "CN", "events": events}, *further]


FORMS: list[tuple[Any, Callable[..., Any], dict[str, Any]]] = [
    (aftership, _aftership, _POINT),
    (easypost, _easypost, _DETAIL),
    (parsed, _parsed, _EVENT),
    (upu, _upu, _POSTAL),
]
NOBODY: Lookup = lambda number: ()  # noqa: ARG005, E731


def read(module: Any, body: Any) -> tuple[list[ReportUnmatchedFact], list[ReportUnmatchedFact]]:
    """The scans, and what is kept beside them."""
    commands = commands_from(module, json.dumps(body).encode(), NOBODY)
    return (
        [each for each in commands if each.kind == SCAN],
        [each for each in commands if each.kind != SCAN],
    )


@pytest.mark.parametrize("odd", ODD)
@pytest.mark.parametrize(("module", "body", "point"), FORMS)
def test_a_scan_that_is_no_object_leaves_its_neighbours_and_is_kept(
    module: Any, body: Callable[..., Any], point: dict[str, Any], odd: Any
) -> None:
    scans, (kept,) = read(module, body([point, odd]))
    assert (len(scans), kept.kind, "[1] is not an object" in kept.refs["reason"]) == (1, ITEM_UNREAD, True)
    details = kept.details.in_clear if kept.details else None
    assert details
    assert json.loads(details["body"]) == body([point, odd])


@pytest.mark.parametrize("odd", [3, {"code": "EMD"}, "text"])
@pytest.mark.parametrize(("module", "body"), [form[:2] for form in FORMS[:3]])
def test_scans_that_are_no_list_are_kept_and_the_state_is_read(module: Any, body: Callable[..., Any], odd: Any) -> None:
    scans, (kept,) = read(module, body(odd))
    assert (len(scans), "is not a list" in kept.refs["reason"]) == (1, True)


@pytest.mark.parametrize("odd", [*ODD, {}, {"object": "Tracker", "else": 1}])
@pytest.mark.parametrize(("module", "body", "point"), FORMS)
def test_a_parcel_that_is_no_object_or_has_no_number_leaves_its_neighbours_and_is_kept(
    module: Any, body: Callable[..., Any], point: dict[str, Any], odd: Any
) -> None:
    scans, kept = read(module, body([point], odd))
    assert (len(scans), [each.kind for each in kept]) == (1, [ITEM_UNREAD])


@pytest.mark.parametrize(("module", "body", "point"), FORMS)
def test_of_a_body_that_is_whole_nothing_else_is_kept(
    module: Any, body: Callable[..., Any], point: dict[str, Any]
) -> None:
    scans, kept = read(module, body([point]))
    assert (len(scans), kept) == (1, [])


def test_a_checkpoint_of_aftership_without_a_status_is_noted_beside_the_others() -> None:
    silent = {"message": "Handed over", "checkpoint_time": AT}
    scans, _ = read(aftership, _aftership([_POINT, silent]))
    assert sorted(each.body["milestone"] for each in scans) == ["arrived", "noted"]


def test_many_odd_items_are_one_note_that_counts_them() -> None:
    _, (kept,) = read(aftership, _aftership([_POINT, *([3] * 100)]))
    assert kept.refs["reason"].endswith("; and 90 more")
