"""Subscriptions over HTTP: created by a command, leased, acknowledged and given back by the account that owns them."""

from __future__ import annotations

from collections.abc import Iterator
from concurrent.futures import Future, ThreadPoolExecutor
from contextlib import contextmanager
from pathlib import Path
from typing import Any

import httpx2
import pytest
from fastapi.testclient import TestClient

from ledger.log.cursor import Cursor
from service.access.token_text import id_in
from service.app import App
from service.http.application import make_application
from service.questions.answer_models import envelope_of
from service.questions.registry import QUESTIONS
from service.schemas.catalogue import Kind
from service.schemas.made.answers import answer_name
from tests.support.access import ADMIN, bearing, client_of, token_for
from tests.support.buses import Desk, enrol, open_desk, publish_programme
from tests.support.http_server import Server, served
from tests.support.schemas import validator
from tests.support.services import PATIENCE_S, until
from tests.support.shops import app_of
from tests.support.subscribers import busy, let_pass, recorded

MERCHANTS = ["M-1", "M-2", "M-3"]
STOCK = "/v1/subscriptions/stock"


@pytest.fixture
def desk(database_url: str, tmp_path: Path) -> Iterator[Desk]:
    with open_desk(database_url, tmp_path) as desk:
        publish_programme(desk)
        busy(desk, MERCHANTS)
        yield desk


@pytest.fixture
def app(desk: Desk) -> App:
    return app_of(desk)


@pytest.fixture
def client(app: App) -> TestClient:
    """A client of the account `follower`, in the role service."""
    return client_of(make_application(app), token_for(app, "follower", "service"))


def submit(client: TestClient, name: str, **data: Any) -> Any:
    key = {"Idempotency-Key": f"{name}-{len(str(data))}"}
    return client.post(f"/v1/commands/{name}", json={"data": data}, headers=key)


def subscribe(client: TestClient, **about: Any) -> None:
    answer = submit(client, "create_subscription", **{"subscription_id": "stock", "start": "first"} | about)
    assert answer.status_code == 200, answer.text


def lease(client: TestClient, member: str = "one", most: int = 1_000) -> Any:
    answer = client.post(f"{STOCK}/lease", json={"member": member, "most": most})
    assert answer.status_code == 200, answer.text
    return answer.json()


def settle(client: TestClient, verb: str, events: list[Any], *, member: str = "one", **about: Any) -> Any:
    body = {"member": member, "receipts": [each["receipt"] for each in events]} | about
    return client.post(f"{STOCK}/{verb}", json=body)


def error(answer: Any) -> tuple[int, str]:
    return answer.status_code, answer.json()["code"]


def test_every_event_is_leased_and_acknowledged_once(app: App, client: TestClient) -> None:
    subscribe(client, merchant="M-1")
    found = []
    while events := lease(client, most=2)["data"]["events"]:
        found += [(each["event"]["book"], each["event"]["data"]["position"]) for each in events]
        answer = settle(client, "ack", events).json()
        assert answer["data"] == {"events": len(events)}
    book = found[0][0]
    assert found == [each for each in recorded(app) if each[0] == book]


def test_an_answer_names_the_position_that_it_reaches(app: App, client: TestClient) -> None:
    subscribe(client, merchant="M-1")
    answer = lease(client)
    reached = {(each["event"]["book"], each["event"]["data"]["position"]) for each in answer["data"]["events"]}
    assert Cursor.parse(answer["position"], app.ledger.identity).positions == dict([max(reached)])


def test_a_receipt_of_what_was_not_sent_is_refused_and_nothing_changes(client: TestClient) -> None:
    subscribe(client)
    events = lease(client, most=20)["data"]["events"]
    receipts = [events[0], {"receipt": "0.1.999999"}]
    assert error(settle(client, "ack", receipts)) == (409, "LEASE_NOT_HELD")
    assert error(settle(client, "ack", events, member="two")) == (409, "LEASE_NOT_HELD")
    assert settle(client, "ack", events).status_code == 200
    assert error(settle(client, "ack", events)) == (409, "LEASE_NOT_HELD")


@pytest.mark.parametrize(
    "receipt", ["", "1.2", "x.1.1", "1.1.1.1", "1.1.-1", "9" * 70, "1.9999999999999999.1", "01.1.1"]
)
def test_a_text_that_is_no_receipt_is_refused(client: TestClient, receipt: str) -> None:
    subscribe(client)
    answer = settle(client, "ack", [{"receipt": receipt}])
    assert (answer.status_code, answer.json()["code"]) == (422, "INVALID_PARAMETER")


def test_an_event_that_is_given_back_comes_again_after_its_time(app: App, client: TestClient) -> None:
    subscribe(client, merchant="M-1")
    events = lease(client)["data"]["events"]
    assert settle(client, "nack", events[:1], retry_after_s=30, reason="full").status_code == 200
    assert lease(client)["data"]["events"] == []
    let_pass(app, 30)
    assert [each["attempt"] for each in lease(client)["data"]["events"]] == [2, 1, 1, 1, 1]


def test_a_reason_of_any_letters_is_kept_on_one_line(client: TestClient) -> None:
    subscribe(client, merchant="M-1")
    events = lease(client)["data"]["events"]
    reason = "Traceback:\n\0 \x1b[2J\u202e\u2028fin"
    assert settle(client, "nack", events[:1], park=True, reason=reason).status_code == 200
    (parked,) = client.get(STOCK).json()["data"]["parked_events"]
    assert parked["reason"] == "Traceback:   " + " [2J  fin"


def test_a_parked_event_is_shown_until_a_person_decides(client: TestClient) -> None:
    subscribe(client, merchant="M-1")
    events = lease(client)["data"]["events"]
    settle(client, "nack", events[:1], park=True, reason="full")
    (parked,) = client.get(STOCK).json()["data"]["parked_events"]
    assert (parked["stream"], parked["reason"], parked["attempts"]) == ("merchant/M-1", "full", 1)
    where = {"book": parked["book"], "position": parked["position"]}
    assert submit(client, "skip_parked_event", subscription_id="stock", reason="bad", **where).status_code == 200
    assert client.get(STOCK).json()["data"]["parked_events"] == []
    assert len(lease(client)["data"]["events"]) == 4


def test_a_subscription_shows_its_place_its_lag_and_its_members(app: App, client: TestClient) -> None:
    subscribe(client, merchant="M-1", types=["merchant.*"])
    before = client.get(STOCK).json()["data"]
    assert (before["lag_events"], before["members"], before["types"]) == (None, [], ["merchant.*"])
    events = lease(client)["data"]["events"]
    held = client.get(STOCK).json()["data"]
    head = events[-1]["event"]["data"]["position"]
    assert (held["lag_events"], held["in_flight"], held["members"]) == (head, len(events), ["one"])
    assert held["lag_s"] >= 1
    settle(client, "ack", events)
    after = client.get(STOCK).json()["data"]
    assert (after["lag_events"], after["lag_s"], after["in_flight"]) == (0, 0, 0)
    assert Cursor.parse(after["place"], app.ledger.identity).positions == {events[0]["event"]["book"]: head}


@pytest.mark.parametrize(("name", "path"), [("subscription", STOCK), ("subscriptions", "/v1/subscriptions")])
def test_an_answer_has_its_declared_shape(client: TestClient, name: str, path: str) -> None:
    subscribe(client, merchant="M-1")
    settle(client, "nack", lease(client)["data"]["events"][:1], park=True)
    answer = client.get(path).json()
    envelope_of(QUESTIONS[name]).model_validate(answer)
    validator(Kind.ANSWERS, answer_name(name)).validate(answer)


def test_a_list_shows_an_account_its_own_and_an_auditor_all(app: App, client: TestClient) -> None:
    subscribe(client)
    subscribe(client, subscription_id="other", merchant="M-1")
    ids = {"stock", "other"}
    other, auditor = token_for(app, "fay", "finance"), token_for(app, "audrey", "auditor")
    may = token_for(app, "may", "merchant", scope="M-1")

    def listed(**headers: str) -> set[str]:
        return {row["subscription_id"] for row in client.get("/v1/subscriptions", headers=headers).json()["data"]}

    assert (listed(), listed(**bearing(auditor)), listed(**bearing(other)), listed(**bearing(may))) == (
        ids,
        ids,
        set(),
        set(),
    )


def test_the_subscription_of_another_is_not_found(app: App, client: TestClient) -> None:
    subscribe(client)
    events = lease(client, most=20)["data"]["events"]
    for account, role in (("fay", "finance"), ("ada2", "admin"), ("audrey", "auditor")):
        headers = bearing(token_for(app, account, role))  # type: ignore[arg-type]
        client.headers |= headers
        assert error(client.post(f"{STOCK}/lease", json={"member": "one"})) == (404, "NOT_FOUND")
        assert error(settle(client, "ack", events)) == (404, "NOT_FOUND")
        assert client.get(STOCK).status_code == (404 if role == "finance" else 200)


def test_a_merchants_token_leases_the_merchants_shape(app: App) -> None:
    client = client_of(make_application(app), token_for(app, "may", "merchant", scope="M-1"))
    subscribe(client)
    events = lease(client)["data"]["events"]
    assert {each["event"]["subject"] for each in events} == {"merchant/M-1"}
    assert not any("actor" in each["event"]["data"] for each in events)
    assert [row["subscription_id"] for row in client.get("/v1/subscriptions").json()["data"]] == ["stock"]


def test_a_retired_subscription_has_ended(client: TestClient) -> None:
    subscribe(client)
    submit(client, "retire_subscription", subscription_id="stock", reason="over")
    assert error(client.post(f"{STOCK}/lease", json={"member": "one"})) == (410, "SUBSCRIPTION_ENDED")


def test_nobody_leases_the_events_of_a_webhook(client: TestClient) -> None:
    subscribe(client, url="https://shop.example/webhooks")
    assert error(client.post(f"{STOCK}/lease", json={"member": "one"})) == (422, "INVALID_PARAMETER")


def test_a_paused_subscription_says_so(client: TestClient) -> None:
    subscribe(client)
    submit(client, "pause_subscription", subscription_id="stock", reason="move")
    assert lease(client)["data"] == {"state": "paused", "ack_within_s": 60, "events": []}


def test_a_place_from_before_a_restore_is_refused(app: App, client: TestClient) -> None:
    subscribe(client)
    lease(client)
    with app.ledger.engine.connect() as connection:
        connection.exec_driver_sql("UPDATE delivery.books SET epoch = epoch - 1")
    assert error(client.post(f"{STOCK}/lease", json={"member": "one"})) == (422, "POSITION_UNUSABLE")


@contextmanager
def waiting(app: App, **body: Any) -> Iterator[tuple[str, Future[Any]]]:
    """A token of the account, and a call with it that waits for events."""
    application = make_application(app)
    token = token_for(app, "follower", "service")
    with served(application) as server, ThreadPoolExecutor(1) as calls, calling(server, token) as client:
        coming = calls.submit(client.post, f"{STOCK}/lease", json={"member": "one"} | body)
        until(lambda: application.state.streams.running == 1, what="the call to wait")
        yield token, coming


@contextmanager
def calling(server: Server, token: str) -> Iterator[httpx2.Client]:
    address = f"http://127.0.0.1:{server.port}"
    with httpx2.Client(base_url=address, headers=bearing(token), timeout=PATIENCE_S) as client:
        yield client


def test_a_lease_that_waits_is_answered_with_the_next_event(desk: Desk, app: App, client: TestClient) -> None:
    subscribe(client, start="now", types=["merchant.*"])
    with waiting(app, wait_s=30) as (_, coming):
        enrol(desk, "M-9")
        events = coming.result(PATIENCE_S).json()["data"]["events"]
    assert {each["event"]["subject"] for each in events} == {"merchant/M-9"}


def test_a_lease_that_waits_in_vain_is_answered_without_events(app: App, client: TestClient) -> None:
    subscribe(client, start="now", types=["merchant.*"])
    with waiting(app, wait_s=1) as (_, coming):
        assert coming.result(PATIENCE_S).json()["data"]["events"] == []


def test_a_client_that_is_gone_while_it_waits_holds_no_events(desk: Desk, app: App, client: TestClient) -> None:
    subscribe(client, start="now", types=["merchant.*"])
    application, token = make_application(app), token_for(app, "follower", "service")
    with served(application) as server:
        with calling(server, token) as gone, pytest.raises(httpx2.ReadTimeout):
            gone.post(f"{STOCK}/lease", json={"member": "one", "wait_s": 30}, timeout=0.5)
        until(lambda: application.state.streams.running == 0, what="the call to end")
        enrol(desk, "M-9")
        assert {each["attempt"] for each in lease(client)["data"]["events"]} == {1}


def test_a_lease_does_not_wait_longer_than_its_token_lives(desk: Desk, app: App, client: TestClient) -> None:
    subscribe(client, start="now", types=["merchant.*"])
    with waiting(app, wait_s=30) as (token, coming):
        desk.expect("revoke_access_token", token_id=id_in(token), actor=ADMIN)
        assert error(coming.result(PATIENCE_S)) == (401, "TOKEN_REFUSED")
