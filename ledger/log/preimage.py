"""The preimage of a row's leaf hash: its fields as text, in a fixed order, joined.

A verifier in any language can compute it: the text of each field in `FIELDS`, a missing value as the empty text, with
U+001F between them (no field contains it); then SHA-256 over its UTF-8 bytes. Numbers are decimal. Instants are RFC
3339 in UTC to the microsecond (`2025-04-01T08:00:00.000000Z`), days YYYY-MM-DD, UUIDs lower case with dashes, booleans
`true` or `false`, bytes lower-case hexadecimal. All other fields are their stored text.

The append computes the same hash in the database (migrations/versions/log_0001/04_append.sql), over the text from which
it makes the columns.

Rows of other tables are hashed in the same way, over the fields in `ledger/log/verification/hashed_rows.py`.
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
    """Returns the bytes over which the row's leaf hash is computed."""
    return _joined(_values(row))


def leaf_of(row: Recorded) -> bytes:
    """Returns the leaf hash of the row's fields. A verifier compares it with `row.leaf`."""
    return sha256(preimage(row)).digest()


def hash_of(fields: Iterable[object]) -> bytes:
    """Returns the hash of a row of another table."""
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
