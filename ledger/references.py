"""References of partners: any text, kept in full in the event, and known everywhere else by a key."""

from __future__ import annotations

import re
from collections.abc import Iterator
from hashlib import sha256
from typing import Annotated, Any
from unicodedata import category, normalize

from pydantic import AfterValidator, BaseModel, StringConstraints

from ledger.limits import LONGEST_ID, LONGEST_LINE, LONGEST_TEXT

# The formats' own limits are 255 (Stripe), 140 and 35 (ISO 20022); whatever is longer or no word has a digest as key.
_KEY = re.compile(rf"[A-Za-z0-9][A-Za-z0-9._:@+-]{{0,{LONGEST_ID - 1}}}")
_ODD = re.compile("[\0\ud800-\udfff]")  # what no database holds


class LongReference(str):
    """The key of a reference that is written otherwise; `in_full` is what the partner wrote."""

    in_full: str


def reference_key(text: str) -> str:
    """Returns the reference itself where it is a word of at most 64 characters, else the digest it is known by.

    Two that look alike are one: see `_as_compared`. Upper and lower case differ, as they do for all providers.
    """
    if _KEY.fullmatch(text):
        return text
    compared = _as_compared(text)
    return _known_as(compared, text) if _KEY.fullmatch(compared) else _digested(compared, text)


def number_key(text: str) -> str:
    """Returns a reference that names no stream, written in any characters, up to 64 of them; else its digest."""
    compared = text.strip() if text.isascii() else _as_compared(text)
    if len(compared) > LONGEST_ID or _ODD.search(compared):
        return _digested(compared, text)
    return text if compared == text else _known_as(compared, text)


def _as_compared(text: str) -> str:
    """Returns the text without what nobody sees: blanks around it, characters of no width, marks of direction, and the
    differences between composed, full-width and other compatible forms (Unicode NFKC)."""
    seen = "".join(letter for letter in normalize("NFKC", text) if category(letter) != "Cf")
    return seen.strip()


def _digested(compared: str, text: str) -> LongReference:
    return _known_as(sha256(compared.encode(errors="surrogatepass")).hexdigest()[:32], text)


def _known_as(key: str, text: str) -> LongReference:
    reference = LongReference(key)
    reference.in_full = _ODD.sub("\ufffd", text)[:LONGEST_TEXT]
    return reference


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
