"""Questions about merchants' money: balances and journal lines, now, on an accounting day, or as once known."""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass
from datetime import date, datetime
from typing import Any, NamedTuple

from ledger.fx import CNY
from ledger.journal.accounts import AVAILABLE, BANK_CNY, ON_HOLD, PAYOUTS_IN_TRANSIT, PENDING
from ledger.money import Money
from projections.balances.balance_statements import ALL_NOW, KNOWN_AT, LINES_OF_MERCHANT, OF_ALL, OF_MERCHANT, ON_DAY
from projections.balances.merchant_balances import BALANCES, DAYS, LINES, MerchantBalances
from projections.engine.views import Held, Opened, Vector, Views
from projections.keyset import Key

PROJECTION = MerchantBalances()


@dataclass(frozen=True, slots=True)
class MerchantBalance:
    """One merchant's money, all CNY. `available` less than nothing is shown as `due_from_merchant` instead."""

    merchant: str
    pending: Money
    available: Money
    on_hold: Money
    in_transit: Money
    paid: Money  # ever, less what came back
    due_from_merchant: Money


@dataclass(frozen=True, slots=True)
class BalancesAnswer:
    """Balances, and the positions of the books they are of."""

    merchants: tuple[MerchantBalance, ...]
    vector: Held


@dataclass(frozen=True, slots=True)
class JournalLine:
    """One line, debit positive, and the balance of its account (and merchant) that it left."""

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
    base: int  # CNY, as all accounts of merchants are


@dataclass(frozen=True, slots=True)
class AsOf:
    """Which balances are asked for.

    `as_of` is an accounting day; `as_known_at` an instant that has passed, or `at` a vector of positions: nothing
    recorded after it counts. Without any of them, it is now. `at_least` waits for what the reader has just written.
    With `past_stops` a book in which the view has stopped is read as it is. `books` are those that the answer rests on,
    None where it may be all.
    """

    as_of: date | None = None
    as_known_at: datetime | None = None
    at: Vector | None = None
    at_least: Vector | None = None
    timeout_s: float = 5.0
    past_stops: bool = False
    books: frozenset[int] | None = None

    def positions(self, views: Views, books: Iterable[int] | None = None) -> dict[int, int] | None:
        """The vector it names, None for now; an instant's of every book, of `books`, or of these.

        Raises ValueError for an instant that has not come yet.
        """
        if self.as_known_at is not None:
            return views.as_known_at(self.as_known_at, self.books if books is None else books)
        return dict(self.at) if self.at is not None else None


NOW = AsOf()


def balances(views: Views, timepoint: AsOf = NOW, *, merchant: str | None = None) -> BalancesAnswer:
    """Balances by merchant. Raises `ViewBehind`; ValueError where `as_known_at` has not come yet."""
    sums, vector = _sums(views, timepoint, merchant)
    by_merchant: dict[str, dict[str, int]] = {}
    for found in sums:
        by_merchant.setdefault(found.merchant, {})[found.account] = found.base
    return BalancesAnswer(tuple(_balance(name, bases) for name, bases in sorted(by_merchant.items())), vector)


def journal_lines(
    views: Views, merchant: str, timepoint: AsOf = NOW, *, after: Key | None = None, limit: int = 100
) -> list[JournalLine]:
    """A merchant's lines in the order of the book, a page at a time: `after` is (position, line_no) of the last one.

    Of a moment, those of days up to then, or known by then; each shows the balance it left when it was recorded.
    """
    at = _vector(views, timepoint, merchant)
    position, line_no = after or (0, 0)
    page: dict[str, Any] = {"position": position, "line_no": line_no, "limit": limit, "as_of": timepoint.as_of}

    def query(opened: Opened) -> list[JournalLine]:
        found = _run(opened, LINES_OF_MERCHANT, opened.upto(at), merchant, **page)
        return [_line(row) for row in found]

    return views.read(PROJECTION, query, at_least=_wanted(timepoint, at), timeout_s=timepoint.timeout_s)


def _sums(views: Views, timepoint: AsOf, merchant: str | None) -> tuple[list[_Sum], Held]:
    """The sums of every key over all books, and the vector they are of."""
    at = _vector(views, timepoint, merchant)
    question = ON_DAY if timepoint.as_of is not None else (ALL_NOW if at is None else KNOWN_AT)

    def query(opened: Opened) -> tuple[list[_Sum], Held]:
        vector = opened.upto(at)
        found = _run(opened, question, vector, merchant, book=_book_of(views, merchant), as_of=timepoint.as_of)
        return [_Sum(merchant, account, int(base)) for merchant, account, base in found], vector

    wanted = _wanted(timepoint, at)
    return views.read(
        PROJECTION, query, at_least=wanted, timeout_s=timepoint.timeout_s, past_stops=timepoint.past_stops
    )


def _vector(views: Views, timepoint: AsOf, merchant: str | None) -> dict[int, int] | None:
    """The positions asked for, None for now; an instant is looked up in the merchant's own book alone."""
    book = _book_of(views, merchant) if timepoint.as_known_at is not None else None
    return timepoint.positions(views, None if book is None else [book])


def _book_of(views: Views, merchant: str | None) -> int | None:
    """Where the merchant's money is; None for everybody's, or where the directory does not say."""
    return views.directory.known_book_of(merchant) if merchant else None


def _wanted(timepoint: AsOf, at: Vector | None) -> dict[int, int]:
    wanted = dict(timepoint.at_least or {})
    for book, position in (at or {}).items():
        wanted[book] = max(position, wanted.get(book, 0))
    return wanted


def _run(
    opened: Opened, question: str, vector: Vector, merchant: str | None, *, book: int | None = None, **values: Any
) -> Iterable[Any]:
    positions = dict(vector) if book is None else {book: vector.get(book, 0)}
    known = {"books": list(positions), "positions": list(positions.values()), "merchant": merchant}
    statement = question.format(**_names(opened), of=OF_MERCHANT if merchant else OF_ALL)
    return opened.connection.exec_driver_sql(statement, known | values)


def _names(opened: Opened) -> dict[str, str]:
    generation = opened.generation
    return {
        "balances": generation.stored_name(BALANCES),
        "days": generation.stored_name(DAYS),
        "lines": generation.stored_name(LINES),
    }


def _balance(merchant: str, bases: dict[str, int]) -> MerchantBalance:
    owed = {account: -base for account, base in bases.items()}  # liabilities grow in credit
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
