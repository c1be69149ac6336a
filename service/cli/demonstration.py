"""Opens the ledger for a command, and notes if it was founded for demonstration: titles of tables then say so."""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager
from contextvars import ContextVar
from typing import TYPE_CHECKING

from service.settings import Settings

if TYPE_CHECKING:
    from ledger.log.identity import Identity
    from service.app import App

# Of the ledger that the running command has opened.
_IDENTITY: ContextVar[Identity | None] = ContextVar("identity", default=None)


@contextmanager
def one_command() -> Iterator[None]:
    """What is noted within counts for one command."""
    token = _IDENTITY.set(None)
    try:
        yield
    finally:
        _IDENTITY.reset(token)


@contextmanager
def opened(settings: Settings, *, create: bool = False) -> Iterator[App]:
    """The ledger the settings point to, as `open_app` opens it."""
    from service.app import open_app

    with open_app(settings, create=create) as app:
        note(app)
        yield app


def note(app: App) -> None:
    """Keep which ledger the running command has opened."""
    _IDENTITY.set(app.ledger.identity)


def marked(title: str) -> str:
    """The title of a table, which says so where the command has opened a demonstration."""
    identity = _IDENTITY.get()
    return identity.marked(title) if identity else title
