"""The id of a request: in every answer, and in every line of the log that is written while the request is handled."""

from __future__ import annotations

import logging
import re
from collections.abc import Iterable, Sequence
from contextvars import ContextVar
from uuid import uuid4

_FROM_CLIENT = re.compile(rb"[A-Za-z0-9._-]{1,64}")
_current: ContextVar[str] = ContextVar("request_id", default="")


def begin(headers: Iterable[tuple[bytes, bytes]]) -> str:
    """Returns the client's id of the request if it sent one that may stand in a log, else a new one. Lines that are
    logged from now on have it, also in the threads that work for this request."""
    sent = next((value for name, value in headers if name == b"request-id"), b"")
    id = sent.decode() if _FROM_CLIENT.fullmatch(sent) else uuid4().hex
    _current.set(id)
    return id


def current() -> str:
    """Returns the id of the request that is handled, or an empty text."""
    return _current.get()


def for_all(ids: Sequence[str]) -> None:
    """Names all these requests in what is logged from now on: one call works for them."""
    _current.set(" ".join(ids))


class NamesRequest(logging.Filter):
    """Gives each record of a log the id of the request that is handled: `request_id`, and in words as `request`."""

    def filter(self, record: logging.LogRecord) -> bool:
        if id := _current.get():
            record.request_id = id
        record.request = f"request {id}: " if id else ""
        return True
