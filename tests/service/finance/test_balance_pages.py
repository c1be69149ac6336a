"""The list of balances a page at a time: it reads the merchants of the page, now and in the past."""

from __future__ import annotations

from collections.abc import Iterator
from datetime import date, timedelta
from pathlib import Path
from typing import Any

import pytest

from projections.balances import balances as balances_of
from service.app import App
from service.questions.asked import answer_to
from service.questions.registry import QUESTIONS
from tests.support.buses import open_desk
from tests.support.shops import app_of
from tests.support.view_history import DAY, History, sale

BALANCES = QUESTIONS["balances"]
EARLY, LATE = ["M-3", "M-6"], ["M-1", "M-2", "M-4", "M-5", "M-7"]


@pytest.fixture
def app(database_url: str, tmp_path: Path) -> Iterator[App]:
    """Two merchants have money since a day, five others since the next day, in three books."""
    with open_desk(database_url, tmp_path) as desk:
        history = History(desk.ledger)
        for day, merchants in ((DAY, EARLY), (DAY + timedelta(days=1), LATE)):
            for merchant in merchants:
                history.entry(1 + int(merchant[2:]) % 3, sale(merchant, "100.00"), day=day)
        app = app_of(desk)
        app.catch_up()
        yield app


def pages(app: App, limit: int, *, as_of: date | None = None) -> Iterator[list[str]]:
    values: dict[str, Any] = {each.name: each.default for each in BALANCES.parameters}
    after = None
    while True:
        answer = answer_to(BALANCES, app, values | {"limit": limit, "after": after, "as_of": as_of})
        yield [each.merchant for each in answer.data]
        if (after := answer.next) is None:
            return


@pytest.mark.parametrize("limit", [1, 2, 3, 7, 50])
@pytest.mark.parametrize(("as_of", "whole"), [(None, sorted(EARLY + LATE)), (DAY, EARLY)])
def test_the_pages_are_the_whole_list_also_of_a_day_when_few_had_money(
    app: App, limit: int, as_of: date | None, whole: list[str]
) -> None:
    found = list(pages(app, limit, as_of=as_of))
    assert [merchant for page in found for merchant in page] == whole
    assert all(len(page) == limit for page in found[:-1])


def test_a_page_reads_the_balances_of_its_own_merchants(app: App, monkeypatch: pytest.MonkeyPatch) -> None:
    read, run = list[list[str]](), balances_of._run

    def counted(*arguments: Any, merchants: list[str] | None = None, **values: Any) -> Any:
        read.append(merchants or [])
        return run(*arguments, merchants=merchants, **values)

    monkeypatch.setattr(balances_of, "_run", counted)
    next(pages(app, 2))
    assert [each for each in read if each] == [["M-1", "M-2", "M-3"]], "two, and the one that says if more follow"
