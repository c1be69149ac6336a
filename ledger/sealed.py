"""Personal values inside events, encrypted with the key of their subject and bound to their stream and field."""

from __future__ import annotations

import os
from base64 import urlsafe_b64decode, urlsafe_b64encode
from collections.abc import Sequence
from typing import Any, Generic, Protocol, TypeVar

from cryptography.exceptions import InvalidTag
from cryptography.hazmat.primitives.ciphers.aead import AESGCM
from pydantic import GetCoreSchemaHandler
from pydantic_core import CoreSchema, core_schema, from_json, to_json

T = TypeVar("T")
_NONCE_BYTES = 12  # NIST SP 800-38D §8.2: 96-bit nonces, random, one key a subject


class KeyStore(Protocol):
    """A store of keys outside the log, one a subject. Destroying a key makes the subject's sealed values unreadable."""

    def obtain(self, subject: str) -> bytes:
        """Returns the subject's 32-byte key. Creates it durably on first use."""

    def obtain_many(self, subjects: Sequence[str]) -> None:
        """Creates the missing keys of these subjects, with one flush for all."""

    def find(self, subject: str) -> bytes | None:
        """Returns the subject's key, or None if it was never created or is destroyed."""


class SealBroken(Exception):
    """A sealed value was altered, or moved from its stream or field."""


class Sealed(Generic[T]):
    """A personal value: in clear before it is recorded (`Sealed.clear(v)`), a closed box afterwards.

    Stored as `{"box": base64url(nonce + AES-256-GCM), "subject": …}`. The stream and field are authenticated with the
    box, so it cannot be moved to another place. It is never printed or compared by content.
    """

    __slots__ = ("_box", "_value", "subject")

    def __init__(self, *, subject: str = "", value: T | None = None, box: str = "") -> None:
        self.subject = subject
        self._value = value
        self._box = box

    @classmethod
    def clear(cls, value: T) -> Sealed[T]:
        return cls(value=value)

    @property
    def in_clear(self) -> T | None:
        """The value before it is recorded; None if the box is closed."""
        return self._value

    @property
    def is_closed(self) -> bool:
        return bool(self._box)

    def close(self, *, subject: str, place: str, keys: KeyStore) -> Sealed[T]:
        """Returns the value as a closed box for `place`, which is the stream and field. A closed box is returned
        unchanged.
        """
        if self._box:
            return self
        nonce = os.urandom(_NONCE_BYTES)
        secret = AESGCM(keys.obtain(subject)).encrypt(nonce, to_json(self._value), place.encode())
        return Sealed(subject=subject, box=urlsafe_b64encode(nonce + secret).decode())

    def open(self, *, place: str, keys: KeyStore) -> T | None:
        """Returns the value, or None if the subject's key is destroyed. Raises `SealBroken`."""
        if not self._box:
            return self._value
        key = keys.find(self.subject)
        if key is None:
            return None
        raw = urlsafe_b64decode(self._box)
        try:
            clear: T = from_json(AESGCM(key).decrypt(raw[:_NONCE_BYTES], raw[_NONCE_BYTES:], place.encode()))
        except InvalidTag:
            raise SealBroken(f"the value at {place} was altered, or was sealed for another place") from None
        return clear

    def __repr__(self) -> str:
        return "Sealed(…)"

    @classmethod
    def __get_pydantic_core_schema__(cls, source: Any, handler: GetCoreSchemaHandler) -> CoreSchema:
        (inner,) = getattr(source, "__args__", (Any,))
        spoken = core_schema.no_info_after_validator_function(cls.clear, handler(inner))
        return core_schema.union_schema(
            [core_schema.is_instance_schema(Sealed), core_schema.no_info_plain_validator_function(_read_box), spoken],
            mode="left_to_right",
            serialization=core_schema.plain_serializer_function_ser_schema(_write_box),
        )


def _read_box(value: Any) -> Sealed[Any]:
    match value:
        case {"box": str(box), "subject": str(subject)} if len(value) == 2:
            return Sealed(subject=subject, box=box)
    raise ValueError("not a sealed value")


def _write_box(sealed: Sealed[Any]) -> dict[str, str]:
    if not sealed.is_closed:
        raise ValueError("a personal value must be sealed before it is written")
    return {"box": sealed._box, "subject": sealed.subject}
