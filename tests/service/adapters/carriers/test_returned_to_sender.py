"""A parcel that goes back to its sender ends there, whichever provider says so, in one message or in several."""

from __future__ import annotations

from collections.abc import Callable, Iterable
from typing import Any

import pytest

from ledger.refusals.catalogue import NotSignedOff
from service.adapters.carriers import aftership, easypost, parsed, upu
from service.partner_facts.parcels import ParcelScanned
from tests.support.given import PARTNER
from tests.support.orders import OrderScenario, after_days

Words = tuple[str, ...]  # a status and its detail


def at(day: int) -> str:
    return after_days(day).isoformat()


def by_easypost(points: Iterable[tuple[int, Words]]) -> list[ParcelScanned]:
    details = [{"status": words[0], "status_detail": words[1], "datetime": at(day)} for day, words in points]
    return easypost.scans_of({"tracking_code": "T-P-2", "carrier": "USPS", "tracking_details": details})


def by_aftership(points: Iterable[tuple[int, Words]]) -> list[ParcelScanned]:
    checkpoints = [{"tag": words[0], "subtag": words[1], "checkpoint_time": at(day)} for day, words in points]
    return aftership.scans_of({"tracking_number": "T-P-2", "slug": "usps", "checkpoints": checkpoints})


def by_post(points: Iterable[tuple[int, Words]]) -> list[ParcelScanned]:
    events = [{"code": words[0], "action": words[1], "at": at(day)} for day, words in points]
    return upu.scans_of({"item_id": "T-P-2", "events": events})


def by_library(points: Iterable[tuple[int, Words]]) -> list[ParcelScanned]:
    events = [{"status": words[0], "reason": words[1], "timestamp": at(day)} for day, words in points]
    return parsed.scans_of({"tracking_number": "T-P-2", "carrier_name": "gls", "events": events})


Reader = Callable[[Iterable[tuple[int, Words]]], list[ParcelScanned]]
PROVIDERS: dict[str, tuple[Reader, list[tuple[int, Words]]]] = {
    "easypost": (
        by_easypost,
        [
            (8, ("out_for_delivery", "out_for_delivery")),
            (9, ("failure", "refused")),
            (10, ("return_to_sender", "return")),
            (16, ("delivered", "arrived_at_destination")),
        ],
    ),
    "aftership": (
        by_aftership,
        [
            (8, ("InTransit", "InTransit_003")),
            (9, ("AttemptFail", "AttemptFail_001")),
            (10, ("Exception", "Exception_010")),
            (16, ("Delivered", "Delivered_001")),
        ],
    ),
    "upu": (by_post, [(8, ("EDG", "")), (9, ("EMH", "C")), (10, ("EMH", "return to sender")), (16, ("EMI", ""))]),
    "parsed": (
        by_library,
        [
            (8, ("out_for_delivery", "")),
            (9, ("delivery_failed", "")),
            (10, ("return_to_sender", "")),
            (16, ("delivered", "")),
        ],
    ),
}


def scenario_of(scans: Iterable[ParcelScanned]) -> OrderScenario:
    scenario = OrderScenario().paid().sent("P-1", A=2).sent("P-2", B=1)
    for scan in scans:
        reported: dict[str, Any] = {
            "by": PARTNER,
            "parcel_id": "P-2",
            "at": after_days(20),
            "occurred_at": scan.happened_at,
        }
        if scan.milestone == "signed_for":
            scenario.submit("report_signature", evidence_kind=scan.evidence_kind, **reported)
        else:
            scenario.submit("report_tracking", milestone=scan.milestone, raw_code=scan.raw_code, **reported)
    return scenario


@pytest.mark.parametrize("provider", PROVIDERS)
@pytest.mark.parametrize("backwards", [False, True])
@pytest.mark.parametrize("apart", [False, True])
def test_nothing_is_released_for_a_parcel_that_went_back(provider: str, *, backwards: bool, apart: bool) -> None:
    read, points = PROVIDERS[provider]
    reported = points[::-1] if backwards else points
    scans = [scan for point in reported for scan in read([point])] if apart else read(reported)
    scenario = scenario_of(scans)
    parcel = scenario.order.parcels.of("P-2")
    assert parcel is not None
    assert (parcel.status, scenario.breaks()) == ("returned_to_sender", [])
    assert isinstance(scenario.refusal("release_settlement", at=after_days(60)), NotSignedOff)


DELIVERED = {"at": at(16), "datetime": at(16), "checkpoint_time": at(16), "timestamp": at(16)}
OWN_STATUS: dict[str, list[ParcelScanned]] = {
    "easypost's status": easypost.scans_of(
        {"tracking_code": "T-P-2", "status": "return_to_sender", "updated_at": at(17)}
        | {"tracking_details": [DELIVERED | {"status": "delivered"}]}
    ),
    "easypost's detail": easypost.scans_of(
        {"tracking_code": "T-P-2", "status": "delivered", "status_detail": "return", "updated_at": at(17)}
        | {"tracking_details": [DELIVERED | {"status": "delivered"}]}
    ),
    "aftership's sub-status": aftership.scans_of(
        {"tracking_number": "T-P-2", "tag": "Exception", "subtag": "Exception_011", "updated_at": at(17)}
        | {"checkpoints": [DELIVERED | {"tag": "Delivered", "subtag": "Delivered_001"}]}
    ),
    "the library's status": parsed.scans_of(
        {"tracking_number": "T-P-2", "status": "return_to_sender", "events": [DELIVERED | {"status": "delivered"}]}
    ),
}


@pytest.mark.parametrize("said", OWN_STATUS)
def test_a_delivery_is_no_signature_if_the_own_status_of_its_tracking_is_a_return(said: str) -> None:
    scenario = scenario_of(OWN_STATUS[said])
    assert isinstance(scenario.refusal("release_settlement", at=after_days(60)), NotSignedOff)
    assert scenario.breaks() == ["fact_contradicts_state"]
