"""Contribution of each order to the platform's result: fee, margin, FX, provider, freight, duty and losses."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass
from datetime import date
from typing import Any

from sqlalchemy import BigInteger, Column, Date, Text, text

from ledger.fx import CNY
from ledger.ids import belongs_to
from ledger.journal.accounts import (
    DUTIES_BORNE,
    FX_REALISED,
    FX_UNREALISED,
    LOGISTICS_COST,
    PRICING_MARGIN,
    PSP_FEES,
    ROUNDING,
    SERVICE_FEE,
    SERVICE_FEE_REFUNDED,
    SHIPPING_CHARGED,
)
from ledger.log.rows import Recorded
from ledger.money import Money
from projections.balances.balances import NOW, AsOf
from projections.engine.batch import Batch
from projections.engine.batch import Key as RowKey
from projections.engine.projection import Projection
from projections.engine.tables import appended_table, kept_table
from projections.engine.views import Opened, Views
from projections.keyset import Key, behind

ELEMENTS = ("fee", "margin", "shipping", "fx", "psp", "freight", "duty", "losses")
_ELEMENT_OF = {
    SERVICE_FEE.code: "fee",
    SERVICE_FEE_REFUNDED.code: "fee",
    PRICING_MARGIN.code: "margin",
    SHIPPING_CHARGED.code: "shipping",
    FX_REALISED.code: "fx",
    FX_UNREALISED.code: "fx",
    ROUNDING.code: "fx",
    PSP_FEES.code: "psp",
    LOGISTICS_COST.code: "freight",
    DUTIES_BORNE.code: "duty",
}  # every other account of profit and loss counts as a loss: disputes, lost goods, goodwill, bad debts


_RESULT = f"({' + '.join(ELEMENTS)})"
_SUMS = ", ".join(f"sum({name})::bigint AS {name}" for name in ELEMENTS)


def _fen(*names: str) -> tuple[Column[Any], ...]:
    return tuple(Column(name, BigInteger, nullable=False) for name in names)


CONTRIBUTIONS = kept_table(
    "order_contributions",
    Column("merchant", Text(collation="C"), primary_key=True),
    Column("order_id", Text(collation="C"), primary_key=True),  # '' for amounts without an order
    Column("market", Text(collation="C")),
    *_fen(*ELEMENTS),  # CNY fen, positive for a gain of the platform
)
PARTS = appended_table(
    "contribution_parts",
    Column("merchant", Text(collation="C"), primary_key=True),
    Column("order_id", Text(collation="C"), primary_key=True),
    Column("market", Text(collation="C")),
    Column("accounting_date", Date, nullable=False),
    *_fen(*ELEMENTS),
    indexes=[("merchant", "order_id", "position")],
)


class OrderContribution(Projection):
    """Sums the revenue and expense lines of every journal entry by order."""

    name = "order_contribution"
    version = 1
    tables = (CONTRIBUTIONS, PARTS)
    entries_only = True

    def fold(self, batch: Batch) -> None:
        parts = [(recorded, *part) for recorded in batch.events for part in _parts(recorded)]
        rows, lines = batch.rows(CONTRIBUTIONS), batch.lines(PARTS)
        rows.load(key for _, key, _, _ in parts)
        for recorded, key, market, sums in parts:
            row = rows.get(*key) or {"merchant": key[0], "order_id": key[1], "market": ""} | dict.fromkeys(ELEMENTS, 0)
            row["market"] = market or row["market"]
            for element, value in zip(ELEMENTS, sums, strict=True):
                row[element] += value
            rows.put(row, at=recorded.position)
            lines.append((batch.book, recorded.position, *key, market, recorded.accounting_date, *sums))


@dataclass(frozen=True, slots=True)
class Contribution:
    """The contribution of one order, or of all amounts without an order (`order_id` is '').

    CNY, positive for a gain. `largest_cost` is the element that cost the most, '' if none cost anything.
    """

    merchant: str
    order_id: str
    market: str
    fee: Money
    margin: Money
    shipping: Money
    fx: Money
    psp: Money
    freight: Money
    duty: Money
    losses: Money
    result: Money
    largest_cost: str


@dataclass(frozen=True, slots=True)
class Contributions:
    """A page of orders, and the total and count of all orders that match, also beyond `limit`."""

    orders: tuple[Contribution, ...]
    total: Contribution
    count: int
    vector: dict[int, int]


def contributions(
    views: Views,
    timepoint: AsOf = NOW,
    *,
    order: str | None = None,
    merchant: str | None = None,
    market: str | None = None,
    since: date | None = None,
    limit: int = 500,
    after: Key | None = None,
) -> Contributions:
    """Returns the contributions of orders after the key `after`, the greatest loss first.

    With `since`, only the postings from this accounting day on count. The total covers all matching orders, so every
    call reads them all. Raises `ViewBehind`, and ValueError for an instant in the future.
    """
    rest, key = behind((_RESULT, "merchant", "order_id"), after)
    at = timepoint.positions(views)
    asked = {"order_id": order, "merchant": merchant, "market": market}

    def query(opened: Opened) -> Contributions:
        vector = opened.upto(at)
        of_orders, values = _of_orders(opened, vector, timepoint, asked, since)
        worst = f"SELECT * FROM ({of_orders}) o WHERE {rest} ORDER BY {_RESULT}, merchant, order_id LIMIT :limit"
        found = opened.connection.execute(text(worst), values | key | {"limit": limit})
        orders = tuple(_contribution(*row) for row in found)
        every = text(f"SELECT count(*), {_SUMS} FROM ({of_orders}) AS every")
        count, *sums = opened.connection.execute(every, values).one()
        return Contributions(orders, _contribution("", "", "", *(value or 0 for value in sums)), count, vector)

    wanted = timepoint.wanted(at)
    return views.read(OrderContribution(), query, at_least=wanted, timeout_s=timepoint.timeout_s)


def _of_orders(
    opened: Opened, vector: dict[int, int], timepoint: AsOf, asked: dict[str, str | None], since: date | None
) -> tuple[str, dict[str, Any]]:
    """Returns the SQL of the matching orders and its values: the current rows, or sums up to a time."""
    conditions = [f"{name} = :{name}" for name, value in asked.items() if value is not None]
    values: dict[str, Any] = asked | {
        "books": list(vector),
        "positions": list(vector.values()),
        "as_of": timepoint.as_of,
        "since": since,
    }
    if not (timepoint.as_of or timepoint.as_known_at or timepoint.at or since):
        source = opened.generation.stored_name(CONTRIBUTIONS)
        conditions.append("book = ANY(:books)")
    else:
        parts = opened.generation.stored_name(PARTS)
        days = {"p.accounting_date <= :as_of": timepoint.as_of, "p.accounting_date >= :since": since}
        in_period = " AND ".join(["true", *(condition for condition, day in days.items() if day)])
        source = f"""(
            SELECT merchant, order_id, max(market) AS market, {_SUMS}
            FROM unnest(CAST(:books AS integer[]), CAST(:positions AS bigint[])) AS v(book, upto)
            JOIN {parts} p ON p.book = v.book AND p.position <= v.upto WHERE {in_period}
            GROUP BY merchant, order_id) AS known"""
    where = f" WHERE {' AND '.join(conditions)}" if conditions else ""
    return f"SELECT merchant, order_id, market, {', '.join(ELEMENTS)} FROM {source}{where}", values


def _parts(recorded: Recorded) -> Iterator[tuple[RowKey, str, list[int]]]:
    merchant, of_stream = belongs_to(recorded.stream)
    parts: dict[RowKey, tuple[str, list[int]]] = {}
    for line in recorded.lines:
        account = line["account"]
        if account[0] not in "45":
            continue
        key = (merchant, line.get("order") or of_stream)
        market, sums = parts.setdefault(key, (line.get("market", ""), [0] * len(ELEMENTS)))
        sums[ELEMENTS.index(_ELEMENT_OF.get(account, "losses"))] -= line["base"]
    for key, (market, sums) in parts.items():
        yield key, market, sums


def _contribution(merchant: str, order_id: str, market: str, *sums: int) -> Contribution:
    amounts = {name: Money(int(value), CNY) for name, value in zip(ELEMENTS, sums, strict=True)}
    least, cost = min(zip(sums, ELEMENTS, strict=True))
    result = Money(int(sum(sums)), CNY)
    return Contribution(merchant, order_id, market, **amounts, result=result, largest_cost=cost if least < 0 else "")
