"""The bytes that the leaf hash of a row is taken over: the row's fields as text, in one order, joined.

A verifier in any language can do it again: the text of each field of `FIELDS` in turn, a missing value as the empty
text, with U+001F between them, which stands in no field; SHA-256 over the UTF-8 of it. Numbers are decimal, instants
RFC 3339 in UTC to the microsecond (`2025-04-01T08:00:00.000000Z`), days YYYY-MM-DD, UUIDs lower case with dashes,
booleans `true` or `false`, bytes lower-case hexadecimal; everything else is the stored text.
The append computes the same in the database (migrations/versions/log_0001/04_append.sql), over the very text that it
makes the columns from.

Rows that are no events are hashed the same way, over the fields that `ledger/log/verification/hashed_rows.py` lists.
"""

from __future__ import annotations

from collections.abc import Iterable
from datetime import date, datetime
from hashlib import sha256
from operator import attrgetter

from ledger.log.append_arguments import FIELD, FIELDS_OF_EVENT, instant_text
from ledger.log.rows import Recorded

FIELDS = ("book", "position", "recorded_at", *FIELDS_OF_EVENT)
_values = attrgetter(*FIELDS)


def preimage(row: Recorded) -> bytes:
    """The bytes that the row's leaf hash is taken over."""
    return _joined(_values(row))


def leaf_of(row: Recorded) -> bytes:
    """The leaf hash as it must be; that it is what the row says is a verifier's question."""
    return sha256(preimage(row)).digest()


def hash_of(fields: Iterable[object]) -> bytes:
    """The hash of a row that is no event."""
    return sha256(_joined(fields)).digest()


def _joined(values: Iterable[object]) -> bytes:
    return FIELD.join(map(_text, values)).encode()


def _text(value: object) -> str:
    match value:
        case None:
            return ""
        case datetime():
            return instant_text(value)
        case date():
            return value.isoformat()
        case bool():
            return "true" if value else "false"
        case bytes():
            return value.hex()
    return str(value)
