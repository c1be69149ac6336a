"""One book's share of a round: its commands decided in order, each on what the ones before it left, and recorded."""

from __future__ import annotations

from collections.abc import Callable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from typing import Any, NamedTuple

from commands.bus.decided_events import decided
from commands.bus.decision import Decision, attempt_of, scoped_key
from commands.bus.fault import fault_of
from commands.bus.loaded_streams import LoadedStreams, StreamCache
from commands.bus.open_days import OpenDay, OpenDays
from commands.bus.outcome import Outcome, outcome_of
from commands.command import Command
from commands.rules import Rules
from ledger.events.event import Event
from ledger.ids import account_guard, merchant_of
from ledger.ledger import Ledger
from ledger.log.places import LogPlaces
from ledger.log.rows import UNANSWERED, Attempt, Expectation, Receipt, Status
from ledger.policies.reference import Reference
from ledger.refusals.catalogue import Refusal
from ledger.streams.account import MerchantAccount
from ledger.streams.stream import Stream


class PendingCommand(NamedTuple):
    """A command of a submit that has no answer yet: where it stands in it, and what is asked of it again and again."""

    place: int
    book: int
    command: Command
    key: str  # the scoped command id
    fingerprint: str
    stream: str
    reads: tuple[str, ...]
    error: Exception | None = None

    @classmethod
    def of(cls, place: int, command: Command) -> PendingCommand:
        """Its book is not known yet. Raises whatever the command's own properties raise."""
        stream = command.stream
        key = scoped_key(command, merchant_of(stream))
        return cls(place, 0, command, key, command.fingerprint(), stream, command.reads)

    def knowing(self, streams: Mapping[str, Stream]) -> PendingCommand:
        """The same, with what else the command reads by what its stream says, or the error that it raised then."""
        if self.stream not in streams:
            return self
        try:
            further = self.command.reads_of(streams[self.stream])
        except Exception as error:
            return self._replace(error=error)
        return self._replace(reads=tuple(dict.fromkeys((*self.command.reads, *further)))) if further else self

    @property
    def rests_on(self) -> tuple[str, ...]:
        return (self.stream, *self.reads)

    def fault(self, error: Exception) -> Outcome:
        """Its outcome where it raised this. Raises the error itself if it is a trouble of everybody."""
        command = self.command
        return fault_of(error, command=command.name, id=command.id, book=self.book, stream=self.stream)


class StreamUnreadable(Exception):
    """A stream that a command rests on holds something that cannot be read."""


@dataclass(frozen=True, slots=True)
class BusContext:
    """The services that every round of a bus uses."""

    ledger: Ledger
    cache: StreamCache
    deciders: Mapping[type[Command], Callable[[Any, Any, Rules], Iterator[Event]]]
    open_days: OpenDays
    legal_entity: str


class BookBatch:
    """`decide`, `record`, `finish`, once each and in this order; `record` may run in a thread of its own.

    A command that raises anything but a refusal fails alone. What it had changed in memory was never recorded, so that
    whoever rests on the same streams is left for the next round.
    """

    def __init__(
        self, context: BusContext, asked: Sequence[PendingCommand], loaded: LoadedStreams, reference: Reference
    ) -> None:
        self.book = asked[0].book
        self.faults: dict[int, Outcome] = {}
        self._context, self._asked, self._reference = context, asked, reference
        self._loaded, self._streams = loaded, loaded.streams
        self._open_day = OpenDay(context.open_days, self.book)
        self._decided: list[tuple[PendingCommand, Decision]] = []
        self._lost: set[str] = set()  # streams and guards that are remembered with what will not be recorded

    def decide(self) -> None:
        """Decides each command in memory."""
        for each in self._asked:
            asked = each.knowing(self._streams)  # what it reads may follow from a proposal that was decided before it
            if not self._lost.isdisjoint(asked.rests_on):
                continue
            try:
                decision = self._decide_one(asked)
                if decision.events:
                    self._remember(asked, decision)
            except Exception as error:
                self.faults[asked.place] = asked.fault(error)
            else:
                self._decided.append((asked, decision))

    @property
    def decisions(self) -> list[Decision]:
        """The decisions, in the order of their commands; a command that failed has none."""
        return [decision for _, decision in self._decided]

    def record(self) -> list[tuple[PendingCommand, Receipt]]:
        """All of it in one append, personal values sealed."""
        self._make_keys()
        tried = [(asked, attempt) for asked, decision in self._decided if (attempt := self._attempt(asked, decision))]
        if not tried:
            return []
        receipts = self._context.ledger.append(self.book, [attempt for _, attempt in tried])
        return [(asked, receipt) for (asked, _), receipt in zip(tried, receipts, strict=True)]

    def finish(self, receipts: Sequence[tuple[PendingCommand, Receipt]]) -> dict[int, Outcome]:
        """Outcomes of what was answered or failed; what conflicted is left out, and its streams are forgotten."""
        outcomes: dict[int, Outcome] = {}
        stale = self._lost | {name for asked in self._asked if asked.place in self.faults for name in asked.rests_on}
        for asked, receipt in receipts:
            if receipt.status in UNANSWERED:
                stale.update(asked.rests_on)
            elif receipt.status is not Status.RECORDED:
                stale.add(asked.stream)
            if receipt.first_open_day:
                self._context.open_days.learn(self.book, receipt.first_open_day)
            if receipt.error:
                self.faults[asked.place] = asked.fault(receipt.error)
            elif receipt.status not in UNANSWERED:
                outcomes[asked.place] = outcome_of(asked.command.id, receipt)
        written = {asked.stream for asked in self._asked}
        self._context.cache.forget(stale)
        self._context.cache.put_back(self._streams[name] for name in written - stale)
        return outcomes | self.faults

    def _decide_one(self, asked: PendingCommand) -> Decision:
        if asked.error:
            raise asked.error
        for name in asked.rests_on:
            if error := self._loaded.unreadable.get(name):
                raise StreamUnreadable(name) from error
        command, stream = asked.command, self._streams[asked.stream]
        rules = Rules(
            at=command.decided_at,
            reference=self._reference,
            loaded=self._streams,
            open_day=lambda: self._open_day.known,
            places=LogPlaces(self._context.ledger.reader, self._context.ledger.identity),
        )
        decision = Decision(
            command=command,
            key=asked.key,
            fingerprint=asked.fingerprint,
            stream=asked.stream,
            subject="",
            expects=[Expectation(name, self._streams[name].version) for name in asked.rests_on],
            policy_versions=rules.used,
        )
        try:
            decision.come_to(decided(self._context.deciders[type(command)], command, stream, rules))
        except Refusal as refusal:
            decision.refusal = refusal
            return decision
        rules.used["reference"] = self._reference.position
        return decision

    def _remember(self, asked: PendingCommand, decision: Decision) -> None:
        """The decision's events, for those decided after it; all that rests on the stream is lost if it cannot be."""
        stream = self._streams[asked.stream]
        self._lost.add(asked.stream)
        claimed = stream.claimed
        for event in decision.events:
            stream.apply(event)
        decision.open_claims(merchant_of(asked.stream), change=stream.claimed - claimed)
        decision.subject = stream.subject
        self._lost.discard(asked.stream)
        self._move_accounts(decision)

    def _attempt(self, asked: PendingCommand, decision: Decision) -> Attempt | None:
        """The decision in the log's shape; None where it fails, or was decided on one that did."""
        if self._lost.isdisjoint(asked.rests_on):
            try:
                return self._in_the_logs_shape(decision)
            except Refusal as refusal:
                self._lost |= decision.raised
                decision.refuse(refusal)
                return self._in_the_logs_shape(decision)
            except Exception as error:
                self.faults[asked.place] = asked.fault(error)
        self._lost |= decision.raised
        return None

    def _in_the_logs_shape(self, decision: Decision) -> Attempt:
        entity, keys = self._context.legal_entity, self._context.ledger.keys
        return attempt_of(decision, keys=keys, legal_entity=entity, open_day=self._open_day)

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
        if subjects := sorted({decision.subject for _, decision in self._decided if decision.needs_keys}):
            self._context.ledger.keys.obtain_many(subjects)
