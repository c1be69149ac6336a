"""The journal as one CSV row a line, in the spirit of ISO 21378: entry, preparer, days, account, both amounts."""

from __future__ import annotations

import csv
from collections.abc import Iterable
from typing import TextIO

from pydantic_core import from_json

from ledger.log.rows import Recorded
from ledger.money import Money
from service.adapters.journal.postings import DIMENSIONS, postings_of

COLUMNS = (
    "book", "position", "line_no", "event_id", "type", "stream", "accounting_date", "occurred_at", "recorded_at",
    "actor_kind", "actor", "role", "source", "legal_entity", "account", "title", "merchant", "psp", *DIMENSIONS,
    "currency", "debit", "credit", "debit_cny", "credit_cny",
)  # fmt: skip


def write_journal_csv(rows: Iterable[Recorded], out: TextIO) -> None:
    """Debits and credits are decimal texts in major units, empty where a line is on the other side."""
    writer = csv.writer(out, lineterminator="\n")
    writer.writerow(COLUMNS)
    for row in rows:
        actor, source = from_json(row.actor), from_json(row.source)
        for number, posting in enumerate(postings_of(row), 1):
            writer.writerow(
                (
                    row.book, row.position, number, row.event_id, row.type, row.stream, row.accounting_date,
                    row.occurred_at.isoformat(), row.recorded_at.isoformat(), actor["kind"], actor["id"],
                    actor["role"], source.get("system", ""), row.legal_entity, posting.place.account,
                    posting.place.title, posting.place.merchant, posting.place.psp,
                    *(posting.about.get(name, "") for name in DIMENSIONS),
                    posting.amount.currency, *_sides(posting.amount), *_sides(posting.base),
                )
            )  # fmt: skip


def _sides(amount: Money) -> tuple[str, str]:
    text = f"{abs(amount.decimal):f}" if amount else ""
    return (text, "") if amount.minor > 0 else ("", text)
