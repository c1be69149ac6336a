"""References of providers: the order or unmatched capture of each, and the batch in which it was settled."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from dataclasses import dataclass, replace
from datetime import date
from typing import Any, NamedTuple

from sqlalchemy import BigInteger, Column, Date, RowMapping, text

from ledger.events.disputes import DisputeFundsWithdrawn, DisputeOpened
from ledger.events.event import Event
from ledger.events.payments import PaymentAuthorized, PaymentCaptured, PaymentInitiated
from ledger.events.platform import (
    UnmatchedFactMatched,
    UnmatchedFactReported,
    UnmatchedPartsTaken,
    UnmatchedPaymentCaptured,
)
from ledger.events.platform_money import UnmatchedFundsRefunded, UnmatchedRefundPaid
from ledger.events.psp_settlement import PspSettlementMatched, PspSettlementReceived
from ledger.events.refunds import RefundSubmitted, RefundSucceeded
from ledger.events.unmatched_money import (
    UnmatchedCaptureFailed,
    UnmatchedFundsSettled,
    UnmatchedRefundFailed,
    UnmatchedRefundSubmitted,
)
from ledger.ids import key_form
from ledger.money import Money
from projections.engine.batch import Batch
from projections.engine.columns import text_column
from projections.engine.projection import Projection
from projections.engine.tables import kept_table
from projections.engine.views import Held, Opened, Vector, Views
from projections.reconciliation.unmatched_psp_lines import UNMATCHED_LINES, fold_line, keys_of_lines
from projections.reconciliation.waiting_references import ITEMS, NAMES, What, fold_names, load_names, read_to_match

REFERENCES = kept_table(
    "psp_references",
    text_column("reference", key=True),
    text_column("psp", key=True),
    text_column("kind", key=True),  # charge, refund, dispute, payment; attempt: a refund that was submitted
    text_column("merchant", key=True),
    text_column("order_id", key=True),
    text_column("currency"),
    # the amount that the provider will settle, with the sign of its reports
    Column("minor", BigInteger, nullable=False),
    Column("since", Date, nullable=False),
    Column("since_position", BigInteger, nullable=False),
    text_column("batch_ref"),  # '' until it is settled
    Column("settled_on", Date),
    Column("settled_position", BigInteger),
    indexes=[("batch_ref", "since")],
)
_UNSETTLED: dict[str, Any] = {"batch_ref": "", "settled_on": None, "settled_position": None}
OF_UNMATCHED = kept_table(
    "unmatched_psp_references",
    text_column("reference", key=True),
    text_column("psp", key=True),
    text_column("capture_ref", key=True),
)


class PspReferences(Projection):
    """Keeps payments, captures, refunds and disputes by the provider's references (and our refund attempts).

    Unmatched captures with their refunds and disputes are kept too, also after their money was matched. References that
    unmatched facts and lines name are kept until they are matched.
    """

    name = "psp_references"
    version = 8
    tables = (REFERENCES, OF_UNMATCHED, UNMATCHED_LINES, ITEMS, NAMES)
    events = (
        PaymentInitiated,
        PaymentAuthorized,
        PaymentCaptured,
        RefundSubmitted,
        RefundSucceeded,
        DisputeOpened,
        DisputeFundsWithdrawn,
        PspSettlementReceived,
        PspSettlementMatched,
        UnmatchedPaymentCaptured,
        UnmatchedFundsRefunded,
        UnmatchedRefundSubmitted,
        UnmatchedRefundFailed,
        UnmatchedRefundPaid,
        UnmatchedCaptureFailed,
        UnmatchedFundsSettled,
        UnmatchedFactReported,
        UnmatchedFactMatched,
        UnmatchedPartsTaken,
    )

    def fold(self, batch: Batch) -> None:
        rows = batch.rows(REFERENCES)
        reported = [(recorded, recorded.event) for recorded in batch.events]
        rows.load(key for _, event in reported for key in _keys(event))
        batch.rows(UNMATCHED_LINES).load(key for _, event in reported for key in keys_of_lines(event))
        load_names(batch, reported)
        for recorded, event in reported:
            fold_names(batch, recorded, event)
            for of_unmatched in _of_unmatched(event):
                batch.rows(OF_UNMATCHED).put(of_unmatched, at=recorded.position)
            fold_line(batch, recorded, event)
            if isinstance(event, PspSettlementReceived | PspSettlementMatched):
                for key in _settled(event):
                    row = rows.get(*key)
                    if row is not None:
                        settled = {"settled_on": recorded.accounting_date, "settled_position": recorded.position}
                        rows.put(row | {"batch_ref": event.batch_ref} | settled, at=recorded.position)
                continue
            for reference, kind, amount in _named(event):
                named: Any = event
                names = (reference, named.psp, kind, named.merchant_id, named.order_id)
                since: dict[str, Any] = {"since": recorded.accounting_date, "since_position": recorded.position}
                known = rows.get(*names) or since | _UNSETTLED
                row = dict(zip(REFERENCES.key, names, strict=True))
                said: dict[str, Any] = {"currency": amount.currency, "minor": amount.minor}
                if kind == "charge" and "minor" in known:  # a further partial capture must be settled too
                    said |= _UNSETTLED | {"minor": known["minor"] + amount.minor}
                rows.put(known | row | said, at=recorded.position)


def _keys(event: Any) -> Iterator[tuple[str, ...]]:
    if isinstance(event, PspSettlementReceived | PspSettlementMatched):
        yield from _settled(event)
    else:
        for reference, kind, _ in _named(event):
            yield reference, event.psp, kind, event.merchant_id, event.order_id


def _settled(event: PspSettlementReceived | PspSettlementMatched) -> Iterator[tuple[str, ...]]:
    for line in event.lines if isinstance(event, PspSettlementReceived) else (event,):
        yield line.reference, event.psp, line.kind, event.merchant_id, event.order_id


@dataclass(frozen=True, slots=True)
class PspReference:
    """One reference of a provider. The capture of a checkout has one for each of its orders."""

    reference: str
    psp: str
    kind: str
    merchant: str
    order_id: str
    amount: Money
    since: date
    batch_ref: str


class KnownReferences(NamedTuple):
    """The references found, and the positions of the view. In a stopped book, further orders may be missing."""

    references: list[PspReference]
    held: Held


def orders_of(
    views: Views, psp: str, references: Sequence[str], *, at_least: Vector | None = None, timeout_s: float = 5.0
) -> KnownReferences:
    """Returns the orders of these references. A stopped book is read as far as it is folded. Raises `ViewBehind`."""
    asked = {key_form(reference): reference for reference in references}

    def query(opened: Opened) -> KnownReferences:
        statement = f"""
            SELECT * FROM {opened.generation.stored_name(REFERENCES)}
            WHERE book = ANY(:books) AND NOT deleted AND psp = :psp AND reference = ANY(:references)
            ORDER BY since, psp, reference, kind, merchant, order_id"""
        values = {"books": list(opened.vector), "psp": psp, "references": list(asked)}
        rows = opened.connection.execute(text(statement), values).mappings()
        found = [replace(_reference(row), reference=asked[row["reference"]]) for row in rows]
        return KnownReferences(found, opened.vector)

    return views.read(PspReferences(), query, at_least=at_least, timeout_s=timeout_s, past_stops=True)


def unmatched_captures_of(
    views: Views, psp: str, references: Sequence[str], *, timeout_s: float = 5.0
) -> dict[str, list[str]]:
    """Returns the captures of each reference that are or were unmatched items. Raises `ViewBehind`."""

    asked = {key_form(reference): reference for reference in references}

    def query(opened: Opened) -> dict[str, list[str]]:
        statement = f"""
            SELECT reference, capture_ref FROM {opened.generation.stored_name(OF_UNMATCHED)}
            WHERE book = 0 AND psp = :psp AND reference = ANY(:references) AND NOT deleted
            ORDER BY reference, capture_ref"""
        found: dict[str, list[str]] = {}
        for row in opened.connection.execute(text(statement), {"psp": psp, "references": list(asked)}):
            found.setdefault(asked[row[0]], []).append(row[1])
        return found

    return views.read(PspReferences(), query, timeout_s=timeout_s)


def items_to_match(
    views: Views,
    what: What,
    *,
    since: Vector,
    again: Sequence[str] = (),
    after: str = "",
    limit: int = 500,
) -> list[str]:
    """Returns a page of unmatched items, by stream, with facts or lines of which a reference is known.

    Only items are returned that are new after the positions `since`, or name a reference that became known after them;
    also the items in `again`. A stopped book is read as far as it is folded.
    """

    def query(opened: Opened) -> list[str]:
        tables = {"references": REFERENCES, "of_unmatched": OF_UNMATCHED, "names": NAMES}
        stored = {name: opened.generation.stored_name(table) for name, table in tables.items()}
        return read_to_match(opened, stored, what, since=since, again=again, after=after, limit=limit)

    return views.read(PspReferences(), query, past_stops=True)


def _named(event: Event) -> Iterator[tuple[str, str, Money]]:
    match event:
        case PaymentInitiated() | PaymentAuthorized():
            yield from _of_payment(event)
        case PaymentCaptured():
            yield event.capture_ref, "charge", event.amount
            yield from _of_payment(event)
        case RefundSubmitted():
            yield event.attempt_id, "attempt", -event.amount
        case RefundSucceeded():
            yield event.psp_refund_ref or event.attempt_id, "refund", -event.amount
        case DisputeOpened() | DisputeFundsWithdrawn():
            yield event.dispute_id, "dispute", -event.amount


def _of_unmatched(event: Event) -> Iterator[dict[str, str]]:
    """Yields the references of an unmatched capture. The capture's own changes with every event that says whose it is,
    so that lines about it are looked at again.
    """
    match event:
        case UnmatchedPaymentCaptured() | UnmatchedCaptureFailed():
            names = {event.capture_ref}
        case UnmatchedFundsRefunded():
            names = {event.capture_ref, event.refund_id}
        case UnmatchedRefundSubmitted():
            names = {event.attempt_id}
        case UnmatchedRefundFailed() | UnmatchedRefundPaid():
            names = {event.psp_refund_ref} - {""}
        case UnmatchedFactMatched(psp=str(psp)) | UnmatchedPartsTaken(system=psp):
            yield {"reference": event.reference, "psp": psp, "capture_ref": event.reference}
            return
        case UnmatchedFactReported(
            kind=kind, body={"said": {"dispute_id": str(name), "capture_ref": str(capture_ref)}}
        ):
            if kind.startswith("psp_dispute"):
                yield {"reference": name, "psp": event.system, "capture_ref": capture_ref}
            return
        case _:
            return
    for name in names:
        yield {"reference": name, "psp": event.psp, "capture_ref": event.capture_ref}


def _of_payment(event: PaymentInitiated | PaymentAuthorized | PaymentCaptured) -> Iterator[tuple[str, str, Money]]:
    for name in {event.payment_id, event.psp_ref} - {""}:
        yield name, "payment", event.amount


def _reference(row: RowMapping) -> PspReference:
    return PspReference(
        reference=row["reference"],
        psp=row["psp"],
        kind=row["kind"],
        merchant=row["merchant"],
        order_id=row["order_id"],
        amount=Money(row["minor"], row["currency"]),
        since=row["since"],
        batch_ref=row["batch_ref"],
    )
