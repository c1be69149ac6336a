"""Classifies database errors: trouble of the server itself, which is not the fault of a command, event or reader.

All code that meets a driver error asks `trouble_of`. An error that it does not know is about the statement or its data,
and is the sender's.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import ClassVar

import psycopg2
from sqlalchemy import URL
from sqlalchemy.exc import DBAPIError
from sqlalchemy.exc import TimeoutError as PoolExhausted


@dataclass(frozen=True, slots=True)
class TroubleKind:
    """One kind of trouble of a database. `what` follows "The database"; `remedy` is a full sentence.

    `retryable`: it may pass by itself. `cuts`: the connection cannot be used any more. `unsure`: the statement may have
    been executed or not, although the connection is open.
    """

    code: str
    what: str
    remedy: str
    retryable: bool = True
    cuts: bool = False
    unsure: bool = False


_AGAIN = "Try again in a moment."
UNREACHABLE = TroubleKind("DATABASE_UNREACHABLE", "cannot be reached", "Check that it runs; then try again.")
CONNECTION_LOST = TroubleKind("DATABASE_CONNECTION_LOST", "broke the connection", _AGAIN, cuts=True)
NODE_LOST = TroubleKind(
    "DATABASE_NODE_LOST",
    "lost one of its servers, or failed inside, during a statement",
    "Try again in a moment; if it lasts, read the server's log.",
    unsure=True,
)
BOOKS_LOST = TroubleKind(
    "DATABASE_BOOKS_LOST",
    "cannot reach the server of some books",
    "Try again when that server runs. Commands and questions about other books go on. To get an answer without the "
    "lost books, ask a question about all books with `partial`.",
)
RESTARTING = TroubleKind("DATABASE_RESTARTING", "is starting, stopping or restarting", _AGAIN, cuts=True)
BUSY = TroubleKind("DATABASE_BUSY", "is busy: a lock or a connection was not free in time", _AGAIN)
TIMED_OUT = TroubleKind(
    "DATABASE_TIMED_OUT",
    "cancelled the statement, which took too long or was cancelled by an administrator",
    "Try again; if it happens often, raise `statement_timeout` for this login.",
)
READ_ONLY = TroubleKind(
    "DATABASE_READ_ONLY",
    "accepts no writes: it is a standby or is set to read-only",
    "Use the primary server, or turn `default_transaction_read_only` off.",
)
DISK_FULL = TroubleKind("DATABASE_DISK_FULL", "has no space left on its disk", "Free space on the server's disk.")
TOO_MANY_CONNECTIONS = TroubleKind(
    "DATABASE_TOO_MANY_CONNECTIONS",
    "has no connection left",
    "Close other clients, or raise `max_connections` or the limit of this login or database.",
)
OUT_OF_RESOURCES = TroubleKind(
    "DATABASE_OUT_OF_RESOURCES",
    "has no memory left, or has reached a limit of its configuration",
    "Give the server more memory, or raise the limit that it names.",
)
LOGIN_REFUSED = TroubleKind(
    "DATABASE_LOGIN_REFUSED",
    "refuses this login",
    "Check the user, the password and the server's pg_hba.conf.",
    retryable=False,
)
TLS_REFUSED = TroubleKind(
    "DATABASE_TLS_REFUSED",
    "and this client agree on no encryption",
    "Set `sslmode` and the certificates in the address as the server requires.",
    retryable=False,
)
MISSING = TroubleKind(
    "DATABASE_MISSING", "does not exist on this server", "Create it, or correct the address.", retryable=False
)
RIGHTS_MISSING = TroubleKind(
    "DATABASE_RIGHTS_MISSING",
    "denies this login a right it needs",
    "Log in as the ledger's owner for the first start and for upgrades; grant `redledger_app` to any other login.",
    retryable=False,
)
STORAGE_FAILED = TroubleKind(
    "DATABASE_STORAGE_FAILED",
    "cannot read or write its files",
    "Check the server's disk and its log before anything else.",
    retryable=False,
)
DAMAGED = TroubleKind(
    "DATABASE_DAMAGED",
    "reports an internal error or damaged data",
    "Read the server's log, and run `redledger verify-log` after the repair.",
    retryable=False,
)
TOO_OLD = TroubleKind(
    "DATABASE_TOO_OLD", "is too old", "RedLedger needs PostgreSQL 17 or newer: upgrade the server.", retryable=False
)
WRONG_ENCODING = TroubleKind(
    "DATABASE_WRONG_ENCODING",
    "has an encoding other than UTF8",
    "Create a database with ENCODING 'UTF8' and name it in the address.",
    retryable=False,
)
FOREIGN_SCHEMA = TroubleKind(
    "DATABASE_SCHEMA_FOREIGN",
    "has tables of another application in the schemas of the ledger",
    "Use a separate database for the ledger; nothing was changed.",
    retryable=False,
)
NEWER_SCHEMA = TroubleKind(
    "DATABASE_SCHEMA_NEWER",
    "was upgraded by a newer version of RedLedger",
    "Install that version or a newer one; nothing was changed.",
    retryable=False,
)
OUTCOME_UNKNOWN = TroubleKind(
    "OUTCOME_UNKNOWN",
    "broke the connection, or lost a server, during an append, which may be recorded or not",
    "Send it again with the same ids: a recorded command gets the same answer and is never recorded twice.",
)

KINDS = (
    UNREACHABLE,
    CONNECTION_LOST,
    NODE_LOST,
    BOOKS_LOST,
    RESTARTING,
    BUSY,
    TIMED_OUT,
    READ_ONLY,
    DISK_FULL,
    TOO_MANY_CONNECTIONS,
    OUT_OF_RESOURCES,
    LOGIN_REFUSED,
    TLS_REFUSED,
    MISSING,
    RIGHTS_MISSING,
    STORAGE_FAILED,
    DAMAGED,
    TOO_OLD,
    WRONG_ENCODING,
    FOREIGN_SCHEMA,
    NEWER_SCHEMA,
    OUTCOME_UNKNOWN,
)

# Kinds that concern every write, and not one statement or one moment.
NO_WRITES = frozenset({READ_ONLY, DISK_FULL, OUT_OF_RESOURCES, RIGHTS_MISSING, STORAGE_FAILED, DAMAGED})

# A SQLSTATE, or its first two characters for all others of the class.
KIND_OF_SQLSTATE = {
    "08": NODE_LOST,  # the server itself lost a connection: to a node of its cluster
    "25006": READ_ONLY,  # read_only_sql_transaction
    "25P03": CONNECTION_LOST,  # idle_in_transaction_session_timeout
    "25P04": TIMED_OUT,  # transaction_timeout
    "28": LOGIN_REFUSED,
    "3D": MISSING,
    "40001": BUSY,  # serialization_failure
    "40003": CONNECTION_LOST,  # statement_completion_unknown
    "40P01": BUSY,  # deadlock_detected
    "42501": RIGHTS_MISSING,  # insufficient_privilege
    "53": OUT_OF_RESOURCES,
    "53100": DISK_FULL,
    "53300": TOO_MANY_CONNECTIONS,
    "55006": BUSY,  # object_in_use
    "55P03": BUSY,  # lock_not_available
    "57": RESTARTING,
    "57014": TIMED_OUT,  # query_canceled
    "57P04": MISSING,  # database_dropped
    "57P05": CONNECTION_LOST,  # idle_session_timeout
    "58": STORAGE_FAILED,
    "58030": NODE_LOST,  # io_error
    "F0": STORAGE_FAILED,  # config_file_error
    "XX": DAMAGED,
    "XX000": NODE_LOST,  # internal_error
}

# A refused connection has no SQLSTATE, only words. Words that are not listed count as "cannot be reached".
_KIND_OF_WORDS = (
    ("too many clients", TOO_MANY_CONNECTIONS),
    ("too many connections", TOO_MANY_CONNECTIONS),
    ("remaining connection slots", TOO_MANY_CONNECTIONS),
    ("the database system is", RESTARTING),  # starting up, shutting down, in recovery mode, not yet accepting
    ("terminating connection", RESTARTING),
    ("permission denied", RIGHTS_MISSING),
    ('role "redledger_app" does not exist', RIGHTS_MISSING),
    ("not a member of role", RIGHTS_MISSING),
    ("no encryption", TLS_REFUSED),
    ("SSL", TLS_REFUSED),
    ("certificate", TLS_REFUSED),
    ("password", LOGIN_REFUSED),
    ("authentication failed", LOGIN_REFUSED),
    ("no pg_hba.conf entry", LOGIN_REFUSED),
    ("pg_hba.conf rejects", LOGIN_REFUSED),
    ("not permitted to log in", LOGIN_REFUSED),
    ("is not currently accepting connections", RESTARTING),
    ("No space left on device", DISK_FULL),
    ("out of memory", OUT_OF_RESOURCES),
)
_MISSING_LOGIN = ('role "', '" does not exist')
_MISSING_DATABASE = ('database "', '" does not exist')


class DatabaseTrouble(Exception):
    """The database is in trouble. The text says what happened and what the operator can do."""

    default: ClassVar[TroubleKind] = CONNECTION_LOST

    def __init__(self, words: str = "", database: str = "", kind: TroubleKind | None = None) -> None:
        super().__init__(words, database, kind)  # all arguments, so that it can be pickled between processes
        self.words, self.database, self.kind = words, database, kind or self.default

    def __str__(self) -> str:
        named = f"The database {self.database}" if self.database else "The database"
        words = f": {' '.join(self.words.split()).rstrip('.')}" if self.words else ""
        return f"{named} {self.kind.what}{words}. {self.kind.remedy}"

    @property
    def public(self) -> str:
        """The text without the address and the driver's words, for users of the service."""
        return f"The database {self.kind.what}. {self.kind.remedy}"

    @property
    def retryable(self) -> bool:
        return self.kind.retryable


class DatabaseUnreachable(DatabaseTrouble):
    """No connection could be made, so nothing was sent."""

    default = UNREACHABLE


class ConnectionLost(DatabaseTrouble):
    """The connection, or one behind it, broke during a statement, which may have been executed or not."""


class OutcomeUnknown(DatabaseTrouble):
    """A connection broke during an append. It may be recorded or not: send it again with the same ids."""

    default = OUTCOME_UNKNOWN


def trouble_of(
    error: BaseException | None, *, url: URL | None = None, connecting: bool = False
) -> DatabaseTrouble | None:
    """Returns the trouble behind an error of the driver, of SQLAlchemy or of the log; None for any other error.

    `connecting`: the error came while a connection was made. Errors of data (SQLSTATE 22, 23, 54), of the statement
    (42) and of our own functions (RL) are no trouble.
    """
    if isinstance(error, DatabaseTrouble):
        return error
    database = shown(url) if url is not None else ""
    if isinstance(error, PoolExhausted):
        return DatabaseTrouble("every connection of this process is in use", database, BUSY)
    if isinstance(error, DBAPIError):
        connecting = connecting or (error.statement is None and error.params is None)
        error = error.orig
    if not isinstance(error, psycopg2.Error):
        return None
    kind = _kind_of_refusal(str(error)) if connecting and not error.pgcode else kind_of(error)
    if kind is None:
        return None
    trouble = DatabaseUnreachable if connecting else ConnectionLost if kind.cuts or kind.unsure else DatabaseTrouble
    return trouble(_primary(error), database, kind)


def _primary(error: psycopg2.Error) -> str:
    """Returns the server's message without its context, which holds the whole statement."""
    return error.diag.message_primary or str(error)


def shown(url: URL) -> str:
    """Returns the address without its password."""
    return url.render_as_string(hide_password=True)


def kind_of(error: psycopg2.Error) -> TroubleKind | None:
    """Returns the kind of an error by its SQLSTATE. Errors of libpq have none and mean a lost connection."""
    if error.pgcode:
        return KIND_OF_SQLSTATE.get(error.pgcode) or KIND_OF_SQLSTATE.get(error.pgcode[:2])
    if isinstance(error, psycopg2.OperationalError | psycopg2.InterfaceError) or type(error) is psycopg2.DatabaseError:
        return CONNECTION_LOST
    return None


def _kind_of_refusal(words: str) -> TroubleKind:
    for part, kind in _KIND_OF_WORDS:
        if part in words:
            return kind
    for missing, kind in ((_MISSING_DATABASE, MISSING), (_MISSING_LOGIN, LOGIN_REFUSED)):
        if all(part in words for part in missing):
            return kind
    return UNREACHABLE
