"""Canonical JSON (RFC 8785): the text that is hashed, stored and proven."""

from __future__ import annotations

import json
import re
from collections.abc import Callable
from hashlib import sha256
from json.encoder import c_make_encoder, encode_basestring  # type: ignore[attr-defined]
from typing import Any

from ledger.limits import LARGEST_NUMBER

_JSON = json.JSONEncoder(sort_keys=True, separators=(",", ":"), ensure_ascii=False, allow_nan=False)
# `JSONEncoder.encode` makes a new encoder at every call, which takes as long as encoding an event.
_chunks: Callable[[Any, int], tuple[str, ...]] = c_make_encoder(
    None, _JSON.default, encode_basestring, None, _JSON.key_separator, _JSON.item_separator, True, False, False
)
# Finds every float and every integer of 16 digits or more. It may match inside a string: `_check` then finds no fault.
_DOUBTFUL_NUMBER = re.compile(r"[:\[,]-?\d(?:\d{15}|\d*[.eE])")
_HALF_PAIR = re.compile("[\ud800-\udfff]")
_BEYOND_BASIC_PLANE = re.compile("[\ud800-\udfff\U00010000-\U0010ffff]")


class NotCanonical(ValueError):
    """A value has no exact canonical JSON: a float, an integer beyond ±(2^53 - 1), or half a surrogate pair."""


def canonical(value: Any) -> str:
    """Returns the canonical JSON text of a value. Raises `NotCanonical` for a float, or an integer beyond ±(2^53 - 1).

    RFC 8785 sorts keys by UTF-16 unit, Python by code point. The orders differ only for characters outside the basic
    plane, so only texts with such characters take the slow path.
    """
    try:
        text = _encode(value)
    except (TypeError, ValueError, RecursionError) as error:
        raise NotCanonical(str(error)) from None
    if _DOUBTFUL_NUMBER.search(text) or isinstance(value, int | float):
        _check(value)
    if text.isascii() or not _BEYOND_BASIC_PLANE.search(text):
        return text
    if _HALF_PAIR.search(text):
        raise NotCanonical("a text contains half of a surrogate pair")
    return _encode_by_utf16(value)


def digest(text: str) -> str:
    """Returns the SHA-256 of the text's UTF-8 bytes in lower-case hex."""
    return sha256(text.encode()).hexdigest()


def _check(value: Any) -> None:
    match value:
        case None | str() | bool():
            return
        case int():
            if not -LARGEST_NUMBER <= value <= LARGEST_NUMBER:
                raise NotCanonical(f"{value} is larger than the integers that JSON holds exactly")
        case dict():
            for key, item in value.items():
                if not isinstance(key, str):
                    raise NotCanonical(f"an object key must be a string, not {key!r}")
                _check(item)
        case list() | tuple():
            for item in value:
                _check(item)
        case _:
            raise NotCanonical(f"{value!r} cannot be written as canonical JSON")


def _encode(value: Any) -> str:
    return "".join(_chunks(value, 0))


def _encode_by_utf16(value: Any) -> str:
    if isinstance(value, dict):
        items = sorted(value.items(), key=lambda item: item[0].encode("utf-16-be"))
        return "{" + ",".join(f"{_encode(key)}:{_encode_by_utf16(item)}" for key, item in items) + "}"
    if isinstance(value, list | tuple):
        return "[" + ",".join(_encode_by_utf16(item) for item in value) + "]"
    return _encode(value)
