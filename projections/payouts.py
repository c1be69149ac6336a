"""Every payout with its state, and the bank account it goes to: what is exported to the bank, and what came of it."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime
from typing import Any

from sqlalchemy import BigInteger, Column, RowMapping, text

from ledger.events.merchant import PayoutAccountRegistered
from ledger.events.settlement import (
    PayoutCancelled,
    PayoutFailed,
    PayoutInitiated,
    PayoutPaid,
    PayoutReturned,
    PayoutSubmitted,
)
from ledger.fx import CNY
from ledger.money import Money
from projections.columns import instant_column, text_column
from projections.engine.batch import Batch
from projections.engine.reading import Opened, Vector, Views
from projections.engine.tables import kept_table
from projections.projection import Projection

PAYOUTS = kept_table(
    "payouts",
    text_column("payout_id", key=True),
    text_column("merchant"),
    Column("fen", BigInteger, nullable=False),
    text_column("account_ref"),
    text_column("state"),
    text_column("bank_ref"),
    instant_column("initiated_at"),
    indexes=[("state", "initiated_at"), ("merchant", "initiated_at")],
)
ACCOUNTS = kept_table(
    "payout_accounts", text_column("merchant", key=True), text_column("account_ref", key=True), text_column("bank_code")
)
_STATES = {
    PayoutSubmitted.name: "submitted",
    PayoutPaid.name: "paid",
    PayoutFailed.name: "failed",
    PayoutCancelled.name: "cancelled",
    PayoutReturned.name: "returned",
}


class Payouts(Projection):
    """One row a payout."""

    name = "payouts"
    version = 1
    tables = (PAYOUTS, ACCOUNTS)
    events = (
        PayoutAccountRegistered,
        PayoutInitiated,
        PayoutSubmitted,
        PayoutPaid,
        PayoutFailed,
        PayoutCancelled,
        PayoutReturned,
    )

    def fold(self, batch: Batch) -> None:
        rows = batch.rows(PAYOUTS)
        events: list[Any] = [each.event for each in batch.events]
        rows.load((event.payout_id,) for event in events if not isinstance(event, PayoutAccountRegistered))
        for recorded, event in zip(batch.events, events, strict=True):
            if isinstance(event, PayoutAccountRegistered):
                account = {"merchant": event.merchant_id, "account_ref": event.account_ref}
                batch.rows(ACCOUNTS).put(account | {"bank_code": event.bank_code}, at=recorded.position)
                continue
            row = rows.get(event.payout_id) or {
                "payout_id": event.payout_id,
                "merchant": event.merchant_id,
                "fen": event.amount.minor,
                "account_ref": event.account_ref,
                "bank_ref": "",
                "initiated_at": recorded.occurred_at,
            }
            state = _STATES.get(recorded.type, "initiated")
            rows.put(row | {"state": state, "bank_ref": event.bank_ref or row["bank_ref"]}, at=recorded.position)


@dataclass(frozen=True, slots=True)
class PayoutRow:
    """One payout. `bank_code` is that of the account's bank."""

    payout_id: str
    merchant: str
    amount: Money
    account_ref: str
    bank_code: str
    state: str
    bank_ref: str
    initiated_at: datetime


def payouts(
    views: Views,
    *,
    state: str | None = None,
    merchant: str | None = None,
    limit: int = 10_000,
    at_least: Vector | None = None,
    timeout_s: float = 5.0,
) -> tuple[PayoutRow, ...]:
    """The payouts, the oldest first. Raises `ViewBehind`."""
    asked = {"state": state, "merchant": merchant}

    def query(opened: Opened) -> tuple[PayoutRow, ...]:
        names = [opened.generation.stored_name(table) for table in (PAYOUTS, ACCOUNTS)]
        conditions = [f"p.{name} = :{name}" for name, value in asked.items() if value is not None]
        statement = f"""
            SELECT p.*, coalesce(a.bank_code, '') AS bank_code FROM {names[0]} p
            LEFT JOIN {names[1]} a ON a.book = p.book AND a.merchant = p.merchant AND a.account_ref = p.account_ref
            WHERE {" AND ".join(("p.book = ANY(:books)", "NOT p.deleted", *conditions))}
            ORDER BY p.initiated_at, p.payout_id LIMIT :limit"""
        values = {"books": list(opened.vector), "limit": limit, **asked}
        return tuple(_payout(row) for row in opened.connection.execute(text(statement), values).mappings())

    return views.read(Payouts(), query, at_least=at_least, timeout_s=timeout_s)


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
    )
