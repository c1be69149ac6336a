"""The log of a process: lines for people, or one JSON object a line for programs."""

from __future__ import annotations

import logging
import sys

from pythonjsonlogger.core import RESERVED_ATTRS
from pythonjsonlogger.json import JsonFormatter

from service.http.request_ids import NamesRequest

_IN_JSON_ONLY = ("service.http.measured",)  # one line a request: too much for people


def log_to_standard_error(form: str, *, talkative: str = "") -> None:
    """Sends the log to standard error. Warnings and errors are logged, and what the logger `talkative` says.

    In JSON, each line has the instant, the level, the logger, the message, the id of the request that is handled, and
    what the line is about: a command, a view, a book, a position. Requests are logged too.
    """
    handler = _json() if form == "json" else _text()
    handler.addFilter(NamesRequest())
    logging.basicConfig(level=logging.WARNING, handlers=[handler])
    for name in (talkative, *(_IN_JSON_ONLY if form == "json" else ())):
        if name:
            logging.getLogger(name).setLevel(logging.INFO)


def _text() -> logging.Handler:
    from rich.logging import RichHandler

    from service.cli.output import stderr

    handler = RichHandler(console=stderr(), show_path=False)
    handler.setFormatter(logging.Formatter("%(request)s%(message)s"))
    return handler


def _json() -> logging.Handler:
    handler = logging.StreamHandler(sys.stderr)
    handler.setFormatter(
        JsonFormatter(
            "%(levelname)s %(name)s %(message)s",
            rename_fields={"levelname": "level", "name": "logger", "exc_info": "error"},
            timestamp=True,
            reserved_attrs=[*RESERVED_ATTRS, "request"],
        )
    )
    return handler
