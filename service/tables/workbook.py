"""A declared table as a workbook of Excel, written row by row: text as text, money as numbers, days as days.

A cell of Excel is a number of 15 digits or a text of 32,767 characters. What does not fit into a number is written as
text; a longer text is cut, and says so.
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Mapping
from datetime import UTC, date, datetime
from decimal import Decimal
from tempfile import TemporaryFile
from typing import Any

from xlsxwriter import Workbook
from xlsxwriter.format import Format
from xlsxwriter.worksheet import Worksheet

from ledger.deadlines import in_zone
from ledger.money import Money
from service.tables.cells import FORMULA_SIGNS, currency_beside, exact
from service.tables.columns import Column, Holds, Table

MOST_ROWS = 1_048_576  # of a sheet, with its line of names
_LARGEST = 10**15
_LONGEST_TEXT = 32_767
_CUT = " … (cut here: a cell holds no more; CSV has the whole)"
_LONGEST_NAME = 31  # letters of a sheet's name
_FIRST_YEAR = 1901  # Excel counts days from 1900, which was no leap year and is one there
_PIECE = 64 * 1024  # bytes
_WIDTHS = {Holds.ID: 24, Holds.AMOUNT: 16, Holds.COUNT: 12, Holds.TIME: 21, Holds.TEXT: 48}
_WIDTH_OF_CURRENCY = 10


def workbook_of(table: Table, name: str, rows: Iterable[Mapping[str, Any]]) -> Iterator[bytes]:
    """Yields the workbook in pieces. It is kept in a file until it is complete. A list that is longer than a sheet goes
    on in the next one."""
    with TemporaryFile() as file:
        with Workbook(file, {"constant_memory": True, "default_date_format": "yyyy-mm-dd"}) as workbook:
            _Sheets(workbook, table, name).write(rows)
        file.seek(0)
        while piece := file.read(_PIECE):
            yield piece


class _Sheets:
    """The sheets of one table."""

    def __init__(self, workbook: Workbook, table: Table, name: str) -> None:
        self._workbook, self._table, self._name = workbook, table, name
        self._heading = workbook.add_format({"bold": True})
        # A formula's sign keeps its apostrophe, so that the text stays one when a person edits the cell.
        self._disarmed = workbook.add_format({"num_format": "@", "quote_prefix": True})
        self._instant = workbook.add_format({"num_format": 'yyyy-mm-dd hh:mm:ss"Z"'})
        self._amounts: dict[int, Format] = {}
        self._number = 0
        self._sheet = self._next()

    def write(self, rows: Iterable[Mapping[str, Any]]) -> None:
        at = 1
        for row in rows:
            if at == MOST_ROWS:
                self._sheet, at = self._next(), 1
            place = 0
            for column in self._table.columns:
                place = self._write(at, place, column, row[column.name])
            at += 1

    def _next(self) -> Worksheet:
        """Returns a new sheet with the names of the columns, which stay in sight."""
        self._number += 1
        more = f" {self._number}" if self._number > 1 else ""
        sheet = self._workbook.add_worksheet(self._name[: _LONGEST_NAME - len(more)] + more)
        sheet.freeze_panes(1, 0)
        for at, (name, width) in enumerate(self._columns()):
            sheet.set_column(at, at, width)
            sheet.write_string(0, at, name, self._heading)
        return sheet

    def _columns(self) -> Iterator[tuple[str, int]]:
        for column in self._table.columns:
            yield column.name, max(_WIDTHS[column.holds], len(column.name) + 2)
            if column.holds is Holds.AMOUNT:
                yield currency_beside(column.name), max(_WIDTH_OF_CURRENCY, len(column.name) + 11)

    def _write(self, row: int, at: int, column: Column, value: Any) -> int:
        """Writes the cell, and the currency beside an amount. Returns the place of the next one."""
        self._write_value(row, at, value)
        if column.holds is not Holds.AMOUNT:
            return at + 1
        if isinstance(value, Money):
            self._sheet.write_string(row, at + 1, value.currency)
        return at + 2

    def _write_value(self, row: int, at: int, value: Any) -> None:
        sheet = self._sheet
        match value:
            case bool():
                sheet.write_boolean(row, at, value)
            case Money() if abs(value.minor) < _LARGEST:
                sheet.write_number(row, at, value.decimal, self._amount(value.decimal))
            case int() if abs(value) < _LARGEST:
                sheet.write_number(row, at, value)
            case datetime() if value.year >= _FIRST_YEAR:
                sheet.write_datetime(row, at, in_zone(value, UTC).replace(tzinfo=None), self._instant)
            case date() if value.year >= _FIRST_YEAR and not isinstance(value, datetime):
                sheet.write_datetime(row, at, value)
            case _:
                self._write_text(row, at, exact(value))

    def _amount(self, amount: Decimal) -> Format:
        """Returns the format with the decimals of the amount's currency."""
        decimals = -int(amount.as_tuple().exponent)
        if decimals not in self._amounts:
            pattern = f"#,##0.{'0' * decimals}" if decimals > 0 else "#,##0"
            self._amounts[decimals] = self._workbook.add_format({"num_format": pattern})
        return self._amounts[decimals]

    def _write_text(self, row: int, at: int, text: str) -> None:
        if len(text.encode("utf-16-le")) // 2 > _LONGEST_TEXT:  # Excel counts as UTF-16 does
            text = text[: (_LONGEST_TEXT - len(_CUT)) // 2] + _CUT
        if text:
            self._sheet.write_string(row, at, text, self._disarmed if text.startswith(FORMULA_SIGNS) else None)
