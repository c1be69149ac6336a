"""Matches unmatched scans whose parcel is now known. A parcel's dispatch may be reported after its first scan."""

from __future__ import annotations

from datetime import timedelta
from threading import Event

from ledger.ids import PLATFORM_BOOK
from projections.tracking.tracking_numbers import TrackingNumbers
from service.app import App
from service.loops.followed_view import FollowedView
from service.loops.timer import Timer
from service.unmatched.scan_matches import ScanMatcher

_WHOLE_EVERY = timedelta(hours=1)  # a refused report may be accepted later


class UnmatchedScans(Timer):
    """Reads scans that are new, or whose number became a parcel's since the last look; every hour, all of them.

    A scan whose tracking number fits several parcels stays unmatched, and each of their orders has a break.
    """

    name = "unmatched_scans"
    every = timedelta(seconds=10)

    def __init__(self, app: App, stop: Event | None = None) -> None:
        super().__init__(app, stop)
        self._routing = ScanMatcher(app.ledger, app.bus, app.views)
        self._view = FollowedView(app, TrackingNumbers(), whole_every=_WHOLE_EVERY)

    def look(self) -> int:
        pages = self._routing.pages(self._view.begin(), self.loop.to_try_again(PLATFORM_BOOK))
        recorded = 0
        for page in pages:
            if self.stop.is_set():
                return recorded
            recorded += self.loop.together(PLATFORM_BOOK, page, self._routing.match)
        self._view.end_all()
        return recorded
