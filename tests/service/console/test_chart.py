"""The chart of a merchant's balances: it says in words and in patterns what it draws, at the picked times."""

from __future__ import annotations

import re
from datetime import date
from decimal import Decimal
from itertools import pairwise
from typing import Any

import pytest

from ledger.fx import CNY
from ledger.money import Money
from service.console.chart import Chart, Texts, chart_of
from service.console.merchant import LINES
from tests.service.console.conftest import Browser
from tests.service.console.messages import FOLDER

_DAYS = (date(2026, 3, 1), date(2026, 3, 11), date(2026, 3, 21))


def drawn(*amounts: int, end: date = date(2026, 3, 31)) -> Chart | None:
    texts = Texts(lambda money: f"{money.decimal:f}", str, date.isoformat)
    values = {"pending": [Money(minor, CNY) for minor in amounts]} if amounts else {}
    return chart_of("Balances", values, _DAYS[: len(amounts)], end, texts)


def test_a_balance_holds_on_the_chart_until_the_day_of_its_change() -> None:
    chart = drawn(0, 10_000, 5_000)
    assert chart is not None
    third = (chart.right - chart.left) / 3
    top, bottom = chart.top, chart.bottom
    second, last = round(chart.left + third, 1), round(chart.left + 2 * third, 1)
    middle = (top + bottom) / 2
    assert chart.lines[0].path == f"M{chart.left:g} {bottom:g}H{second:g}V{top:g}H{last:g}V{middle:g}H{chart.right:g}"


@pytest.mark.parametrize("amounts", [(1,), (-1, 1, 7), (0, 0, 0), (99, 100, 101), (-5_000_001, -4, -3)])
def test_the_scale_has_round_marks_around_all_amounts_and_zero(amounts: tuple[int, ...]) -> None:
    chart = drawn(*amounts)
    assert chart is not None
    marks = [Decimal(each.text) for each in chart.amounts]
    shown = [Decimal(0), *(Decimal(each) / 100 for each in amounts)]
    assert marks[0] <= min(shown) <= max(shown) <= marks[-1]
    assert (0 in marks, 2 <= len(marks) <= 8) == (True, True)
    assert len({later - earlier for earlier, later in pairwise(marks)}) == 1
    assert [chart.bottom, chart.top] == [chart.amounts[0].at, chart.amounts[-1].at]


def test_less_than_two_days_make_no_chart() -> None:
    assert (drawn(), drawn(1, end=_DAYS[0])) == (None, None)


def test_the_chart_of_a_past_day_ends_with_the_balances_of_that_day(browser: Browser, of_month: dict[str, Any]) -> None:
    client = browser("finance")
    merchant = of_month["merchant"]
    listed = client.get(f"/console/merchants/{merchant}/balance-history").text
    _, *later = re.findall(r'<tr data-key="([^"]+)"', listed)
    assert len(later) > 4
    for day in later:
        page = client.get(f"/console/merchants/{merchant}/balance?as_of={day}").text
        words = re.search(r"<desc[^>]*>([^<]*)</desc>", page)
        assert words is not None
        tiles = re.findall(r'class="tile"><dt>(.*?)</dt>.*?value="([^"]*) CNY"', page)
        for label, amount in tiles:
            said = re.search(rf"\b{label} ([\d.,]+)", words[1])
            assert said is None or Decimal(said[1].replace(",", "")) == Decimal(amount), (day, label)
        assert "pending" in words[1]


def test_each_line_of_a_chart_has_a_pattern_of_its_own() -> None:
    css = FOLDER.joinpath("assets", "console.css").read_text()
    patterns = re.findall(r"\.chart \.line-\d \{[^}]*stroke-dasharray: ([^;]+);", css)
    assert len({"none", *patterns}) == len(LINES) == len(patterns) + 1
