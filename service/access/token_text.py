"""The text of an access token: a prefix, an id, a secret and a checksum. The ledger keeps only its digest."""

from __future__ import annotations

import re
import secrets
from dataclasses import dataclass, field
from hashlib import sha256
from zlib import crc32

TOKEN, CODE = "rlk", "rlc"  # an access token, and a code that is exchanged for one
_LETTERS = "0123456789ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz"
_ID, _SECRET, _CHECK = 12, 43, 6  # letters; 43 of 62 letters are 256 bits
_FORM = re.compile(rf"(rlk|rlc)_([0-9A-Za-z]{{{_ID}}})([0-9A-Za-z]{{{_SECRET}}})([0-9A-Za-z]{{{_CHECK}}})")


@dataclass(frozen=True, slots=True)
class NewToken:
    """A token that was just made. `text` is shown once and stored nowhere."""

    token_id: str
    digest: str
    text: str = field(repr=False)


def new_token(prefix: str = TOKEN, *, token_id: str = "") -> NewToken:
    """Returns a token with a new secret: `rlk_`, 12 letters of the id, 43 of the secret, 6 of the checksum."""
    token_id = token_id or _random(_ID)
    body = f"{prefix}_{token_id}{_random(_SECRET)}"
    text = body + _checksum(body)
    return NewToken(token_id, digest_of(text), text)


def id_in(text: str, prefix: str = TOKEN) -> str | None:
    """Returns the id in the text, or None if it is no token: its form or its checksum is wrong."""
    match = _FORM.fullmatch(text)
    if match is None or match[1] != prefix or _checksum(text[:-_CHECK]) != match[4]:
        return None
    return match[2]


def digest_of(text: str) -> str:
    """Returns the SHA-256 of the text. A secret of 256 random bits needs no slow hash."""
    return sha256(text.encode()).hexdigest()


def id_from(*reason: str) -> str:
    """Returns the token id that follows from the reason for the token, so that it is created only once."""
    number = int.from_bytes(sha256(" ".join(reason).encode()).digest())
    return _written(number, _ID)


def _random(length: int) -> str:
    return "".join(secrets.choice(_LETTERS) for _ in range(length))


def _checksum(body: str) -> str:
    """Returns the CRC-32 in base 62. A mistyped token fails at once, before anything is read."""
    return _written(crc32(body.encode()), _CHECK)


def _written(number: int, length: int) -> str:
    letters = []
    for _ in range(length):
        number, digit = divmod(number, len(_LETTERS))
        letters.append(_LETTERS[digit])
    return "".join(reversed(letters))
