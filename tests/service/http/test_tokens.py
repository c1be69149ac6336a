"""Access tokens over HTTP: created once for a key, by those who may, and rotated with an overlap."""

from __future__ import annotations

from collections.abc import Iterator
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Any, NamedTuple, cast

import pytest
from fastapi import FastAPI
from fastapi.testclient import TestClient

from projections.engine.views import Views
from service.access.gate import Gate
from service.app import App
from service.http.application import make_application
from service.http.lanes import Lane
from service.http.limits import LaneSize
from service.settings import Settings
from tests.support.access import bearing, client_of, token_for
from tests.support.buses import Clock, open_desk


class Office(NamedTuple):
    """A ledger on a clock that tests move, served, with tokens of its people."""

    client: TestClient
    clock: Clock
    tokens: dict[str, str]

    def create(self, by: str, account_id: str, role: str, *, key: str = "k-1", **other: Any) -> Any:
        return self._post("/v1/tokens", by, key, {"account_id": account_id, "role": role} | other)

    def rotate(self, by: str, token: str, *, key: str = "k-r", **other: Any) -> Any:
        return self._post(f"/v1/tokens/{token}/rotate", by, key, other)

    def status(self, token: str) -> int:
        return self.client.get("/v1/status", headers=bearing(token)).status_code

    def _post(self, path: str, by: str, key: str, body: dict[str, Any]) -> Any:
        return self.client.post(path, json=body, headers=bearing(self.tokens[by]) | {"Idempotency-Key": key})


@pytest.fixture
def office(database_url: str, tmp_path: Path) -> Iterator[Office]:
    with open_desk(database_url, tmp_path, now=datetime(2026, 4, 1, 8, tzinfo=UTC)) as desk:
        app = App(Settings(), desk.ledger, desk.bus, Views(desk.ledger.engine, desk.ledger.reader), desk.clock)
        tokens = {
            "admin": token_for(app, "ann", "admin"),
            "finance": token_for(app, "fay", "finance"),
            "other finance": token_for(app, "finn", "finance"),
        }
        seconds = iter(range(0, 10_000, 2))  # the gate reads anew for each request
        application = make_application(app, gate=Gate(app, monotonic=lambda: next(seconds)))
        yield Office(client_of(application), desk.clock, tokens)


def test_a_token_is_created_once_for_a_key_and_shown_once(office: Office) -> None:
    created = office.create("admin", "fay", "finance")
    data = created.json()["data"]
    assert (created.status_code, created.headers["cache-control"]) == (200, "no-store")
    assert office.status(data["token"]) == 200
    assert datetime.fromisoformat(data["expires_at"]) == office.clock.now + timedelta(days=90)
    again = office.create("admin", "fay", "finance")
    assert (again.status_code, again.json()["code"]) == (409, "ACCESS_TOKEN_EXISTS")
    assert again.json()["facts"] == {"token_id": data["token_id"]}
    assert data["token"] not in again.text


@pytest.mark.parametrize(
    ("account", "role", "expected"),
    [
        ("fay", "finance", (200, None)),
        ("fay", "admin", (403, "ACCESS_ROLE_NOT_HELD")),
        ("finn", "finance", (403, "SCOPE_NOT_ALLOWED")),
        ("ann", "admin", (403, "SCOPE_NOT_ALLOWED")),
    ],
)
def test_nobody_but_an_admin_grants_more_than_the_role_of_the_own_token(
    office: Office, account: str, role: str, expected: tuple[int, str | None]
) -> None:
    answer = office.create("finance", account, role)
    assert (answer.status_code, answer.json().get("code")) == expected


@pytest.mark.parametrize("body", [{"expires_at": "2027-05-01T00:00:00Z"}, {"expires_at": "2026-01-01T00:00:00Z"}])
def test_an_expiry_that_is_over_or_beyond_a_year_is_refused(office: Office, body: dict[str, Any]) -> None:
    answer = office.create("admin", "fay", "finance", **body)
    assert (answer.status_code, answer.json()["code"]) == (409, "ACCESS_EXPIRY_NOT_ALLOWED")


def test_a_body_names_no_actor_and_no_digest(office: Office) -> None:
    for odd in ({"actor": {"kind": "platform", "id": "ann"}}, {"digest": "0" * 64}, {"single_use": True}):
        assert office.create("admin", "fay", "finance", **odd).status_code == 422


def test_a_token_takes_a_place_among_the_batches_and_none_of_the_single_commands(office: Office) -> None:
    state = cast(FastAPI, office.client.app).state
    full = Lane("places", LaneSize(at_once=0, queued=0, patience_s=0.0))
    state.commands = full
    token = office.create("admin", "fay", "finance").json()["data"]["token_id"]
    assert office.rotate("admin", token).status_code == 200
    state.batches = full
    answers = office.create("admin", "fay", "finance", key="k-2"), office.rotate("admin", token, key="k-3")
    assert [(each.status_code, each.json()["code"]) for each in answers] == [(429, "TOO_MANY_AT_ONCE")] * 2


def test_after_a_rotation_both_tokens_work_until_the_overlap_is_over(office: Office) -> None:
    old = office.create("finance", "fay", "finance").json()["data"]
    new = office.rotate("finance", old["token_id"], overlap_h=2).json()["data"]
    assert (office.status(old["token"]), office.status(new["token"])) == (200, 200)
    office.clock.forward(hours=2)
    assert (office.status(old["token"]), office.status(new["token"])) == (401, 200)
    assert office.rotate("finance", old["token_id"], key="k-2").status_code == 404


def test_a_token_of_another_is_not_found_like_one_that_does_not_exist(office: Office) -> None:
    theirs = office.create("finance", "fay", "finance").json()["data"]["token_id"]
    foreign, unknown = (office.rotate("other finance", id) for id in (theirs, "000000000000"))
    assert (foreign.status_code, foreign.json()["code"]) == (404, "NOT_FOUND")
    assert foreign.json()["detail"].replace(theirs, "000000000000") == unknown.json()["detail"]
    assert office.rotate("admin", theirs).status_code == 200
