"""What others owe the platform and it owes them, by age: provider receivables, refunds, debts of merchants, claims."""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Mapping
from dataclasses import dataclass
from datetime import date
from itertools import groupby
from operator import attrgetter
from typing import Any

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
from projections.accounting.open_lots import Lot, open_lots
from projections.balances.balances import NOW, AsOf
from projections.balances.merchant_balances import DAYS, LINES, MerchantBalances
from projections.engine.views import Opened, Views

DUE_FROM_MERCHANTS = "1310"  # how a debit of 2120 is presented (domain §3.4)
OPEN_ITEM_ACCOUNTS = {
    PSP_RECEIVABLE.code: PSP_RECEIVABLE.title,
    DISPUTED_FUNDS.code: DISPUTED_FUNDS.title,
    CLAIMS_RECEIVABLE.code: CLAIMS_RECEIVABLE.title,
    REFUNDS_PAYABLE.code: REFUNDS_PAYABLE.title,
    BUYER_FUNDS.code: BUYER_FUNDS.title,
    PARTNER_PAYABLE.code: PARTNER_PAYABLE.title,
    DUE_FROM_MERCHANTS: "Due from merchants",
}
AGES = ((0, 7), (8, 30), (31, 60), (61, 90), (91, None))  # days, both ends included

# An item is one order's balance on one account; of a merchant's debt, the merchant's. It is open since the day after
# which its balance was never nothing again. Partners are paid for many orders at once and money of no order is alike:
# of these the oldest is settled first.
_OPEN = """
SELECT account, psp, currency, merchant, item, sum(amount) AS amount, sum(base) AS base,
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
GROUP BY book, account, psp, currency, merchant, item ORDER BY since, account, merchant, item
"""
_BY_DAY = """
SELECT l.account, l.psp, l.currency, l.accounting_date, sum(l.amount) AS amount, sum(l.base) AS base
FROM unnest(CAST(:books AS integer[]), CAST(:positions AS bigint[])) AS v(book, upto)
JOIN {lines} l ON l.book = v.book AND l.position <= v.upto
WHERE l.account = ANY(:accounts) AND l.accounting_date <= :as_of
  AND (l.account = :partners OR l.account <> :debts AND l.order_id = '')
GROUP BY l.account, l.psp, l.currency, l.accounting_date, l.amount > 0
ORDER BY l.account, l.psp, l.currency, l.accounting_date
"""


@dataclass(frozen=True, slots=True)
class OpenItem:
    """What is open between the platform and somebody, debit positive; `since` its accounting day.

    It is about one order; of partners, and of money that no order is known of, what is left of one day.
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


@dataclass(frozen=True, slots=True)
class Exposure:
    """One account in one currency (and at one provider), in classes of age."""

    account: str
    title: str
    psp: str
    currency: str
    items: int
    amount: Money
    base: Money
    oldest: date
    by_age: dict[str, Money]  # "0-7", "8-30" … "91+" days


@dataclass(frozen=True, slots=True)
class ExposureAnswer:
    """Exposure as of a day, and the items behind it, the oldest first."""

    as_of: date
    rows: tuple[Exposure, ...]
    items: tuple[OpenItem, ...]
    vector: dict[int, int]


def exposure(views: Views, timepoint: AsOf = NOW) -> ExposureAnswer:
    """Everything that is open as of an accounting day, by default the last that was posted to.

    Raises `ViewBehind`; ValueError for an instant that has not come yet.
    """
    at = timepoint.positions(views)

    def query(opened: Opened) -> ExposureAnswer:
        vector = opened.upto(at)
        as_of = timepoint.as_of or _last_day(opened, vector)
        values = {
            "books": list(vector),
            "positions": list(vector.values()),
            "accounts": [AVAILABLE.code if code == DUE_FROM_MERCHANTS else code for code in OPEN_ITEM_ACCOUNTS],
            "debts": AVAILABLE.code,
            "partners": PARTNER_PAYABLE.code,
            "as_of": as_of,
        }
        by_order, by_day = (
            opened.connection.execute(text(sql.format(lines=opened.generation.stored_name(LINES))), values)
            for sql in (_OPEN, _BY_DAY)
        )
        found = [*(_item(row, as_of) for row in by_order), *_days_open(by_day, as_of)]
        items = tuple(sorted(found, key=lambda item: (item.since, item.account, item.merchant, item.order_id)))
        return ExposureAnswer(as_of, tuple(_classes(items)), items, vector)

    wanted = {**(timepoint.at_least or {}), **(at or {})}
    return views.read(MerchantBalances(), query, at_least=wanted, timeout_s=timepoint.timeout_s)


def _last_day(opened: Opened, vector: Mapping[int, int]) -> date:
    """The last day that was posted to by then."""
    days = opened.generation.stored_name(DAYS)
    statement = f"""SELECT max(d.accounting_date)
        FROM unnest(CAST(:books AS integer[]), CAST(:positions AS bigint[])) AS v(book, upto)
        JOIN {days} d ON d.book = v.book AND d.first_position <= v.upto"""
    known = {"books": list(vector), "positions": list(vector.values())}
    found = opened.connection.execute(text(statement), known).scalar()
    return found if isinstance(found, date) else date(1970, 1, 1)


def _days_open(rows: Iterable[Any], as_of: date) -> Iterator[OpenItem]:
    for (account, psp, currency), group in groupby(rows, key=attrgetter("account", "psp", "currency")):
        for lot in open_lots(Lot(row.accounting_date, int(row.amount), int(row.base)) for row in group):
            yield OpenItem(
                account=account,
                title=OPEN_ITEM_ACCOUNTS[account],
                psp=psp,
                merchant="",
                order_id="",
                amount=Money(lot.amount, currency),
                base=Money(lot.base, CNY),
                since=lot.since,
                age_days=(as_of - lot.since).days,
            )


def _item(row: Any, as_of: date) -> OpenItem:
    code = DUE_FROM_MERCHANTS if row.account == AVAILABLE.code else row.account
    return OpenItem(
        account=code,
        title=OPEN_ITEM_ACCOUNTS[code],
        psp=row.psp,
        merchant=row.merchant,
        order_id=row.item,
        amount=Money(int(row.amount), row.currency),
        base=Money(int(row.base), CNY),
        since=row.since,
        age_days=(as_of - row.since).days,
    )


def _classes(items: tuple[OpenItem, ...]) -> list[Exposure]:
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
