"""The copy of a book: every event of it, at the sequence that is its position."""

from __future__ import annotations

import asyncio
import logging
from collections.abc import Sequence

from nats.aio.client import Client
from nats.js.api import Header

from ledger.ledger import Ledger
from ledger.log.rows import Recorded
from service.feeds.cloud_events import cloud_event
from service.relay.failures import StreamRefused, expect_same_epoch
from service.relay.messages import Message
from service.relay.names import Names
from service.relay.stream import Keeping, Stream

_PAGE = 500  # events of one read

_logger = logging.getLogger(__name__)


class BookCopy:
    """A book in its stream, event for event."""

    def __init__(self, client: Client, ledger: Ledger, book: int, *, names: Names, keeping: Keeping) -> None:
        self.part, self.position = f"book {book}", -1
        self.stream = Stream(
            client,
            names.stream(book),
            names.subjects(book),
            identity=ledger.identity,
            part={"book": str(book)},
            keeping=keeping,
        )
        self._ledger, self._book, self._names = ledger, book, names
        self._lacking = 0

    async def resume(self) -> int:
        """Returns the position of the last event in the stream. Raises `StreamRefused` unless it is the book's."""
        state = (await self.stream.found_or_made()).state
        self._warn_of_holes(state.num_deleted or 0)
        if state.last_seq:
            await self._expect_same_event(state.last_seq)
        self.position = state.last_seq
        return state.last_seq

    async def following(self) -> Sequence[Message]:
        """Returns the next events. Raises `StreamRefused` if they do not follow."""
        rows = await asyncio.to_thread(self._page)
        self.position = rows[-1].position
        return [self.message(row) for row in rows]

    def message(self, row: Recorded) -> Message:
        """Returns the message of an event."""
        body = cloud_event(self._ledger.identity.ledger_id, row)
        return Message(row.position, self._names.subject(row), row.event_id, body, event=row)

    def _page(self) -> Sequence[Recorded]:
        rows = self._ledger.reader.read(self._book, self.position, _PAGE)
        expect_same_epoch(self._ledger)
        if not rows or rows[-1].position != self.position + len(rows):
            raise StreamRefused(
                f"Book {self._book} has a gap after position {self.position}. Run `redledger verify-log`; if the ledger"
                " was restored, raise its epoch."
            )
        return rows

    def _warn_of_holes(self, lacking: int) -> None:
        if lacking > self._lacking:
            words = "Stream %s lacks %d events in its middle, which were deleted or lost there. %s"
            _logger.warning(words, self.stream.name, lacking, self.stream.refilled)
        self._lacking = lacking

    async def _expect_same_event(self, position: int) -> None:
        """Raises `StreamRefused` unless the ledger has the stream's last event at its sequence."""
        name, ours = self.stream.name, await asyncio.to_thread(self._event_id_at, position)
        if ours is None:
            raise StreamRefused(
                f"Stream {name} has {position} events, and book {self._book} has fewer. Either another program"
                f" published into it, or the ledger was restored: raise its epoch. {self.stream.refilled}"
            )
        message = await self.stream.at(position)
        if message is None:  # it is older than the broker keeps
            return
        found = (message.headers or {}).get(Header.MSG_ID.value)
        if found != ours:
            raise StreamRefused(
                f"Stream {name} has {found or 'a message without an id'} at sequence {position}, where book"
                f" {self._book} has event {ours}. Another program published into it, or the ledger was restored without"
                f" a new epoch. {self.stream.refilled}"
            )

    def _event_id_at(self, position: int) -> str | None:
        return next((row.event_id for row in self._ledger.reader.read(self._book, position - 1, 1)), None)
