"""The log of webhook deliveries over HTTP: to the owner of the subscription, to admins and auditors, to nobody else."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest

from service.http.application import make_application
from service.webhooks.attempt_log import AttemptLog
from service.webhooks.post import Attempt
from tests.support.access import bearing, client_of, token_for
from tests.support.buses import open_desk, publish_programme
from tests.support.shops import app_of
from tests.support.subscribers import subscribe

_PATH = "/v1/subscriptions/hook/deliveries"


class Office:
    """A ledger with one endpoint of fay's and three attempts, served."""

    def __init__(self, get: Any) -> None:
        self.get = get


@pytest.fixture
def office(database_url: str, tmp_path: Path) -> Iterator[Office]:
    with open_desk(database_url, tmp_path) as desk:
        publish_programme(desk)
        subscribe(desk, "hook", url="https://shop.example/hook")
        app = app_of(desk)
        log = AttemptLog(app.ledger.engine)
        log.add("hook", 3, 7, number=1, attempt=Attempt(0.0123, error="no answer within 15 s"))
        log.add("hook", 3, 7, number=2, attempt=Attempt(0.5, 500))
        log.add("hook", 3, 7, number=3, attempt=Attempt(0.25, 204))
        tokens = {name: token_for(app, name, "finance") for name in ("fay", "finn")}
        tokens |= {"ada": token_for(app, "ada", "admin"), "audrey": token_for(app, "audrey", "auditor")}
        client = client_of(make_application(app))
        yield Office(lambda by, **asked: client.get(_PATH, params=asked, headers=bearing(tokens[by])))


@pytest.mark.parametrize("by", ["fay", "ada", "audrey"])
def test_the_newest_attempts_come_first_page_by_page(office: Office, by: str) -> None:
    first = office.get(by, limit=2).json()
    rest = office.get(by, limit=2, after=first["next"]).json()
    rows = first["data"] + rest["data"]
    assert [(each["attempt"], each["status"], each["took_ms"], each["error"]) for each in rows] == [
        (3, 204, 250, ""),
        (2, 500, 500, ""),
        (1, None, 12, "no answer within 15 s"),
    ]
    assert {(each["book"], each["position"]) for each in rows} == {(3, 7)}
    assert rest["next"] is None


def test_the_deliveries_of_another_account_are_not_found(office: Office) -> None:
    assert office.get("finn").status_code == 404
