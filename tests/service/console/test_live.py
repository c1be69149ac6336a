"""The live stream of a page: it is open to whom may follow the views."""

from __future__ import annotations

import pytest

from commands.menu import MENU
from service.console.actions import ACTIONS
from service.feeds.view_query import readers_of
from service.questions.question import Role
from service.questions.registry import QUESTIONS
from tests.service.console.conftest import ROLES, Browser


@pytest.mark.parametrize("query", ["views=access_accounts", "views=account_turnovers"])
def test_who_may_not_follow_a_view_hears_nothing_of_it(browser: Browser, query: str) -> None:
    assert browser("support").get(f"/console/live?{query}").status_code == 403


def test_nobody_hears_anything_without_a_session(browser: Browser) -> None:
    assert browser("").get("/console/live?views=exceptions").status_code == 303


@pytest.mark.parametrize("role", ["support", "finance", "merchant"])
def test_a_page_follows_only_views_that_its_reader_may_follow(browser: Browser, role: str) -> None:
    client = browser(role)
    home = client.get("/console/", follow_redirects=True).text
    named = {view for part in home.split('data-views="')[1:] for view in part.partition('"')[0].split(",") if view}
    for view in named:
        answer = client.get(f"/v1/views/{view}/changes?limit=1", headers={"Authorization": f"Bearer {role}"})
        assert answer.status_code == 200, view


@pytest.mark.parametrize("role", ROLES)
def test_who_works_a_queue_may_follow_its_views(role: Role) -> None:
    for action in ACTIONS.values():
        authority = MENU[action.command].authority
        views = QUESTIONS[action.question].views if role in authority.any | authority.own else ()
        assert {view for view in views if role not in readers_of(view)} == set(), action.command
