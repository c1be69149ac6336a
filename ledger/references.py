"""References of partners: any text, kept in full in the event, and known everywhere else by a key."""

from __future__ import annotations

import re
from collections.abc import Iterator
from hashlib import sha256
from typing import Annotated, Any

from pydantic import AfterValidator, BaseModel, StringConstraints

from ledger.limits import LONGEST_ID, LONGEST_LINE, LONGEST_TEXT

# The formats' own limits are 255 (Stripe), 140 and 35 (ISO 20022); whatever is longer or no word has a digest as key.
_KEY = re.compile(rf"[A-Za-z0-9][A-Za-z0-9._:@+-]{{0,{LONGEST_ID - 1}}}")
_ODD = re.compile("[\0\ud800-\udfff]")  # what no database holds


class LongReference(str):
    """The key of a reference that cannot be one itself; `in_full` is what the partner wrote."""

    in_full: str


def reference_key(text: str) -> str:
    """Returns the reference itself where it is a word of at most 64 characters, else the digest it is known by."""
    return text if _KEY.fullmatch(text) else _digested(text)


def _digested(text: str) -> LongReference:
    key = LongReference(sha256(text.encode(errors="replace")).hexdigest()[:32])
    key.in_full = _ODD.sub("\ufffd", text)[:LONGEST_TEXT]
    return key


def number_key(text: str) -> str:
    """Returns a reference that names no stream, written in any characters, up to 64 of them; else its digest."""
    return text if len(text) <= LONGEST_ID and not _ODD.search(text) else _digested(text)


def references_in_full(value: Any) -> Iterator[tuple[str, str]]:
    """Yields the key and the full text of each reference of a value that has a digest as its key."""
    match value:
        case LongReference():
            yield str(value), value.in_full
        case BaseModel():
            for part in value.__dict__.values():
                yield from references_in_full(part)
        case tuple():
            for part in value:
                yield from references_in_full(part)


_Text = Annotated[str, StringConstraints(max_length=LONGEST_LINE)]
Reference = Annotated[_Text, StringConstraints(min_length=1), AfterValidator(reference_key)]
ReferenceOrNothing = Annotated[_Text, AfterValidator(number_key)]  # '' where there is none
Number = Annotated[_Text, StringConstraints(strip_whitespace=True, min_length=1), AfterValidator(number_key)]
