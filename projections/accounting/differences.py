"""Explains why two answers about one day differ: lists the events that only the later answer knows."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import date, datetime
from typing import Any

from sqlalchemy import text

from ledger.fx import CNY
from ledger.money import Money
from projections.balances.balances import NOW, AsOf
from projections.balances.merchant_balances import LINES, MerchantBalances
from projections.engine.views import Opened, Views

# The bank line of a payout carries its merchant, as in the merchant's balances.
_NARROWER = {"merchant": "l.merchant = :merchant", "account": "l.account = :account", "order": "l.order_id = :order"}
_LATE = """
SELECT l.book, l.position, e.event_id::text, e.type, e.stream, e.accounting_date, e.occurred_at, e.recorded_at,
       l.account, l.merchant, l.order_id, l.currency, sum(l.amount) AS amount, sum(l.base) AS base
FROM unnest(CAST(:books AS integer[]), CAST(:after AS bigint[]), CAST(:positions AS bigint[])) AS v(book, after, upto)
JOIN {lines} l ON l.book = v.book AND l.position > v.after AND l.position <= v.upto
JOIN log.events e ON e.book = l.book AND e.position = l.position AND e.book = ANY(CAST(:books AS integer[]))
WHERE {conditions}
GROUP BY l.book, l.position, e.event_id, e.type, e.stream, e.accounting_date, e.occurred_at, e.recorded_at,
         l.account, l.merchant, l.order_id, l.currency
ORDER BY e.recorded_at, l.book, l.position, l.account, l.merchant, l.order_id, l.currency
"""


@dataclass(frozen=True, slots=True)
class LateEvent:
    """An event recorded between two answers, and the amount that it moved on one account."""

    book: int
    position: int
    event_id: str
    type: str
    stream: str
    accounting_date: date
    occurred_at: datetime
    recorded_at: datetime
    account: str
    merchant: str  # '' on accounts that belong to no merchant
    order_id: str
    amount: Money
    base: Money


@dataclass(frozen=True, slots=True)
class Difference:
    """The difference between two answers: the accounts that changed, and every event that changed them.

    `as_of` is the accounting day of both answers, or None if they cover all days. `earlier` and `later` map book to
    position.
    """

    as_of: date | None
    accounts: dict[tuple[str, str], Money]  # (account, currency) → CNY, later minus earlier
    events: tuple[LateEvent, ...]
    earlier: dict[int, int]
    later: dict[int, int]


def explain_difference(
    views: Views,
    *,
    as_of: date | None = None,
    earlier: AsOf,
    later: AsOf = NOW,
    merchant: str | None = None,
    account: str | None = None,
    order: str | None = None,
) -> Difference:
    """Returns the events that the later answer knows and the earlier one does not.

    `merchant`, `account` and `order` narrow the answer. Raises `ViewBehind`, and ValueError for an instant in the
    future.
    """
    before, after = earlier.positions(views), later.positions(views)
    asked = {"merchant": merchant, "account": account, "order": order}

    def query(opened: Opened) -> Difference:
        upto = opened.upto(after)
        known = {book: (before or opened.vector).get(book, 0) for book in upto}
        conditions = [sql for name, sql in _NARROWER.items() if asked[name] is not None]
        conditions += ["l.accounting_date <= :as_of"] if as_of else []
        lines = opened.generation.stored_name(LINES)
        statement = text(_LATE.format(lines=lines, conditions=" AND ".join(conditions) or "true"))
        vector = {"books": list(upto), "after": list(known.values()), "positions": list(upto.values())}
        events = tuple(_late(row) for row in opened.connection.execute(statement, vector | asked | {"as_of": as_of}))
        return Difference(as_of, _by_account(events), events, known, upto)

    wanted = {**(later.at_least or {}), **(after or {})}
    return views.read(MerchantBalances(), query, at_least=wanted, timeout_s=later.timeout_s)


def _by_account(events: tuple[LateEvent, ...]) -> dict[tuple[str, str], Money]:
    accounts: dict[tuple[str, str], Money] = {}
    for event in events:
        key = (event.account, event.amount.currency)
        accounts[key] = accounts.get(key, Money.zero(CNY)) + event.base
    return dict(sorted(accounts.items()))


def _late(row: Any) -> LateEvent:
    return LateEvent(
        book=row.book,
        position=row.position,
        event_id=row.event_id,
        type=row.type,
        stream=row.stream,
        accounting_date=row.accounting_date,
        occurred_at=row.occurred_at,
        recorded_at=row.recorded_at,
        account=row.account,
        merchant=row.merchant,
        order_id=row.order_id,
        amount=Money(int(row.amount), row.currency),
        base=Money(int(row.base), CNY),
    )
