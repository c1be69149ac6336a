"""Records deemed signatures of parcels without a signature, if the order's policy asks for them. Off by default."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from datetime import datetime, timedelta
from functools import partial

from commands.command import Command
from commands.parcels.deem_signed import DeemSigned
from ledger.events.milestones import ENDS
from ledger.ids import command_id, order_stream
from ledger.policies.after_sales_lock import AfterSalesLock
from projections.tracking.unsigned_parcels import UnsignedParcel, deeming_locks, unsigned_parcels
from service.loops.loop import Item
from service.loops.timer import TIMER, Timer

_PAGE = 1_000


class DeemedSignatures(Timer):
    """Runs every ten minutes only: it reads every parcel under way, and its deadlines are days."""

    name = "deemed_signatures"
    every = timedelta(minutes=10)

    def look(self) -> int:
        locks, now = deeming_locks(self.app.views), self.app.clock()
        return self.in_each_book(lambda book: self._ask(book, locks, now)) if locks else 0

    def _ask(self, book: int, locks: Mapping[int, AfterSalesLock], now: datetime) -> int:
        return sum(
            self.loop.ask(
                item
                for parcel in page
                for item in self.loop.made(book, _name(parcel), partial(_items, book, parcel, locks, now))
            )
            for page in self.pages(partial(self._page, book, list(locks), now), size=_PAGE)
        )

    def _page(self, book: int, versions: list[int], now: datetime, last: UnsignedParcel | None) -> list[UnsignedParcel]:
        after = (last.order_id, last.merchant, last.parcel_id) if last else ("", "", "")
        return unsigned_parcels(self.app.views, book, now=now, lock_versions=versions, after=after, limit=_PAGE)


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
