"""The library's subscription to a book: it yields recorded events, then new ones, until it is stopped."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from threading import Event

from eventsourcing.persistence import ApplicationRecorder, Notification, Subscription

_BATCH = 500
_SHORTEST_PAUSE_S, _LONGEST_PAUSE_S = 0.002, 0.1


class BookSubscription(Subscription[ApplicationRecorder]):
    """Polls the book: after 2 ms at first, then at longer pauses up to 100 ms, so no lost wake-up can stall it."""

    def __init__(self, recorder: ApplicationRecorder, gt: int | None, topics: Sequence[str]) -> None:
        super().__init__(recorder=recorder, gt=gt, topics=topics)
        self._stopped = Event()
        self._coming = self._follow()

    def stop(self) -> None:
        super().stop()
        self._stopped.set()

    def __next__(self) -> Notification:
        return next(self._coming)

    def _follow(self) -> Iterator[Notification]:
        after, pause_s = self._last_notification_id or 0, _SHORTEST_PAUSE_S
        while not self._stopped.is_set():
            batch = self._recorder.select_notifications(
                start=after, limit=_BATCH, topics=self._topics, inclusive_of_start=False
            )
            for notification in batch:
                if self._stopped.is_set():
                    return
                after = notification.id
                yield notification
            pause_s = _SHORTEST_PAUSE_S if batch else min(2 * pause_s, _LONGEST_PAUSE_S)
            if not batch:
                self._stopped.wait(pause_s)
