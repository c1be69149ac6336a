"""One lease call of a member: a visit to each of its books that has something to do."""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime

from ledger.events.subscriptions import SubscriptionRewound
from ledger.ledger import Ledger
from ledger.log.rows import Recorded
from ledger.streams.subscriptions import Subscription
from service.failures import ServiceFailure
from service.feeds.event_feed import EventFeed, EventFilter
from service.subscriptions.book_delivery import BookDelivery, Receipt, Unsettled
from service.subscriptions.delivery_rows import BookRow, DeliveryRows
from service.subscriptions.shares import Share, share_of

_MOST_LOOKED_THROUGH = 50_000  # positions of a book in one call, where the filter takes few events


class PlaceLost(ServiceFailure):
    """The place of the subscription is from before a restore of the ledger."""

    def __init__(self, book: int) -> None:
        super().__init__(
            f"The place of the subscription in book {book} is from before a restore of the ledger. Begin a new copy,"
            " and move the subscription to its place (rewind_subscription)."
        )


@dataclass(frozen=True, slots=True)
class DeliveredEvent:
    """One delivery: its receipt, the event as its owner may read it, and how many times it was delivered by now."""

    receipt: Receipt
    row: Recorded
    text: str  # the CloudEvent, a line of JSON
    attempt: int


class LeaseCall:
    """A call of one member, among those that are `live`. Each book has a transaction of its own."""

    def __init__(
        self,
        ledger: Ledger,
        feed: EventFeed,
        subscription: Subscription,
        rows: DeliveryRows,
        wanted: EventFilter,
        member: str,
        live: Sequence[str],
    ) -> None:
        self._reader, self._epoch, self._feed = ledger.reader, ledger.identity.epoch, feed
        self._subscription, self._rows, self._wanted = subscription, rows, wanted
        self._member, self._live = member, live

    def events(self, most: int) -> Iterator[DeliveredEvent]:
        """Yields up to `most` events, and no more than the member may hold. Each busy book has the same part of them.

        Raises `PlaceLost` before it leases anything.
        """
        heads = self._reader.heads()
        books = self._books(heads)
        for row in books.values():
            self._expect_usable(row, heads)
        share = share_of(self._member, {book: row.member for book, row in books.items()}, self._live)
        in_flight = sum(row.in_flight for row in books.values() if row.member == self._member)
        room = min(most, self._rows.settings.most_in_flight - in_flight)
        busy = [book for book in (*share.keeps, *share.takes) if self._has_work(books[book], heads)]
        for book in (*share.gives_up, *(book for book in share.takes if book not in busy)):
            self._visit(book, 0, heads[book], share)
        for number, book in enumerate(busy):
            part = -(-max(0, room) // (len(busy) - number))
            taken = self._visit(book, part, heads[book], share)
            room -= len(taken)
            yield from taken

    def _books(self, heads: Mapping[int, int]) -> dict[int, BookRow]:
        """Returns the books that the subscription follows. New ones are added."""
        wanted = [book for book in heads if not self._wanted.books or book in self._wanted.books]
        found = self._rows.books()
        if missing := [book for book in wanted if book not in found]:
            assert self._subscription.created, "it was created"
            start = self._subscription.created.start
            self._rows.begin({book: start.get(book, 0) for book in missing}, self._epoch)
            found = self._rows.books()
        return {book: found[book] for book in wanted}

    def _expect_usable(self, row: BookRow, heads: Mapping[int, int]) -> None:
        """Raises `PlaceLost`, unless a rewind that is still to be carried out gives the book another place."""
        if row.epoch == self._epoch and row.position <= heads[row.book]:
            return
        for decision in self._subscription.decisions:
            rewound = isinstance(decision.event, SubscriptionRewound) and row.book in decision.event.positions
            if rewound and decision.version > row.decided:
                return
        raise PlaceLost(row.book)

    def _has_work(self, row: BookRow, heads: Mapping[int, int]) -> bool:
        decisions = self._subscription.decisions
        is_decided = not decisions or decisions[-1].version <= row.decided
        return bool(row.position < heads[row.book] or row.in_flight or row.waiting or not is_decided)

    def _visit(self, book: int, most: int, head: int, share: Share) -> list[DeliveredEvent]:
        """Returns the events of the book that are leased to the member now: none if another was faster."""
        with self._rows.locked(book) as locked:
            state, now = locked[book]
            if self._is_anothers(state.member):
                return []
            state.carry_out(self._subscription.decisions, epoch=self._epoch, now=now)
            state.hand_over(self._member, now)
            state.expire(now)
            if book in share.gives_up:
                state.member = state.member if state.leased() else ""
                return []
            return self._taken(state, most, head, now)

    def _is_anothers(self, owner: str) -> bool:
        """True if another live member has the book. It may have come after this call began, so the members are read
        again, under the lock of the book."""
        return owner not in ("", self._member) and owner in self._rows.members()

    def _taken(self, state: BookDelivery, most: int, head: int, now: datetime) -> list[DeliveredEvent]:
        readable = self._read_on(state, most, head, now)
        ready = state.ready(now)[:most]
        if earlier := [each.position for each in ready if each.position not in readable]:
            readable |= self._readable(self._reader.read_at(state.book, earlier))
            state.drop(set(earlier) - readable.keys())
        taken = state.take([each for each in ready if each.position in readable], now)
        return [self._delivered(state.book, each, *readable[each.position]) for each in taken]

    def _read_on(self, state: BookDelivery, most: int, head: int, now: datetime) -> dict[int, tuple[Recorded, str]]:
        """Reads the log on until so many events are ready. Returns the events that it read, by position."""
        readable: dict[int, tuple[Recorded, str]] = {}
        upto = min(head, state.position + _MOST_LOOKED_THROUGH)
        while (lacking := min(most - len(state.ready(now)), state.room)) > 0 and state.position < upto:
            rows, seen = self._feed.rows(state.book, state.position, upto, self._wanted.of_rows, lacking)
            found = self._readable(row for row in rows if self._wanted.takes(row))
            state.read_on(((position, row.stream) for position, (row, _) in found.items()), seen, now)
            readable |= found
        return readable

    def _readable(self, rows: Iterator[Recorded] | Sequence[Recorded]) -> dict[int, tuple[Recorded, str]]:
        texts = ((row, self._feed.text(row, self._wanted.reads_as)) for row in rows)
        return {row.position: (row, text) for row, text in texts if text is not None}

    def _delivered(self, book: int, each: Unsettled, row: Recorded, text: str) -> DeliveredEvent:
        return DeliveredEvent(Receipt(book, each.lease, each.position), row, text, each.attempts)
