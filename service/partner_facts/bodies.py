"""Messages, and items of messages and files, that cannot be read as another fact. They are kept whole for people."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any, Final, Literal

ITEM_UNREAD: Final = "item_unread"


@dataclass(frozen=True, slots=True)
class BodyUnread:
    """A body, or an item of it, that cannot be used. `refs` give the reason."""

    sender: str
    body: bytes
    kind: Literal["item_unread", "webhook_unread", "webhook_fault"]
    refs: Mapping[str, str]


@dataclass(frozen=True, slots=True)
class BodyUnmapped:
    """A readable body that names no parcel. `described` has its digest and codes, `whole` its text."""

    sender: str
    described: Mapping[str, Any]
    whole: Mapping[str, Any]
    message_id: str = ""


@dataclass(frozen=True, slots=True)
class UnreadItem:
    """One row, entry or statement as in its file, and the reason why it cannot be used."""

    line: int
    reason: str
    raw: bytes
