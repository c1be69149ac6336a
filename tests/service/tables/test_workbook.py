"""Workbooks of Excel: another library reads the values that were written."""

from __future__ import annotations

from datetime import UTC, date, datetime
from io import BytesIO
from typing import Any
from zipfile import ZipFile

import pytest
from openpyxl import load_workbook
from openpyxl.cell import Cell

from ledger.money import Money
from service.tables import workbook
from service.tables.columns import Table, amounts, texts
from service.tables.workbook import workbook_of

HOSTILE = (
    "=1+1", "=HYPERLINK(1)", "+1", "-1", "@SUM(A1)", "\t=1", "{=1}", "http://x.example/", "0012", "李雷 محمد 🧧"
)  # fmt: skip


def written(*values: Any, table: Table | None = None) -> bytes:
    """The workbook of a table with one column, a row for each value."""
    shown = table or Table(texts("value"))
    return b"".join(workbook_of(shown, "values", [{"value": each} for each in values]))


def read(content: bytes) -> list[list[Cell]]:
    """The rows of all sheets below their lines of names."""
    return [list(row) for sheet in load_workbook(BytesIO(content)).worksheets for row in sheet.iter_rows(min_row=2)]


@pytest.mark.parametrize("text", HOSTILE)
def test_a_text_is_a_text_and_never_a_formula_a_link_or_a_number(text: str) -> None:
    content = written(text)
    ((cell,),) = read(content)
    assert (cell.value, cell.data_type, cell.hyperlink) == (text, "s", None)
    assert b"<f>" not in ZipFile(BytesIO(content)).read("xl/worksheets/sheet1.xml")
    assert cell.quotePrefix == (text[0] in "=+-@\t")


@pytest.mark.parametrize(
    ("amount", "shown"), [("-12345.60 CNY", "#,##0.00"), ("500 JPY", "#,##0"), ("0.001 KWD", "#,##0.000")]
)
def test_money_is_a_number_with_the_decimals_of_its_currency_which_stands_beside_it(amount: str, shown: str) -> None:
    money = Money.of(*amount.split())
    ((cell, currency),) = read(written(money, table=Table(amounts("value"))))
    assert (cell.data_type, cell.number_format, currency.value) == ("n", shown, money.currency)
    assert f"{cell.value:.3f}" == f"{money.decimal:.3f}"


def test_an_amount_that_excel_would_round_is_a_text() -> None:
    least, greatest = Money(10**15, "CNY"), Money(10**15 - 1, "CNY")
    rows = read(written(least, greatest, table=Table(amounts("value"))))
    found = [(amount.data_type, str(amount.value)) for amount, _ in rows]
    assert found == [("s", "10000000000000.00"), ("n", "9999999999999.99")]


@pytest.mark.parametrize(
    ("value", "found"),
    [
        (date(2026, 11, 30), datetime(2026, 11, 30)),  # noqa: DTZ001 - Excel knows no zones
        (datetime(2026, 11, 30, 8, 5, 9, tzinfo=UTC), datetime(2026, 11, 30, 8, 5, 9)),  # noqa: DTZ001
        (date(1899, 1, 1), "1899-01-01"),
        (True, True),
        (1042, 1042),
        (10**15, str(10**15)),
        (["a", "b"], '["a", "b"]'),
    ],
)
def test_a_value_keeps_its_kind(value: Any, found: Any) -> None:
    ((cell,),) = read(written(value))
    assert cell.value == found


def test_a_text_that_no_cell_holds_says_that_it_is_cut() -> None:
    ((cell,),) = read(written("🧧" * 40_000))
    assert str(cell.value).endswith("CSV has the whole)")
    assert len(str(cell.value)) <= 32_767


def test_a_list_that_is_longer_than_a_sheet_goes_on_in_the_next(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(workbook, "MOST_ROWS", 4)
    content = written(*range(1, 8))
    assert [cell.value for (cell,) in read(content)] == list(range(1, 8))
    assert load_workbook(BytesIO(content)).sheetnames == ["values", "values 2", "values 3"]
