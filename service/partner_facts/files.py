"""Files of partners, by their name and digest."""

from __future__ import annotations

from dataclasses import dataclass
from functools import cached_property
from hashlib import sha256
from typing import Protocol

from ledger.ids import derived_id


class FileName(Protocol):
    """The name and the digest of a file."""

    @property
    def name(self) -> str: ...
    @property
    def digest(self) -> str: ...


@dataclass(frozen=True)
class RawFile:
    """The bytes of a file, with its name and digest."""

    name: str
    content: bytes

    @cached_property  # the id of every row contains it
    def digest(self) -> str:
        return sha256(self.content).hexdigest()

    def command_id(self, *parts: str) -> str:
        return row_id(self, *parts)


def row_id(file: FileName, *parts: str) -> str:
    """Returns the id of a row's command. The same bytes always give the same id."""
    return derived_id(file.digest[:24], *parts)
