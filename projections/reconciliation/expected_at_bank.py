"""Movements that our books expect at the bank, and those that its statements have shown."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from dataclasses import dataclass, replace
from datetime import date
from typing import Any

from sqlalchemy import BigInteger, Boolean, Column, Date, RowMapping, text

from ledger.events.event import Event
from ledger.events.files import BankEntryMatched, BankMatch
from ledger.events.logistics import LogisticsClaimSettled
from ledger.events.platform_money import BankFxConverted, PartnerInvoicePaid, TaxRemitted
from ledger.events.psp_settlement import PspSettlementReported
from ledger.events.refunds import RefundPaidByAlternative
from ledger.events.settlement import PayoutCancelled, PayoutFailed, PayoutInitiated, PayoutReturned
from ledger.fx import CNY
from ledger.ids import PLATFORM_BOOK, key_form
from ledger.log.rows import Recorded
from ledger.money import Money
from projections.balances.balances import NOW, AsOf
from projections.engine.batch import Batch
from projections.engine.columns import text_column
from projections.engine.projection import Projection
from projections.engine.tables import kept_table
from projections.engine.views import FROM_THE_FIRST, Opened, Vector, Views
from projections.keyset import WHOLE, Chunk

EXPECTED = kept_table(
    "expected_at_bank",
    text_column("reference", key=True),  # the reference by which the bank names the movement
    text_column("kind", key=True),
    # One reference may cover several movements, and one movement may have several references.
    text_column("movement", key=True),
    Column("names_it", Boolean, nullable=False),  # true for the reference under which the movement is listed
    text_column("stream"),
    text_column("merchant"),
    text_column("currency"),
    Column("minor", BigInteger, nullable=False),  # positive for incoming money
    Column("expected_on", Date, nullable=False),
    Column("since_position", BigInteger, nullable=False),
    indexes=[("expected_on",), ("movement", "kind")],
)
SHOWN = kept_table(
    "shown_by_bank",  # in book 0: the expectations that are met, in any book
    text_column("reference", key=True),
    text_column("kind", key=True),
    text_column("entry", key=True),
    text_column("currency"),
    Column("expected_minor", BigInteger, nullable=False),  # the expected amount of the matched movement
    Column("shown_on", Date, nullable=False),
)


class ExpectedAtBank(Projection):
    """Keeps expectations in the book of their merchant, and the bank's entries in book 0. A read joins both."""

    name = "expected_at_bank"
    version = 7
    tables = (EXPECTED, SHOWN)
    events = (
        PayoutInitiated,
        PayoutCancelled,
        PayoutFailed,
        PayoutReturned,
        PspSettlementReported,
        PartnerInvoicePaid,
        TaxRemitted,
        BankFxConverted,
        LogisticsClaimSettled,
        RefundPaidByAlternative,
        BankEntryMatched,
    )

    def fold(self, batch: Batch) -> None:
        for recorded in batch.events:
            event = recorded.event
            if isinstance(event, BankEntryMatched):
                entry = f"{recorded.stream.partition('/')[2]}/{event.entry_ref}"
                row: dict[str, Any] = {"reference": event.reference, "kind": event.matched_to, "entry": entry}
                shown = {"currency": event.amount.currency, "shown_on": event.value_date}
                row["expected_minor"] = event.expected.minor
                batch.rows(SHOWN).put(row | shown, at=recorded.position)
            elif isinstance(event, PayoutCancelled | PayoutFailed):  # the money does not leave
                batch.rows(EXPECTED).delete(event.payout_id, "payout", event.payout_id, at=recorded.position)
            else:
                for row in _rows(event, recorded):
                    row["stream"] = recorded.stream
                    known = batch.rows(EXPECTED).get(*(row[name] for name in EXPECTED.key))
                    since = known["since_position"] if known else recorded.position
                    batch.rows(EXPECTED).put(row | {"since_position": since}, at=recorded.position)


@dataclass(frozen=True, slots=True)
class Expectation:
    """One movement that the bank is expected to show, or has shown in `entry`.

    `nth` numbers the movements of one reference in one stream. `movement` is unique in its kind and book.
    """

    reference: str
    kind: BankMatch
    movement: str
    nth: int
    stream: str
    merchant: str
    amount: Money
    expected_on: date
    entry: str = ""
    shown_on: date | None = None


# Of several movements with one amount and one reference, as many are met as entries were matched to that amount.
_MET = """
nth AS (
    SELECT k.*, row_number() OVER (PARTITION BY k.book, k.stream, k.reference, k.kind
                                   ORDER BY k.since_position, k.movement) AS nth,
           row_number() OVER (PARTITION BY k.reference, k.kind, k.currency, k.minor
                              ORDER BY k.expected_on, k.book, k.since_position, k.movement) AS of_amount
    FROM known k
),
entries AS (
    SELECT s.*, row_number() OVER (PARTITION BY s.reference, s.kind, s.currency, s.expected_minor
                                   ORDER BY s.changed_at_position, s.entry) AS of_amount
    FROM {shown} s WHERE s.book = 0 AND NOT s.deleted AND (s.reference, s.kind) IN (SELECT reference, kind FROM known)
      AND s.changed_at_position <= :platform AND (CAST(:as_of AS date) IS NULL OR s.shown_on <= :as_of)
),
met AS (
    SELECT n.book, n.movement, n.kind, n.currency, min(s.entry) AS entry, min(s.shown_on) AS shown_on
    FROM nth n JOIN entries s ON (s.reference, s.kind, s.currency, s.expected_minor, s.of_amount)
                               = (n.reference, n.kind, n.currency, n.minor, n.of_amount)
    GROUP BY n.book, n.movement, n.kind, n.currency
)
SELECT n.*, m.entry, m.shown_on FROM nth n
LEFT JOIN met m ON (m.book, m.movement, m.kind, m.currency) = (n.book, n.movement, n.kind, n.currency)
"""
# All movements under any reference of the movements `asked`: one entry may stand for any of them.
_WITH_THEIR_LIKE = "e.reference IN (SELECT o.reference FROM {expected} o JOIN asked USING (book, movement, kind))"
# The bank may also show a cancelled or failed payout: its entry is then matched to it and contradicts our books.
_FIND = f"""
WITH asked AS (
    SELECT book, movement, kind FROM {{expected}} WHERE book = ANY(:books) AND reference = ANY(:references)
),
known AS (
    SELECT e.* FROM {{expected}} e WHERE e.book = ANY(:books) AND {_WITH_THEIR_LIKE}
),
{_MET}
WHERE n.reference = ANY(:references)
ORDER BY n.expected_on, n.reference, n.kind, n.book, n.since_position, n.movement
"""
# All movements at a time. Those that were cancelled or shown later count as expected at that time.
MOVEMENTS = f"""
WITH known AS (
    SELECT e.* FROM unnest(CAST(:books AS integer[]), CAST(:positions AS bigint[])) AS v(book, position)
    JOIN {{expected}} e ON e.book = v.book AND e.since_position <= v.position
        AND (NOT e.deleted OR e.changed_at_position > v.position)
),
{_MET}"""
# Movements that were cancelled or shown later count as expected at that time. Each is listed under one reference.
_NOT_SHOWN = f"""
WITH v AS (
    SELECT * FROM unnest(CAST(:books AS integer[]), CAST(:positions AS bigint[]), CAST(:since AS bigint[]))
        AS v(book, position, since)
),
asked AS (
    SELECT e.book, e.movement, e.kind FROM v JOIN {{expected}} e
        ON e.book = v.book AND e.changed_at_position > v.since
),
known AS (
    SELECT e.* FROM v JOIN {{expected}} e ON e.book = v.book AND e.since_position <= v.position
        AND (NOT e.deleted OR e.changed_at_position > v.position) AND {{which}}
),
{_MET}
WHERE m.movement IS NULL AND n.names_it AND n.expected_on < :before
  AND (n.book, n.movement, n.kind) IN (SELECT * FROM asked)"""


def expected_under(
    views: Views, references: Sequence[str], *, at_least: Vector | None = None, timeout_s: float = 5.0
) -> list[Expectation]:
    """Returns the movements expected under these references: open, met, or cancelled. Raises `ViewBehind`."""
    asked = {key_form(reference): reference for reference in references}
    found = _find(views, _FIND, at_least, timeout_s, references=list(asked), as_of=None)
    return [replace(each, reference=asked[each.reference]) for each in found]


def not_shown_yet(
    views: Views,
    timepoint: AsOf = NOW,
    *,
    before: date,
    since: Vector = FROM_THE_FIRST,
    chunk: Chunk = WHOLE,
    at_least: Vector | None = None,
    timeout_s: float = 5.0,
) -> list[Expectation]:
    """Returns the movements expected before a day that no statement had shown, by day and stream.

    Only movements are returned that changed after the positions `since`; `chunk` is a part of them.
    Raises `ViewBehind`.
    """
    at = timepoint.positions(views)
    wanted = timepoint.wanted(at, at_least)
    source = _NOT_SHOWN.replace("{which}", _WITH_THEIR_LIKE if any(since.values()) else "true")
    sql, key = chunk.sql(source, ("expected_on", "stream"))
    values = {"before": before, "as_of": timepoint.as_of} | key
    return _find(views, sql, wanted, timeout_s, at=at, since=since, **values)


def shown_currencies(views: Views, *, since: Vector = FROM_THE_FIRST, timeout_s: float = 5.0) -> set[str]:
    """Returns the currencies of the bank accounts whose statements we receive, or received after the positions
    `since`. Raises `ViewBehind`."""

    def query(opened: Opened) -> set[str]:
        statement = f"""
            SELECT DISTINCT currency FROM {opened.generation.stored_name(SHOWN)}
            WHERE book = :platform AND changed_at_position > :since"""
        values = {"platform": PLATFORM_BOOK, "since": since.get(PLATFORM_BOOK, 0)}
        return {row[0] for row in opened.connection.execute(text(statement), values)}

    return views.read(ExpectedAtBank(), query, timeout_s=timeout_s)


def _find(
    views: Views,
    sql: str,
    at_least: Vector | None,
    timeout_s: float,
    *,
    at: Vector | None = None,
    since: Vector = FROM_THE_FIRST,
    **values: Any,
) -> list[Expectation]:
    def query(opened: Opened) -> list[Expectation]:
        names = {"expected": opened.generation.stored_name(EXPECTED), "shown": opened.generation.stored_name(SHOWN)}
        vector = opened.upto(at)
        known = {"books": list(vector), "positions": list(vector.values()), "platform": vector.get(0, 0)}
        known["since"] = [since.get(book, 0) for book in vector]
        found = opened.connection.execute(text(sql.format(**names)), values | known)
        return [_expectation(row) for row in found.mappings()]

    return views.read(ExpectedAtBank(), query, at_least=at_least, timeout_s=timeout_s)


def _rows(event: Event, recorded: Recorded) -> Iterator[dict[str, Any]]:
    day, itself = recorded.accounting_date, str(recorded.position)
    match event:
        case PayoutInitiated():
            yield _row(event.payout_id, "payout", -event.amount, day, event.payout_id, event.merchant_id)
        case PayoutReturned():
            back = event.value_date
            yield _row(event.payout_id, "payout_return", event.amount, back, event.payout_id, event.merchant_id)
        case PspSettlementReported() if event.cash:
            for reference in sorted({event.batch_ref, event.bank_entry_ref} - {""}):
                movement = f"{event.psp}/{event.batch_ref}"
                row = _row(reference, "psp_settlement", event.deposit or event.cash, event.value_date, movement)
                yield row | {"names_it": reference == event.batch_ref}
        case PartnerInvoicePaid():
            yield _row(event.bank_ref or event.payment_ref, "partner_payment", -event.cash, event.value_date, itself)
        case TaxRemitted():
            yield _row(event.bank_ref or event.payment_ref, "tax_payment", -event.cash, event.value_date, itself)
        case BankFxConverted():
            for moved in (event.bought, -event.sold):
                kind: BankMatch = "conversion" if moved.currency == CNY else "foreign_conversion"
                is_second = moved is not event.bought and event.bought.currency == event.sold.currency
                movement = f"{itself}.out" if is_second else itself
                yield _row(event.bank_ref, kind, moved, event.value_date, movement)
        case LogisticsClaimSettled():
            reference, paid_on = event.bank_entry_ref or event.claim_id, event.value_date
            yield _row(reference, "claim", event.cash, paid_on, itself, event.merchant_id)
        case RefundPaidByAlternative():
            reference = event.reference or event.refund_id
            yield _row(reference, "refund", -event.amount, day, itself, event.merchant_id)


def _row(
    reference: str, kind: BankMatch, amount: Money, day: date, movement: str, merchant: str = ""
) -> dict[str, Any]:
    return {
        "reference": reference,
        "kind": kind,
        "movement": movement,
        "names_it": True,
        "merchant": merchant,
        "currency": amount.currency,
        "minor": amount.minor,
        "expected_on": day,
    }


def _expectation(row: RowMapping) -> Expectation:
    return Expectation(
        reference=row["reference"],
        kind=row["kind"],
        movement=row["movement"],
        nth=row["nth"],
        stream=row["stream"],
        merchant=row["merchant"],
        amount=Money(row["minor"], row["currency"]),
        expected_on=row["expected_on"],
        entry=row["entry"] or "",
        shown_on=row["shown_on"],
    )
