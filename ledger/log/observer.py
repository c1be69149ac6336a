"""The port through which the ledger says what it does, so that somebody may count it or follow it."""

from __future__ import annotations

from collections.abc import Collection, Sequence
from typing import NamedTuple

from ledger.log.rows import Attempt, Receipt, Recorded


class Answer(NamedTuple):
    """The answer to a command: its name, the status of its outcome, the code of a refusal, and its scoped id.

    The scoped id, `caller/id/merchant`, is empty if the command could not be read.
    """

    command: str
    status: str
    code: str
    command_id: str


class Observer:
    """Hears what the parts of one process do. This one counts nothing. Methods are called by many threads at once, and
    must neither block nor raise. `seconds` is how long it took, until now."""

    def submitted(self, answers: Sequence[Answer], *, seconds: float) -> None:
        """The bus has answered the commands of one call."""

    def conflicted(self, commands: int) -> None:
        """Commands were decided on what had changed by the append, and are decided again."""

    def appended(
        self, book: int, *, requests: int, attempts: Sequence[Attempt], receipts: Sequence[Receipt], seconds: float
    ) -> None:
        """One append has answered the attempts of several requests, with a receipt each."""

    def append_failed(self, code: str) -> None:
        """An append has failed for a trouble of the database, of this code."""

    def folded(self, views: Collection[str], events: Sequence[Recorded], *, seconds: float) -> None:
        """Views that follow the log have folded these new events of a book, in one transaction."""

    def delivered(self, to: str, events: Sequence[Recorded], *, seconds: float) -> None:
        """New events have been handed over: to the followers of a feed, a broker or a subscription."""

    def trace_parent(self, event: Recorded) -> str:  # noqa: ARG002 - of those that make traces
        """Returns the W3C trace context of the event, for whoever gets it; empty if no trace of it is made."""
        return ""

    def swept(self, timer: str, *, recorded: int, failed: bool, seconds: float) -> None:
        """A timer has looked through the books, and has recorded so many commands."""

    def out_of_sequence(self, reader: str, *, skipped: int, repeated: int) -> None:
        """A view or a feed has noticed that it was to skip or to repeat positions of a book, and stops there."""

    def subscription_changed(self, subscription: str, outcome: str, *, events: int) -> None:
        """Events of a subscription were `leased`, `acknowledged` or `given_back`."""

    def webhook_posted(self, subscription: str, outcome: str, *, seconds: float) -> None:
        """The endpoint of a subscription was sent a webhook: `delivered`, `failed` or `gone`."""

    def circuit_changed(self, subscription: str, *, is_open: bool) -> None:
        """The circuit breaker of an endpoint is now open or closed."""


UNOBSERVED = Observer()
