"""References of partners: the event keeps the full text; streams and indexes use a key made from it."""

from __future__ import annotations

import re
from collections.abc import Iterator
from hashlib import sha256
from typing import Annotated, Any
from unicodedata import category, normalize

from pydantic import AfterValidator, BaseModel, StringConstraints

from ledger.limits import LONGEST_ID, LONGEST_LINE, LONGEST_TEXT, ODD_TEXT

# The formats allow 255 (Stripe), 140 and 35 characters (ISO 20022). A longer text, or one that is no word, is hashed.
_KEY = re.compile(rf"[A-Za-z0-9][A-Za-z0-9._:@+-]{{0,{LONGEST_ID - 1}}}")


class LongReference(str):
    """The key of a reference whose text cannot be a key. `in_full` is the partner's text."""

    in_full: str


def reference_key(text: str) -> str:
    """Returns the reference if it is a word of at most 64 characters, else a digest of it.

    References that look alike get the same key (`_as_compared`). Upper and lower case differ, as they do for all
    providers.
    """
    if _KEY.fullmatch(text):
        return text
    compared = _as_compared(text)
    return _known_as(compared, text) if _KEY.fullmatch(compared) else _digested(compared, text)


def number_key(text: str) -> str:
    """Returns a reference that names no stream: any characters, at most 64 of them, else a digest."""
    compared = text.strip() if text.isascii() else _as_compared(text)
    if len(compared) > LONGEST_ID or ODD_TEXT.search(compared):
        return _digested(compared, text)
    return text if compared == text else _known_as(compared, text)


def _as_compared(text: str) -> str:
    """Returns the text in Unicode NFKC form, without invisible characters (category Cf) and without outer blanks."""
    seen = "".join(letter for letter in normalize("NFKC", text) if category(letter) != "Cf")
    return seen.strip()


def _digested(compared: str, text: str) -> LongReference:
    return _known_as(sha256(compared.encode(errors="surrogatepass")).hexdigest()[:32], text)


def _known_as(key: str, text: str) -> LongReference:
    reference = LongReference(key)
    reference.in_full = ODD_TEXT.sub("\ufffd", text)[:LONGEST_TEXT]
    return reference


def references_in_full(value: Any) -> Iterator[tuple[str, str]]:
    """Yields the key and the full text of each reference in the value whose key is not its text."""
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
ReferenceOrNothing = Annotated[_Text, AfterValidator(number_key)]  # '' if there is none
Number = Annotated[_Text, StringConstraints(strip_whitespace=True, min_length=1), AfterValidator(number_key)]
