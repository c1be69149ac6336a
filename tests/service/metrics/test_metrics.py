"""The metrics: what a command, an append, a timer and a request leave in them, and what is read when they are asked."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from contextlib import closing
from copy import copy
from typing import get_args

import pytest
from fastapi.testclient import TestClient
from prometheus_client.parser import text_string_to_metric_families

from commands.bus.bus import Bus
from commands.menu import MENU
from commands.merchants.set_express_refund import SetExpressRefund
from ledger.log.database_errors import DatabaseTrouble
from ledger.log.rows import Attempt, Receipt
from projections.engine.rebuild import fill_candidate, switch
from projections.registry import PROJECTIONS
from service.access.gate import Bearer
from service.app import App, open_app
from service.automation.worker import TimerWorker
from service.http.application import make_application
from service.http.lanes import Lane
from service.http.routes.metrics import READERS
from service.metrics.metrics import Metrics
from service.questions.question import Role
from service.settings import Settings
from tests.ledger.log.attempts import attempt as an_attempt
from tests.support.access import HeldTokens, bearing, client_of, open_accounts
from tests.support.given import PLATFORM
from tests.support.outages import away_for
from tests.support.services import until

ROLES: tuple[Role, ...] = get_args(Role)
ADMIN = bearing("admin")
ENROL = {"data": {"merchant_id": "M-1"}}
UNKNOWN = {"data": {"merchant_id": "M-9", "enabled": True}}
Labels = dict[str, str]


@pytest.fixture
def metrics() -> Metrics:
    return Metrics()


@pytest.fixture
def app(settings: Settings, metrics: Metrics) -> Iterator[App]:
    with open_app(settings, create=True, observer=metrics) as app:
        yield app


@pytest.fixture
def client(app: App, metrics: Metrics) -> TestClient:
    bearers: dict[str, Bearer] = {role: Bearer(f"one-{role}", f"T-{role}", role, "M-1") for role in ROLES}
    return client_of(make_application(app, gate=HeldTokens(bearers), metrics=metrics), "admin")


def sample(client: TestClient, name: str, **labels: str) -> float:
    """The value of the one sample with this name and these labels; 0 if there is none."""
    families = text_string_to_metric_families(client.get("/metrics").text)
    found = [each.value for family in families for each in family.samples if (each.name, each.labels) == (name, labels)]
    return found[0] if found else 0.0


def enrol(client: TestClient, key: str, data: object = None) -> int:
    headers = {"Idempotency-Key": key}
    return client.post("/v1/commands/enrol_merchant", json=data or ENROL, headers=headers).status_code


def test_a_recorded_command_is_counted_with_its_append(client: TestClient, app: App) -> None:
    before = sample(client, "redledger_append_requests_count")
    assert enrol(client, "k-1") == 200
    assert sample(client, "redledger_commands_total", command="enrol_merchant", status="recorded") == 1
    assert sample(client, "redledger_append_requests_count") == before + 1
    head = app.ledger.reader.heads()[app.ledger.directory.book_of("M-1")]
    book = str(app.ledger.directory.book_of("M-1"))
    assert sample(client, "redledger_appended_events_total", book=book) == head > 0


def test_the_progress_of_a_rebuild_is_shown_until_it_is_live(client: TestClient, app: App) -> None:
    enrol(client, "k-1")
    app.catch_up([view := PROJECTIONS["audit_trail"]])
    fill_candidate(app.ledger.engine, view)
    head = sum(app.ledger.reader.heads().values())
    assert sample(client, "redledger_rebuild_filled_events", view="audit_trail") == head > 0
    enrol(client, "k-2", data={"data": {"merchant_id": "M-2"}})
    missing = sum(app.ledger.reader.heads().values()) - head
    assert sample(client, "redledger_rebuild_missing_events", view="audit_trail") == missing > 0
    switch(app.ledger.engine, app.ledger.reader, view)
    assert "redledger_rebuild_filled_events{" not in client.get("/metrics").text


def test_a_subscription_shows_its_deliveries_and_how_far_it_is_behind(client: TestClient, app: App) -> None:
    open_accounts(app.bus, "one-admin", roles=("admin",))
    data = {"data": {"subscription_id": "stock", "start": "first", "books": [0]}}
    assert client.post("/v1/commands/create_subscription", json=data, headers={"Idempotency-Key": "k"}).is_success
    leased = client.post("/v1/subscriptions/stock/lease", json={"member": "one", "most": 3}).json()["data"]["events"]
    receipts = [each["receipt"] for each in leased]
    for verb, body in (("ack", {"receipts": receipts[:1]}), ("nack", {"receipts": receipts[1:2], "park": True})):
        assert client.post(f"/v1/subscriptions/stock/{verb}", json={"member": "one"} | body).is_success

    def figure(name: str, **labels: str) -> float:
        return sample(client, f"redledger_{name}", subscription="stock", **labels)

    counted = [figure("subscription_events_total", outcome=each) for each in ("leased", "acknowledged", "given_back")]
    states = [figure("subscription_unsettled_events", state=each) for each in ("in_flight", "parked", "waiting")]
    assert (counted, states) == ([3, 1, 1], [1, 1, 0])
    head = app.ledger.reader.heads()[0]
    assert figure("subscription_lag_events") == head - leased[2]["event"]["data"]["position"] + 1
    assert figure("subscription_lag_seconds") > 0


def test_a_refused_command_is_counted_by_its_code(client: TestClient) -> None:
    assert enrol(client, "k-1") == 200
    headers = {"Idempotency-Key": "k-2"}
    refused = client.post("/v1/commands/set_express_refund", json=UNKNOWN, headers=headers).json()
    assert sample(client, "redledger_refusals_total", code=refused["code"]) == 1
    assert sample(client, "redledger_commands_total", command="set_express_refund", status="refused") == 1


def test_the_size_of_a_batch_is_observed(client: TestClient) -> None:
    before = sample(client, "redledger_submitted_commands_sum")
    batch = [{"command": "enrol_merchant", "id": f"k-{n}", "data": {"merchant_id": f"M-{n}"}} for n in range(5)]
    assert client.post("/v1/commands", json={"commands": batch}).status_code == 200
    assert sample(client, "redledger_submitted_commands_sum") == before + 5


def test_a_command_that_is_decided_again_is_counted(client: TestClient, app: App, metrics: Metrics) -> None:
    enrol(client, "k-1")
    switch = SetExpressRefund(id="k-2", actor=PLATFORM, merchant_id="M-1", enabled=True)
    ledger = copy(app.ledger)

    def after_another(book: int, attempts: Sequence[Attempt]) -> list[Receipt]:
        ledger.append = app.ledger.append  # type: ignore[method-assign]
        app.bus.submit([switch.model_copy(update={"id": "k-3"})])
        return app.ledger.append(book, attempts)

    ledger.append = after_another  # type: ignore[method-assign]
    with closing(Bus(ledger, MENU, clock=app.clock, observer=metrics)) as bus:
        bus.submit([switch])
    assert sample(client, "redledger_conflicts_total") == 1


def test_an_append_that_fails_is_counted_by_its_trouble(client: TestClient, app: App) -> None:
    with away_for(app.ledger.engine), pytest.raises(DatabaseTrouble) as trouble:
        app.ledger.append(1, [an_attempt()])
    assert sample(client, "redledger_failed_appends_total", code=trouble.value.kind.code) == 1


def test_metrics_are_answered_while_the_database_is_away(client: TestClient, app: App) -> None:
    assert sample(client, "redledger_database_reachable") == 1
    with away_for(app.ledger.engine):
        assert "redledger_database_reachable 0.0" in client.get("/metrics").text


def test_the_sweeps_of_timers_are_counted(client: TestClient, app: App) -> None:
    def swept() -> float:
        return sample(client, "redledger_timer_sweep_seconds_count", timer="releases")

    app.catch_up()
    timers = TimerWorker(app)
    timers.start()
    try:
        until(lambda: swept() > 0, what="a sweep of the releases")
    finally:
        timers.stop()
    assert sample(client, "redledger_timer_failures_total", timer="releases") == 0


def test_a_request_is_counted_by_its_declared_route(client: TestClient) -> None:
    enrol(client, "k-1")
    client.get("/v1/merchants/M-1/lines")
    client.get("/v1/nowhere/M-1")
    client.request("MAKEITUP", "/healthz")
    name = "redledger_http_request_seconds_count"
    commands = sample(client, name, method="POST", route="/v1/commands/{name}", status="200")
    reads = sample(client, name, method="GET", route="/v1/merchants/{merchant}/lines", status="200")
    unknown = sample(client, name, method="GET", route="other", status="404")
    made_up = sum(sample(client, name, method="other", route=route, status="405") for route in ("other", "/healthz"))
    assert (commands, reads, unknown, made_up) == (1, 1, 1, 1)


def test_the_lag_of_a_view_is_counted_in_events_and_seconds(client: TestClient, app: App) -> None:
    enrol(client, "k-1")
    assert sample(client, "redledger_view_lag_events", view="audit_trail") > 0
    assert sample(client, "redledger_view_lag_seconds", view="audit_trail") > 0
    app.catch_up()
    assert sample(client, "redledger_view_lag_events", view="audit_trail") == 0
    assert sample(client, "redledger_view_lag_seconds", view="audit_trail") == 0


def test_a_request_holds_its_place_while_it_is_answered(client: TestClient) -> None:
    assert sample(client, "redledger_lane_running", lane="reads") == 1  # of this very request


def test_every_lane_of_the_application_is_shown(app: App, metrics: Metrics) -> None:
    application = make_application(app, metrics=metrics)
    lanes = [name for name, each in vars(application.state)["_state"].items() if isinstance(each, Lane)]
    (running, _) = application.state.collectors[0].collect()
    assert sorted(each.labels["lane"] for each in running.samples) == sorted(lanes)


@pytest.mark.parametrize("role", ROLES)
def test_only_some_roles_read_metrics(client: TestClient, role: Role) -> None:
    status = client.get("/metrics", headers=bearing(role)).status_code
    assert status == (200 if role in READERS else 403)


def test_nobody_reads_metrics_without_a_token(client: TestClient) -> None:
    assert client.get("/metrics", headers={"Authorization": ""}).status_code == 401


def test_every_metric_is_named_after_us_and_says_what_it_counts(metrics: Metrics, app: App) -> None:
    make_application(app, metrics=metrics)
    for family in metrics.registry.collect():
        assert family.name.startswith("redledger_")
        assert family.documentation.endswith("."), family.name
