"""One book's share of a round: its commands decided in order, each on what the ones before it left, and recorded."""

from __future__ import annotations

from collections.abc import Callable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from typing import Any, NamedTuple

from commands.command import Command
from commands.memory import Memory, StreamCache
from commands.open_days import OpenDay, OpenDays
from commands.outcome import Outcome, outcome_of
from commands.recording import Decision, attempt_of, scoped_key
from commands.rules import Rules
from ledger.events.event import Event
from ledger.ids import account_guard, merchant_of
from ledger.ledger import Ledger
from ledger.log.rows import Expectation, Receipt, Status
from ledger.policies.reference import Reference
from ledger.refusals import Refusal
from ledger.streams.account import MerchantAccount
from ledger.streams.stream import Stream


class Asked(NamedTuple):
    """A command of a submit that has no answer yet: where it stands in it, and what is asked of it again and again."""

    place: int
    book: int
    command: Command
    key: str  # the scoped command id
    fingerprint: str
    stream: str
    reads: tuple[str, ...]

    @classmethod
    def of(cls, place: int, book: int, command: Command) -> Asked:
        stream = command.stream
        key = scoped_key(command, merchant_of(stream))
        return cls(place, book, command, key, command.fingerprint(), stream, command.reads)

    def knowing(self, stream: Stream) -> Asked:
        """The same, with what else the command reads now that its stream is known."""
        further = self.command.reads_of(stream)
        return self._replace(reads=(*self.reads, *further)) if further else self


@dataclass(frozen=True, slots=True)
class Bench:
    """What every round of a bus works with."""

    ledger: Ledger
    cache: StreamCache
    deciders: Mapping[type[Command], Callable[[Any, Any, Rules], Iterator[Event]]]
    open_days: OpenDays
    legal_entity: str


class Round:
    """`decide`, `record`, `finish`, once each and in this order; `record` may run in a thread of its own."""

    def __init__(self, bench: Bench, asked: Sequence[Asked], memory: Memory, reference: Reference) -> None:
        self.book = asked[0].book
        self._bench, self._asked, self._reference = bench, asked, reference
        self._memory, self._streams = memory, memory.streams
        self._open_day = OpenDay(bench.open_days, self.book)
        self._decided: list[Decision] = []

    def decide(self) -> None:
        """What each command comes to, in memory."""
        self._decided = [self._decide_one(asked) for asked in self._asked]

    def record(self) -> list[Receipt]:
        """All of it in one append, personal values sealed."""
        self._make_keys()
        entity, keys = self._bench.legal_entity, self._bench.ledger.keys
        attempts = [
            attempt_of(decision, keys=keys, legal_entity=entity, open_day=self._open_day) for decision in self._decided
        ]
        return self._bench.ledger.append(self.book, attempts)

    def finish(self, receipts: Sequence[Receipt]) -> dict[int, Outcome]:
        """Outcomes of what was answered; what conflicted is left out, and its streams are forgotten."""
        outcomes: dict[int, Outcome] = {}
        stale: set[str] = set()
        for asked, receipt in zip(self._asked, receipts, strict=True):
            if receipt.status in (Status.CONFLICT, Status.DAY_CLOSED):
                stale.update((asked.stream, *asked.reads))
                if receipt.first_open_day:
                    self._bench.open_days.learn(self.book, receipt.first_open_day)
                continue
            if receipt.status is not Status.RECORDED:
                stale.add(asked.stream)
            outcomes[asked.place] = outcome_of(asked.command.id, receipt)
        written = {asked.stream for asked in self._asked}
        self._bench.cache.forget(stale)
        self._bench.cache.put_back(self._streams[name] for name in written - stale)
        return outcomes

    def _decide_one(self, asked: Asked) -> Decision:
        command, stream = asked.command, self._streams[asked.stream]
        rules = Rules(
            at=command.decided_at,
            reference=self._reference,
            memory=self._streams,
            open_day=lambda: self._open_day.known,
        )
        decision = Decision(
            command=command,
            key=asked.key,
            fingerprint=asked.fingerprint,
            stream=asked.stream,
            subject="",
            expects=[Expectation(name, self._streams[name].version) for name in (asked.stream, *asked.reads)],
            policy_versions=rules.used,
        )
        try:
            decision.come_to(tuple(self._bench.deciders[type(command)](command, stream, rules)))
        except Refusal as refusal:
            decision.refusal = refusal
            return decision
        rules.used["reference"] = self._reference.position
        claimed = stream.claimed
        for event in decision.events:
            stream.apply(event)
        decision.open_claims(merchant_of(asked.stream), change=stream.claimed - claimed)
        decision.subject = stream.subject
        self._move_accounts(decision)
        return decision

    def _move_accounts(self, decision: Decision) -> None:
        for move in decision.moves:
            account = self._streams.get(account_guard(move.merchant_id))
            if isinstance(account, MerchantAccount):
                account.move(
                    available=move.available,
                    on_hold=move.on_hold,
                    in_transit=move.in_transit,
                    in_open_cases=move.in_open_cases,
                )

    def _make_keys(self) -> None:
        if subjects := sorted({decision.subject for decision in self._decided if decision.needs_keys}):
            self._bench.ledger.keys.obtain_many(subjects)
