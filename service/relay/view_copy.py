"""The copy of a view's rows in a book: their changes in order, of each row the last one.

A stream has the rows at sequences that mean nothing, because a row that changes again is left out at its old position:
rivals that read at different times have different messages for the same sequence. So rows are published in batches: the
stream takes a batch as a whole, behind the sequence that the relay knows, or not at all. Headers say how far the copy
is filled.

`Nats-Expected-Last-Msg-Id` would bind each message to the one before it. But a cluster compares it only after it has
replicated the message, and then a rival's message stops the stream on all servers (nats-server 2.15).
"""

from __future__ import annotations

import asyncio
from collections.abc import Callable, Iterator, Mapping, Sequence
from dataclasses import replace
from hashlib import sha256
from itertools import pairwise
from typing import NamedTuple, TypeVar
from uuid import uuid4

from nats.aio.client import Client
from nats.errors import Error
from nats.js.api import Header, RawStreamMsg

from ledger.ledger import Ledger
from projections.engine.changes import Change
from projections.engine.generations import ViewOutdated
from service.feeds.feed import Growth
from service.feeds.view_feed import ViewFeed
from service.relay.failures import StreamRefused, expect_same_epoch
from service.relay.flight import MOST_ON_THE_WAY
from service.relay.messages import Batch, Message
from service.relay.names import Names
from service.relay.stream import Keeping, Stream

T = TypeVar("T")
KEY_HEADER, PLACE_HEADER, COPY_HEADER = "RedLedger-View", "RedLedger-Place", "RedLedger-Copy"


class ViewUnreadable(Error):
    """Other code folds the view. The sentence says what to do."""


async def view_read(read: Callable[[], T]) -> T:
    """Returns the result of a read of a view. Raises `ViewUnreadable`."""
    try:
        return await asyncio.to_thread(read)
    except ViewOutdated as outdated:
        raise ViewUnreadable(str(outdated)) from outdated


class _Last(NamedTuple):
    """The last message of the stream: its sequence and id, the key of the view, the id of the copy, and the position
    that it reaches."""

    sequence: int = 0
    id: str = ""
    key: str = ""
    copy: str = ""
    position: int = -1


class ViewCopy:
    """The rows of a view in one book, in their stream. With another key of the view the copy begins again: a message
    says so, and all rows follow."""

    def __init__(
        self, client: Client, ledger: Ledger, feed: ViewFeed, book: int, *, names: Names, keeping: Keeping
    ) -> None:
        view = feed.projection.name
        self.part = f"{view} of book {book}"
        self.stream = Stream(
            client,
            names.view_stream(view, book),
            names.view_subjects(view, book),
            identity=ledger.identity,
            part={"view": view, "book": str(book)},
            keeping=Keeping(keeping.replicas),  # with a limit of age or size the broker would drop rows of the copy
            of_each_subject=1,
            takes_batches=True,
        )
        self._ledger, self._feed, self._book, self._names = ledger, feed, book, names
        self._last = _Last()
        self.position = -1

    async def resume(self) -> int:
        """Returns the last sequence. Raises `StreamRefused` if the stream has more than the book."""
        sequence = (await self.stream.found_or_made()).state.last_seq
        self._last = self._named(sequence, await self.stream.at(sequence)) if sequence else _Last()
        end = await view_read(self._feed.end)
        self.position = self._last.position if self._last.key == end.key else -1
        if self.position > (head := (await asyncio.to_thread(self._ledger.reader.heads)).get(self._book, 0)):
            raise StreamRefused(
                f"Stream {self.stream.name} has rows up to position {self.position}, and book {self._book} has {head}"
                f" events. If the ledger was restored, raise its epoch. {self.stream.refilled}"
            )
        return sequence

    async def following(self) -> Sequence[Message]:
        """Returns the rows that changed next, or the beginning of a copy with another key."""
        growth = await view_read(self._growth)
        if self.position < 0 or growth.key != self._last.key:
            self.position = 0
            self._last = self._last._replace(key=growth.key, copy=uuid4().hex)
            subject = self._names.copy_subject(self._feed.projection.name, self._book)
            begun = self._next(subject, self._feed.beginning(self._book, growth.key, self._last.copy), 0)
            return list(_in_batches([begun]))
        rows = growth.recent
        places = [one.position - (one.position == other.position) for one, other in pairwise(rows)]
        places += [growth.reached] if rows else []
        self.position = growth.reached
        following = (
            self._next(self._subject(each.source), each.frame.text, place)
            for each, place in zip(rows, places, strict=True)
        )
        return list(_in_batches(list(following)))

    def _growth(self) -> Growth:
        growth = self._feed.growth(self._book, max(0, self.position), 0)
        expect_same_epoch(self._ledger)
        return growth

    def _subject(self, change: Change) -> str:
        return self._names.row_subject(self._feed.projection.name, change)

    def _next(self, subject: str, body: str, place: int) -> Message:
        """Returns the message behind the last one. The id stands for all that came before it."""
        last, sequence = self._last, self._last.sequence + 1
        id = sha256(f"{last.id} {subject} {body}".encode()).hexdigest()[:32]
        self._last = last._replace(sequence=sequence, id=id, position=place)
        about = {KEY_HEADER: last.key, COPY_HEADER: last.copy, PLACE_HEADER: str(place)}
        return Message(sequence, subject, id, body, about)

    def _named(self, sequence: int, message: RawStreamMsg | None) -> _Last:
        headers: Mapping[str, str] = (message.headers if message else None) or {}
        try:
            id, key, copy = (headers[each] for each in (Header.MSG_ID.value, KEY_HEADER, COPY_HEADER))
            return _Last(sequence, id, key, copy, int(headers[PLACE_HEADER]))
        except (KeyError, ValueError):
            raise StreamRefused(
                f"Stream {self.stream.name} has a message of another program at sequence {sequence}."
                f" {self.stream.refilled}"
            ) from None


def _in_batches(messages: Sequence[Message]) -> Iterator[Message]:
    """Yields the messages in batches. The id of a batch is that of no rival's, which may have the same messages."""
    for begun in range(0, len(messages), MOST_ON_THE_WAY):
        part, id = messages[begun : begun + MOST_ON_THE_WAY], uuid4().hex
        for number, message in enumerate(part, 1):
            yield replace(message, batch=Batch(id, number, is_last=number == len(part)))
