"""The idempotency keys of accounts: one key is one command, whichever book it is in, and whichever service asks."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any, NamedTuple

from sqlalchemy import Engine

from ledger.ids import PLATFORM_BOOK
from ledger.log.database_errors import ConnectionLost
from ledger.log.engine import cursor_of

_GIVE = "SELECT log.give_keys(%(book)s, %(keys)s, %(merchants)s)"
_MERCHANT = "SELECT merchant_id FROM log.account_keys WHERE book = %(book)s AND key = %(key)s"


class AccountKey(NamedTuple):
    """A key, `caller/id`, and the merchant that its command is about; `-` if it is about none."""

    key: str
    merchant_id: str


class KeyTable:
    """The table of keys. It stands in the book of the accounts, so that whoever has an account reaches it."""

    def __init__(self, engine: Engine) -> None:
        self._engine = engine

    def give(self, keys: Sequence[AccountKey]) -> set[AccountKey]:
        """Gives each key to the command about its merchant, for ever. Returns those that another merchant has.

        Nothing is given twice: the key of a command that was never decided waits for the same command.
        """
        if not keys:
            return set()
        asked = {"keys": [key for key, _ in keys], "merchants": [merchant for _, merchant in keys]}
        ((others,),) = self._rows(_GIVE, asked)
        return {keys[place - 1] for place in others}

    def is_free_for(self, wanted: AccountKey) -> bool:
        """True if the key was given to nobody, or for the same merchant."""
        rows = self._rows(_MERCHANT, {"key": wanted.key})
        return all(merchant == wanted.merchant_id for (merchant,) in rows)

    def _rows(self, statement: str, parameters: dict[str, Any]) -> list[tuple[Any, ...]]:
        try:
            return self._fetch(statement, parameters)
        except ConnectionLost:  # giving a key once more gives the same answer
            return self._fetch(statement, parameters)

    def _fetch(self, statement: str, parameters: dict[str, Any]) -> list[tuple[Any, ...]]:
        with cursor_of(self._engine) as cursor:
            cursor.execute(statement, {"book": PLATFORM_BOOK, **parameters})
            return cursor.fetchall()
