"""Streams of access: an account with its roles, and an access token with its end."""

from __future__ import annotations

from datetime import date, datetime
from functools import singledispatchmethod
from typing import Any

from ledger.events.access import (
    AccessAccountClosed,
    AccessAccountOpened,
    AccessTokenCreated,
    AccessTokenRevoked,
    AccessTokenUsed,
    ListExported,
)
from ledger.streams.stream import Stream

FIRST_ACCOUNT = "admin"  # opened by the service, so that an admin can open the others; it is never closed


class AccessAccount(Stream):
    """The stream `access_account/<id>`."""

    def __init__(self, name: str) -> None:
        super().__init__(name)
        self.opened: AccessAccountOpened | None = None
        self.closed = False

    @property
    def access_account(self) -> str | None:
        return self.opened.account_id if self.opened else None

    @property
    def is_open(self) -> bool:
        return self.opened is not None and not self.closed

    @property
    def state(self) -> str:
        return "never opened" if self.opened is None else "closed" if self.closed else "open"

    @singledispatchmethod
    def evolve(self, event: Any) -> None:
        """Applies one event to the state."""

    @evolve.register
    def _(self, event: AccessAccountOpened) -> None:
        self.opened = event

    @evolve.register
    def _(self, event: AccessAccountClosed) -> None:
        self.closed = True


class AccessToken(Stream):
    """The stream `access_token/<id>`. `ends_at` is the instant from which the token is refused."""

    def __init__(self, name: str) -> None:
        super().__init__(name)
        self.created: AccessTokenCreated | None = None
        self.ends_at: datetime | None = None
        self.last_used: date | None = None

    @property
    def access_account(self) -> str | None:
        return self.created.account_id if self.created else None

    @singledispatchmethod
    def evolve(self, event: Any) -> None:
        """Applies one event to the state."""

    @evolve.register
    def _(self, event: AccessTokenCreated) -> None:
        self.created, self.ends_at = event, event.expires_at

    @evolve.register
    def _(self, event: AccessTokenRevoked) -> None:
        self.ends_at = event.ends_at

    @evolve.register
    def _(self, event: AccessTokenUsed) -> None:
        self.last_used = event.day


class ExportsOfDay(Stream):
    """The stream `exports/<account>/<day>`: what was exported, without its positions."""

    def __init__(self, name: str) -> None:
        super().__init__(name)
        self._exported: list[ListExported] = []

    def has(self, export: ListExported) -> bool:
        """True if the same list was exported before, at any positions."""
        return any(each.model_copy(update={"positions": export.positions}) == export for each in self._exported)

    @singledispatchmethod
    def evolve(self, event: Any) -> None:
        """Applies one event to the state."""

    @evolve.register
    def _(self, event: ListExported) -> None:
        self._exported.append(event)
