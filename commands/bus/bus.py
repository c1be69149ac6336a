"""The one path of a command: its earlier answer, its streams, its decision, one append a book, again on conflict."""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from concurrent.futures import ThreadPoolExecutor, wait
from datetime import datetime
from functools import partial
from time import monotonic

from commands.bus.book_batch import BookBatch, BusContext, PendingCommand
from commands.bus.fault import each_alone, fault_of
from commands.bus.loaded_streams import LoadedStreams, StreamCache
from commands.bus.open_days import OpenDays
from commands.bus.outcome import Outcome, outcome_of, refused
from commands.bus.reference_feed import ReferenceFeed
from commands.bus.trial import Trial, trial_of
from commands.command import Command, Handler
from ledger.ids import PLATFORM_BOOK, book_named_by, merchant_of
from ledger.ledger import Ledger
from ledger.log.observer import UNOBSERVED, Answer, Observer
from ledger.policies.reference import Reference
from ledger.refusals.catalogue import InstantNotYours, VersionConflict
from ledger.refusals.finance import BookUnknown

_ROUNDS = 8  # a command that loses every one of these races gets a conflict


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
        observer: Observer = UNOBSERVED,
    ) -> None:
        self._clock, self._observer = clock, observer
        self._reference = ReferenceFeed(ledger, monotonic=monotonic)
        self._context = BusContext(
            ledger=ledger,
            cache=StreamCache(),
            deciders={handler.command: handler.decide_if_allowed for handler in menu.values()},
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

        A command that raises anything but a refusal gets the outcome `fault`, and its neighbours theirs.

        Raises `OutcomeUnknown` or the database's error when it cannot be reached; sending the same commands again is
        then safe.
        """
        started, outcomes = monotonic(), dict[int, Outcome]()
        asked = self._asked(commands, outcomes)
        by_book = self._by_book(asked, outcomes)
        if platform := by_book.pop(PLATFORM_BOOK, None):
            outcomes |= self._settle({PLATFORM_BOOK: platform})
            self._reference.refresh()
        outcomes |= self._settle(by_book)
        answered = [outcomes[index] for index in range(len(commands))]
        ids = {each.place: each.key for each in asked}
        answers = [
            Answer(command.name, outcome.status, outcome.code, ids.get(place, ""))
            for place, (command, outcome) in enumerate(zip(commands, answered, strict=True))
        ]
        self._observer.submitted(answers, seconds=monotonic() - started)
        return answered

    def trial(self, command: Command) -> Trial:
        """The outcome that the command would have now. Records nothing: no event, no outcome, no book of a merchant."""
        outcomes: dict[int, Outcome] = {}
        asked = self._asked([command], outcomes)
        books = {merchant: self._context.ledger.directory.known_book_of(merchant) for merchant in _merchants(asked)}
        by_book = self._in_books(asked, {name: book or PLATFORM_BOOK for name, book in books.items()}, outcomes)
        fresh = [each for book, asked in by_book.items() for each in self._without_answered(book, asked, outcomes)]
        if not fresh:
            return Trial(outcomes[0])
        batch = self._decided(fresh)
        for decision in batch.decisions:
            return trial_of(decision, batch.book)
        return Trial(batch.faults[0])

    def _asked(self, commands: Sequence[Command], outcomes: dict[int, Outcome]) -> list[PendingCommand]:
        """The commands with what their decisions need; one whose own properties raise fails."""
        now, asked = self._clock(), []
        for place, command in enumerate(commands):
            try:
                asked.append(PendingCommand.of(place, command.stamped(now)))
            except Exception as error:
                outcomes[place] = fault_of(error, command=command.name, id=command.id, book=PLATFORM_BOOK, stream="")
        return asked

    def _by_book(
        self, asked: Sequence[PendingCommand], outcomes: dict[int, Outcome]
    ) -> dict[int, list[PendingCommand]]:
        books, failed = each_alone(_merchants(asked), self._context.ledger.directory.books_of)
        for each in asked:
            if error := failed.get(merchant_of(each.stream) or ""):
                outcomes[each.place] = each.fault(error)
        return self._in_books([each for each in asked if each.place not in outcomes], books, outcomes)

    def _in_books(
        self, asked: Sequence[PendingCommand], books: Mapping[str, int], outcomes: dict[int, Outcome]
    ) -> dict[int, list[PendingCommand]]:
        """The commands by their books. `books` has those of the merchants."""
        by_book: dict[int, list[PendingCommand]] = {}
        for each in asked:
            merchant, named = merchant_of(each.stream), book_named_by(each.stream)
            book = books[merchant] if merchant else named or PLATFORM_BOOK
            if each.command.brings_an_instant_it_may_not:
                outcomes[each.place] = refused(each.command.id, book, InstantNotYours(command=each.command.name))
            elif named and not self._context.ledger.reader.has_book(named):
                outcomes[each.place] = refused(each.command.id, book, BookUnknown(book=named))
            else:
                by_book.setdefault(book, []).append(each._replace(book=book))
        return by_book

    def _settle(self, open_: Mapping[int, Sequence[PendingCommand]]) -> dict[int, Outcome]:
        """Settle each book's commands, books beside each other. Of those that fail, the first one's error is raised
        when the others are done: no book waits for a lost one."""
        if len(open_) < 2:
            return {place: outcome for item in open_.items() for place, outcome in self._settle_book(*item).items()}
        settled = [self._recorders.submit(self._settle_book, book, open_[book]) for book in sorted(open_)]
        wait(settled)
        return {place: outcome for each in settled for place, outcome in each.result().items()}

    def _settle_book(self, book: int, asked: Sequence[PendingCommand]) -> dict[int, Outcome]:
        """Decide and append until nothing is open, or a command has lost too many races. A round in which one failed
        is no lost race of those that wait for it."""
        outcomes: dict[int, Outcome] = {}
        asked = self._without_answered(book, asked, outcomes)
        races = 0
        while asked and races < _ROUNDS:
            batch = self._decided(asked)
            found = batch.finish(batch.record())
            races += all(outcome.status != "fault" for outcome in found.values())
            outcomes |= found
            asked = [each for each in asked if each.place not in outcomes]
            self._observer.conflicted(len(asked))
        for each in asked:
            outcomes[each.place] = refused(each.command.id, each.book, VersionConflict(attempts=_ROUNDS))
        return outcomes

    def _without_answered(
        self, book: int, asked: Sequence[PendingCommand], outcomes: dict[int, Outcome]
    ) -> list[PendingCommand]:
        keys = list(dict.fromkeys(each.key for each in asked))
        answers, failed = each_alone(keys, partial(self._context.ledger.reader.answers, book))
        fresh = []
        for each in asked:
            if error := failed.get(each.key):
                outcomes[each.place] = each.fault(error)
            elif answer := answers.get(each.key):
                outcomes[each.place] = outcome_of(each.command.id, answer.to(each.fingerprint))
            else:
                fresh.append(each)
        return fresh

    def _decided(self, asked: Sequence[PendingCommand]) -> BookBatch:
        """The commands of one book, decided."""
        reference = self._reference.current()
        loaded = LoadedStreams(self._context.ledger, self._context.cache, asked[0].book)
        loaded.load(written={each.stream for each in asked}, read={name for each in asked for name in each.reads})
        asked = [each.knowing(loaded.streams) for each in asked]
        loaded.load_further({name for each in asked for name in each.reads})
        batch = BookBatch(self._context, asked, loaded, reference)
        batch.decide()
        return batch


def _merchants(asked: Sequence[PendingCommand]) -> list[str]:
    return sorted({merchant for each in asked if (merchant := merchant_of(each.stream))})
