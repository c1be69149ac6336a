"""Records deemed signatures of parcels without a signature, if the order's policy asks for them. Off by default."""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from datetime import datetime, timedelta
from functools import partial
from threading import Event

from commands.command import Command
from commands.parcels.deem_signed import DeemSigned
from ledger.events.milestones import ENDS
from ledger.ids import command_id, order_stream
from ledger.policies.after_sales_lock import AfterSalesLock
from projections.tracking.tracking import PROJECTION
from projections.tracking.unsigned_parcels import UnsignedParcel, deeming_locks, unsigned_parcels
from service.app import App
from service.loops.followed_view import FollowedView
from service.loops.loop import Item
from service.loops.timer import TIMER, Timer

_PAGE = 1_000


class DeemedSignatures(Timer):
    """Reads parcels of orders that changed since the last look, or whose time may have passed since; everything after a
    policy was published.
    """

    name = "deemed_signatures"
    every = timedelta(minutes=10)

    def __init__(self, app: App, stop: Event | None = None) -> None:
        super().__init__(app, stop)
        self._view = FollowedView(app, PROJECTION)
        self._locks: Mapping[int, AfterSalesLock] = {}

    def look(self) -> int:
        locks, now = deeming_locks(self.app.views), self.app.clock()
        if not locks:
            return 0
        since = self._view.begin(self.loop.books, whole=locks != self._locks or self.loop.has_to_try_again)
        self._locks = locks
        return self.in_each_book(lambda book: self._ask(book, now, since.get(book, 0)))

    def _ask(self, book: int, now: datetime, since: int) -> int:
        pages = self.pages(partial(self._page, book, now, since), size=_PAGE)
        recorded = sum(self.loop.ask(self._items(book, page, now)) for page in pages)
        if not self.stop.is_set():
            self._view.end(book)
        return recorded

    def _items(self, book: int, page: Sequence[UnsignedParcel], now: datetime) -> Iterator[Item]:
        for parcel in page:
            yield from self.loop.made(book, _name(parcel), partial(_items, book, parcel, self._locks, now))

    def _page(self, book: int, now: datetime, since: int, last: UnsignedParcel | None) -> list[UnsignedParcel]:
        return unsigned_parcels(
            self.app.views,
            book,
            self._locks,
            now=now,
            due_after=self._view.due_after(book),
            since=since,
            after=(last.order_id, last.merchant, last.parcel_id) if last else ("", "", ""),
            limit=_PAGE,
        )


def _items(book: int, parcel: UnsignedParcel, locks: Mapping[int, AfterSalesLock], now: datetime) -> Iterator[Item]:
    """Yields the parcel if its time has passed. A parcel that was lost, refused or returned is never deemed signed."""
    deemed_at = locks[parcel.lock_version].deemed_at(parcel)
    if parcel.milestone not in ENDS - {"signed_for"} and deemed_at is not None and deemed_at <= now:
        yield Item(book, _name(parcel), partial(_deem, parcel))


def _deem(parcel: UnsignedParcel) -> Command:
    return DeemSigned(
        id=command_id("deem", _stream(parcel), parcel.parcel_id, str(parcel.changed_at)),
        actor=TIMER,
        merchant_id=parcel.merchant,
        order_id=parcel.order_id,
        parcel_id=parcel.parcel_id,
    )


def _name(parcel: UnsignedParcel) -> str:
    return f"{_stream(parcel)}#{parcel.parcel_id}"


def _stream(parcel: UnsignedParcel) -> str:
    return order_stream(parcel.merchant, parcel.order_id)
