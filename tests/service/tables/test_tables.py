"""Every declared table at every width: ids and amounts are whole, and in CSV a currency stands beside each amount."""

from __future__ import annotations

import csv
import io
import re
from datetime import UTC, datetime
from typing import Any

import pytest
from rich.console import Console

from ledger.money import Money
from service.cli.layout import print_table, wrapped
from service.cli.options import Format
from service.cli.output import show, stdout
from service.tables.cells import currency_beside
from service.tables.columns import Column, Holds, Table, details, ids
from service.tables.tables import TABLES

WIDTHS = (40, 60, 80, 120)
LARGEST = Money(-9_007_199_254_740_993, "USD")
LONGEST_ID = "psp_line_missing." + "0123456789abcdef" * 4
_VALUES: dict[Holds, Any] = {
    Holds.ID: LONGEST_ID,
    Holds.AMOUNT: LARGEST,
    Holds.COUNT: 1_234_567,
    Holds.TIME: datetime(2025, 4, 1, 8, tzinfo=UTC),
    Holds.TEXT: f"CNY 9,007,199,254,740,993.00 of 送货 {LONGEST_ID} were expected",
}


def a_row(table: Table) -> dict[str, Any]:
    return {column.name: _VALUES[column.holds] for column in table.columns}


def printed(table: Table, width: int, rows: list[dict[str, Any]]) -> str:
    console = Console(width=width, file=io.StringIO(), highlight=False, markup=False)
    print_table(console, table, rows)
    return console.file.getvalue()  # type: ignore[attr-defined, no-any-return]


@pytest.mark.parametrize("width", WIDTHS)
@pytest.mark.parametrize("name", TABLES)
def test_every_id_and_amount_of_a_declared_table_is_whole(name: str, width: int) -> None:
    table = TABLES[name]
    values = {column: f"{index:03}{LONGEST_ID}" for index, column in enumerate(table.columns)}
    row = {column.name: values[column] for column in table.columns if column.holds is Holds.ID}
    amounts = {
        column.name: Money(LARGEST.minor - index, "USD")
        for index, column in enumerate(table.columns)
        if column.holds is Holds.AMOUNT
    }
    said = printed(table, width, [a_row(table) | row | amounts])
    missing = [value for value in row.values() if value not in said]
    missing += [name for name, amount in amounts.items() if f"{amount.decimal:,f}" not in said]
    assert not missing


@pytest.mark.parametrize("width", WIDTHS)
@pytest.mark.parametrize("name", TABLES)
def test_a_table_of_short_values_is_no_wider_than_its_place(name: str, width: int) -> None:
    short = {Holds.ID: "M-1", Holds.AMOUNT: Money(100, "CNY"), Holds.COUNT: 1, Holds.TEXT: "as expected"}
    table = TABLES[name]
    rows = [{column.name: (_VALUES | short)[column.holds] for column in table.columns}]
    assert max(map(len, printed(table, width, rows).splitlines())) <= width


@pytest.mark.parametrize("name", TABLES)
def test_csv_has_a_currency_beside_every_amount(name: str, capsys: pytest.CaptureFixture[str]) -> None:
    table = TABLES[name]
    show(table, [a_row(table)], Format.CSV)
    header, row = list(csv.reader(io.StringIO(capsys.readouterr().out)))
    for column in table.columns:
        if column.holds is Holds.AMOUNT:
            at = header.index(column.name)
            assert (header[at + 1], row[at + 1]) == (currency_beside(column.name), "USD")


def test_an_empty_csv_names_the_currencies_too(capsys: pytest.CaptureFixture[str]) -> None:
    show(TABLES["PAYOUTS"], [], Format.CSV)
    assert ",amount,amount_currency," in capsys.readouterr().out


@pytest.mark.parametrize("name", TABLES)
def test_a_table_without_rows_still_names_its_columns(name: str) -> None:
    said = printed(TABLES[name], 40, [])
    assert all(word in said for column in TABLES[name].columns for word in column.heading.split())


def test_what_a_table_has_no_room_for_is_said() -> None:
    table = Table((*ids("id"), *details(Column("remark", Holds.TEXT))))
    said = printed(table, 30, [{"id": "a" * 20, "remark": "b" * 20}])
    assert "Columns without room: remark." in re.sub(r"\s+", " ", said)


def test_an_id_is_no_detail_that_may_be_left_out() -> None:
    with pytest.raises(ValueError, match="always shown"):
        details(*ids("payout_id"))


def test_an_amount_is_not_parted_from_its_currency() -> None:
    assert wrapped("they expected CNY 12.00 then", 17) == ["they expected", "CNY 12.00 then"]


@pytest.mark.parametrize(
    ("reported", "width"), [("60", 60), ("0", 240), ("-5", 240), ("wide", 240), ("", 240), ("3", 20)]
)
def test_a_pipe_is_as_wide_as_columns_says(monkeypatch: pytest.MonkeyPatch, reported: str, width: int) -> None:
    monkeypatch.setenv("COLUMNS", reported)
    assert stdout().width == width
