"""Idempotency keys over HTTP, in the scope of the account: one key is one command, whichever merchant it is about.

The log finds an answer by caller, id and merchant, in the book of the merchant. So a key is looked up in all books.
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Sequence
from contextlib import contextmanager
from threading import Lock

from commands.bus.decision import account_key, scoped_key
from commands.bus.outcome import Outcome, refused
from commands.bus.trial import Trial
from commands.command import Command
from ledger.ids import PLATFORM_BOOK, merchant_of
from ledger.refusals.catalogue import IdempotencyKeyReused
from service.app import App

Keys = tuple[str, str]  # of the account, and of the account and the merchant


class AccountKeys:
    """Submits commands, and refuses those whose key the account has used for another merchant, or uses at this moment.
    Safe to share between threads; nobody waits for another.

    Of two services on one ledger, each may record a command under one key in the same moment.
    """

    def __init__(self, app: App) -> None:
        self.app = app
        self._lock = Lock()
        self._in_use: dict[str, tuple[str, int]] = {}  # by key of the account: the scoped key, and the submits with it

    def submit(self, commands: Sequence[Command]) -> list[Outcome]:
        """Returns the outcome of each command, in the order given. Raises as `Bus.submit` does."""
        asked = list(map(_keys_of, commands))
        with self._held(asked) as held:
            recorded = self._recorded(key for key, _ in asked)
            owned = [scoped in recorded.get(key, {held.get(key)}) for key, scoped in asked]
            fresh = [command for command, is_owned in zip(commands, owned, strict=True) if is_owned]
            outcomes = iter(self.app.bus.submit(fresh) if fresh else ())
            return [
                next(outcomes) if is_owned else _reused(command)
                for command, is_owned in zip(commands, owned, strict=True)
            ]

    def trial(self, command: Command) -> Trial:
        """Returns what the command would come to now. Records nothing."""
        key, scoped = _keys_of(command)
        is_owned = scoped in self._recorded([key]).get(key, {scoped})
        return self.app.bus.trial(command) if is_owned else Trial(_reused(command))

    def _recorded(self, keys: Iterable[str]) -> dict[str, set[str]]:
        """Returns the scoped keys in the log, by key of the account."""
        found: dict[str, set[str]] = {}
        for scoped in self.app.ledger.reader.command_ids(set(keys)):
            found.setdefault(scoped.rpartition("/")[0], set()).add(scoped)
        return found

    @contextmanager
    def _held(self, asked: Iterable[Keys]) -> Iterator[dict[str, str]]:
        """Holds the keys that no other submit has for another merchant. Yields the scoped key of each; of two in one
        submit, the first.

        They are held before the log is read: whoever gets a key later finds the command that was recorded with it.
        """
        held: dict[str, str] = {}
        with self._lock:
            for key, scoped in asked:
                used, submits = self._in_use.get(key, (scoped, 0))
                if key not in held and used == scoped:
                    held[key], self._in_use[key] = scoped, (scoped, submits + 1)
        try:
            yield held
        finally:
            with self._lock:
                for key, scoped in held.items():
                    _, submits = self._in_use.pop(key)
                    if submits > 1:
                        self._in_use[key] = scoped, submits - 1


def _keys_of(command: Command) -> Keys:
    try:
        return account_key(command), scoped_key(command, merchant_of(command.stream))
    except Exception:
        return "", ""  # the bus raises it again, and answers this command alone with the fault


def _reused(command: Command) -> Outcome:
    return refused(command.id, PLATFORM_BOOK, IdempotencyKeyReused(command_id=command.id))
