"""Idempotency keys over HTTP, in the scope of the account: one key is one command, whichever merchant it is about.

The log finds an answer by caller, id and merchant, in the book of the merchant. So each key is first given to one
merchant, in one place for all services on the ledger.
"""

from __future__ import annotations

from collections.abc import Sequence

from commands.bus.decision import account_key
from commands.bus.outcome import Outcome, refused
from commands.bus.trial import Trial
from commands.command import Command
from ledger.ids import PLATFORM_BOOK, merchant_of
from ledger.log.account_keys import AccountKey
from ledger.refusals.catalogue import IdempotencyKeyReused
from service.app import App


class AccountKeys:
    """Submits commands, and refuses those whose key the account has used for another merchant. Safe to share between
    threads, and nobody waits for another's decision.
    """

    def __init__(self, app: App) -> None:
        self.app = app

    def submit(self, commands: Sequence[Command]) -> list[Outcome]:
        """Returns the outcome of each command, in the order given. Raises as `Bus.submit` does."""
        keys = list(map(_key_of, commands))
        used = self.app.ledger.account_keys.give([key for key in keys if key])
        fresh = [command for command, key in zip(commands, keys, strict=True) if key not in used]
        outcomes = iter(self.app.bus.submit(fresh) if fresh else ())
        return [
            _reused(command) if key in used else next(outcomes) for command, key in zip(commands, keys, strict=True)
        ]

    def trial(self, command: Command) -> Trial:
        """Returns what the command would come to now. Records nothing."""
        key = _key_of(command)
        is_free = key is None or self.app.ledger.account_keys.is_free_for(key)
        return self.app.bus.trial(command) if is_free else Trial(_reused(command))


def _key_of(command: Command) -> AccountKey | None:
    try:
        return AccountKey(account_key(command), merchant_of(command.stream) or "-")
    except Exception:
        return None  # the bus raises it again, and answers this command alone with the fault


def _reused(command: Command) -> Outcome:
    return refused(command.id, PLATFORM_BOOK, IdempotencyKeyReused(command_id=command.id))
