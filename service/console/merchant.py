"""The page of a merchant: its balances with their history, its payouts and statements, and the journal lines behind
them."""

from __future__ import annotations

from collections.abc import Mapping
from datetime import timedelta
from typing import Any

from fastapi.responses import Response

from service.console.chart import Chart, Texts, chart_of
from service.console.layout import shown
from service.console.page import Page
from service.console.parts import Part, Tile, attempted, part_of, part_with
from service.questions.registry import QUESTIONS

_TILES = ("pending", "available", "on_hold", "in_transit", "paid", "due_from_merchant")
LINES = ("pending", "available", "on_hold", "in_transit", "due_from_merchant")
_LATEST, _LATEST_DAYS = 12, 14
_LONGEST = timedelta(days=366)  # that a chart shows


def merchant_page(page: Page, values: Mapping[str, Any]) -> Response:
    """Returns the page of the merchant whose balance was asked for."""
    answer = page.ask("balance", **values)
    merchant = values["merchant"]
    balance = page.records.cells
    tiles = [Tile(page.language.label(name), balance.of(getattr(answer.data, name))) for name in _TILES]
    more = [
        (page.language.label(name), balance.of(getattr(answer.data, name)))
        for name in ("open_cases_amount", "next_release_at")
    ]
    parts = [
        part_of(page, name, path=QUESTIONS[name].path.format(merchant=merchant), merchant=merchant, limit=_LATEST)
        for name in ("payouts", "statements", "lines")
        if page.may_ask(name)
    ]
    chart, days = _history(page, merchant)
    return shown(page, "merchant.html", merchant=merchant, tiles=tiles, more=more, chart=chart, parts=[days, *parts])


def _history(page: Page, merchant: str) -> tuple[Chart | None, Part]:
    """Returns the chart of the balances of a year, and the latest days of it as a list."""
    name, year = "balance-history", page.day - _LONGEST
    path = QUESTIONS[name].path.format(merchant=merchant)
    answer, trouble = attempted(lambda: page.ask(name, merchant=merchant, since=year, limit=_LONGEST.days + 1))
    if answer is None:
        return None, Part(page.language.label(name), page.linker.page(path), None, trouble=trouble, id=name)
    rows = answer.data
    language, days = page.language, [row.day for row in rows]
    amounts = {language.label(each): [getattr(row, each) for row in rows] for each in LINES}
    drawn = {label: line for label, line in amounts.items() if any(line)}
    texts = Texts(language.amount, language.short, language.day)
    chart = chart_of(language.label(name), drawn, days, max(page.day, *days), texts) if drawn else None
    latest = part_with(page, name, rows[: -_LATEST_DAYS - 1 : -1], path=path, cut=len(rows) > _LATEST_DAYS)
    return chart, latest
