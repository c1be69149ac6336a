"""Opens the ledger for a command, and marks the titles of tables if the ledger is a demonstration."""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager
from contextvars import ContextVar
from typing import TYPE_CHECKING

from service.settings import Settings

if TYPE_CHECKING:
    from ledger.log.identity import Identity
    from ledger.log.observer import Observer
    from service.app import App

# Of the ledger that the running command has opened.
_IDENTITY: ContextVar[Identity | None] = ContextVar("identity", default=None)


@contextmanager
def one_command() -> Iterator[None]:
    """Limits the effect of `note` to the command that runs in the block."""
    token = _IDENTITY.set(None)
    try:
        yield
    finally:
        _IDENTITY.reset(token)


@contextmanager
def opened(settings: Settings, *, create: bool = False, observer: Observer | None = None) -> Iterator[App]:
    """Yields the ledger that the settings name, opened by `open_app`."""
    from ledger.log.observer import UNOBSERVED
    from service.app import open_app

    with open_app(settings, create=create, observer=observer or UNOBSERVED) as app:
        note(app)
        yield app


def note(app: App) -> None:
    """Remembers the identity of the ledger that the running command has opened."""
    _IDENTITY.set(app.ledger.identity)


def marked(title: str) -> str:
    """Returns the title, marked if the running command has opened a demonstration."""
    identity = _IDENTITY.get()
    return identity.marked(title) if identity else title
