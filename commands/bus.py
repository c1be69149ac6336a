"""The one path of a command: its earlier answer, its streams, its decision, one append a book, again on conflict."""

from __future__ import annotations

from collections.abc import Callable, Iterator, Sequence
from concurrent.futures import ThreadPoolExecutor
from datetime import datetime
from itertools import groupby
from operator import attrgetter
from time import monotonic

from commands.command import Command, Handler
from commands.memory import Memory, StreamCache
from commands.open_days import OpenDays
from commands.outcome import Outcome, outcome_of, refused
from commands.reference_feed import ReferenceFeed
from commands.round import Asked, Bench, Round
from ledger.finance_refusals import BookUnknown
from ledger.ids import book_named_by, merchant_of
from ledger.ledger import Ledger
from ledger.policies.reference import Reference
from ledger.refusals import InstantNotYours, VersionConflict

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
        recorders: int = 4,
    ) -> None:
        self._clock = clock
        self._reference = ReferenceFeed(ledger, monotonic=monotonic)
        self._bench = Bench(
            ledger=ledger,
            cache=StreamCache(),
            deciders={handler.command: handler.decide for handler in menu.values()},
            open_days=OpenDays(ledger.reader),
            legal_entity=legal_entity,
        )
        self._recorders = ThreadPoolExecutor(recorders, thread_name_prefix="record")

    def close(self) -> None:
        """Wait for appends under way."""
        self._recorders.shutdown()

    def reference(self) -> Reference:
        """Policies and rates as a decision sees them now."""
        return self._reference.current()

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
        streams = [command.stream for command in commands]
        merchants = {merchant for stream in streams if (merchant := merchant_of(stream))}
        books = self._bench.ledger.directory.books_of(sorted(merchants)) if merchants else {}
        by_book: dict[int, list[int]] = {}
        for index, (command, stream) in enumerate(zip(commands, streams, strict=True)):
            merchant = merchant_of(stream)
            named = book_named_by(stream)
            book = books[merchant] if merchant else named or PLATFORM_BOOK
            if command.brings_an_instant_it_may_not:
                outcomes[index] = refused(command.id, book, InstantNotYours(command=command.name))
            elif named and named not in self._bench.ledger.reader.heads():
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
        outcomes: dict[int, Outcome] = {}
        asked = [Asked.of(index, book, commands[index]) for book in sorted(open_) for index in open_[book]]
        if first:
            asked = self._without_answered(asked, outcomes)
        if len(open_) == 1:
            for round_ in self._decided(asked):
                outcomes |= round_.finish(round_.record())
            return outcomes
        pending = [(round_, self._recorders.submit(round_.record)) for round_ in self._decided(asked)]
        for round_, receipts in pending:
            outcomes |= round_.finish(receipts.result())
        return outcomes

    def _without_answered(self, asked: list[Asked], outcomes: dict[int, Outcome]) -> list[Asked]:
        answers = self._bench.ledger.reader.answers_in((each.book, each.key) for each in asked)
        fresh = []
        for each in asked:
            if answer := answers.get((each.book, each.key)):
                outcomes[each.place] = outcome_of(each.command.id, answer.to(each.fingerprint))
            else:
                fresh.append(each)
        return fresh

    def _decided(self, asked: Sequence[Asked]) -> Iterator[Round]:
        """A round a book. Each is handed out as soon as it is decided, so that it is recorded while the next one is."""
        reference = self._reference.current()
        memory = Memory(self._bench.ledger, self._bench.cache)
        memory.load(
            written={each.stream: each.book for each in asked},
            read={name: each.book for each in asked for name in each.reads},
        )
        asked = [each.knowing(memory.streams[each.stream]) for each in asked]
        memory.load_further({name: each.book for each in asked for name in each.reads})
        for _, of_a_book in groupby(asked, key=attrgetter("book")):
            round_ = Round(self._bench, list(of_a_book), memory, reference)
            round_.decide()
            yield round_
