"""Takes scans out of the unmatched items once their parcel is known: the hand-over may be reported after the first
scan."""

from __future__ import annotations

from datetime import timedelta
from threading import Event

from service.app import App
from service.loops.loop import PLATFORM_BOOK
from service.loops.timer import Timer
from service.unmatched.scan_matches import ScanMatcher


class UnmatchedScans(Timer):
    """A scan whose number does not say which parcel it is of stays with people, and its orders have breaks."""

    name = "unmatched_scans"
    every = timedelta(seconds=10)

    def __init__(self, app: App, stop: Event | None = None) -> None:
        super().__init__(app, stop)
        self._routing = ScanMatcher(app.ledger, app.bus, app.views)

    def look(self) -> int:
        pages = self._routing.pages()
        return sum(self.loop.together(PLATFORM_BOOK, page, self._routing.match) for page in pages)
