"""A merchant's part of the events: its own money, and nothing of the platform, of buyers or of other merchants."""

from __future__ import annotations

import json
from collections import Counter
from collections.abc import Iterator
from typing import Any, get_args

import pytest
from pydantic import BaseModel

from ledger.events.event import EVENTS
from ledger.log.rows import Recorded
from projections.balances.balances import balances
from service.app import App
from service.feeds.event_feed import EventFeed
from service.feeds.event_query import filter_of
from service.feeds.merchant_events import MERCHANT_EVENTS, event_for
from service.questions.reader import Reader
from tests.service.feeds.test_cloud_events import all_rows

# Never a merchant's: the buyer and its prices, the provider, the platform's rates, costs and results, and its people.
CLOSED = {
    *("buyer_ref", "ship_to", "ship_to_ref", "checkout_id", "buyer_total", "buyer_amount", "unit_reference", "source"),
    *("source_price", "source_amount", "reference_rate", "book_rate", "base", "carried", "fx", "margin", "expense"),
    *("margin_reversed", "psp", "psp_ref", "capture_ref", "payment_id", "partner", "reviewer", "approver", "proposer"),
    *("note", "details", "by", "requested_by", "raw_code", "signed_by", "proof_ref", "in_full", "actor", "undone"),
}


@pytest.fixture(scope="module")
def rows(month_app: App) -> list[Recorded]:
    return all_rows(month_app)


@pytest.fixture(scope="module")
def merchants(rows: list[Recorded]) -> list[str]:
    return sorted({row.stream.split("/")[1] for row in rows if row.stream.startswith("order/")})


def paths(kind: type[BaseModel], before: str = "") -> Iterator[str]:
    """The paths of all fields of a class, through its objects and lists."""
    for name, field in kind.model_fields.items():
        yield f"{before}{name}"
        for each in _models(field.annotation):
            yield from paths(each, f"{before}{name}.")


def _models(annotation: Any) -> list[type[BaseModel]]:
    if isinstance(annotation, type) and issubclass(annotation, BaseModel):
        return [annotation]
    return [model for each in get_args(annotation) for model in _models(each)]


@pytest.mark.parametrize("type", MERCHANT_EVENTS)
def test_every_open_field_exists_and_none_is_the_platforms(type: str) -> None:
    newest = max(version for name, version in EVENTS if name == type)
    opened = MERCHANT_EVENTS[type].split()
    assert set(opened) <= set(paths(EVENTS[type, newest]))
    assert not {name for path in opened for name in path.split(".")} & CLOSED


def names_in(value: Any) -> set[str]:
    if isinstance(value, dict):
        return value.keys() | {name for each in value.values() for name in names_in(each)}
    return {name for each in value for name in names_in(each)} if isinstance(value, list) else set()


def currencies_in(value: Any) -> set[str]:
    if isinstance(value, dict):
        return {value["currency"]} if value.keys() == {"currency", "minor"} else currencies_in(list(value.values()))
    return {found for each in value for found in currencies_in(each)} if isinstance(value, list) else set()


def test_a_merchants_events_have_its_own_lines_in_cny_and_no_closed_field(
    rows: list[Recorded], merchants: list[str]
) -> None:
    for merchant in merchants:
        for row in rows:
            if (text := event_for("L", row, merchant)) is None:
                continue
            data = json.loads(text)["data"]
            assert not names_in(data["payload"]) & CLOSED
            assert currencies_in(data["payload"]) <= {"CNY"}
            assert {(line["merchant"], line["account"][:2]) for line in data["entry"] or ()} <= {(merchant, "21")}
            assert set(merchants) & set(data["stream"].split("/")) == {merchant}


@pytest.mark.parametrize("payload", ['{"lines":7}', '{"lines":null}', '{"lines":["x",[]]}', '"text"', "[1]", "null"])
def test_an_event_that_nobody_can_decode_does_not_stop_the_merchants_feed(rows: list[Recorded], payload: str) -> None:
    row = next(row for row in rows if row.type == "order.placed")
    text = event_for("L", row._replace(payload=payload), row.stream.split("/")[1])
    assert text is not None
    assert "7" not in str(json.loads(text)["data"]["payload"])
    assert "text" not in str(json.loads(text)["data"]["payload"])


def test_the_lines_of_a_merchants_events_come_to_its_balances(month_app: App, merchants: list[str]) -> None:
    feed = EventFeed(month_app.ledger)
    for merchant in merchants:
        wanted = filter_of(month_app, Reader("merchant", merchant))
        page = feed.page({}, wanted, limit=100_000)
        sums = Counter[str]()
        for frame in page.frames:
            for line in json.loads(frame.text)["data"]["entry"] or ():
                sums[line["account"]] -= line["base"]
        assert page.is_last
        (balance,) = balances(month_app.views, merchants=[merchant]).merchants or (None,)
        if balance is None:
            assert not any(sums.values())
            continue
        assert sums["2110"] == balance.pending.minor
        assert sums["2120"] == balance.available.minor - balance.due_from_merchant.minor
        assert sums["2130"] == balance.on_hold.minor
        assert sums["2140"] == balance.in_transit.minor
