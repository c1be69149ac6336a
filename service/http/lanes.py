"""Lanes limit the concurrent requests of one sort, so that no sort takes the threads of the others."""

from __future__ import annotations

import asyncio
from collections.abc import AsyncIterator, Callable, Coroutine
from contextlib import asynccontextmanager
from typing import Any

from fastapi import Request, Response
from fastapi.dependencies.models import Dependant
from fastapi.routing import APIRoute

from service.http.errors import BadParameter, TooBusy
from service.http.limits import LaneSize


class Lane:
    """Admits a limited number of requests at a time; later ones wait. `name` is the plural of the sort."""

    def __init__(self, name: str, size: LaneSize) -> None:
        self._name, self._size = name, size
        self._places, self._queued = asyncio.Semaphore(size.at_once), 0

    @asynccontextmanager
    async def entered(self) -> AsyncIterator[None]:
        """Holds a place during the block. Raises `TooBusy` if the queue is full or no place becomes free in time."""
        if self._queued >= self._size.queued:
            raise self._busy()
        self._queued += 1
        try:
            async with asyncio.timeout(self._size.patience_s):
                await self._places.acquire()
        except TimeoutError:
            raise self._busy() from None
        finally:
            self._queued -= 1
        try:
            yield
        finally:
            self._places.release()

    def _busy(self) -> TooBusy:
        return TooBusy(f"{self._size.at_once} {self._name} run already, which is the limit. Try again in a moment.")


def _query_names(dependant: Dependant) -> set[str]:
    own = {field.alias for field in dependant.query_params}
    return own.union(*map(_query_names, dependant.dependencies))


def _check_names(request: Request, known: set[str]) -> None:
    """Raises `BadParameter` for an unknown or repeated parameter. Ignoring a misspelt filter would return rows that
    the client excluded."""
    names = [name for name, _ in request.query_params.multi_items()]
    for name in names:
        if name not in known:
            there_are = ", ".join(sorted(known)) or "none"
            raise BadParameter(name, f"The parameter {name[:60]} does not exist here. Known are: {there_are}.")
        if names.count(name) > 1:
            raise BadParameter(name, f"The parameter {name} is given {names.count(name)} times. Give it once.")


class ReadRoute(APIRoute):
    """A read. Holds its place in the lane while the answer is made, not while it is sent."""

    def get_route_handler(self) -> Callable[[Request], Coroutine[Any, Any, Response]]:
        handle = super().get_route_handler()
        known = _query_names(self.dependant)

        async def in_lane(request: Request) -> Response:
            _check_names(request, known)
            state = request.app.state
            lane: Lane = state.waiting_reads if "at_least" in request.query_params else state.reads
            async with lane.entered():
                return await handle(request)

        return in_lane
