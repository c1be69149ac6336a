"""What the leaf hash of a row is taken over: every field of the row, as netstrings, in one order.

A verifier in any language can do it again: for each field of `FIELDS` in turn its text in UTF-8, written as a netstring
(length in bytes, colon, bytes, comma), a missing value as `-,`; SHA-256 over all of it. Numbers are decimal, instants
microseconds since 1970-01-01 UTC, days YYYY-MM-DD, UUIDs lower case with dashes, everything else is the stored text.
The append function computes the same in the database (migrations/versions/log_0001/2_leaf.sql).

Rows that are no events are hashed the same way, over the fields that `ledger/log/hashed_rows.py` lists; a boolean is
`true` or `false`, and bytes are lower-case hexadecimal.
"""

from __future__ import annotations

from collections.abc import Iterable
from datetime import UTC, date, datetime, timedelta
from hashlib import sha256

from ledger.log.rows import Recorded

FIELDS = tuple(field for field in Recorded._fields if field != "leaf")
_EPOCH = datetime(1970, 1, 1, tzinfo=UTC)
_MICROSECOND = timedelta(microseconds=1)


def preimage(row: Recorded) -> bytes:
    """The bytes that the row's leaf hash is taken over."""
    return _netstrings(row[:-1])


def leaf_of(row: Recorded) -> bytes:
    """The leaf hash as it must be; that it is what the row says is a verifier's question."""
    return sha256(preimage(row)).digest()


def hash_of(fields: Iterable[object]) -> bytes:
    """The hash of a row that is no event."""
    return sha256(_netstrings(fields)).digest()


def _netstrings(values: Iterable[object]) -> bytes:
    return b"".join(map(_netstring, values))


def _netstring(value: object) -> bytes:
    if value is None:
        return b"-,"
    text = _text(value).encode()
    return b"%d:%s," % (len(text), text)


def _text(value: object) -> str:
    if isinstance(value, datetime):
        return str((value - _EPOCH) // _MICROSECOND)
    if isinstance(value, date):
        return value.isoformat()
    if isinstance(value, bool):
        return "true" if value else "false"
    if isinstance(value, bytes):
        return value.hex()
    return str(value)
