"""From a decision to the log: events sealed, posted and put into canonical form, beside what they rest on."""

from __future__ import annotations

import os
from collections.abc import Iterable, Sequence
from dataclasses import dataclass, field
from datetime import datetime
from functools import lru_cache

from commands.bus.open_days import OpenDay
from commands.command import Command
from ledger.accounting_days import accounting_day
from ledger.actors import Actor, Source
from ledger.canonical import canonical
from ledger.events.event import Event
from ledger.events.periods import BookMarker
from ledger.ids import account_guard
from ledger.journal.accounts import AVAILABLE, ON_HOLD, PAYABLE_NOW
from ledger.journal.entry import Entry
from ledger.journal.posting import post
from ledger.log.rows import Answer, Attempt, Expectation, Movement, NewEvent
from ledger.readable import Unreadable, facts_text, payload_of, text_of
from ledger.refusals.catalogue import Refusal
from ledger.refusals.finance import ValueNotStorable
from ledger.sealed import KeyStore


@dataclass(slots=True)
class Decision:
    """The decision on one command, before it is recorded."""

    command: Command
    key: str  # the scoped command id
    fingerprint: str
    stream: str  # the one it writes
    subject: str
    expects: list[Expectation]
    policy_versions: dict[str, int]
    events: Sequence[Event] = ()
    payloads: Sequence[str | None] = ()  # None where personal values are to be sealed yet
    entries: Sequence[str | None] = ()
    refusal: Refusal | None = None
    moves: list[Movement] = field(default_factory=list)

    def come_to(self, events: Sequence[Event]) -> None:
        """These events, their entries, and what they do to payable-now money.

        Raises `MerchantChargeNotAllowed`, and `ValueNotStorable` where a reader of the log could not find them again.
        """
        entries = [post(event) for event in events]
        try:
            self.payloads = [payload_of(event) for event in events]
            self.entries = [text_of(entry) if entry else None for entry in entries]
        except Unreadable as unreadable:
            raise ValueNotStorable(command=self.command.name, reason=str(unreadable)) from unreadable
        self.events, self.moves = events, movements(entries)

    def open_claims(self, merchant_id: str | None, *, change: int) -> None:
        """Open cases and disputes may take so many fen more of the merchant's money than before, or less."""
        if merchant_id is None or not change:
            return
        moves = {move.merchant_id: move for move in self.moves}
        moved = moves.get(merchant_id) or Movement(merchant_id, 0, 0, 0)
        moves[merchant_id] = moved._replace(in_open_cases=change)
        self.moves = list(moves.values())

    def refuse(self, refusal: Refusal) -> None:
        """Replaces the decision, which cannot be recorded, with a refusal."""
        self.events, self.entries, self.moves, self.refusal = (), (), [], refusal

    @property
    def raised(self) -> set[str]:
        """The streams and guards whose version it raises."""
        return {self.stream} | {account_guard(move.merchant_id) for move in self.moves} if self.events else set()

    @property
    def needs_keys(self) -> bool:
        return any(event.sealed_fields for event in self.events)


def scoped_key(command: Command, merchant_id: str | None) -> str:
    """The idempotency key in its scope: caller, id, merchant (design §2, Outcomes)."""
    return f"{account_key(command)}/{merchant_id or '-'}"


def account_key(command: Command) -> str:
    """The idempotency key of the caller alone, with which all its scoped keys begin."""
    return f"{command.actor.kind}:{command.actor.id}/{command.id}"


def attempt_of(decision: Decision, *, keys: KeyStore, legal_entity: str, open_day: OpenDay) -> Attempt:
    """The decision in the log's own shape. An accounting day that is closed gives way to the first open one."""
    return Attempt(
        command_id=decision.key,
        fingerprint=decision.fingerprint,
        events=tuple(_new_events(decision, keys, legal_entity, open_day)) if decision.events else (),
        expects=decision.expects,
        moves=decision.moves,
        answer=None if decision.events else _answer(decision),
        marks_open_day=any(isinstance(event, BookMarker) for event in decision.events),
    )


def movements(entries: Iterable[Entry | None]) -> list[Movement]:
    """Returns the change of each merchant's payable money (accounts 2120, 2130, 2140) in fen; a credit is positive."""
    sums: dict[str, list[int]] = {}
    for entry in entries:
        for line in entry.lines if entry else ():
            if line.account in PAYABLE_NOW and line.merchant:
                column = 0 if line.account == AVAILABLE.code else 1 if line.account == ON_HOLD.code else 2
                sums.setdefault(line.merchant, [0, 0, 0])[column] -= line.base
    return [Movement(merchant, *columns) for merchant, columns in sorted(sums.items())]


def new_event_id(at: datetime) -> str:
    """A time-ordered UUID, version 7 (RFC 9562 §5.7): milliseconds since 1970, none before it, then random bits."""
    value = max(int(at.timestamp() * 1000), 0) << 80 | int.from_bytes(os.urandom(10), "big")
    value = value & ~(0xF << 76) | 0x7 << 76
    text = f"{value & ~(0x3 << 62) | 0x2 << 62:032x}"
    return f"{text[:8]}-{text[8:12]}-{text[12:16]}-{text[16:20]}-{text[20:]}"


def _new_events(decision: Decision, keys: KeyStore, legal_entity: str, open_day: OpenDay) -> Iterable[NewEvent]:
    command = decision.command
    stream, at = decision.stream, command.happened_at
    # An instant too far ahead to mean a day names no accounting day either.
    day = accounting_day(command.received_at if command.timing == "far" else at)
    actor, source = _actor_text(command.actor), _source_text(command.source)
    policy_versions = _versions_text(tuple(decision.policy_versions.items()))
    for event, payload, entry in zip(decision.events, decision.payloads, decision.entries, strict=True):
        yield NewEvent(
            stream=stream,
            type=event.name,
            schema_version=event.schema_version,
            event_id=new_event_id(command.decided_at),
            occurred_at=at,
            accounting_date=open_day.not_before(event.posts_on or day),
            actor=actor,
            source=source,
            correlation_id=command.correlation_id or command.id,
            causation_id=command.causation_id or command.id,
            legal_entity=legal_entity,
            policy_versions=policy_versions,
            payload=payload or event.sealed_for(stream, decision.subject, keys).payload(),
            entry=entry,
        )


def _answer(decision: Decision) -> Answer:
    refusal = decision.refusal
    return Answer(
        stream=decision.stream,
        command=decision.command.name,
        actor=_actor_text(decision.command.actor),
        decided_at=decision.command.decided_at,
        code=refusal.code if refusal else "",
        facts=facts_text(refusal.facts) if refusal else "{}",
    )


@lru_cache(maxsize=1024)
def _actor_text(actor: Actor) -> str:
    return canonical(actor.model_dump(mode="json"))


def _source_text(source: Source | None) -> str:
    return canonical(dict(source)) if source else "{}"


@lru_cache(maxsize=1024)
def _versions_text(used: tuple[tuple[str, int], ...]) -> str:
    return canonical(dict(used))
