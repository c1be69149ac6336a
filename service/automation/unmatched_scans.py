"""Matches unmatched scans whose parcel is now known. A parcel's dispatch may be reported after its first scan."""

from __future__ import annotations

from datetime import timedelta
from threading import Event

from ledger.ids import PLATFORM_BOOK
from service.app import App
from service.loops.timer import Timer
from service.unmatched.scan_matches import ScanMatcher


class UnmatchedScans(Timer):
    """A scan whose tracking number fits several parcels stays unmatched, and each of their orders has a break."""

    name = "unmatched_scans"
    every = timedelta(seconds=10)

    def __init__(self, app: App, stop: Event | None = None) -> None:
        super().__init__(app, stop)
        self._routing = ScanMatcher(app.ledger, app.bus, app.views)

    def look(self) -> int:
        pages = self._routing.pages()
        return sum(self.loop.together(PLATFORM_BOOK, page, self._routing.match) for page in pages)
