"""Idempotency keys over HTTP, in the scope of the account: one key is one command, whichever merchant it is about.

The log finds an answer by caller, id and merchant, in the book of the merchant. So a key is looked up in all books.
"""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from threading import Condition

from commands.bus.decision import account_key, scoped_key
from commands.bus.outcome import Outcome, refused
from commands.bus.trial import Trial
from commands.command import Command
from ledger.ids import PLATFORM_BOOK, merchant_of
from ledger.refusals.catalogue import IdempotencyKeyReused
from service.app import App


class AccountKeys:
    """Submits commands, and refuses those whose key the account has used for another merchant. Safe to share between
    threads: of two merchants under one key, the second waits for the answer to the first.

    Of two services on one ledger, each may record a command under one key in the same moment.
    """

    def __init__(self, app: App) -> None:
        self.app = app
        self._changed = Condition()
        self._in_use: dict[str, list[set[str]]] = {}  # by key of the account: the scoped keys of each submit with it

    def submit(self, commands: Sequence[Command]) -> list[Outcome]:
        """Returns the outcome of each command, in the order given. Raises as `Bus.submit` does."""
        asked = [(account_key(each), _scoped(each)) for each in commands]
        with self._alone(asked):
            owners = self._owners(asked)
            fresh = [each for each, (key, scoped) in zip(commands, asked, strict=True) if scoped in owners[key]]
            outcomes = iter(self.app.bus.submit(fresh) if fresh else ())
            return [
                next(outcomes) if scoped in owners[key] else _reused(each)
                for each, (key, scoped) in zip(commands, asked, strict=True)
            ]

    def trial(self, command: Command) -> Trial:
        """Returns what the command would come to now. Records nothing."""
        key, scoped = account_key(command), _scoped(command)
        return self.app.bus.trial(command) if scoped in self._owners([(key, scoped)])[key] else Trial(_reused(command))

    def _owners(self, asked: Sequence[tuple[str, str]]) -> dict[str, set[str]]:
        """Returns, by key of the account, the scoped keys that it stands for: those of the log, or the first asked."""
        owners: dict[str, set[str]] = {}
        for found in self.app.ledger.reader.command_ids({key for key, _ in asked}):
            owners.setdefault(found.rpartition("/")[0], set()).add(found)
        for key, scoped in asked:
            owners.setdefault(key, {scoped})
        return owners

    @contextmanager
    def _alone(self, asked: Sequence[tuple[str, str]]) -> Iterator[None]:
        """Waits until no other submit has one of these keys for another merchant, and holds all of them."""
        mine: dict[str, set[str]] = {}
        for key, scoped in asked:
            mine.setdefault(key, set()).add(scoped)
        with self._changed:
            self._changed.wait_for(lambda: not any(self._conflicts(key, own) for key, own in mine.items()))
            for key, own in mine.items():
                self._in_use.setdefault(key, []).append(own)
        try:
            yield
        finally:
            with self._changed:
                for key, own in mine.items():
                    self._in_use[key].remove(own)
                    if not self._in_use[key]:
                        del self._in_use[key]
                self._changed.notify_all()

    def _conflicts(self, key: str, scoped: set[str]) -> bool:
        return any(len(scoped | others) > 1 for others in self._in_use.get(key, ()))


def _scoped(command: Command) -> str:
    try:
        stream = command.stream
    except Exception:
        return ""  # the bus raises it again, and answers this command alone with the fault
    return scoped_key(command, merchant_of(stream))


def _reused(command: Command) -> Outcome:
    return refused(command.id, PLATFORM_BOOK, IdempotencyKeyReused(command_id=command.id))
