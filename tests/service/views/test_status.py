"""The status shows the real positions of the views: nobody follows them while no service runs."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path

import pytest

from service.app import App
from service.views.status import status_of
from tests.support.buses import open_desk, publish_programme
from tests.support.shops import app_of


@pytest.fixture
def app(database_url: str, tmp_path: Path) -> Iterator[App]:
    with open_desk(database_url, tmp_path) as desk:
        app = app_of(desk)
        app.catch_up()
        publish_programme(desk)
        yield app


def states(app: App) -> set[str]:
    return {view.status for view in status_of(app).views if view.book == 0}


def test_a_view_that_nobody_follows_is_behind_and_no_trouble(app: App) -> None:
    assert states(app) == {"behind"}
    assert status_of(app).troubles == ()


def test_a_view_at_the_head_is_current(app: App) -> None:
    app.catch_up()
    assert states(app) == {"current"}
