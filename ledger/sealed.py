"""Personal values inside events: sealed under a key of their subject, bound to their place, opened only by who may."""

from __future__ import annotations

import os
from base64 import urlsafe_b64decode, urlsafe_b64encode
from collections.abc import Callable, Sequence
from typing import Any, Generic, Protocol, TypeVar

from cryptography.exceptions import InvalidTag
from cryptography.hazmat.primitives.ciphers.aead import AESGCM
from pydantic import GetCoreSchemaHandler
from pydantic_core import CoreSchema, core_schema, from_json, to_json

T = TypeVar("T")
_NONCE_BYTES = 12  # NIST SP 800-38D §8.2: 96-bit nonces, random, one key a subject


class KeyStore(Protocol):
    """Keys outside the log, one a subject; destroying one erases what it sealed."""

    def obtain(self, subject: str) -> bytes:
        """The subject's 32-byte key, made and kept durably at first use."""

    def obtain_many(self, subjects: Sequence[str]) -> None:
        """Make sure of the keys of all these subjects, with one flush."""

    def find(self, subject: str) -> bytes | None:
        """The subject's key, or None where it was never made or is destroyed."""


class SealBroken(Exception):
    """A sealed value does not belong where it stands, or was altered."""


class Sealed(Generic[T]):
    """A personal value, in clear before it is recorded (`Sealed.clear(v)`), a closed box afterwards.

    Stored as `{"box": base64url(nonce + AES-256-GCM), "subject": …}`. The box is authenticated against the stream and
    field it stands in, so that it cannot be moved to another. Never printed, never compared by content.
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
        """The value before it is recorded; None of a closed box."""
        return self._value

    @property
    def is_closed(self) -> bool:
        return bool(self._box)

    def close(self, *, subject: str, place: str, keys: KeyStore) -> Sealed[T]:
        """The same value as a closed box for `place` (stream and field); a closed box is left as it is."""
        if self._box:
            return self
        nonce = os.urandom(_NONCE_BYTES)
        secret = AESGCM(keys.obtain(subject)).encrypt(nonce, to_json(self._value), place.encode())
        return Sealed(subject=subject, box=urlsafe_b64encode(nonce + secret).decode())

    def open(self, *, place: str, keys: KeyStore) -> T | None:
        """The value, or None where the subject's key is destroyed. Raises `SealBroken`."""
        if not self._box:
            return self._value
        key = keys.find(self.subject)
        if key is None:
            return None
        raw = urlsafe_b64decode(self._box)
        try:
            clear: T = from_json(AESGCM(key).decrypt(raw[:_NONCE_BYTES], raw[_NONCE_BYTES:], place.encode()))
        except InvalidTag:
            raise SealBroken(f"the value at {place} was not sealed for that place") from None
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


Closer = Callable[[Sealed[Any], str], Sealed[Any]]


def _read_box(value: Any) -> Sealed[Any]:
    match value:
        case {"box": str(box), "subject": str(subject)} if len(value) == 2:
            return Sealed(subject=subject, box=box)
    raise ValueError("not a sealed value")


def _write_box(sealed: Sealed[Any]) -> dict[str, str]:
    if not sealed.is_closed:
        raise ValueError("a personal value must be sealed before it is written")
    return {"box": sealed._box, "subject": sealed.subject}
