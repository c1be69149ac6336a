"""The limits of the HTTP service: one table, which `docs/http.md` shows."""

from __future__ import annotations

from dataclasses import dataclass

from projections.engine.views import MOST_WAITING
from service.formats.bodies import LONGEST_BYTES

LONGEST_TARGET = 16 * 1024  # bytes of path and query; a position token takes about 20 for a book
LONGEST_HEAD = 32 * 1024  # bytes of the request line and all headers
MOST_HEADERS = 100
MOST_PARTS = 10_000  # chunks of one body
MOST_CONNECTIONS = 512  # below the 1,024 open files that a process is usually allowed
LONGEST_NAME = 255  # characters of an id, a kind or a name in a parameter
READY_WITHIN_S = 2.0
MOST_COMMANDS = 500  # of one batch


@dataclass(frozen=True)
class Deadlines:
    """Time limits of the steps of a connection, in seconds. A connection that takes longer is closed."""

    head_s: float = 10.0  # from its opening, or the last answer, to the end of the request's headers
    body_s: float = 20.0  # from there to the end of the body
    answer_s: float = 30.0  # for the client to take what is written to it
    idle_s: int = 5  # without a byte between two requests


@dataclass(frozen=True, slots=True)
class LaneSize:
    """The limit of concurrent requests of one sort, of waiting requests, and of the waiting time in seconds."""

    at_once: int
    queued: int
    patience_s: float


# Together fewer than the 40 threads that the server has, and than the 32 connections of the database pool.
READS = LaneSize(at_once=10, queued=64, patience_s=2.0)
WAITING_READS = LaneSize(at_once=10, queued=64, patience_s=2.0)  # so that those that wait never hold up the others
WEBHOOKS = LaneSize(at_once=4, queued=64, patience_s=10.0)
COMMANDS = LaneSize(at_once=8, queued=256, patience_s=10.0)

LIMITS: tuple[tuple[str, str, str], ...] = (
    ("Path and query", f"{LONGEST_TARGET:,} bytes", "414 `ADDRESS_TOO_LONG`"),
    ("Headers", f"{MOST_HEADERS}, with the request line {LONGEST_HEAD:,} bytes", "431 `HEADERS_TOO_LONG`"),
    ("Body", f"{LONGEST_BYTES:,} bytes", "413 `BODY_TOO_LONG`"),
    ("Chunks of a body", f"{MOST_PARTS:,}", "413 `BODY_TOO_LONG`"),
    ("An id, a kind, a name", f"{LONGEST_NAME} characters, no control characters", "422 `INVALID_PARAMETER`"),
    (
        "Time until the headers are complete",
        f"{Deadlines.head_s:g} s from the opening of the connection or the last answer",
        "408 `REQUEST_TOO_SLOW`, connection closed",
    ),
    (
        "Time until the body is complete",
        f"{Deadlines.body_s:g} s from the end of the headers",
        "408 `REQUEST_TOO_SLOW`, connection closed",
    ),
    ("Time to take what is written of an answer", f"{Deadlines.answer_s:g} s", "connection closed"),
    ("Time between two requests", f"{Deadlines.idle_s:g} s", "connection closed"),
    ("Connections", f"{MOST_CONNECTIONS}", "503 `TOO_BUSY`, connection closed"),
    (
        "Other reads at a time",
        f"{READS.at_once}; {READS.queued} more wait up to {READS.patience_s:g} s",
        "503 `TOO_BUSY`",
    ),
    (
        "Reads with `at_least` at a time",
        f"{WAITING_READS.at_once}, of which {MOST_WAITING} wait for a view;"
        f" {WAITING_READS.queued} more wait up to {WAITING_READS.patience_s:g} s for their turn",
        "503 `TOO_BUSY` or `TOO_MANY_WAITING`",
    ),
    (
        "Webhooks at a time",
        f"{WEBHOOKS.at_once}; {WEBHOOKS.queued} more wait up to {WEBHOOKS.patience_s:g} s",
        "503 `TOO_BUSY`",
    ),
    (
        "Requests with commands at a time",
        f"{COMMANDS.at_once}; {COMMANDS.queued} more wait up to {COMMANDS.patience_s:g} s",
        "503 `TOO_BUSY`",
    ),
    ("Commands of a batch", f"{MOST_COMMANDS}", "422 `INVALID_FIELD`"),
    ("`/readyz`", f"answers within {READY_WITHIN_S:g} s", "503, with the reason in `troubles`"),
)
