"""Payouts with their state and bank account, now or as known at an instant."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime
from typing import Any

from sqlalchemy import BigInteger, Column, Date, RowMapping, text

from ledger.events.merchants import PayoutAccountRegistered
from ledger.events.settlement import (
    PayoutCancelled,
    PayoutFailed,
    PayoutInitiated,
    PayoutPaid,
    PayoutReturned,
    PayoutSubmitted,
)
from ledger.events.statements import SettlementStatementIssued
from ledger.fx import CNY
from ledger.log.rows import Recorded
from ledger.money import Money
from projections.balances.balances import NOW, AsOf
from projections.engine.batch import Batch
from projections.engine.columns import count_column, instant_column, text_column
from projections.engine.projection import Projection
from projections.engine.tables import appended_table, kept_table
from projections.engine.vector import position_in
from projections.engine.views import Opened, Views
from projections.keyset import Key, behind

PAYOUTS = kept_table(
    "payouts",
    text_column("payout_id", key=True),
    text_column("merchant"),
    Column("fen", BigInteger, nullable=False),
    text_column("account_ref"),
    text_column("state"),
    text_column("bank_ref"),
    text_column("code"),
    instant_column("initiated_at"),
    Column("initiated_position", BigInteger, nullable=False),
    text_column("run_id"),
    text_column("event_id"),  # of the event that initiated it
    indexes=[("state", "initiated_at"), ("merchant", "initiated_at")],
)
STEPS = appended_table(
    "payout_steps",
    text_column("payout_id"),
    text_column("state"),
    text_column("bank_ref"),
    text_column("code"),
    Column("accounting_date", Date, nullable=False),
    indexes=[("payout_id", "position")],
)
ACCOUNTS = kept_table(
    "payout_accounts", text_column("merchant", key=True), text_column("account_ref", key=True), text_column("bank_code")
)
ISSUED = appended_table(
    "payout_statements",
    text_column("statement_id"),
    text_column("merchant"),
    text_column("run_id"),
    count_column("after_position"),
    count_column("upto_position"),
    text_column("event_id"),
    indexes=[("merchant", "position"), ("merchant", "upto_position"), ("statement_id",), ("run_id", "merchant")],
)
_STATES = {
    PayoutSubmitted.name: "submitted",
    PayoutPaid.name: "paid",
    PayoutFailed.name: "failed",
    PayoutCancelled.name: "cancelled",
    PayoutReturned.name: "returned",
}


PAYOUT_STATES = ("initiated", *_STATES.values())


class Payouts(Projection):
    """Keeps one row for each payout, and one for each step of it."""

    name = "payouts"
    version = 6
    tables = (PAYOUTS, STEPS, ACCOUNTS, ISSUED)
    events = (
        PayoutAccountRegistered,
        PayoutInitiated,
        PayoutSubmitted,
        PayoutPaid,
        PayoutFailed,
        PayoutCancelled,
        PayoutReturned,
        SettlementStatementIssued,
    )

    def fold(self, batch: Batch) -> None:
        reported: list[tuple[Recorded, Any]] = [(each, each.event) for each in batch.events]
        batch.rows(PAYOUTS).load((event.payout_id,) for _, event in reported if not isinstance(event, _BESIDE))
        for recorded, event in reported:
            match event:
                case PayoutAccountRegistered():
                    account = {"merchant": event.merchant_id, "account_ref": event.account_ref}
                    batch.rows(ACCOUNTS).put(account | {"bank_code": event.bank_code}, at=recorded.position)
                case SettlementStatementIssued():
                    names = (event.statement_id, event.merchant_id, event.run_id or "")
                    covers = (event.after_position, event.upto_position)
                    batch.lines(ISSUED).append((batch.book, recorded.position, *names, *covers, recorded.event_id))
                case _:
                    _step(batch, recorded, event)


_BESIDE = (PayoutAccountRegistered, SettlementStatementIssued)


def _step(batch: Batch, recorded: Recorded, event: Any) -> None:
    rows = batch.rows(PAYOUTS)
    row = rows.get(event.payout_id) or {
        "payout_id": event.payout_id,
        "merchant": event.merchant_id,
        "fen": event.amount.minor,
        "account_ref": event.account_ref,
        "bank_ref": "",
        "initiated_at": recorded.occurred_at,
        "initiated_position": recorded.position,
        "run_id": getattr(event, "run_id", None) or "",
        "event_id": recorded.event_id,
    }
    state, bank_ref = _STATES.get(recorded.type, "initiated"), event.bank_ref or row["bank_ref"]
    code = event.code if isinstance(event, PayoutFailed | PayoutCancelled | PayoutReturned) else ""
    rows.put(row | {"state": state, "bank_ref": bank_ref, "code": code}, at=recorded.position)
    step = (batch.book, recorded.position, event.payout_id, state, bank_ref, code, recorded.accounting_date)
    batch.lines(STEPS).append(step)


@dataclass(frozen=True, slots=True)
class PayoutRow:
    """One payout. `bank_code` is the bank of its account; `code` is the reason of a failure, cancellation or return.

    `run_id` is the settlement run that initiated it, and `statement_id` the statement whose closing balance it pays.
    Both are '' for a payout that a person initiated. `event_id` is the event that initiated it.
    """

    payout_id: str
    merchant: str
    amount: Money
    account_ref: str
    bank_code: str
    state: str
    bank_ref: str
    initiated_at: datetime
    code: str = ""
    run_id: str = ""
    statement_id: str = ""
    event_id: str = ""


_ORDER = ("p.initiated_at", "p.payout_id")
_NOW = "SELECT p.* FROM {payouts} p WHERE p.book = ANY(:books) AND NOT p.deleted"
_THEN = f"""
SELECT p.book, p.payout_id, p.merchant, p.fen, p.account_ref, p.initiated_at, p.initiated_position, p.run_id,
       p.event_id, s.state, s.bank_ref, s.code
FROM {{payouts}} p CROSS JOIN LATERAL (
    SELECT state, bank_ref, code FROM {{steps}} s
    WHERE s.book = p.book AND s.payout_id = p.payout_id AND s.position <= {position_in("p.book")}
      AND (CAST(:as_of AS date) IS NULL OR s.accounting_date <= :as_of)
    ORDER BY s.position DESC LIMIT 1
) s WHERE p.book = ANY(:books) AND NOT p.deleted
"""
_FOUND = """
SELECT p.*, coalesce(a.bank_code, '') AS bank_code, coalesce(i.statement_id, '') AS statement_id
FROM ({source}) p
LEFT JOIN {accounts} a ON a.book = p.book AND a.merchant = p.merchant AND a.account_ref = p.account_ref
LEFT JOIN LATERAL (
    SELECT statement_id FROM {issued}
    WHERE book = p.book AND merchant = p.merchant AND position < p.initiated_position AND p.run_id <> ''
    ORDER BY position DESC LIMIT 1
) i ON true
WHERE (CAST(:state AS text) IS NULL OR p.state = :state) AND (CAST(:merchant AS text) IS NULL OR p.merchant = :merchant)
AND (CAST(:payout_id AS text) IS NULL OR p.payout_id = :payout_id)
AND (CAST(:run AS text) IS NULL OR p.run_id = :run) AND {rest}
ORDER BY {order} LIMIT :limit
"""


def payouts(
    views: Views,
    timepoint: AsOf = NOW,
    *,
    payout_id: str | None = None,
    run: str | None = None,
    state: str | None = None,
    merchant: str | None = None,
    limit: int = 10_000,
    after: Key | None = None,
) -> tuple[PayoutRow, ...]:
    """Returns the payouts after the key `after`, the oldest first, with their state on a day or as known at an instant.

    Raises `ViewBehind`, and ValueError for an instant in the future.
    """
    at = timepoint.positions(views)
    wanted = timepoint.wanted(at)
    source = _NOW if at is None and timepoint.as_of is None else _THEN
    rest, key = behind(_ORDER, after)

    def query(opened: Opened) -> tuple[PayoutRow, ...]:
        tables = {"payouts": PAYOUTS, "steps": STEPS, "accounts": ACCOUNTS, "issued": ISSUED}
        names = {name: opened.generation.stored_name(table) for name, table in tables.items()}
        vector = opened.upto(at)
        values = {"books": list(vector), "positions": list(vector.values()), "as_of": timepoint.as_of}
        asked = {"payout_id": payout_id, "run": run, "state": state, "merchant": merchant, "limit": limit} | key
        order = ", ".join(_ORDER)
        statement = text(_FOUND.format(source=source.format(**names), rest=rest, order=order, **names))
        return tuple(_payout(row) for row in opened.connection.execute(statement, values | asked).mappings())

    return views.read(Payouts(), query, at_least=wanted, timeout_s=timepoint.timeout_s)


def _payout(row: RowMapping) -> PayoutRow:
    return PayoutRow(
        payout_id=row["payout_id"],
        merchant=row["merchant"],
        amount=Money(row["fen"], CNY),
        account_ref=row["account_ref"],
        bank_code=row["bank_code"],
        state=row["state"],
        bank_ref=row["bank_ref"],
        initiated_at=row["initiated_at"],
        code=row["code"],
        run_id=row["run_id"],
        statement_id=row["statement_id"],
        event_id=row["event_id"],
    )


def issued_at(views: Views, statement_id: str) -> tuple[int, int] | None:
    """Returns the book and position of the event that issued this statement, or None. Raises `ViewBehind`."""

    def query(opened: Opened) -> tuple[int, int] | None:
        statement = (
            f"SELECT book, position FROM {opened.generation.stored_name(ISSUED)} WHERE statement_id = :id LIMIT 1"
        )
        found = opened.connection.execute(text(statement), {"id": statement_id}).one_or_none()
        return (found[0], found[1]) if found else None

    return views.read(Payouts(), query)


def statement_covering(views: Views, book: int, position: int, merchant: str) -> str:
    """Returns the id of the merchant's statement that covers a position of its book, or ''. Raises `ViewBehind`."""

    def query(opened: Opened) -> str:
        statement = f"""
            SELECT statement_id FROM {opened.generation.stored_name(ISSUED)}
            WHERE book = :book AND merchant = :merchant AND upto_position >= :position AND after_position < :position
            ORDER BY upto_position LIMIT 1"""
        values = {"book": book, "merchant": merchant, "position": position}
        return opened.connection.execute(text(statement), values).scalar() or ""

    return views.read(Payouts(), query)


@dataclass(frozen=True, slots=True)
class RunStatement:
    """A statement of a settlement run. `event_id` is the event that issued it."""

    merchant: str
    statement_id: str
    run_id: str
    book: int
    position: int
    event_id: str


def statements_of_run(
    views: Views, run_id: str, *, limit: int = 10_000, after: Key | None = None
) -> tuple[RunStatement, ...]:
    """Returns the statements of a settlement run after the key `after`, by merchant. Raises `ViewBehind`."""
    rest, key = behind(("merchant", "statement_id"), after)

    def query(opened: Opened) -> tuple[RunStatement, ...]:
        statement = f"""
            SELECT merchant, statement_id, run_id, book, position, event_id
            FROM {opened.generation.stored_name(ISSUED)}
            WHERE book = ANY(:books) AND run_id = :run AND {rest}
            ORDER BY merchant, statement_id LIMIT :limit"""
        values = {"books": list(opened.vector), "run": run_id, "limit": limit} | key
        return tuple(RunStatement(**row) for row in opened.connection.execute(text(statement), values).mappings())

    return views.read(Payouts(), query)
