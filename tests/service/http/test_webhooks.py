"""Carriers' webhooks over HTTP: known by their signature, recorded once, refused in one shape."""

import hashlib
import hmac
import json
from base64 import b64encode
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest
from fastapi.testclient import TestClient

from ledger.events.event import seal_place
from ledger.events.platform import UnmatchedFactReported
from projections.engine.views import Views
from projections.tracking.tracking_numbers import TrackingNumbers
from service.app import App
from service.formats.bodies import LONGEST_BYTES
from service.http.routes.webhooks import SENDERS
from service.settings import Settings
from tests.support.access import reader_of
from tests.support.buses import Desk, open_desk, publish_programme
from tests.support.faults import failing
from tests.support.sales import merchant_ready, paid, sent

SECRET = "tea"


@pytest.fixture
def desk(database_url: str, tmp_path: Path) -> Iterator[Desk]:
    """An order under way with the number SFO-1."""
    with open_desk(database_url, tmp_path) as desk:
        publish_programme(desk)
        merchant_ready(desk)
        paid(desk)
        sent(desk)
        yield desk


@pytest.fixture
def hooked(desk: Desk) -> Iterator[TestClient]:
    """A service that knows AfterShip's secret, and no other."""
    views = Views(desk.ledger.engine, desk.ledger.reader)
    app = App(Settings(aftership_secret=SECRET), desk.ledger, desk.bus, views, desk.clock)
    app.catch_up([TrackingNumbers()])
    with reader_of(app) as client:
        yield client


def body_of(tracking_no: str = "SFO-1", **other: Any) -> bytes:
    point = {"tag": "InTransit", "subtag": "InTransit_004", "checkpoint_time": "2025-04-01T08:00:00+00:00"} | other
    return json.dumps({"event_id": "e1", "msg": {"tracking_number": tracking_no, "checkpoints": [point]}}).encode()


def signature_of(body: bytes) -> dict[str, str]:
    return {"aftership-hmac-sha256": b64encode(hmac.digest(SECRET.encode(), body, hashlib.sha256)).decode()}


def deliver(client: TestClient, body: bytes, headers: dict[str, str] | None = None) -> Any:
    return client.post("/webhooks/aftership", content=body, headers=headers or signature_of(body))


def types(desk: Desk) -> list[str]:
    return [row.type for book in desk.ledger.reader.heads() for row in desk.ledger.reader.read(book, 0, 1000)]


def refusal(answer: Any) -> tuple[int, Any]:
    error = answer.json()
    assert error["detail"]
    return answer.status_code, error["code"]


def test_a_signed_scan_is_recorded_in_its_order(hooked: TestClient, desk: Desk) -> None:
    answer = deliver(hooked, body_of())
    assert (answer.status_code, answer.json()["data"]["outcomes"]) == (200, {"recorded": 1})
    assert "parcel.arrived" in types(desk)


def test_the_same_webhook_again_changes_nothing(hooked: TestClient, desk: Desk) -> None:
    deliver(hooked, body_of())
    before = types(desk)
    assert deliver(hooked, body_of()).json()["data"]["outcomes"] == {"repeated": 1}
    assert types(desk) == before


def test_a_number_nobody_knows_stays_unmatched(hooked: TestClient, desk: Desk) -> None:
    assert deliver(hooked, body_of("ZZ-9")).json()["data"]["outcomes"] == {"recorded": 1}
    assert "unmatched.fact_reported" in types(desk)


@pytest.mark.parametrize(
    "body",
    [body_of("SF\0O-1"), body_of(checkpoint_time="9999-12-31T23:59:59-08:00"), b"{}", b"hello", b"3", b"\xff", b"<a/>"],
)
def test_a_signed_body_that_is_not_what_is_documented_is_kept(hooked: TestClient, body: bytes) -> None:
    for outcomes in ({"recorded": 1}, {"repeated": 1}):
        answer = deliver(hooked, body)
        assert (answer.status_code, answer.json()["data"]["outcomes"]) == (200, outcomes)


def test_an_altered_body_is_refused_and_nothing_is_recorded(hooked: TestClient, desk: Desk) -> None:
    before = types(desk)
    answer = deliver(hooked, body_of("ZZ-9"), signature_of(body_of()))
    assert refusal(answer) == (401, "SIGNATURE_DOES_NOT_MATCH")
    assert types(desk) == before


def test_a_huge_body_is_refused(hooked: TestClient) -> None:
    assert refusal(deliver(hooked, b" " * (LONGEST_BYTES + 1))) == (413, "BODY_TOO_LONG")


def test_without_a_secret_no_webhook_is_taken(hooked: TestClient) -> None:
    answer = hooked.post("/webhooks/easypost", content=b"{}")
    assert refusal(answer) == (404, "WEBHOOK_NOT_SET_UP")
    assert "REDLEDGER_EASYPOST_SECRET" in answer.json()["detail"]


def test_a_carrier_nobody_knows_is_not_found(hooked: TestClient) -> None:
    assert refusal(hooked.post("/webhooks/pigeon", content=b"{}")) == (404, "NOT_FOUND")


def waiting(desk: Desk) -> list[UnmatchedFactReported]:
    rows = desk.ledger.reader.read(0, 0, 1000)
    return [row.event for row in rows if isinstance(row.event, UnmatchedFactReported)]


class TestAFault:
    def test_it_is_kept_whole_among_what_waits_for_people(self, hooked: TestClient, desk: Desk) -> None:
        with failing("report_tracking"):
            answer = deliver(hooked, body_of())
        assert (answer.status_code, answer.json()["data"]["outcomes"]) == (200, {"fault": 1})
        (note,) = waiting(desk)
        place = seal_place(f"unmatched/aftership/{note.reference}", note.name, "details")
        assert note.details
        assert note.details.open(place=place, keys=desk.ledger.keys) == {"body": body_of().decode()}

    def test_an_adapter_that_fails_is_one_too(
        self, hooked: TestClient, desk: Desk, monkeypatch: pytest.MonkeyPatch
    ) -> None:
        def broken(*_: Any) -> Any:
            raise OverflowError

        monkeypatch.setitem(SENDERS, "aftership", broken)
        assert deliver(hooked, body_of()).json()["data"]["outcomes"] == {"fault": 1}
        assert [note.kind for note in waiting(desk)] == ["webhook_fault"]

    def test_where_nothing_could_be_stored_the_sender_is_to_send_it_again(self, hooked: TestClient) -> None:
        with failing("report_tracking"), failing("report_unmatched_fact"):
            assert refusal(deliver(hooked, body_of())) == (500, "FAULT")
