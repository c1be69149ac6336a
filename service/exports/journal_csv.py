"""Exports the journal with one CSV row for each line, after ISO 21378: entry, preparer, days, account, both amounts."""

from __future__ import annotations

from collections.abc import Iterable, Iterator
from typing import Any, TextIO

from pydantic_core import from_json

from ledger.log.rows import Recorded
from ledger.money import Money
from service.exports.postings import DIMENSIONS, Posting, postings_of
from service.tables.cells import write_csv
from service.tables.tables import JOURNAL


def write_journal_csv(rows: Iterable[Recorded], out: TextIO) -> None:
    """Writes the journal. Debits and credits are decimal texts in major units; one of them is empty."""
    write_csv(JOURNAL, _lines(rows), out)


def _lines(rows: Iterable[Recorded]) -> Iterator[dict[str, Any]]:
    for row in rows:
        actor, source = from_json(row.actor), from_json(row.source)
        of_the_entry = {
            "book": row.book,
            "position": row.position,
            "event_id": row.event_id,
            "type": row.type,
            "stream": row.stream,
            "accounting_date": row.accounting_date,
            "occurred_at": row.occurred_at,
            "recorded_at": row.recorded_at,
            "actor_kind": actor["kind"],
            "actor": actor["id"],
            "role": actor["role"],
            "source": source.get("system", ""),
            "legal_entity": row.legal_entity,
        }
        for number, posting in enumerate(postings_of(row), 1):
            yield of_the_entry | {"line_no": number} | _of_the_line(posting)


def _of_the_line(posting: Posting) -> dict[str, Any]:
    place = posting.place
    debit, credit = _sides(posting.amount)
    debit_cny, credit_cny = _sides(posting.base)
    return {name: posting.about.get(name, "") for name in DIMENSIONS} | {
        "account": place.account,
        "title": place.title,
        "merchant": place.merchant,
        "psp": place.psp,
        "currency": posting.amount.currency,
        "debit": debit,
        "credit": credit,
        "debit_cny": debit_cny,
        "credit_cny": credit_cny,
    }


def _sides(amount: Money) -> tuple[Money | None, Money | None]:
    if not amount:
        return None, None
    return (amount, None) if amount.minor > 0 else (None, -amount)
