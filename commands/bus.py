"""The one path of a command: its earlier answer, its streams, its decision, one append a book, again on conflict."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Sequence
from concurrent.futures import Future, ThreadPoolExecutor
from datetime import date, datetime
from time import monotonic

from commands.command import Command, Handler
from commands.memory import Memory, StreamCache
from commands.open_days import OpenDays
from commands.outcome import Outcome, outcome_of, refused
from commands.recording import Decision, attempt_of, scoped_key
from commands.reference_feed import ReferenceFeed
from commands.rules import Rules
from ledger.finance_refusals import BookUnknown
from ledger.ids import account_guard, book_named_by, merchant_of
from ledger.ledger import Ledger
from ledger.log.rows import Attempt, Expectation, Receipt, Status
from ledger.policies.reference import Reference
from ledger.refusals import InstantNotYours, Refusal, VersionConflict
from ledger.streams.account import MerchantAccount
from ledger.streams.stream import Stream

_ROUNDS = 8  # a command that loses every one of these races is told so
PLATFORM_BOOK = 0


class Bus:
    """Serves one command or five hundred the same way; safe to call from many threads at once.

    `clock` says what time it is (aware). One round decides everything that is still open, in the order given, and
    appends it book by book; what conflicted is decided again on what is true by then.
    """

    def __init__(
        self,
        ledger: Ledger,
        menu: dict[str, Handler],
        *,
        clock: Callable[[], datetime],
        legal_entity: str = "REDLEDGER-HK",
        appenders: int = 4,
    ) -> None:
        self._ledger, self._clock, self._legal_entity = ledger, clock, legal_entity
        self._deciders = {handler.command: handler.decide for handler in menu.values()}
        self._cache = StreamCache()
        self._reference = ReferenceFeed(ledger, monotonic=monotonic)
        self.open_days = OpenDays(monotonic)
        self._appenders = ThreadPoolExecutor(appenders, thread_name_prefix="append")

    def close(self) -> None:
        """Wait for appends under way."""
        self._appenders.shutdown()

    def submit(self, commands: Sequence[Command]) -> list[Outcome]:
        """The outcome of each command, in the order given. Book 0 goes first: rates and policies serve the others.

        Raises `OutcomeUnknown` or the database's error when it cannot be reached; sending the same commands again is
        then safe.
        """
        now = self._clock()
        stamped = [command.stamped(now) for command in commands]
        outcomes: dict[int, Outcome] = {}
        by_book = self._by_book(stamped, outcomes)
        if platform := by_book.pop(PLATFORM_BOOK, None):
            outcomes |= self._settle({PLATFORM_BOOK: platform}, stamped)
            self._reference.refresh()
        outcomes |= self._settle(by_book, stamped)
        return [outcomes[index] for index in range(len(commands))]

    def _by_book(self, commands: Sequence[Command], outcomes: dict[int, Outcome]) -> dict[int, list[int]]:
        merchants = {merchant for command in commands if (merchant := merchant_of(command.stream))}
        books = self._ledger.directory.books_of(sorted(merchants)) if merchants else {}
        by_book: dict[int, list[int]] = {}
        for index, command in enumerate(commands):
            merchant = merchant_of(command.stream)
            named = book_named_by(command.stream)
            book = books[merchant] if merchant else named or PLATFORM_BOOK
            if command.brings_an_instant_it_may_not:
                outcomes[index] = refused(command.id, book, InstantNotYours(command=command.name))
            elif named and named not in self._ledger.reader.heads():
                outcomes[index] = refused(command.id, book, BookUnknown(book=named))
            else:
                by_book.setdefault(book, []).append(index)
        return by_book

    def _settle(self, open_: dict[int, list[int]], commands: Sequence[Command]) -> dict[int, Outcome]:
        """Decide and append until nothing is open, or a command has lost too many races."""
        outcomes: dict[int, Outcome] = {}
        for attempt in range(_ROUNDS):
            open_ = {book: indices for book, indices in open_.items() if indices}
            if not open_:
                return outcomes
            outcomes |= self._one_round(open_, commands, first=attempt == 0)
            open_ = {b: [i for i in indices if i not in outcomes] for b, indices in open_.items()}
        for book, indices in open_.items():
            for index in indices:
                outcomes[index] = refused(commands[index].id, book, VersionConflict(attempts=_ROUNDS))
        return outcomes

    def _one_round(
        self, open_: dict[int, list[int]], commands: Sequence[Command], *, first: bool
    ) -> dict[int, Outcome]:
        reference = self._reference.current()
        rounds = [
            _Round(self, book, [(i, commands[i]) for i in indices], reference, answered_before=first)
            for book, indices in sorted(open_.items())
        ]
        if len(rounds) == 1:
            return rounds[0].finish(self.append(rounds[0].book, rounds[0].decide()))
        pending: list[tuple[_Round, Future[list[Receipt]]]] = []
        for round_ in rounds:
            attempts = round_.decide()
            pending.append((round_, self._appenders.submit(self.append, round_.book, attempts)))
        outcomes: dict[int, Outcome] = {}
        for round_, future in pending:
            outcomes |= round_.finish(future.result())
        return outcomes

    def append(self, book: int, attempts: Sequence[Attempt]) -> list[Receipt]:
        return self._ledger.append(book, attempts) if attempts else []


class _Round:
    """One book's commands decided once, in order, each on what the ones before it left."""

    def __init__(
        self,
        bus: Bus,
        book: int,
        commands: list[tuple[int, Command]],
        reference: Reference,
        *,
        answered_before: bool,
    ) -> None:
        self._bus, self.book, self._commands, self._reference = bus, book, commands, reference
        self._ledger, self._cache = bus._ledger, bus._cache
        self._memory = Memory(self._ledger, self._cache, book)
        self._look_for_answers = answered_before
        self._outcomes: dict[int, Outcome] = {}
        self._decided: list[tuple[int, Decision]] = []

    def decide(self) -> list[Attempt]:
        """Everything that has no answer yet, as attempts for one append."""
        keyed = [(i, command, scoped_key(command, merchant_of(command.stream))) for i, command in self._commands]
        if self._look_for_answers:
            keyed = self._without_answered(keyed)
        self._memory.load(
            written={command.stream for _, command, _ in keyed},
            read={name for _, command, _ in keyed for name in command.reads},
        )
        open_day = self._bus.open_days.of(self.book)
        for index, command, key in keyed:
            self._decided.append((index, self._decide_one(command, key, open_day)))
        self._make_keys()
        return [
            attempt_of(decision, keys=self._ledger.keys, legal_entity=self._bus._legal_entity, open_day=open_day)
            for _, decision in self._decided
        ]

    def finish(self, receipts: Sequence[Receipt]) -> dict[int, Outcome]:
        """Outcomes of what was answered; what conflicted is left out, and its streams are forgotten."""
        stale: set[str] = set()
        for (index, decision), receipt in zip(self._decided, receipts, strict=True):
            if receipt.status in (Status.CONFLICT, Status.DAY_CLOSED):
                stale.update((decision.command.stream, *decision.command.reads))
                if receipt.first_open_day:
                    self._bus.open_days.learn(self.book, receipt.first_open_day)
                continue
            if receipt.status is not Status.RECORDED:
                stale.add(decision.command.stream)
            self._outcomes[index] = outcome_of(decision.command.id, receipt)
        written = {decision.command.stream for _, decision in self._decided}
        self._cache.forget(stale)
        self._cache.put_back(self._memory.streams[name] for name in written - stale)
        return self._outcomes

    def _without_answered(self, keyed: list[tuple[int, Command, str]]) -> list[tuple[int, Command, str]]:
        answers = self._ledger.reader.answers(self.book, [key for _, _, key in keyed])
        fresh = []
        for index, command, key in keyed:
            answer = answers.get(key)
            if answer is None:
                fresh.append((index, command, key))
            else:
                self._outcomes[index] = outcome_of(command.id, answer.to(command.fingerprint()))
        return fresh

    def _decide_one(self, command: Command, key: str, open_day: date) -> Decision:
        streams = self._memory.streams
        stream = streams[command.stream]
        rules = Rules(at=command.decided_at, reference=self._reference, memory=streams, open_day=open_day)
        decision = Decision(
            command=command,
            key=key,
            fingerprint=command.fingerprint(),
            subject="",
            expects=[Expectation(name, streams[name].version) for name in (command.stream, *command.reads)],
            policy_versions=rules.used,
        )
        try:
            decision.come_to(tuple(self._bus._deciders[type(command)](command, stream, rules)))
        except Refusal as refusal:
            decision.refusal = refusal
            return decision
        rules.used["reference"] = self._reference.position
        self._remember(decision, stream)
        return decision

    def _remember(self, decision: Decision, stream: Stream) -> None:
        for event in decision.events:
            stream.apply(event)
        decision.subject = stream.subject
        for move in decision.moves:
            account = self._memory.streams.get(account_guard(move.merchant_id))
            if isinstance(account, MerchantAccount):
                account.move(available=move.available, on_hold=move.on_hold, in_transit=move.in_transit)

    def _make_keys(self) -> None:
        subjects: Iterable[str] = (decision.subject for _, decision in self._decided if decision.needs_keys)
        if unique := sorted(set(subjects)):
            self._ledger.keys.obtain_many(unique)
