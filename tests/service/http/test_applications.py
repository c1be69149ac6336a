"""Several applications in one process: they share the routes, and each answers for its own ledger."""

from __future__ import annotations

import pytest
from fastapi.testclient import TestClient

from service.http.application import make_application
from tests.support.buses import open_desk
from tests.support.postgres import Server, clone
from tests.support.shops import app_of


def test_applications_share_the_routes_that_took_long_to_make_and_answer_for_their_own_ledgers(
    postgres: Server, template: str, tmp_path_factory: pytest.TempPathFactory
) -> None:
    urls = [clone(postgres, template, f"application_{number}") for number in range(2)]
    folders = [tmp_path_factory.mktemp("application") for _ in urls]
    with open_desk(urls[0], folders[0], demonstration=True) as one, open_desk(urls[1], folders[1]) as other:
        applications = [make_application(app_of(desk)) for desk in (one, other)]
        pages = [TestClient(each).get("/").text for each in applications]
    assert ["Demonstration" in page for page in pages] == [True, False]
    first, second = ({id(route) for route in each.routes} for each in applications)
    assert len(first & second) > len(first ^ second)
