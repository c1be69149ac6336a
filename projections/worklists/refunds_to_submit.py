"""Approved refunds with an amount that no attempt covers, and the instants on which their next attempt depends."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import datetime
from functools import singledispatchmethod
from typing import Any

from pydantic_core import from_json
from sqlalchemy import text

from ledger.canonical import canonical
from ledger.deadlines import bounded
from ledger.events.refunds import (
    BuyerFundsRefundApproved,
    DuplicateCaptureRefundApproved,
    RefundApproved,
    RefundAutoApproved,
    RefundFailed,
    RefundPaidByAlternative,
    RefundReversed,
    RefundSubmitted,
    RefundSucceeded,
    ReturnExpired,
    ReturnReceived,
)
from ledger.log.rows import Recorded
from projections.engine.batch import Batch
from projections.engine.columns import count_column, instant_column, text_column
from projections.engine.projection import Projection
from projections.engine.tables import kept_table
from projections.engine.views import Opened, Views
from projections.keyset import Key, behind

TO_SUBMIT = kept_table(
    "refunds_to_submit",
    text_column("stream", key=True),
    text_column("refund_id", key=True),
    count_column("failures"),
    instant_column("at"),  # of the approval or of the last failure; null while nothing is to be submitted
    text_column("facts"),  # JSON
    indexes=[("failures", "at"), ("at", "stream", "refund_id")],
)
_BLANK: dict[str, Any] = {"amount": 0, "otherwise": 0, "since": None, "waits": False, "over": False, "attempts": {}}


class RefundsToSubmit(Projection):
    """Keeps each approved refund. Its next attempt is due at once, or some time after the last failure."""

    name = "refunds_to_submit"
    version = 2
    tables = (TO_SUBMIT,)
    events = (
        RefundAutoApproved,
        RefundApproved,
        DuplicateCaptureRefundApproved,
        BuyerFundsRefundApproved,
        ReturnReceived,
        ReturnExpired,
        RefundSubmitted,
        RefundSucceeded,
        RefundFailed,
        RefundReversed,
        RefundPaidByAlternative,
    )

    def fold(self, batch: Batch) -> None:
        rows = batch.rows(TO_SUBMIT)
        reported: list[tuple[Recorded, Any]] = [(recorded, recorded.event) for recorded in batch.events]
        rows.load((recorded.stream, event.refund_id) for recorded, event in reported)
        for recorded, event in reported:
            row = rows.get(recorded.stream, event.refund_id)
            facts = _BLANK | {"attempts": {}} | (from_json(row["facts"]) if row else {})
            _Refund(facts, recorded.occurred_at).on(event)
            named = {"stream": recorded.stream, "refund_id": event.refund_id, "facts": canonical(facts)}
            rows.put(named | _due(facts), at=recorded.position)


@dataclass(frozen=True, slots=True)
class RefundToSubmit:
    """A refund whose attempt may be due. The order's stream decides the amount."""

    stream: str
    refund_id: str
    at: datetime


def refunds_to_submit(
    views: Views, book: int, *, bounds: Mapping[int, datetime], after: RefundToSubmit | None = None, limit: int = 500
) -> list[RefundToSubmit]:
    """Returns a page of a book's refunds that are due, by stream and id. `bounds` has the latest due instant by number
    of failures.
    """

    def query(opened: Opened) -> list[RefundToSubmit]:
        wanted = " OR ".join(f"(failures = {failures:d} AND at <= :by_{failures:d})" for failures in bounds)
        statement = f"""
            SELECT stream, refund_id, at FROM {opened.generation.stored_name(TO_SUBMIT)}
            WHERE book = :book AND NOT deleted AND ({wanted}) AND (stream, refund_id) > (:after_stream, :after_refund)
            ORDER BY stream, refund_id LIMIT :limit"""
        page = {"after_stream": after.stream if after else "", "after_refund": after.refund_id if after else ""}
        by = {f"by_{failures}": instant for failures, instant in bounds.items()}
        found = opened.connection.execute(text(statement), {"book": book, "limit": limit} | page | by)
        return [RefundToSubmit(*row) for row in found]

    return views.read(RefundsToSubmit(), query, books=[book])


def unsent_refunds(views: Views, *, after: Key | None = None, limit: int = 500) -> list[RefundToSubmit]:
    """Returns a page of all refunds that wait for an attempt, due or not, the longest waiting first. Raises
    `ViewBehind`."""
    order = ("at", "stream", "refund_id")
    rest, key = behind(order, after)

    def query(opened: Opened) -> list[RefundToSubmit]:
        statement = f"""
            SELECT stream, refund_id, at FROM {opened.generation.stored_name(TO_SUBMIT)}
            WHERE book = ANY(:books) AND NOT deleted AND at IS NOT NULL AND {rest}
            ORDER BY {", ".join(order)} LIMIT :limit"""
        found = opened.connection.execute(text(statement), {"books": list(opened.vector), "limit": limit} | key)
        return [RefundToSubmit(*row) for row in found]

    return views.read(RefundsToSubmit(), query)


def _due(facts: Mapping[str, Any]) -> dict[str, Any]:
    attempts = facts["attempts"].values()
    covered = facts["otherwise"] + sum(minor for minor, came_back_at in attempts if came_back_at is None)
    failed = [came_back_at for _, came_back_at in attempts if came_back_at is not None]
    is_due = covered < facts["amount"] and not facts["waits"] and not facts["over"]
    at = max(failed, default=facts["since"]) if is_due else None
    return {"failures": len(failed), "at": datetime.fromisoformat(at) if at else None}


class _Refund:
    """Applies one event to the facts of a refund. An attempt is its amount, and the instant at which it came back."""

    def __init__(self, facts: dict[str, Any], occurred_at: datetime) -> None:
        self._facts, self._occurred_at = facts, bounded(occurred_at).isoformat()

    @singledispatchmethod
    def on(self, event: Any) -> None:
        raise AssertionError(f"{event.name} is listed but not folded")

    @on.register
    def _(self, event: RefundAutoApproved | RefundApproved) -> None:
        waits = isinstance(event, RefundApproved) and event.return_required and not self._facts.get("is_back")
        self._facts.update(amount=event.money.amount.minor, since=self._occurred_at, waits=waits)

    @on.register
    def _(self, event: DuplicateCaptureRefundApproved | BuyerFundsRefundApproved) -> None:
        self._facts.update(amount=event.amount.minor, since=self._occurred_at)

    @on.register
    def _(self, event: ReturnReceived) -> None:  # noqa: ARG002
        self._facts.update(waits=False, is_back=True, since=self._occurred_at)

    @on.register
    def _(self, event: ReturnExpired) -> None:  # noqa: ARG002
        self._facts["over"] = True

    @on.register
    def _(self, event: RefundSubmitted) -> None:
        self._facts["attempts"][event.attempt_id] = [event.amount.minor, None]

    @on.register
    def _(self, event: RefundSucceeded) -> None:
        self._facts["attempts"][event.attempt_id] = [event.amount.minor, None]

    @on.register
    def _(self, event: RefundFailed) -> None:
        if not event.without_effect:
            self._facts["attempts"][event.attempt_id] = [event.amount.minor, bounded(event.happened_at).isoformat()]

    @on.register
    def _(self, event: RefundReversed) -> None:
        self._facts["attempts"][event.attempt_id] = [event.amount.minor, bounded(event.happened_at).isoformat()]

    @on.register
    def _(self, event: RefundPaidByAlternative) -> None:
        self._facts["otherwise"] += event.amount.minor
