"""Treats parcels as signed for that nobody proved to be delivered, where the order's policy says so; off by default."""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from datetime import datetime, timedelta

from commands.command import Command
from commands.deem_signed import DeemSigned
from ledger.events.milestones import ENDS
from ledger.ids import derived_id
from ledger.policies.after_sales_lock import AfterSalesLock
from projections.unsigned_parcels import UnsignedParcel, deeming_locks, unsigned_parcels
from service.timers.timer import TIMER, Timer

_PAGE = 1_000


class DeemedSignatures(Timer):
    """Looks seldom, for it goes through every parcel under way, and its deadlines are days."""

    every = timedelta(minutes=10)

    def sweep(self) -> int:
        locks, now = deeming_locks(self.app.views), self.app.clock()
        if not locks:
            return 0
        return sum(self.ask(list(_due(page, locks, now))) for page in self._pages(list(locks), now))

    def _pages(self, versions: list[int], now: datetime) -> Iterator[list[UnsignedParcel]]:
        for book in self.app.ledger.reader.heads():
            after = ("", "", "")
            while not self.stop.is_set():
                page = unsigned_parcels(self.app.views, book, now=now, lock_versions=versions, after=after, limit=_PAGE)
                yield page
                if len(page) < _PAGE:
                    break
                after = (page[-1].order_id, page[-1].merchant, page[-1].parcel_id)


def _due(parcels: Sequence[UnsignedParcel], locks: Mapping[int, AfterSalesLock], now: datetime) -> Iterator[Command]:
    """What was lost, refused or came back is not signed for by the passing of time."""
    for parcel in parcels:
        deemed_at = locks[parcel.lock_version].deemed_at(parcel)
        if parcel.milestone not in ENDS - {"signed_for"} and deemed_at is not None and deemed_at <= now:
            yield DeemSigned(
                id=derived_id("deem", parcel.order_id, parcel.parcel_id, str(parcel.changed_at)),
                actor=TIMER,
                merchant_id=parcel.merchant,
                order_id=parcel.order_id,
                parcel_id=parcel.parcel_id,
            )
