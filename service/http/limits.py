"""The limits of the HTTP service: one table, which `docs/http.md` shows."""

from __future__ import annotations

from dataclasses import dataclass

from projections.engine.past import MOST_FOLDED
from projections.engine.views import MOST_WAITING
from service.formats.bodies import LONGEST_BYTES

LONGEST_TARGET = 16 * 1024  # bytes of path and query; a position token takes about 20 for a book
LONGEST_HEAD = 32 * 1024  # bytes of the request line and all headers
MOST_HEADERS = 100
MOST_PARTS = 10_000  # chunks of one body
MOST_CONNECTIONS = 512  # below the 1,024 open files that a process is usually allowed
MOST_OF_ADDRESS = MOST_CONNECTIONS * 3 // 4  # connections from one address
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
    in_threads: bool = True  # each has a thread, and at most a connection of the database at a time

    @property
    def each(self) -> int:
        """Places that one account may hold: three of four, so that another always finds one soon."""
        return max(1, self.at_once * 3 // 4)

    @property
    def queued_each(self) -> int:
        """Requests of one account that may wait: half of all."""
        return -(-self.queued // 2)

    @property
    def words(self) -> str:
        if not self.queued:
            return f"{self.at_once}. One account has at most {self.each}"
        return (
            f"{self.at_once}; {self.queued} more wait up to {self.patience_s:g} s. One account has at most {self.each},"
            f" and {self.queued_each} that wait"
        )


@dataclass(frozen=True, slots=True)
class Rate:
    """A token bucket: so many at once, and after them so many a second."""

    burst: int
    per_s: float


# Those in threads and the joined calls are together fewer than the server's 40 threads and than the pool's connections.
READS = LaneSize(at_once=9, queued=64, patience_s=2.0)
WAITING_READS = LaneSize(at_once=9, queued=64, patience_s=2.0)  # so that those that wait never hold up the others
FOLDS = LaneSize(at_once=2, queued=32, patience_s=10.0)  # each may fold many events
WEBHOOKS = LaneSize(at_once=4, queued=64, patience_s=10.0)
COMMANDS = LaneSize(at_once=64, queued=256, patience_s=10.0, in_threads=False)  # they are joined
BATCHES = LaneSize(at_once=4, queued=64, patience_s=10.0)
JOINED_CALLS, JOINED_COMMANDS = 2, 64  # calls of the bus for single commands at a time, and commands of each
TOKEN_CHECKS = LaneSize(at_once=4, queued=256, patience_s=5.0)
EXPORTS = LaneSize(at_once=2, queued=0, patience_s=0.0)  # each holds its connection until the list is sent
STREAMS = LaneSize(at_once=300, queued=0, patience_s=0.0, in_threads=False)  # a reader keeps its connection
FEED_READS = LaneSize(at_once=3, queued=600, patience_s=30.0)  # readers of streams that are behind

BURST_S = 2  # seconds of its rate that an account may send at once
REFUSED_TOKENS = Rate(burst=200, per_s=10.0)  # from one address
MOST_BUCKETS = 10_000  # keys of a sort of bucket; the least recently used is forgotten

_BUSY = "503 `TOO_BUSY`; 429 `TOO_MANY_AT_ONCE` beyond the part of one account"
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
        "Connections from one address",
        f"{MOST_OF_ADDRESS}; no limit for the trusted proxies of the settings",
        "429 `TOO_MANY_AT_ONCE`, connection closed",
    ),
    (
        "Requests of one account",
        "`requests_per_second` of the settings, and as many as in"
        f" {BURST_S} s at once; a batch of commands is one request",
        "429 `TOO_MANY_REQUESTS`",
    ),
    (
        "Refused tokens and codes from one address",
        f"{REFUSED_TOKENS.burst} at once, and after them {REFUSED_TOKENS.per_s:g} a second. Tokens that were accepted"
        " before go on",
        "429 `TOO_MANY_REFUSED_TOKENS`",
    ),
    ("Other reads at a time", READS.words, _BUSY),
    (
        "Reads with `at_least` at a time",
        f"{WAITING_READS.words}. {MOST_WAITING} wait for a view",
        f"{_BUSY}; 503 `TOO_MANY_WAITING`",
    ),
    ("Reads of past states that are folded at a time", FOLDS.words, _BUSY),
    (
        "Events that are folded for one past state",
        f"{MOST_FOLDED:,}",
        "422 `TOO_MANY_EVENTS`; name a merchant or an order",
    ),
    ("Webhooks at a time", f"{WEBHOOKS.words}; an address counts as an account", _BUSY),
    ("Requests with one command at a time", COMMANDS.words, _BUSY),
    ("Batches of commands and dry runs at a time", BATCHES.words, _BUSY),
    (
        "Tokens that are looked up at a time",
        f"{TOKEN_CHECKS.words}; an address counts as an account, and so does a known token",
        _BUSY,
    ),
    ("Streams of events and rows, and leases that wait, at a time", STREAMS.words, _BUSY),
    ("Exports (CSV, NDJSON) at a time", EXPORTS.words, _BUSY),
    ("Commands of a batch", f"{MOST_COMMANDS}", "422 `INVALID_FIELD`"),
    ("`/readyz`", f"answers within {READY_WITHIN_S:g} s", "503, with the reason in `troubles`"),
)
