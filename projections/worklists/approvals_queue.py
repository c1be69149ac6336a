"""Refund cases that wait for a decision: whose turn it is, since when, and the deadline."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime

from sqlalchemy import Boolean, Column, Integer, RowMapping, text

from ledger.canonical import canonical
from ledger.events.platform import PolicyPublished
from ledger.events.refunds import (
    RefundApproved,
    RefundAutoApproved,
    RefundRejected,
    RefundRequested,
    RefundRoundApproved,
    RefundRoundRejected,
    RefundWithdrawn,
)
from ledger.fx import CNY
from ledger.ids import belongs_to
from ledger.log.rows import Recorded
from ledger.money import Money, total
from ledger.policies.approvals import Approvals
from projections.engine.batch import Batch, KeptRows
from projections.engine.columns import count_column, instant_column, minor_column, text_column
from projections.engine.projection import Projection
from projections.engine.tables import kept_table
from projections.engine.views import Opened, Vector, Views
from projections.keyset import Key, behind

QUEUE = kept_table(
    "approvals_queue",
    text_column("merchant", key=True),
    text_column("order_id", key=True),
    text_column("refund_id", key=True),
    text_column("type"),
    text_column("reason"),
    text_column("currency"),
    minor_column("amount"),  # in the buyer's currency
    minor_column("list_fen"),  # the value at list price, in CNY fen
    count_column("round"),
    count_column("rounds"),
    instant_column("waiting_since"),
    text_column("previous_approver"),
    Column("express", Boolean, nullable=False),
    indexes=[("waiting_since",)],
)
ROUNDS = kept_table(
    "approval_rounds",
    Column("version", Integer, primary_key=True, autoincrement=False),
    instant_column("effective_from"),
    text_column("content"),
)


class ApprovalsQueue(Projection):
    """Keeps a case from its request until it is decided or withdrawn."""

    name = "approvals_queue"
    version = 2
    tables = (QUEUE, ROUNDS)
    events = (
        RefundRequested,
        RefundRoundApproved,
        RefundRoundRejected,
        RefundApproved,
        RefundAutoApproved,
        RefundRejected,
        RefundWithdrawn,
        PolicyPublished,
    )

    def fold(self, batch: Batch) -> None:
        for recorded in batch.events:
            event = recorded.event
            if isinstance(event, PolicyPublished):
                if event.key == Approvals.key:
                    row = {"version": event.version, "effective_from": event.effective_from}
                    batch.rows(ROUNDS).put(row | {"content": canonical(event.content)}, at=recorded.position)
            else:
                _take(batch.rows(QUEUE), recorded)


_ORDER = ("waiting_since", "merchant", "order_id", "refund_id")


@dataclass(frozen=True, slots=True)
class WaitingCase:
    """A case and the role whose turn it is. `due_at` is None if the policy has no time limit."""

    merchant: str
    order_id: str
    refund_id: str
    type: str
    reason: str
    amount: Money  # buyer's currency
    list_amount: Money  # CNY
    round: int
    rounds: int
    role_needed: str  # merchant or platform
    waiting_since: datetime
    due_at: datetime | None
    previous_approver: str
    express: bool  # the merchant's express setting at the request

    def is_late(self, now: datetime) -> bool:
        return self.due_at is not None and now >= self.due_at


def waiting_cases(
    views: Views,
    *,
    merchant: str | None = None,
    limit: int = 500,
    after: Key | None = None,
    at_least: Vector | None = None,
    timeout_s: float = 5.0,
) -> tuple[WaitingCase, ...]:
    """Returns the cases after the key `after`, the longest waiting first. Raises `ViewBehind`."""
    rest, key = behind(_ORDER, after)

    def query(opened: Opened) -> tuple[WaitingCase, ...]:
        policies = _policies(opened)
        statement = f"""
            SELECT * FROM {opened.generation.stored_name(QUEUE)}
            WHERE book = ANY(:books) AND NOT deleted{" AND merchant = :merchant" if merchant else ""} AND {rest}
            ORDER BY {", ".join(_ORDER)} LIMIT :limit"""
        values = {"books": list(opened.vector), "merchant": merchant, "limit": limit} | key
        found = opened.connection.execute(text(statement), values).mappings()
        return tuple(_case(row, policies) for row in found)

    return views.read(ApprovalsQueue(), query, at_least=at_least, timeout_s=timeout_s)


def _take(rows: KeptRows, recorded: Recorded) -> None:
    key = belongs_to(recorded.stream)
    match recorded.event:
        case RefundRequested() as event if event.rounds_required:
            rows.put(
                dict(zip(QUEUE.key, (*key, event.refund_id), strict=True))
                | {
                    "type": event.type, "reason": event.reason, "currency": event.amount.currency,
                    "amount": event.amount.minor,
                    "list_fen": total([line.list_amount for line in event.lines], CNY).minor,
                    "round": 1, "rounds": event.rounds_required, "waiting_since": event.requested_at,
                    "previous_approver": "", "express": event.express_setting,
                },
                at=recorded.position,
            )  # fmt: skip
        case RefundRoundApproved() as event:
            row = rows.get(*key, event.refund_id)
            if row is not None:
                then = {"round": event.round + 1, "waiting_since": recorded.occurred_at}
                rows.put(row | then | {"previous_approver": event.approver.id}, at=recorded.position)
        case RefundApproved() | RefundAutoApproved() | RefundRejected() | RefundWithdrawn() as event:
            rows.delete(*key, event.refund_id, at=recorded.position)


def _policies(opened: Opened) -> list[tuple[datetime, Approvals]]:
    """Returns all approval policies, the latest first; those beyond today's limits come last."""
    statement = f"""
        SELECT effective_from, content FROM {opened.generation.stored_name(ROUNDS)}
        WHERE book = ANY(:books) AND NOT deleted ORDER BY effective_from DESC, version DESC"""
    found = opened.connection.execute(text(statement), {"books": list(opened.vector)})
    return Approvals.in_turn((at, content) for at, content in found)


def _case(row: RowMapping, policies: list[tuple[datetime, Approvals]]) -> WaitingCase:
    since, round_number = row["waiting_since"], row["round"]
    rules = next((policy for effective_from, policy in policies if effective_from <= since), None)
    two_sided = row["type"] == "unshipped" and rules is not None and round_number <= len(rules.rounds)
    return WaitingCase(
        merchant=row["merchant"],
        order_id=row["order_id"],
        refund_id=row["refund_id"],
        type=row["type"],
        reason=row["reason"],
        amount=Money(row["amount"], row["currency"]),
        list_amount=Money(row["list_fen"], CNY),
        round=round_number,
        rounds=row["rounds"],
        role_needed=rules.approver_of(round_number) if rules and two_sided else "platform",
        waiting_since=since,
        due_at=rules.decide_by(since) if rules else None,
        previous_approver=row["previous_approver"],
        express=row["express"],
    )
