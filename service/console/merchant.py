"""The page of a merchant: its balances, its payouts and statements, and the journal lines behind them."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from fastapi.responses import Response

from service.console.layout import shown
from service.console.page import Page
from service.console.parts import Part, Tile, part_of

_TILES = ("pending", "available", "on_hold", "in_transit", "paid", "due_from_merchant")
_LATEST = 12


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
    parts: list[Part] = [
        part_of(page, name, path=path.format(merchant), merchant=merchant, limit=_LATEST)
        for name, path in (
            ("payouts", "/payouts"),
            ("statements", "/merchants/{}/statements"),
            ("lines", "/merchants/{}/lines"),
        )
        if page.may_ask(name)
    ]
    return shown(page, "merchant.html", merchant=merchant, tiles=tiles, more=more, parts=parts)
