"""Histories to fold: events as the log stores them, without the commands that would have decided them."""

from __future__ import annotations

from collections import Counter
from collections.abc import Sequence
from dataclasses import dataclass, field
from datetime import UTC, date, datetime
from uuid import uuid4

from pydantic_core import from_json

from ledger.canonical import canonical
from ledger.events.event import Event
from ledger.journal.accounts import AVAILABLE, BANK_CNY, PAYOUTS_IN_TRANSIT, PENDING, SERVICE_FEE
from ledger.journal.entry import Draft, Entry, debit
from ledger.ledger import Ledger
from ledger.log.rows import Attempt, Expectation, NewEvent, Status
from ledger.money import Money
from projections.engine.generations import Generation
from projections.engine.tables import ViewTable

DAY = date(2025, 4, 1)
INSTANT = datetime(2025, 4, 1, 8, tzinfo=UTC)


class NoKeys:
    """For histories without personal values."""

    def obtain(self, subject: str) -> bytes:
        raise AssertionError(subject)

    def obtain_many(self, subjects: Sequence[str]) -> None:
        raise AssertionError(subjects)

    def find(self, subject: str) -> bytes | None:
        raise AssertionError(subject)


def cny(amount: str) -> Money:
    return Money.of(amount, "CNY")


def sale(merchant: str, amount: str) -> Draft:
    """Money becomes pending; the other side is the fee account, so that nothing else has to exist."""
    return debit(SERVICE_FEE, cny(amount)).credit(PENDING.of(merchant), cny(amount))


def release(merchant: str, amount: str) -> Draft:
    return debit(PENDING.of(merchant), cny(amount)).credit(AVAILABLE.of(merchant), cny(amount))


def payout(merchant: str, amount: str) -> Draft:
    return debit(AVAILABLE.of(merchant), cny(amount)).credit(PAYOUTS_IN_TRANSIT.of(merchant), cny(amount))


def paid(merchant: str, amount: str) -> Draft:
    return debit(PAYOUTS_IN_TRANSIT.of(merchant), cny(amount)).credit(BANK_CNY, cny(amount))


@dataclass
class History:
    """Records events into a ledger. Each call is one append; each event its own stream unless one is named."""

    ledger: Ledger
    versions: Counter[tuple[int, str]] = field(default_factory=Counter)

    def record(self, book: int, events: Sequence[NewEvent]) -> int:
        """Append the events as one command; the position of the last one."""
        expects = []
        for event in events:
            if (book, event.stream) not in self.versions:
                self.versions[book, event.stream] = 0
            expects.append(Expectation(event.stream, self.versions[book, event.stream]))
        first = {expected.key: expected for expected in reversed(expects)}
        attempt = Attempt(str(uuid4()), "test", events=events, expects=list(first.values()))
        (receipt,) = self.ledger.append(book, [attempt])
        assert receipt.status is Status.RECORDED, receipt
        for event in events:
            self.versions[book, event.stream] += 1
        return receipt.last

    def words(self, book: int, *words: str) -> int:
        """One event a word, for the projections of `samples`; the position of the last one."""
        return self.record(book, [an_event(payload={"word": word}) for word in words])

    def forget(self, book: int, word: str) -> int:
        return self.record(book, [an_event(payload={"forget": word})])

    def entry(self, book: int, draft: Draft, *, day: date = DAY) -> int:
        return self.record(book, [an_event(draft, day=day)])


def an_event(
    draft: Draft | None = None,
    *,
    day: date = DAY,
    stream: str | None = None,
    type: str = "test.happened",
    schema_version: int = 1,
    payload: dict[str, object] | None = None,
    occurred_at: datetime = INSTANT,
    actor: str = "system-1",
) -> NewEvent:
    return NewEvent(
        stream=stream or f"order/M-1/{uuid4()}",
        type=type,
        schema_version=schema_version,
        event_id=str(uuid4()),
        occurred_at=occurred_at,
        accounting_date=day,
        actor=canonical({"id": actor, "kind": "system", "role": ""}),
        source="{}",
        correlation_id="",
        causation_id="",
        legal_entity="HK",
        policy_versions="{}",
        payload=canonical(payload or {}),
        entry=Entry(tuple(draft.lines)).text() if draft else None,
    )


def recordable(event: Event, *, stream: str, occurred_at: datetime = INSTANT) -> NewEvent:
    """An event of the published language as the log takes it, without its entry."""
    return an_event(
        stream=stream,
        type=event.name,
        schema_version=event.schema_version,
        payload=from_json(event.payload()),
        occurred_at=occurred_at,
    )


def rows_of(ledger: Ledger, generation: Generation, table: ViewTable) -> list[str]:
    """Every row as text, in the order of the key."""
    key = ", ".join(f'"{name}"' for name in ("book", *table.key))
    with ledger.engine.connect() as connection:
        found = connection.exec_driver_sql(f"SELECT t::text FROM {generation.stored_name(table)} t ORDER BY {key}")
        return [row[0] for row in found]
