"""Worklists on the command line, and tracking in the buyer's language."""

import csv
import io
from collections.abc import Callable

import pytest

from service.settings import Settings
from tests.service.cli.conftest import Run

FindOrder = Callable[[str], str]
LISTS = ("approvals", "exceptions", "unmatched", "instructions", "overdue", "declarations", "sales")


@pytest.mark.parametrize("name", LISTS)
def test_a_list_has_the_same_rows_as_json_and_as_csv(run: Run, month: Settings, name: str) -> None:
    rows = run(month, name, "--format", "json").data
    lines = list(csv.DictReader(io.StringIO(run(month, name, "--format", "csv").out)))
    assert len(lines) == len(rows)


@pytest.mark.parametrize("name", LISTS)
def test_a_list_as_a_table_has_the_names_of_its_columns(run: Run, month: Settings, name: str) -> None:
    said = run(month, name)
    assert (said.code, said.err) == (0, "")
    assert ("merchant" if name not in ("unmatched", "instructions") else "amount") in said.out


def test_exceptions_that_are_open_and_resolved_are_all_there_are(run: Run, month: Settings) -> None:
    count = {
        status: len(run(month, "exceptions", "--status", status, "--format", "json").data)
        for status in ("open", "resolved", "all")
    }
    assert count["open"] + count["resolved"] == count["all"] > 0


def test_sales_of_one_merchant_are_those_of_the_list(run: Run, month: Settings) -> None:
    rows = run(month, "sales", "--format", "json").data
    merchant = rows[0]["merchant"]
    own = run(month, "sales", "--merchant", merchant, "--format", "json").data
    assert own == [row for row in rows if row["merchant"] == merchant]


def test_sales_until_the_day_before_the_first_are_none(run: Run, month: Settings) -> None:
    assert run(month, "sales", "--to", "2025-03-31", "--format", "json").data == []


def test_declarations_that_do_not_tie_say_why(run: Run, month: Settings) -> None:
    rows = run(month, "declarations", "--mismatches", "--format", "json").data
    assert all(row["mismatches"] for row in rows)
    assert len(rows) < len(run(month, "declarations", "--format", "json").data)


def test_a_day_that_is_none_is_named(run: Run, month: Settings) -> None:
    said = run(month, "sales", "--from", "yesterday")
    assert said.code == 2
    assert "--from" in said.err


@pytest.mark.parametrize(
    ("locale", "word"), [("en-US", "Delivered"), ("zh-Hans", "已送达"), ("zh-HK", "已送達"), ("pt-MO", "Entregue")]
)
def test_tracking_is_shown_in_the_buyers_language(
    run: Run, month: Settings, an_order: FindOrder, locale: str, word: str
) -> None:
    said = run(month, "track", an_order("parcel.signed_for"), "--locale", locale)
    assert said.code == 0
    assert word in said.out


def test_a_locale_without_texts_is_one_sentence(run: Run, month: Settings, an_order: FindOrder) -> None:
    said = run(month, "track", an_order("parcel.signed_for"), "--locale", "tlh")
    assert said.code == 1
    assert said.err.count("\n") == 1
    assert "tlh" in said.err


@pytest.mark.parametrize("name", ["payouts", "exceptions", "unmatched", "contribution"])
def test_a_list_that_is_cut_says_how_to_go_on(run: Run, month: Settings, name: str) -> None:
    whole = run(month, name, "--limit", "1000", "--format", "json").data
    first = run(month, name, "--limit", "2", "--format", "json")
    cursor = first.err.rpartition("--after ")[2].strip()
    rest = run(month, name, "--limit", "1000", "--after", cursor, "--format", "json")
    assert [*first.data, *rest.data] == whole
    assert rest.err == ""


def test_a_cursor_of_another_list_is_refused(run: Run, month: Settings) -> None:
    cursor = run(month, "payouts", "--limit", "1").err.rpartition("--after ")[2].strip()
    said = run(month, "exceptions", "--after", cursor)
    assert (said.code, "not a cursor of exceptions" in said.err) == (1, True)
