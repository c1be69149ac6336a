"""Lanes limit the concurrent requests of one sort, so that no sort takes the threads of the others."""

from __future__ import annotations

import asyncio
from collections import Counter, OrderedDict, deque
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager

from service.http.errors import TooBusy, TooManyAtOnce
from service.http.limits import LaneSize


class Lane:
    """Admits a limited number of requests at a time; later ones wait. `name` is the plural of the sort.

    Accounts take turns: who has many requests waiting does not hold up who has one.
    """

    def __init__(self, name: str, size: LaneSize) -> None:
        self._name, self._size = name, size
        self._running: Counter[str] = Counter()
        self._waiting: OrderedDict[str, deque[asyncio.Future[None]]] = OrderedDict()  # the next account first

    @property
    def running(self) -> int:
        """The number of requests that hold a place."""
        return self._running.total()

    @property
    def waiting(self) -> int:
        """The number of requests that wait for a place."""
        return sum(map(len, self._waiting.values()))

    @asynccontextmanager
    async def entered(self, who: str) -> AsyncIterator[None]:
        """Holds a place of the account during the block.

        Raises `TooManyAtOnce` if the account has its part of the lane, and `TooBusy` if the lane is full.
        """
        if self._has_place_for(who):
            self._running[who] += 1
        else:
            await self._turn_of(who)
        try:
            yield
        finally:
            self._leave(who)

    def _has_place_for(self, who: str) -> bool:
        return self.running < self._size.at_once and self._running[who] < self._size.each

    async def _turn_of(self, who: str) -> None:
        queue = self._waiting.get(who, deque())
        if len(queue) >= self._size.queued_each or self.waiting >= self._size.queued:
            raise self._refusal(who)
        place = asyncio.get_running_loop().create_future()
        self._waiting.setdefault(who, queue).append(place)
        try:
            async with asyncio.timeout(self._size.patience_s):
                await place
        except BaseException as left:
            if place in queue:
                queue.remove(place)
                self._forget_empty(who)
            elif not place.cancelled():  # the place was given in the same instant
                self._leave(who)
            if isinstance(left, TimeoutError):
                raise self._refusal(who) from None
            raise

    def _leave(self, who: str) -> None:
        """Gives the place to the next account that may have one."""
        self._running -= Counter([who])  # without those that are at zero
        for each in list(self._waiting):
            if self._has_place_for(each) and self._give(each):
                return

    def _give(self, who: str) -> bool:
        """Returns True if a request of the account took the place; those that gave up are still in the queue."""
        queue = self._waiting[who]
        self._waiting.move_to_end(who)
        while queue and (place := queue.popleft()).cancelled():
            pass
        given = not place.cancelled()
        if given:
            self._running[who] += 1
            place.set_result(None)
        self._forget_empty(who)
        return given

    def _forget_empty(self, who: str) -> None:
        if not self._waiting[who]:
            del self._waiting[who]

    def _refusal(self, who: str) -> TooBusy | TooManyAtOnce:
        size = self._size
        if self._running[who] >= size.each or len(self._waiting.get(who, ())) >= size.queued_each:
            more = f", and {size.queued_each} more wait" if size.queued else ""
            return TooManyAtOnce(
                f"{size.each} {self._name} of one account run at a time{more}."
                " Wait for the earlier ones, then try again."
            )
        return TooBusy(f"{size.at_once} {self._name} run already, which is the limit. Try again in a moment.")
