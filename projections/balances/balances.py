"""Queries on merchants' money: balances and journal lines, now, on an accounting day, or as known at an instant."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Iterator
from dataclasses import dataclass, fields
from datetime import date, datetime
from itertools import groupby
from operator import attrgetter
from typing import Any, NamedTuple, TypeVar

from ledger.fx import CNY
from ledger.journal.accounts import AVAILABLE, BANK_CNY, ON_HOLD, PAYOUTS_IN_TRANSIT, PENDING
from ledger.money import Money
from projections.balances.balance_statements import (
    ALL_NOW,
    BY_DAY,
    KNOWN_AT,
    LINES_OF_MERCHANT,
    NEXT_MERCHANTS,
    OF_ALL,
    OF_SOME,
    ON_DAY,
    TOTALS,
)
from projections.balances.merchant_balances import BALANCES, DAYS, LINES, MerchantBalances
from projections.engine.views import Held, Opened, Vector, Views
from projections.keyset import Key

PROJECTION = MerchantBalances()
T = TypeVar("T")


@dataclass(frozen=True, slots=True)
class MerchantBalance:
    """One merchant's balances in CNY.

    A negative available balance is shown as `due_from_merchant`, with `available` zero.
    """

    merchant: str
    pending: Money
    available: Money
    on_hold: Money
    in_transit: Money
    paid: Money  # total of all payouts, less returned ones
    due_from_merchant: Money


@dataclass(frozen=True, slots=True)
class BalanceOfDay(MerchantBalance):
    """One merchant's balances in CNY at the end of an accounting day."""

    day: date


@dataclass(frozen=True, slots=True)
class BalanceTotals:
    """Sums of the balances of all merchants in CNY, and the number of merchants that ever had money."""

    merchants: int
    pending: Money
    available: Money
    on_hold: Money
    in_transit: Money
    paid: Money
    due_from_merchant: Money


@dataclass(frozen=True, slots=True)
class BalancesAnswer:
    """Balances, and the positions of the books they were read at."""

    merchants: tuple[MerchantBalance, ...]
    vector: Held


@dataclass(frozen=True, slots=True)
class JournalLine:
    """One journal line, debit positive. `running` is the balance of its account (and merchant) after the line."""

    book: int
    position: int
    line_no: int
    merchant: str
    account: str
    psp: str
    amount: Money
    base: Money
    running: Money
    running_base: Money
    order_id: str
    event_id: str
    type: str
    accounting_date: date
    recorded_at: datetime


class _Sum(NamedTuple):
    merchant: str
    account: str
    base: int  # CNY; all accounts of merchants are in CNY


@dataclass(frozen=True, slots=True)
class AsOf:
    """The time that a query is about: now, or an accounting day, or an instant of knowledge, or both.

    `as_of` is an accounting day. `as_known_at` is an instant in the past, and `at` a vector of positions: later events
    do not count. `at_least` waits until the view has reached these positions, so that readers see their own writes.
    With `past_stops`, a book whose view has stopped is read as far as it is folded. `books` limits the answer to some
    books; None is all.
    """

    as_of: date | None = None
    as_known_at: datetime | None = None
    at: Vector | None = None
    at_least: Vector | None = None
    timeout_s: float = 5.0
    past_stops: bool = False
    books: frozenset[int] | None = None

    def positions(self, views: Views, books: Iterable[int] | None = None) -> dict[int, int] | None:
        """Returns the position of each book at this time, or None for now.

        An instant is looked up in `books`, else in the `books` of this value, else in every book. Raises ValueError for
        an instant in the future.
        """
        if self.as_known_at is not None:
            return views.as_known_at(self.as_known_at, self.books if books is None else books)
        return dict(self.at) if self.at is not None else None

    def wanted(self, at: Vector | None, at_least: Vector | None = None) -> dict[int, int]:
        """Returns the positions that a read at the positions `at` waits for: those, and `at_least` of the caller or of
        this value."""
        wanted = dict(at_least or self.at_least or {})
        for book, position in (at or {}).items():
            wanted[book] = max(position, wanted.get(book, 0))
        return wanted


NOW = AsOf()


def balances(views: Views, timepoint: AsOf = NOW, *, merchants: list[str] | None = None) -> BalancesAnswer:
    """Returns the balances of these merchants, or of all.

    Raises `ViewBehind`, and ValueError if `as_known_at` is in the future.
    """
    sums, vector = _sums(views, timepoint, merchants)
    by_merchant: dict[str, dict[str, int]] = {}
    for found in sums:
        by_merchant.setdefault(found.merchant, {})[found.account] = found.base
    return BalancesAnswer(tuple(_balance(name, bases) for name, bases in sorted(by_merchant.items())), vector)


def balance_totals(views: Views, timepoint: AsOf = NOW) -> BalanceTotals:
    """Returns the sums over all merchants. Raises as `balances` does."""
    at = _vector(views, timepoint, None)

    def query(opened: Opened) -> BalanceTotals:
        statement = _totals_of(_question(timepoint, at))
        ((merchants, *sums),) = _run(opened, statement, opened.upto(at), OF_ALL, as_of=timepoint.as_of)
        return BalanceTotals(merchants, *(Money(int(each or 0), CNY) for each in sums))

    return _read(views, timepoint, at, query)


def _totals_of(question: str) -> str:
    """Returns the statement of the sums: each account with its sign turned, the available one split by its sign."""
    accounts = (PENDING, AVAILABLE, ON_HOLD, PAYOUTS_IN_TRANSIT, BANK_CNY)
    owed = "-coalesce(sum(base) FILTER (WHERE account = '{0}'), 0) AS owed_{0}"
    sums = {each: f"sum(owed_{each.code})" for each in accounts}
    sums[AVAILABLE] = f"sum(greatest(owed_{AVAILABLE.code}, 0))"
    due = f"sum(greatest(-owed_{AVAILABLE.code}, 0))"
    of_each = ", ".join(owed.format(each.code) for each in accounts)
    return TOTALS.format(columns=", ".join([*sums.values(), due]), of_each=of_each, question=question)


def balance_history(
    views: Views,
    merchant: str,
    timepoint: AsOf = NOW,
    *,
    since: date | None = None,
    limit: int | None = None,
    after: Key | None = None,
) -> list[BalanceOfDay]:
    """Returns the merchant's balances at the end of each accounting day on which an account changed, the earliest day
    first. Days before `since` and up to the day `after` are left out. Raises as `balances` does."""
    at = _vector(views, timepoint, [merchant])
    books = books_of(views, [merchant])
    page = {"since": since, "after": after[0] if after else None, "limit": limit}

    def query(opened: Opened) -> list[BalanceOfDay]:
        vector = opened.upto(at)
        known = {book: position for book, position in vector.items() if books is None or book in books}
        found = _run(opened, BY_DAY, known, OF_SOME, merchants=[merchant], as_of=timepoint.as_of, **page)
        return list(_days(merchant, found))

    return _read(views, timepoint, at, query)


def _days(merchant: str, found: Iterable[Any]) -> Iterator[BalanceOfDay]:
    """Yields the balances of each day from the changes of the accounts, which are in the order of days. Changes of no
    day came before the first."""
    bases: dict[str, int] = {}
    for day, changes in groupby(found, attrgetter("accounting_date")):
        for change in changes:
            bases[change.account] = bases.get(change.account, 0) + int(change.base)
        if day is not None:
            balance = _balance(merchant, bases)
            yield BalanceOfDay(**{each.name: getattr(balance, each.name) for each in fields(balance)}, day=day)


def next_merchants(views: Views, timepoint: AsOf = NOW, *, after: str, limit: int) -> list[str]:
    """Returns the ids of the first merchants after this id that ever had money, in their order.

    Among them are merchants that had none yet at a time in the past. Raises as `balances` does.
    """
    at = _vector(views, timepoint, None)

    def query(opened: Opened) -> list[str]:
        found = _run(opened, NEXT_MERCHANTS, opened.vector, OF_ALL, after=after, limit=limit)
        return [merchant for (merchant,) in found]

    return _read(views, timepoint, at, query)


def journal_lines(
    views: Views, merchant: str, timepoint: AsOf = NOW, *, after: Key | None = None, limit: int = 100
) -> list[JournalLine]:
    """Returns a page of a merchant's lines in the order of the book; `after` is (position, line_no) of the last one.

    At another time than now, only lines up to that day or known by then are returned. The running balance is always
    that of the moment of recording.
    """
    at = _vector(views, timepoint, [merchant])
    position, line_no = after or (0, 0)
    page: dict[str, Any] = {"merchant": merchant, "position": position, "line_no": line_no, "limit": limit}

    def query(opened: Opened) -> list[JournalLine]:
        found = _run(opened, LINES_OF_MERCHANT, opened.upto(at), OF_ALL, as_of=timepoint.as_of, **page)
        return [_line(row) for row in found]

    return views.read(PROJECTION, query, at_least=timepoint.wanted(at), timeout_s=timepoint.timeout_s)


def _sums(views: Views, timepoint: AsOf, merchants: list[str] | None) -> tuple[list[_Sum], Held]:
    """Returns the sum of each merchant and account over all books, and the positions they were read at."""
    at = _vector(views, timepoint, merchants)
    books, of = books_of(views, merchants), OF_ALL if merchants is None else OF_SOME
    question = _question(timepoint, at)

    def query(opened: Opened) -> tuple[list[_Sum], Held]:
        vector = opened.upto(at)
        known = {book: position for book, position in vector.items() if books is None or book in books}
        found = _run(opened, question, known, of, merchants=merchants, as_of=timepoint.as_of)
        return [_Sum(merchant, account, int(base)) for merchant, account, base in found], vector

    return _read(views, timepoint, at, query)


def _question(timepoint: AsOf, at: Vector | None) -> str:
    return ON_DAY if timepoint.as_of is not None else (ALL_NOW if at is None else KNOWN_AT)


def _read(views: Views, timepoint: AsOf, at: Vector | None, query: Callable[[Opened], T]) -> T:
    wanted = timepoint.wanted(at)
    return views.read(
        PROJECTION, query, at_least=wanted, timeout_s=timepoint.timeout_s, past_stops=timepoint.past_stops
    )


def _vector(views: Views, timepoint: AsOf, merchants: list[str] | None) -> dict[int, int] | None:
    """Returns the positions of the time asked for, or None for now; only of the merchants' books if all are known."""
    return timepoint.positions(views, books_of(views, merchants) if timepoint.as_known_at is not None else None)


def books_of(views: Views, merchants: list[str] | None) -> set[int] | None:
    """Returns the books of these merchants, or None for all merchants or if one is unknown."""
    known = views.directory.known_books_of(merchants or ())
    return set(known.values()) if merchants is not None and known.keys() >= set(merchants) else None


def _run(opened: Opened, question: str, vector: Vector, of: str, **values: Any) -> Iterable[Any]:
    known = {"books": list(vector), "positions": list(vector.values())}
    statement = question.format(**_names(opened), of=of)
    return opened.connection.exec_driver_sql(statement, known | values)


def _names(opened: Opened) -> dict[str, str]:
    generation = opened.generation
    return {
        "balances": generation.stored_name(BALANCES),
        "days": generation.stored_name(DAYS),
        "lines": generation.stored_name(LINES),
    }


def _balance(merchant: str, bases: dict[str, int]) -> MerchantBalance:
    owed = {account: -base for account, base in bases.items()}  # liabilities are credit balances, so the sign is turned
    available = owed.get(AVAILABLE.code, 0)
    return MerchantBalance(
        merchant=merchant,
        pending=Money(owed.get(PENDING.code, 0), CNY),
        available=Money(max(available, 0), CNY),
        on_hold=Money(owed.get(ON_HOLD.code, 0), CNY),
        in_transit=Money(owed.get(PAYOUTS_IN_TRANSIT.code, 0), CNY),
        paid=Money(owed.get(BANK_CNY.code, 0), CNY),
        due_from_merchant=Money(max(-available, 0), CNY),
    )


def _line(row: Any) -> JournalLine:
    return JournalLine(
        book=row.book,
        position=row.position,
        line_no=row.line_no,
        merchant=row.merchant,
        account=row.account,
        psp=row.psp,
        amount=Money(row.amount, row.currency),
        base=Money(row.base, CNY),
        running=Money(row.running_amount, row.currency),
        running_base=Money(row.running_base, CNY),
        order_id=row.order_id,
        event_id=str(row.event_id),
        type=row.type,
        accounting_date=row.accounting_date,
        recorded_at=row.recorded_at,
    )
