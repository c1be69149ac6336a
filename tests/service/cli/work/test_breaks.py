"""Breaks are worked on the command line, those that nobody has flagged so far included."""

from __future__ import annotations

from datetime import UTC, datetime
from typing import Any

import pytest

from service.app import open_app
from service.settings import Settings
from tests.service.cli.conftest import Run
from tests.support.access import open_accounts
from tests.support.buses import Clock, Desk, publish_programme
from tests.support.sales import merchant_ready, paid

BY = ("--by", "fang")
CLOSED = ("--as", "written_off", "--reason", "The provider has lost it.", *BY)


@pytest.fixture
def shop(settings: Settings) -> Settings:
    """A ledger with one capture that no report has settled for long."""
    with open_app(settings) as app:
        desk = Desk(app.ledger, Clock(datetime(2025, 4, 1, 8, tzinfo=UTC)))
        publish_programme(desk)
        merchant_ready(desk)
        paid(desk)
        open_accounts(desk.bus, "fang")
    return settings


def listed(shop: Settings, run: Run) -> list[dict[str, Any]]:
    found: list[dict[str, Any]] = run(shop, "reconciliation", "--format", "json").data
    return found


def test_a_line_that_is_missing_is_given_to_somebody(shop: Settings, run: Run) -> None:
    (missing,) = listed(shop, run)
    assert run(shop, "break", "assign", missing["break_id"], "--to", "lin", *BY).code == 0
    assert [(each["kind"], each["owner"]) for each in listed(shop, run)] == [("psp_line_missing", "lin")]


def test_what_a_person_has_closed_is_listed_no_more(shop: Settings, run: Run) -> None:
    (missing,) = listed(shop, run)
    assert run(shop, "break", "resolve", missing["break_id"], *CLOSED).code == 0
    assert listed(shop, run) == []
    (row,) = run(shop, "exceptions", "--status", "resolved", "--format", "json").data
    assert (row["break_id"], row["resolution"]) == (missing["break_id"], "written_off")


def test_a_break_that_is_not_open_is_one_sentence(shop: Settings, run: Run) -> None:
    said = run(shop, "break", "resolve", "nothing.such", *CLOSED)
    assert (said.code, "No open break has the id nothing.such." in said.err) == (1, True)


def test_a_word_that_is_none_is_one_sentence(shop: Settings, run: Run) -> None:
    (missing,) = listed(shop, run)
    said = run(shop, "break", "assign", missing["break_id"], "--to", "Lin Mo", *BY)
    assert (said.code, "owner: it should be one word" in said.err) == (1, True)


def test_a_break_of_another_stream_is_not_meant(shop: Settings, run: Run) -> None:
    (missing,) = listed(shop, run)
    said = run(shop, "break", "assign", missing["break_id"], "--to", "lin", "--stream", "order/M-1/O-9", *BY)
    assert said.code == 1
