"""A fault: a command that fails for a mistake of ours, alone, and leaves a reference in the service's log."""

from __future__ import annotations

import logging
from collections.abc import Callable, Mapping, Sequence
from secrets import token_hex
from traceback import format_tb
from typing import Any, TypeVar

import psycopg2
from pydantic import ValidationError

from commands.bus.outcome import FAULT, Outcome
from ledger.canonical import canonical
from ledger.keys import KeyFileUnusable
from ledger.log.append import concerns_one_attempt
from ledger.log.database_errors import DatabaseTrouble

T = TypeVar("T")
K = TypeVar("K")
V = TypeVar("V")

_logger = logging.getLogger(__name__)
# What stands in everybody's way: it is raised to whoever submits, and the same commands may be sent again.
_TROUBLES = (DatabaseTrouble, KeyFileUnusable)


def is_trouble(error: Exception) -> bool:
    """True if the database or the key file is in trouble, so that no command can be served."""
    return isinstance(error, _TROUBLES) or not concerns_one_attempt(error)


def fault_of(error: Exception, *, command: str, id: str, book: int, stream: str) -> Outcome:
    """The outcome of a command that raised this, logged. Raises the error itself if it is a trouble of everybody."""
    if is_trouble(error):
        raise error
    reference = f"F-{token_hex(6)}"
    about = {"fault": reference, "command": command, "id": id, "book": book, "stream": stream}
    _logger.error("%s", canonical(about | described(error)), extra={"command_id": id, **about})
    return Outcome(command_id=id, status="fault", book=book, code=FAULT, facts={"reference": reference})


def each_alone(
    items: Sequence[T], work: Callable[[Sequence[T]], Mapping[K, V]]
) -> tuple[dict[K, V], dict[T, Exception]]:
    """Returns what `work` finds for all items at once. If an item makes it fail, `work` runs for each item alone, and
    the errors of the failed items are returned too."""
    try:
        return dict(work(items)), {}
    except Exception as error:
        if is_trouble(error):
            raise
        if len(items) == 1:
            return {}, {items[0]: error}
    found: dict[K, V] = {}
    failed: dict[T, Exception] = {}
    for item in items:
        alone, errors = each_alone([item], work)
        found |= alone
        failed |= errors
    return found, failed


def described(error: BaseException) -> dict[str, Any]:
    """Types, causes and code lines of an error. Its message is left out: it may quote what was sent."""
    chain: list[dict[str, str]] = []
    seen = error
    while len(chain) < 5:
        chain.append({"error": _name(seen), "at": "".join(format_tb(seen.__traceback__))})
        cause = seen.__cause__ or (None if seen.__suppress_context__ else seen.__context__)
        if cause is None:
            break
        seen = cause
    return {"trace": chain}


def _name(error: BaseException) -> str:
    name = type(error).__qualname__
    if isinstance(error, ValidationError):
        found = error.errors(include_url=False, include_context=False, include_input=False)
        return f"{name}: " + ", ".join(f"{each['type']} at {'.'.join(map(str, each['loc']))}" for each in found[:20])
    if isinstance(error, psycopg2.Error):
        return f"{name}: {error.pgcode}"
    return name
