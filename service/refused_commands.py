"""The list of refused commands, for people: who wanted what, why it was refused, and what to do next."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import Any

from pydantic_core import from_json

from ledger.ids import merchant_of_key, order_of
from ledger.log.refused_commands import RefusedFilter, RefusedRow, refused_commands
from ledger.refusals.catalogue import remedy_of, sentence_of
from projections.keyset import Key
from service.app import App


@dataclass(frozen=True, slots=True)
class RefusedCommand:
    """A command that was refused and recorded nothing: its actor, its time, the code and facts of the refusal, and the
    remedy.

    `id` is the id that the sender gave, over HTTP the idempotency key. `number` counts the commands of the book that
    recorded nothing. `position` is that of the book's last event at that time. `order_id` and `merchant` are empty for
    a command about none.
    """

    recorded_at: datetime
    book: int
    number: int
    position: int
    id: str
    command: str
    stream: str
    order_id: str
    merchant: str
    actor_kind: str
    actor_id: str
    role: str
    decided_at: datetime
    code: str
    reason: str
    facts: Mapping[str, Any]
    remedy: str


def refused(app: App, wanted: RefusedFilter, *, limit: int, after: Key | None = None) -> Sequence[RefusedCommand]:
    """Returns refused commands in the order of recording. Reads the log itself: a refusal is there once it is answered.

    A command that lost a race too often is not among them: nothing is kept of it, and its id may be sent again.
    """
    books = _books(app, wanted)
    found = refused_commands(app.ledger.reader, wanted, books=books, limit=limit, after=after)  # type: ignore[arg-type]
    return [_shown(row) for row in found]


def was_refused(app: App, about: RefusedFilter) -> bool:
    """True if a command was refused that passes this filter."""
    return bool(refused(app, about, limit=1))


def _books(app: App, wanted: RefusedFilter) -> list[int]:
    """Returns the books to read: the merchant's if it is named, else all."""
    if wanted.merchant is None:
        return list(app.ledger.reader.heads())
    book = app.ledger.directory.known_book_of(wanted.merchant)
    return [] if book is None else [book]


def _shown(row: RefusedRow) -> RefusedCommand:
    actor, facts = from_json(row.actor), from_json(row.facts)
    return RefusedCommand(
        recorded_at=row.recorded_at,
        book=row.book,
        number=row.number,
        position=row.position,
        id=row.command_id.split("/")[1],
        command=row.command,
        stream=row.stream,
        order_id=order_of(row.stream) or "",
        merchant=merchant_of_key(row.command_id) or "",
        actor_kind=actor["kind"],
        actor_id=actor["id"],
        role=actor["role"],
        decided_at=row.decided_at,
        code=row.code,
        reason=sentence_of(row.code, facts),
        facts=facts,
        remedy=remedy_of(row.code, facts),
    )
