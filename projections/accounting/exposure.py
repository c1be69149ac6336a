"""Open amounts between the platform and others, by age: provider receivables, refunds, merchants' debts, claims."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Mapping
from dataclasses import dataclass
from datetime import date
from typing import Any, TypeVar

from sqlalchemy import text

from ledger.fx import CNY
from ledger.journal.accounts import (
    AVAILABLE,
    BUYER_FUNDS,
    CLAIMS_RECEIVABLE,
    DISPUTED_FUNDS,
    PARTNER_PAYABLE,
    PSP_RECEIVABLE,
    REFUNDS_PAYABLE,
)
from ledger.money import Money
from projections.balances.balances import NOW, AsOf
from projections.balances.merchant_balances import DAYS, LINES, MerchantBalances
from projections.engine.views import Opened, Vector, Views
from projections.keyset import Key, behind

T = TypeVar("T")
DUE_FROM_MERCHANTS = "1310"  # the account under which a debit balance of 2120 is shown (domain §3.4)
OPEN_ITEM_ACCOUNTS = {
    PSP_RECEIVABLE.code: PSP_RECEIVABLE.title,
    DISPUTED_FUNDS.code: DISPUTED_FUNDS.title,
    CLAIMS_RECEIVABLE.code: CLAIMS_RECEIVABLE.title,
    REFUNDS_PAYABLE.code: REFUNDS_PAYABLE.title,
    BUYER_FUNDS.code: BUYER_FUNDS.title,
    PARTNER_PAYABLE.code: PARTNER_PAYABLE.title,
    DUE_FROM_MERCHANTS: "Due from merchants",
}
AGES = ((0, 7), (8, 30), (31, 60), (61, 90), (91, None))  # in days; both ends are included

# An item is the balance of one order on one account; for a merchant's debt, the balance of the merchant. It is open
# since the first day after which its balance was never zero again. Partners are paid for many orders at once, and money
# without an order has no item of its own: there, the oldest amount is settled first.
_OF_ORDERS = """
SELECT CASE account WHEN :debts THEN :due ELSE account END AS account, psp, currency, merchant, item AS order_id,
       sum(amount) AS amount, sum(base) AS base,
       min(accounting_date) FILTER (WHERE n > coalesce(last_settled, 0)) AS since
FROM (
    SELECT *, max(n) FILTER (WHERE left_open = 0 OR (account = :debts AND left_open < 0)) OVER item AS last_settled
    FROM (
        SELECT *, row_number() OVER in_order AS n, sum(amount) OVER in_order AS left_open, sum(amount) OVER item AS open
        FROM (
            SELECT l.book, l.account, l.psp, l.currency, l.merchant, l.amount, l.base, l.accounting_date, l.position,
                   l.line_no, CASE WHEN l.account = :debts THEN '' ELSE l.order_id END AS item
            FROM unnest(CAST(:books AS integer[]), CAST(:positions AS bigint[])) AS v(book, upto)
            JOIN {lines} l ON l.book = v.book AND l.position <= v.upto
            WHERE l.account = ANY(:accounts) AND l.accounting_date <= :as_of
              AND (l.account = :debts OR l.account <> :partners AND l.order_id <> '')
        ) AS lines
        WINDOW item AS (PARTITION BY book, account, psp, currency, merchant, item),
               in_order AS (item ORDER BY accounting_date, position, line_no)
    ) AS running
    WHERE open <> 0 AND (account <> :debts OR open > 0)
    WINDOW item AS (PARTITION BY book, account, psp, currency, merchant, item)
) AS items
GROUP BY book, account, psp, currency, merchant, item"""
# The amounts of an account that are open are the newest that come to its balance; of the oldest of them a part may be.
# Its CNY value is in proportion, rounded HALF_UP. The newest has what is left of the account's CNY.
_OF_DAYS = """
SELECT account, psp, currency, '' AS merchant, '' AS order_id, sign(open) * rest AS amount,
       CASE WHEN newer = 0 THEN carried - sum(part) OVER of_account + part ELSE part END AS base, since
FROM (
    SELECT *, sign(base) * div(2 * abs(base) * rest + abs(amount), 2 * abs(amount)) AS part
    FROM (
        SELECT *, least(abs(amount), abs(open - newer)) AS rest
        FROM (
            SELECT *, coalesce(sum(amount) OVER newest_first, 0) AS newer
            FROM (
                SELECT *, sum(amount) OVER of_account AS open, sum(base) OVER of_account AS carried
                FROM (
                    SELECT l.account, l.psp, l.currency, l.accounting_date AS since, sum(l.amount) AS amount,
                           sum(l.base) AS base
                    FROM unnest(CAST(:books AS integer[]), CAST(:positions AS bigint[])) AS v(book, upto)
                    JOIN {lines} l ON l.book = v.book AND l.position <= v.upto
                    WHERE l.account = ANY(:accounts) AND l.accounting_date <= :as_of
                      AND (l.account = :partners OR l.account <> :debts AND l.order_id = '')
                    GROUP BY l.account, l.psp, l.currency, l.accounting_date, l.amount > 0
                ) AS moves
                WINDOW of_account AS (PARTITION BY account, psp, currency)
            ) AS balanced
            WHERE amount * open > 0
            WINDOW newest_first AS (PARTITION BY account, psp, currency ORDER BY since DESC
                                    ROWS BETWEEN UNBOUNDED PRECEDING AND 1 PRECEDING)
        ) AS of_the_sign
        WHERE abs(newer) < abs(open)
    ) AS open_days
) AS parts
WINDOW of_account AS (PARTITION BY account, psp, currency)"""
_ORDER = ("since", "account", "psp", "merchant", "order_id", "currency")
_OPEN = f"""
SELECT * FROM ({_OF_ORDERS} UNION ALL {_OF_DAYS}) AS items
WHERE {{rest}} ORDER BY {", ".join(_ORDER)} LIMIT :limit"""


@dataclass(frozen=True, slots=True)
class OpenItem:
    """An open amount, positive if others owe the platform. `since` is the accounting day from which it is open.

    It belongs to one order. For partners, and for money without an order, it is the open rest of one day.
    """

    account: str
    title: str
    psp: str
    merchant: str
    order_id: str
    amount: Money
    base: Money
    since: date
    age_days: int

    @property
    def currency(self) -> str:
        return self.amount.currency


@dataclass(frozen=True, slots=True)
class Exposure:
    """The open items of one account in one currency, at one provider if the account has providers, by age."""

    account: str
    title: str
    psp: str
    currency: str
    items: int
    amount: Money
    base: Money
    oldest: date
    by_age: dict[str, Money]  # keys "0-7", "8-30" … "91+", in days


@dataclass(frozen=True, slots=True)
class ExposureAnswer:
    """The exposure on a day, and its items, the oldest first."""

    as_of: date
    rows: tuple[Exposure, ...]
    items: tuple[OpenItem, ...]
    vector: dict[int, int]


def exposure(views: Views, timepoint: AsOf = NOW) -> ExposureAnswer:
    """Returns all open items on an accounting day, by default the last day with a posting.

    Raises `ViewBehind`, and ValueError for an instant in the future.
    """

    def answer(opened: Opened, at: Vector | None) -> ExposureAnswer:
        vector = opened.upto(at)
        as_of = timepoint.as_of or _last_day(opened, vector)
        items = _items(opened, vector, as_of, limit=None, after=None)
        return ExposureAnswer(as_of, tuple(_classes(items)), items, vector)

    return _read(views, timepoint, answer)


def open_items(views: Views, timepoint: AsOf = NOW, *, limit: int, after: Key | None = None) -> tuple[OpenItem, ...]:
    """Returns a page of the open items after the key `after`, the oldest first. Raises as `exposure` does."""

    def answer(opened: Opened, at: Vector | None) -> tuple[OpenItem, ...]:
        vector = opened.upto(at)
        return _items(opened, vector, timepoint.as_of or _last_day(opened, vector), limit=limit, after=after)

    return _read(views, timepoint, answer)


def _read(views: Views, timepoint: AsOf, answer: Callable[[Opened, Vector | None], T]) -> T:
    at = timepoint.positions(views)
    wanted = timepoint.wanted(at)
    return views.read(
        MerchantBalances(), lambda opened: answer(opened, at), at_least=wanted, timeout_s=timepoint.timeout_s
    )


def _items(
    opened: Opened, vector: Vector, as_of: date, *, limit: int | None, after: Key | None
) -> tuple[OpenItem, ...]:
    rest, key = behind(_ORDER, after)
    values = {
        "books": list(vector),
        "positions": list(vector.values()),
        "accounts": [AVAILABLE.code if code == DUE_FROM_MERCHANTS else code for code in OPEN_ITEM_ACCOUNTS],
        "debts": AVAILABLE.code,
        "due": DUE_FROM_MERCHANTS,
        "partners": PARTNER_PAYABLE.code,
        "as_of": as_of,
        "limit": limit,
    }
    statement = _OPEN.format(lines=opened.generation.stored_name(LINES), rest=rest)
    return tuple(_item(row, as_of) for row in opened.connection.execute(text(statement), values | key))


def _last_day(opened: Opened, vector: Mapping[int, int]) -> date:
    """Returns the last day with a posting at these positions, or 1970-01-01 if there is none."""
    days = opened.generation.stored_name(DAYS)
    statement = f"""SELECT max(d.accounting_date)
        FROM unnest(CAST(:books AS integer[]), CAST(:positions AS bigint[])) AS v(book, upto)
        JOIN {days} d ON d.book = v.book AND d.first_position <= v.upto"""
    known = {"books": list(vector), "positions": list(vector.values())}
    found = opened.connection.execute(text(statement), known).scalar()
    return found if isinstance(found, date) else date(1970, 1, 1)


def _item(row: Any, as_of: date) -> OpenItem:
    return OpenItem(
        account=row.account,
        title=OPEN_ITEM_ACCOUNTS[row.account],
        psp=row.psp,
        merchant=row.merchant,
        order_id=row.order_id,
        amount=Money(int(row.amount), row.currency),
        base=Money(int(row.base), CNY),
        since=row.since,
        age_days=(as_of - row.since).days,
    )


def _classes(items: Iterable[OpenItem]) -> list[Exposure]:
    groups: dict[tuple[str, str, str], list[OpenItem]] = {}
    for item in items:
        groups.setdefault((item.account, item.psp, item.amount.currency), []).append(item)
    return [_exposure(group) for _, group in sorted(groups.items())]


def _exposure(group: list[OpenItem]) -> Exposure:
    first, currency = group[0], group[0].amount.currency
    ages = {f"{low}-{high}" if high is not None else f"{low}+": (low, high) for low, high in AGES}
    return Exposure(
        account=first.account,
        title=first.title,
        psp=first.psp,
        currency=currency,
        items=len(group),
        amount=Money(sum(item.amount.minor for item in group), currency),
        base=Money(sum(item.base.minor for item in group), CNY),
        oldest=min(item.since for item in group),
        by_age={
            name: Money(sum(i.amount.minor for i in group if low <= i.age_days <= (high or i.age_days)), currency)
            for name, (low, high) in ages.items()
        },
    )
