"""The feed of a view over HTTP: a follower's copy is the view, whatever happens to the connection or to the view."""

from __future__ import annotations

import json
from collections.abc import Iterator
from pathlib import Path
from typing import Any, get_args

import pytest
from fastapi.testclient import TestClient

from ledger.events.access import AccountRole
from projections.registry import PROJECTIONS
from service.access.gate import Bearer
from service.app import App
from service.feeds import view_query
from service.feeds.feed import End
from service.feeds.view_query import MERCHANT_TABLES
from service.http.application import make_application
from service.views.follower import following as following_log
from tests.support.access import AUDITOR, HeldTokens, application_for_reads, bearing, client_of, token_for
from tests.support.buses import Desk, enrol, open_desk, publish_programme
from tests.support.http_server import served
from tests.support.shops import app_of
from tests.support.streams import NDJSON, SSE, streamed

BALANCES = "/v1/views/merchant_balances/changes"
Rows = dict[tuple[Any, ...], dict[str, Any]]
ROLES: tuple[AccountRole, ...] = get_args(AccountRole)
_FINANCE = {"admin", "finance", "auditor"}
READERS: dict[str, set[str]] = {  # of the views that not all of the staff may follow
    "access_accounts": {"admin", "auditor"},
    "account_turnovers": _FINANCE,
    "expected_at_bank": _FINANCE,
    "order_contribution": _FINANCE,
    "partner_invoices": _FINANCE,
    "taxes": _FINANCE,
}


@pytest.fixture(scope="module")
def client(month_app: App) -> Iterator[TestClient]:
    with client_of(application_for_reads(month_app)) as client:
        yield client


@pytest.fixture
def desk(fresh_database_url: str, tmp_path: Path) -> Iterator[Desk]:
    with open_desk(fresh_database_url, tmp_path) as desk:
        publish_programme(desk)
        yield desk


def copied(client: TestClient, view: str, **asked: Any) -> Rows:
    """The rows of a view as a follower of its feed has them."""
    rows, after = Rows(), None
    while True:
        answer = client.get(f"/v1/views/{view}/changes", params=asked | ({"after": after} if after else {})).json()
        take(rows, answer["data"])
        if answer["next"] is None:
            return rows
        after = answer["next"]


def take(rows: Rows, events: list[dict[str, Any]]) -> None:
    for event in events:
        key = (event["type"], event["book"], event["subject"])
        if event["data"].get("deleted"):
            rows.pop(key, None)
        else:
            rows[key if "deleted" in event["data"] else (*key, event["id"])] = event["data"]


def stored(app: App, view: str) -> list[dict[str, Any]]:
    """The rows of a view in the database that are not deleted."""
    with app.ledger.engine.connect() as connection:
        found = list[dict[str, Any]]()
        for table in PROJECTIONS[view].tables:
            pattern = f"{table.name}\\_v{PROJECTIONS[view].version}\\_g%%"
            names = connection.exec_driver_sql(
                "SELECT tablename FROM pg_tables WHERE schemaname = 'views' AND tablename LIKE %s", (pattern,)
            )
            (name,) = names.scalars()
            alive = "" if table.appended else " WHERE NOT deleted"
            rows = connection.exec_driver_sql(f"SELECT to_jsonb(t) FROM views.{name} t{alive}").scalars()
            found += rows
        return found


@pytest.mark.parametrize(
    ("view", "limit"), [*((view, 1_000) for view in PROJECTIONS), ("merchant_balances", 7), ("customer_tracking", 7)]
)
def test_a_copy_of_a_view_has_its_rows(client: TestClient, month_app: App, view: str, limit: int) -> None:
    assert len(copied(client, view, limit=limit)) == len(stored(month_app, view))


def test_a_copy_has_the_values_of_the_rows(client: TestClient, month_app: App) -> None:
    def figures(rows: list[dict[str, Any]]) -> list[tuple[Any, ...]]:
        return sorted((r["book"], r["merchant"], r["account"], r["currency"], r["amount"], r["base"]) for r in rows)

    rows = [row for row in stored(month_app, "merchant_balances") if row.keys() >= {"amount", "deleted"}]
    balances = copied(client, "merchant_balances", table="account_balances")
    assert figures(list(balances.values())) == figures([row for row in rows if "accounting_date" not in row])


def test_ndjson_has_what_the_pages_have(client: TestClient) -> None:
    rows = Rows()
    lines = [json.loads(line) for line in client.get(BALANCES, headers=NDJSON).text.splitlines()]
    take(rows, [line for line in lines if "data" in line])
    assert rows == copied(client, "merchant_balances", limit=500)


def test_a_stream_brings_the_rows_that_an_event_changes(desk: Desk) -> None:
    app = app_of(desk)
    token = token_for(app, "follower", "service")
    with following_log(app.ledger), served(make_application(app)) as server:
        enrol(desk, "M-1")
        with streamed(server, token, "/v1/views/search_references/changes?after=now"):
            pass
        with streamed(server, token_for(app, "ada", "auditor"), "/v1/views/access_accounts/changes") as following:
            while following()["data"]["data"].get("account_id") != "ada":
                pass
            token_for(app, "eve", "support")
            while following()["data"]["data"].get("account_id") != "eve":
                pass


def test_a_token_of_an_older_version_is_refused_with_the_new_one(
    client: TestClient, monkeypatch: pytest.MonkeyPatch
) -> None:
    position = client.get(BALANCES, params={"limit": 1}).json()["position"]
    place_in = view_query.place_in

    def renewed(app: App, feed: Any, after: str | None) -> Any:
        heads, key = feed.end()
        monkeypatch.setattr(feed, "end", lambda: End(heads, key.replace("@", "@9")))
        return place_in(app, feed, after)

    monkeypatch.setattr("service.http.routes.feeds.place_in", renewed)
    for headers in ({}, SSE, NDJSON):
        answer = client.get(BALANCES, params={"after": position}, headers=headers)
        assert (answer.status_code, answer.json()["code"]) == (410, "VIEW_CHANGED")
        assert "merchant_balances@9" in answer.json()["detail"]


@pytest.mark.parametrize("target", ["/v1/events", "/v1/views/payouts/changes"])
def test_a_token_of_another_feed_is_refused(client: TestClient, target: str) -> None:
    position = client.get(BALANCES, params={"limit": 1}).json()["position"]
    answer = client.get(target, params={"after": position})
    assert (answer.status_code, answer.json()["code"]) == (422, "POSITION_UNUSABLE")


@pytest.mark.parametrize(
    ("target", "status"),
    [
        ("/v1/views/nothing/changes", 404),
        (f"{BALANCES}?table=payouts", 422),
        (f"{BALANCES}?merchant=M-nobody", 422),
        ("/v1/views/taxes/changes?merchant=M-1001", 422),
    ],
)
def test_what_is_not_known_is_refused_and_never_empty(client: TestClient, target: str, status: int) -> None:
    assert client.get(target).status_code == status


@pytest.mark.parametrize("view", [*PROJECTIONS])
def test_each_role_follows_the_views_of_its_questions(month_app: App, view: str) -> None:
    scopes = {"merchant": "M-1001", "buyer": "B-1"}
    held = HeldTokens({role: Bearer(role, f"T-{role}", role, scopes.get(role)) for role in ROLES})
    with client_of(make_application(month_app, gate=held)) as client:
        answers = {role: client.get(f"/v1/views/{view}/changes", headers=bearing(role)).status_code for role in ROLES}
    allowed = {role for role, status in answers.items() if status == 200}
    expected = READERS.get(view, {*ROLES} - {"merchant", "buyer"})
    assert allowed - {"merchant"} == expected
    assert ("merchant" in allowed) == (view in MERCHANT_TABLES)


def test_a_merchant_follows_its_own_rows_alone(month_app: App) -> None:
    held = HeldTokens({"m": Bearer("m", "T-m", "merchant", "M-1001"), AUDITOR: Bearer("a", "T-a", "auditor")})
    application = make_application(month_app, gate=held)
    with client_of(application, "m") as own, client_of(application) as all_of_it:
        for view in MERCHANT_TABLES:
            mine = copied(own, view)
            assert mine or view == "approvals_queue"
            everything = copied(all_of_it, view).values()
            named = [row for row in everything if row.get("merchant") == "M-1001"]
            assert sorted(map(str, mine.values())) == sorted(map(str, named))
        assert own.get(f"{BALANCES}?merchant=M-1003").status_code == 422
