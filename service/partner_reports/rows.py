"""Rows of a file with their commands, and the rows that became unmatched items at the file's first import."""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass, field
from functools import cached_property
from hashlib import sha256
from typing import Protocol

from commands.command import Command
from commands.unmatched.mark_fact_matched import MarkFactMatched
from ledger.actors import Actor
from ledger.ids import derived_id

IMPORTER = Actor(kind="system", id="files", role="finance")


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


@dataclass(frozen=True, slots=True)
class Row:
    """One row and its commands. `leaves_unmatched`: it was unmatched since the first import and is matched now.
    `unread` is the error of a row that is only kept.
    """

    line: int
    commands: tuple[Command, ...]
    leaves_unmatched: bool = False
    unread: str = ""


@dataclass(frozen=True, slots=True)
class Waiting:
    """The unmatched references of a file's first import; `matched` are those matched since."""

    noted: frozenset[str] = field(default_factory=frozenset)
    matched: frozenset[str] = field(default_factory=frozenset)

    def keeps(self, reference: str, *, match: bool) -> bool:
        """Returns True if the row keeps its first commands, even if its order is known now."""
        return reference in self.noted and (not match or reference in self.matched)

    def leaves(self, reference: str, *, match: bool) -> bool:
        """Returns True if the row is now reported to its order and leaves the unmatched items."""
        return reference in self.noted and not self.keeps(reference, match=match)


def out_of_the_unmatched_items(file: FileName, system: str, reference: str, streams: Iterable[str]) -> MarkFactMatched:
    """Returns the command that marks the fact as matched. Submit it after the reports to its orders."""
    return MarkFactMatched(
        id=derived_id("matched", file.digest[:24], reference),
        actor=IMPORTER,
        system=system,
        reference=reference,
        streams=tuple(streams),
    )
