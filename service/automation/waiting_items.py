"""The part that timers over unmatched items share: which items may be matched now."""

from __future__ import annotations

from abc import abstractmethod
from collections import defaultdict
from collections.abc import Mapping, Sequence
from datetime import timedelta
from functools import partial
from threading import Event
from typing import ClassVar

from ledger.ids import PLATFORM_BOOK
from ledger.streams.loader import load_each
from ledger.streams.reference_data import UnmatchedItem
from projections.reconciliation.psp_references import PspReferences, items_to_match
from projections.reconciliation.waiting_references import What
from service.app import App
from service.loops.followed_view import FollowedView
from service.loops.timer import PAGE, Timer

_WHOLE_EVERY = timedelta(hours=1)  # a day that has ended or a new rate changes an answer without an event of the view


class NotWhole(Exception):
    """The view has stopped in a book: a reference may belong to further orders."""


class WaitingItems(Timer):
    """Reads items that are new, or name a reference that became known since the last look; every hour, all items of
    known references.
    """

    every = timedelta(seconds=10)
    what: ClassVar[What]

    def __init__(self, app: App, stop: Event | None = None) -> None:
        super().__init__(app, stop)
        self._view = FollowedView(app, PspReferences(), whole_every=_WHOLE_EVERY)

    def look(self) -> int:
        since, again = self._view.begin(), self.loop.to_try_again(PLATFORM_BOOK)
        recorded, is_whole = 0, True
        for page in self.pages(partial(self._page, since, again)):
            for psp, items in self._by_psp(page).items():
                try:
                    recorded += self.match(psp, items)
                except NotWhole:
                    is_whole = False
        if is_whole and not self.stop.is_set():
            self._view.end_all()
        return recorded

    @abstractmethod
    def match(self, psp: str, items: Mapping[str, UnmatchedItem]) -> int:
        """Matches the items, by stream, whose order is known. Returns the number recorded. Raises `NotWhole`."""

    def _page(self, since: Mapping[int, int], again: Sequence[str], last: str | None) -> list[str]:
        return items_to_match(self.app.views, self.what, since=since, again=again, after=last or "", limit=PAGE)

    def _by_psp(self, page: Sequence[str]) -> Mapping[str, Mapping[str, UnmatchedItem]]:
        """Returns the items by provider, without those that hold money: their facts and lines go with it."""
        items = load_each(self.app.ledger.reader, dict.fromkeys(page, PLATFORM_BOOK), UnmatchedItem)
        found: defaultdict[str, dict[str, UnmatchedItem]] = defaultdict(dict)
        for stream, item in items.items():
            if item.capture is None or item.is_matched:
                found[stream.split("/")[1]][stream] = item
        return found
