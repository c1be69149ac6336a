"""Sales by post, live stream or store, and by creator: numbers of orders without personal data."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import date
from typing import Any

from sqlalchemy import Column, Date, RowMapping, Text, text

from ledger.events.orders import OrderPlaced
from ledger.fx import CNY
from ledger.log.rows import Recorded
from ledger.money import Money
from projections.balances.balances import NOW, AsOf
from projections.engine.batch import Batch, Row
from projections.engine.columns import count_column, minor_column, text_column
from projections.engine.projection import Projection
from projections.engine.tables import appended_table, kept_table
from projections.engine.views import Opened, Vector, Views
from projections.keyset import Key, behind

SALES = kept_table(
    "sales_by_channel",
    text_column("merchant", key=True),
    text_column("channel", key=True),  # post, live_stream, store
    text_column("content_id", key=True),
    text_column("creator_id", key=True),
    text_column("market", key=True),
    Column("day", Date, primary_key=True),  # the accounting day of the order
    count_column("orders"),
    minor_column("list_fen"),
)
SOLD = appended_table(
    "sold_orders",  # one row for each order, for answers about the past
    *(Column(name, Text(collation="C")) for name in SALES.key if name != "day"),
    Column("day", Date, nullable=False),
    minor_column("list_fen"),
    indexes=[("day",)],
)


_ORDER = ("day", "merchant", "channel", "content_id", "creator_id", "market")


class SalesByChannel(Projection):
    """Counts orders as they were placed (statements 2 and 35). Later refunds do not change the counts."""

    name = "sales_by_channel"
    version = 3
    tables = (SALES, SOLD)
    events = (OrderPlaced,)

    def fold(self, batch: Batch) -> None:
        rows = batch.rows(SALES)
        reported = [(recorded, recorded.event) for recorded in batch.events]
        rows.load(_key(recorded, event) for recorded, event in reported if isinstance(event, OrderPlaced))
        for recorded, event in reported:
            assert isinstance(event, OrderPlaced), event.name
            key = _key(recorded, event)
            blank: Row = {**dict(zip(SALES.key, key, strict=True)), "orders": 0, "list_fen": 0}
            row = rows.get(*key) or blank
            row["orders"] += 1
            row["list_fen"] += event.list_total.minor
            rows.put(row, at=recorded.position)
            batch.lines(SOLD).append((batch.book, recorded.position, *key, event.list_total.minor))


def _key(recorded: Recorded, event: OrderPlaced) -> tuple[Any, ...]:
    channel = event.channel
    named = (channel.type, channel.content_id or "", channel.creator_id or "")
    return event.merchant_id, *named, event.market, recorded.accounting_date


@dataclass(frozen=True, slots=True)
class ChannelSales:
    """The orders of one day through one channel."""

    merchant: str
    channel: str
    content_id: str
    creator_id: str
    market: str
    day: date
    orders: int
    list_total: Money  # CNY


def sales(
    views: Views,
    *,
    merchant: str | None = None,
    channel: str | None = None,
    creator_id: str | None = None,
    market: str | None = None,
    from_day: date | None = None,
    to_day: date | None = None,
    timepoint: AsOf = NOW,
    limit: int | None = None,
    after: Key | None = None,
    at_least: Vector | None = None,
    timeout_s: float = 5.0,
) -> tuple[ChannelSales, ...]:
    """Returns the sales by channel after the key `after`, the earliest day first; `from_day` and `to_day` are included.

    At another time than now, only orders up to that day or known by then count. Raises `ViewBehind`, and ValueError for
    an instant in the future.
    """
    at = timepoint.positions(views)
    rest, key = behind(_ORDER, after)
    last = min((day for day in (to_day, timepoint.as_of) if day), default=None)
    asked = {"merchant": merchant, "channel": channel, "creator_id": creator_id, "market": market}

    def query(opened: Opened) -> tuple[ChannelSales, ...]:
        vector = opened.upto(at)
        days = {"from_day": from_day, "to_day": last}
        values = {"books": list(vector), "positions": list(vector.values()), "limit": limit, **days, **asked, **key}
        statement = f"""
            SELECT merchant, channel, content_id, creator_id, market, day, orders, list_fen
            FROM ({_now(opened) if at is None else _then(opened)}) s WHERE {_conditions(asked | days)} AND {rest}
            ORDER BY {", ".join(_ORDER)} LIMIT :limit"""
        found = opened.connection.execute(text(statement), values)
        return tuple(_sales(row) for row in found.mappings())

    wanted = timepoint.wanted(at, at_least)
    return views.read(SalesByChannel(), query, at_least=wanted, timeout_s=timeout_s)


def _conditions(asked: Mapping[str, Any]) -> str:
    days = {"from_day": "day >= :from_day", "to_day": "day <= :to_day"}
    wanted = [days.get(name, f"{name} = :{name}") for name, value in asked.items() if value is not None]
    return " AND ".join(wanted) or "true"


def _now(opened: Opened) -> str:
    return f"SELECT * FROM {opened.generation.stored_name(SALES)} WHERE book = ANY(:books) AND NOT deleted"


def _then(opened: Opened) -> str:
    """Returns SQL that counts the orders known at the positions."""
    names = ", ".join(SALES.key)
    return f"""SELECT {names}, count(*) AS orders, sum(list_fen) AS list_fen
        FROM unnest(CAST(:books AS integer[]), CAST(:positions AS bigint[])) AS v(of_book, upto)
        JOIN {opened.generation.stored_name(SOLD)} ON book = of_book AND position <= upto GROUP BY {names}"""


def _sales(row: RowMapping) -> ChannelSales:
    named = {name: row[name] for name in (*SALES.key, "orders")}
    return ChannelSales(**named, list_total=Money(int(row["list_fen"]), CNY))
