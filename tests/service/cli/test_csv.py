"""CSV that is printed: the currency of each amount stands in the column beside it."""

from __future__ import annotations

import csv
import io
import re

import pytest

from ledger.money import Money
from service.settings import Settings
from service.tables.cells import currency_beside, write_csv
from service.tables.columns import Table, texts
from tests.service.cli.conftest import Run

_AMOUNT = re.compile(r"-?\d+\.\d\d\d?")


def without_currency(text: str) -> list[str]:
    """The columns that hold an amount and have no currency beside it."""
    header, *rows = csv.reader(io.StringIO(text))
    found = []
    for at, (name, beside) in enumerate(zip(header, [*header[1:], ""], strict=True)):
        filled = [row for row in rows if _AMOUNT.fullmatch(row[at])]
        if filled and not (beside == currency_beside(name) and all(row[at + 1].isalpha() for row in filled)):
            found.append(name)
    return found


def test_an_amount_alone_is_found() -> None:
    assert without_currency("order,net\nO-1,5.00\n") == ["net"]


def test_an_amount_in_a_column_of_texts_says_its_own_currency() -> None:
    out = io.StringIO()
    write_csv(Table(texts("expected")), [{"expected": Money(500, "CNY")}], out)
    assert out.getvalue() == "expected\nCNY 5.00\n"


@pytest.mark.parametrize("form", ["statement", "export", "contribution"])
def test_a_currency_stands_beside_every_amount(run: Run, month: Settings, form: str) -> None:
    asked = {"export": ["export", "journal-csv"], "contribution": ["contribution", "--format", "csv"]}
    if form == "statement":
        (paid, *_) = run(month, "payouts", "--format", "json").data
        asked["statement"] = ["statement", paid["merchant"], "--format", "csv"]
    said = run(month, *asked[form])
    assert (said.code, without_currency(said.out)) == (0, [])
