"""The port through which the ledger says what it does, so that somebody may count it."""

from __future__ import annotations

from collections.abc import Mapping
from typing import NamedTuple


class Answer(NamedTuple):
    """The answer to a command: its name, the status of its outcome, and the code of a refusal."""

    command: str
    status: str
    code: str


class Observer:
    """Hears what the parts of one process do. This one counts nothing. Methods are called by many threads at once, and
    must neither block nor raise."""

    def submitted(self, answers: Mapping[Answer, int], *, seconds: float) -> None:
        """The bus has answered the commands of one call."""

    def conflicted(self, commands: int) -> None:
        """Commands were decided on what had changed by the append, and are decided again."""

    def appended(self, book: int, *, requests: int, events: int, seconds: float) -> None:
        """One append has recorded the events of several requests."""

    def append_failed(self, code: str) -> None:
        """An append has failed for a trouble of the database, of this code."""

    def swept(self, timer: str, *, recorded: int, failed: bool, seconds: float) -> None:
        """A timer has looked through the books, and has recorded so many commands."""

    def out_of_sequence(self, reader: str, *, skipped: int, repeated: int) -> None:
        """A view or a feed has noticed that it was to skip or to repeat positions of a book, and stops there."""

    def webhook_posted(self, subscription: str, outcome: str, *, seconds: float) -> None:
        """The endpoint of a subscription was sent a webhook: `delivered`, `failed` or `gone`."""

    def circuit_changed(self, subscription: str, *, is_open: bool) -> None:
        """The circuit breaker of an endpoint is now open or closed."""


UNOBSERVED = Observer()
