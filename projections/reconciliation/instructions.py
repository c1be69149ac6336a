"""Unanswered instructions to providers and banks: captures, voids, refunds and payouts."""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime
from functools import singledispatchmethod
from typing import Any, Literal

from pydantic_core import from_json
from sqlalchemy import Boolean, Column, Date, text

from ledger.canonical import canonical
from ledger.events.payment_requests import PaymentCaptureRequested, PaymentVoidRequested
from ledger.events.payments import PaymentAuthorizationExpired, PaymentCaptured, PaymentDeclined, PaymentVoided
from ledger.events.platform_money import UnmatchedFundsRefunded, UnmatchedRefundPaid
from ledger.events.refunds import RefundFailed, RefundReversed, RefundSubmitted, RefundSucceeded
from ledger.events.settlement import (
    PayoutCancelled,
    PayoutFailed,
    PayoutInitiated,
    PayoutPaid,
    PayoutReturned,
    PayoutSubmitted,
)
from ledger.events.unmatched_money import UnmatchedRefundFailed, UnmatchedRefundSubmitted
from ledger.ids import command_id, derived_id, key_form, kind_of
from ledger.limits import BEFORE_ALL, LATEST_INSTANT
from ledger.log.rows import Recorded
from ledger.money import Money
from projections.balances.balances import NOW, AsOf
from projections.engine.batch import Batch, KeptRows, Row
from projections.engine.columns import instant_column, text_column
from projections.engine.projection import Projection
from projections.engine.tables import appended_table, kept_table
from projections.engine.views import Opened, Vector, Views
from projections.keyset import Key, behind

Kind = Literal["capture", "void", "refund", "payout"]

INSTRUCTIONS = kept_table(
    "instructions",
    text_column("kind", key=True),
    text_column("stream", key=True),
    # The id of the instruction. Captures of one payment share its payment id, and attempts of one unmatched refund
    # share its refund id.
    text_column("subject", key=True),
    text_column("partner"),
    instant_column("requested_at"),
    text_column("facts"),  # JSON: the amount, and the names that the partner and the answer's report use
    indexes=[("requested_at", "kind", "stream", "subject")],
)
STEPS = appended_table(
    "instruction_steps",
    text_column("kind", key=True),
    text_column("stream", key=True),
    text_column("subject", key=True),
    text_column("partner"),
    instant_column("requested_at"),
    text_column("facts"),
    Column("is_open", Boolean, nullable=False),  # true if it still waits for an answer after this event
    Column("accounting_date", Date, nullable=False),
    indexes=[("kind", "stream", "subject", "position")],
)
RowKey = tuple[str, str, str]  # kind, stream and subject of a row


@dataclass(frozen=True, slots=True)
class Instruction:
    """An instruction that a partner carries out at most once under `key`. `facts` holds ids such as the payment's."""

    kind: Kind
    book: int
    stream: str
    id: str
    partner: str
    amount: Money
    requested_at: datetime
    facts: Mapping[str, Any]

    @property
    def is_unmatched(self) -> bool:
        """True if the money belongs to no known order."""
        return kind_of(self.stream) == "unmatched"

    @property
    def subject(self) -> str:
        """The key of its row in the view. Capture requests of one payment share one row."""
        if self.is_unmatched:
            return str(self.facts["refund_id"])
        return str(self.facts["payment_id"]) if self.kind == "capture" else self.id

    @property
    def key(self) -> str:
        """The idempotency key that the partner gets.

        A payout's id is unique at the bank. Other ids are unique only in their stream, so the key includes the stream.
        """
        if self.kind == "payout":
            return self.id
        names = self.stream.split("/")[1:]
        if any("." in name for name in names):  # two merchants' names joined by dots could give the same key
            return command_id("key", self.stream, self.id)
        return derived_id(*names, self.id)


class Instructions(Projection):
    """Keeps a row until the answer is recorded, from a webhook, a statement or the partner.

    The steps keep the instructions that were answered already.
    """

    name = "instructions"
    version = 4
    tables = (INSTRUCTIONS, STEPS)
    events = (
        PaymentCaptureRequested,
        PaymentVoidRequested,
        PaymentCaptured,
        PaymentDeclined,
        PaymentVoided,
        PaymentAuthorizationExpired,
        RefundSubmitted,
        RefundSucceeded,
        RefundFailed,
        RefundReversed,
        PayoutInitiated,
        PayoutSubmitted,
        PayoutPaid,
        PayoutFailed,
        PayoutCancelled,
        PayoutReturned,
        UnmatchedFundsRefunded,
        UnmatchedRefundSubmitted,
        UnmatchedRefundFailed,
        UnmatchedRefundPaid,
    )

    def fold(self, batch: Batch) -> None:
        rows = batch.rows(INSTRUCTIONS)
        reported = [(recorded, recorded.event) for recorded in batch.events]
        rows.load(key for recorded, event in reported for key in _keys(recorded.stream, event))
        for recorded, event in reported:
            fold = _Fold(rows, recorded)
            fold.on(event)
            batch.lines(STEPS).extend(fold.steps(batch.book))


def instructions(
    views: Views,
    book: int,
    *,
    upto: datetime | None = None,
    since: int = 0,
    due_after: datetime = LATEST_INSTANT,
    after: Instruction | None = None,
    limit: int = 500,
) -> list[Instruction]:
    """Returns a page of a book's open instructions, the oldest first, requested at `upto` or before.

    Only those are returned that changed after the position `since`, or were requested after `due_after`.
    """

    def query(opened: Opened) -> list[Instruction]:
        statement = f"""
            SELECT kind, book, stream, subject, partner, requested_at, facts
            FROM {opened.generation.stored_name(INSTRUCTIONS)}
            WHERE book = :book AND NOT deleted AND (changed_at_position > :since OR requested_at > :due_after)
              AND (CAST(:upto AS timestamptz) IS NULL OR requested_at <= :upto)
              AND (requested_at, kind, stream, subject) > (:requested_at, :kind, :stream, :subject)
            ORDER BY requested_at, kind, stream, subject LIMIT :limit"""
        last = (after.requested_at, after.kind, after.stream, after.subject) if after else (BEFORE_ALL, "", "", "")
        page = dict(zip(("requested_at", "kind", "stream", "subject"), last, strict=True))
        asked = {"book": book, "upto": upto, "since": since, "due_after": due_after, "limit": limit}
        found = opened.connection.execute(text(statement), asked | page)
        return [instruction for row in found for instruction in _read(row)]

    return views.read(Instructions(), query, books=[book])


def instructions_in(views: Views, book: int, rows: Sequence[RowKey]) -> list[Instruction]:
    """Returns the open instructions of these rows of a book."""

    def query(opened: Opened) -> list[Instruction]:
        statement = f"""
            SELECT kind, book, stream, subject, partner, requested_at, facts
            FROM unnest(CAST(:kinds AS text[]), CAST(:streams AS text[]), CAST(:subjects AS text[]))
              AS r(kind, stream, subject)
            JOIN {opened.generation.stored_name(INSTRUCTIONS)} USING (kind, stream, subject)
            WHERE book = :book AND NOT deleted ORDER BY requested_at, kind, stream, subject"""
        kinds, streams, subjects = zip(*rows, strict=True)
        asked = {"kinds": list(kinds), "streams": list(streams), "subjects": list(map(key_form, subjects))}
        found = opened.connection.execute(text(statement), {"book": book} | asked)
        return [instruction for row in found for instruction in _read(row)]

    return views.read(Instructions(), query, books=[book]) if rows else []


_ORDER = ("requested_at", "kind", "stream", "subject")
_NOW = "SELECT * FROM {instructions} WHERE book = ANY(:books) AND NOT deleted"
# An instruction that was answered later was open at that time.
_THEN = """
SELECT * FROM (
    SELECT DISTINCT ON (s.book, s.kind, s.stream, s.subject) s.*
    FROM unnest(CAST(:books AS integer[]), CAST(:positions AS bigint[])) AS v(book, position)
    JOIN {steps} s ON s.book = v.book AND s.position <= v.position
        AND (CAST(:as_of AS date) IS NULL OR s.accounting_date <= :as_of)
    ORDER BY s.book, s.kind, s.stream, s.subject, s.position DESC
) last WHERE is_open
"""


def open_instructions(
    views: Views,
    timepoint: AsOf = NOW,
    *,
    partner: str | None = None,
    limit: int = 500,
    after: Key | None = None,
    at_least: Vector | None = None,
    timeout_s: float = 5.0,
) -> list[Instruction]:
    """Returns the open instructions of all books, now, on a day, or as known at an instant, the oldest first.

    `after` is the key of an instruction; later ones in the same row are included. Raises `ViewBehind`, and ValueError
    for an instant in the future.
    """
    at = timepoint.positions(views)
    source = _NOW if at is None and timepoint.as_of is None else _THEN
    rest, key = behind(_ORDER, after and after[:-1], included=True)

    def query(opened: Opened) -> list[Instruction]:
        names = {"instructions": INSTRUCTIONS, "steps": STEPS}
        stored = {name: opened.generation.stored_name(table) for name, table in names.items()}
        vector = opened.upto(at)
        statement = f"""
            SELECT kind, book, stream, subject, partner, requested_at, facts FROM ({source.format(**stored)}) i
            WHERE (CAST(:partner AS text) IS NULL OR partner = :partner) AND {rest}
            ORDER BY {", ".join(_ORDER)} LIMIT :limit"""
        values = {"books": list(vector), "positions": list(vector.values()), "as_of": timepoint.as_of}
        asked = {"partner": partner, "limit": limit + (after is not None)}  # the row of the key is read again
        found = opened.connection.execute(text(statement), values | asked | key)
        return [each for row in found for each in _read(row) if after is None or not _is_reported(each, after)]

    wanted = timepoint.wanted(at, at_least)
    return views.read(Instructions(), query, at_least=wanted, timeout_s=timeout_s)


def _is_reported(instruction: Instruction, after: Key) -> bool:
    """True if the instruction is in the row of the key and not after it, so the page before has returned it."""
    *row, last = after
    of_it = [instruction.requested_at, instruction.kind, instruction.stream, instruction.subject]
    return of_it == row and instruction.id <= str(last)


def _read(row: Any) -> list[Instruction]:
    kind, book, stream, subject, partner, requested_at, text_ = row
    facts = from_json(text_)
    if kind == "capture":
        asked = facts.pop("requests")
        return [
            Instruction(kind, book, stream, request_id, partner, Money(*amount), requested_at, facts)
            for request_id, amount in sorted(asked.items())
        ]
    amount, id = Money(*facts.pop("amount")), facts.pop("attempt_id", subject)
    return [Instruction(kind, book, stream, id, partner, amount, requested_at, facts)]


def _keys(stream: str, event: Any) -> list[tuple[str, str, str]]:
    match event:
        case RefundSubmitted() | RefundSucceeded() | RefundFailed() | RefundReversed():
            return [("refund", stream, event.attempt_id)]
        case (
            PayoutInitiated() | PayoutSubmitted() | PayoutPaid() | PayoutFailed() | PayoutCancelled() | PayoutReturned()
        ):
            return [("payout", stream, event.payout_id)]
        case UnmatchedFundsRefunded() | UnmatchedRefundSubmitted() | UnmatchedRefundFailed() | UnmatchedRefundPaid():
            return [("refund", stream, event.refund_id)]
    return [("capture", stream, event.payment_id), ("void", stream, event.payment_id)]


class _Fold:
    """Applies one event to the rows."""

    def __init__(self, rows: KeptRows, recorded: Recorded) -> None:
        self._rows, self._recorded = rows, recorded
        # each changed row after the event, and whether it is open
        self._steps: dict[tuple[str, str], tuple[Row, bool]] = {}

    def steps(self, book: int) -> Iterator[tuple[Any, ...]]:
        """Yields the changed rows as the event leaves them."""
        for row, is_open in self._steps.values():
            reported = (row[name] for name in ("kind", "stream", "subject", "partner", "requested_at", "facts"))
            yield (book, self._recorded.position, *reported, is_open, self._recorded.accounting_date)

    @singledispatchmethod
    def on(self, event: Any) -> None:
        raise AssertionError(f"{event.name} is listed but not folded")

    @on.register
    def _(self, event: PaymentCaptureRequested) -> None:
        requests = self._facts("capture", event.payment_id).get("requests", {})
        asked = requests | {event.request_id: _written(event.amount)}
        named = {"payment_id": event.payment_id, "psp_ref": event.psp_ref}
        self._put("capture", event.payment_id, event.psp, requests=asked, **named)

    @on.register
    def _(self, event: PaymentVoidRequested) -> None:
        named = {"payment_id": event.payment_id, "psp_ref": event.psp_ref, "request_id": event.request_id}
        self._put("void", event.payment_id, event.psp, amount=_written(event.amount), **named)

    @on.register
    def _(self, event: PaymentCaptured | PaymentDeclined) -> None:
        """The answer to the request of its amount, else to the oldest; what is captured is not voided."""
        facts = self._facts("capture", event.payment_id)
        requests: dict[str, Any] = facts.get("requests", {})
        same = [request_id for request_id, amount in requests.items() if amount == _written(event.amount)]
        for request_id in [*same, *requests][:1]:
            del requests[request_id]
            self._keep("capture", event.payment_id, facts)
        if not requests:
            self._delete("capture", event.payment_id)
        self._delete("void", event.payment_id)

    @on.register
    def _(self, event: PaymentVoided | PaymentAuthorizationExpired) -> None:
        self._delete("capture", event.payment_id)
        self._delete("void", event.payment_id)

    @on.register
    def _(self, event: RefundSubmitted) -> None:
        named = {name: getattr(event, name) for name in ("refund_id", "payment_id", "capture_ref")}
        self._put("refund", event.attempt_id, event.psp, amount=_written(event.amount), **named)

    @on.register
    def _(self, event: RefundSucceeded | RefundFailed | RefundReversed) -> None:
        self._delete("refund", event.attempt_id)

    @on.register
    def _(self, event: UnmatchedFundsRefunded) -> None:
        self._back_to_payer(event, event.refund_id)

    @on.register
    def _(self, event: UnmatchedRefundSubmitted) -> None:
        self._back_to_payer(event, event.attempt_id)

    @on.register
    def _(self, event: UnmatchedRefundFailed | UnmatchedRefundPaid) -> None:
        """The answer to an earlier attempt, reported late, leaves the one that is on its way."""
        sent_under = self._facts("refund", event.refund_id).get("attempt_id")
        if event.attempt_id in (None, sent_under):
            self._delete("refund", event.refund_id)

    @on.register
    def _(self, event: PayoutInitiated) -> None:
        named = {"account_ref": event.account_ref, "submitted": False}
        self._put("payout", event.payout_id, "bank", amount=_written(event.amount), **named)

    @on.register
    def _(self, event: PayoutSubmitted) -> None:
        if facts := self._facts("payout", event.payout_id):
            self._keep("payout", event.payout_id, facts | {"submitted": True})

    @on.register
    def _(self, event: PayoutPaid | PayoutFailed | PayoutCancelled | PayoutReturned) -> None:
        self._delete("payout", event.payout_id)

    def _back_to_payer(self, event: UnmatchedFundsRefunded | UnmatchedRefundSubmitted, attempt_id: str) -> None:
        named = {"refund_id": event.refund_id, "capture_ref": event.capture_ref, "payment_id": event.payment_id or ""}
        amount = _written(event.amount)
        self._put("refund", event.refund_id, event.psp, amount=amount, attempt_id=attempt_id, **named)

    def _put(self, kind: Kind, subject: str, partner: str, **facts: Any) -> None:
        row: Row = {"kind": kind, "stream": self._recorded.stream, "subject": subject, "partner": partner}
        reported = {"requested_at": self._recorded.occurred_at, "facts": canonical(facts)}
        self._leave(row | reported)

    def _facts(self, kind: Kind, subject: str) -> dict[str, Any]:
        row = self._rows.get(kind, self._recorded.stream, subject)
        found: dict[str, Any] = from_json(row["facts"]) if row else {}
        return found

    def _keep(self, kind: Kind, subject: str, facts: dict[str, Any]) -> None:
        row = self._rows.get(kind, self._recorded.stream, subject)
        assert row is not None, "only what was asked for is kept"
        self._leave(row | {"facts": canonical(facts)})

    def _leave(self, row: Row) -> None:
        self._steps[row["kind"], row["subject"]] = row, True
        self._rows.put(row, at=self._recorded.position)

    def _delete(self, kind: Kind, subject: str) -> None:
        if row := self._rows.get(kind, self._recorded.stream, subject):
            self._steps[kind, subject] = dict(row), False
        self._rows.delete(kind, self._recorded.stream, subject, at=self._recorded.position)


def _written(amount: Money) -> list[Any]:
    return [amount.minor, amount.currency]
