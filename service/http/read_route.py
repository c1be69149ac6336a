"""Routes of reads: no unknown parameter, and a place in a lane while the answer is made."""

from __future__ import annotations

from collections.abc import Callable, Coroutine
from contextlib import AsyncExitStack
from typing import Any

from fastapi import Request, Response
from fastapi.dependencies.models import Dependant
from fastapi.routing import APIRoute

from service.http.bearer import bearer_of
from service.http.errors import BadParameter
from service.http.exports import SentList, format_of
from service.http.lanes import Lane
from service.questions.parameters import AT_LEAST, FORMAT, TIMES


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


class CheckedRoute(APIRoute):
    """A route that refuses unknown parameters."""

    def get_route_handler(self) -> Callable[[Request], Coroutine[Any, Any, Response]]:
        handle = super().get_route_handler()
        known = _query_names(self.dependant)

        async def checked(request: Request) -> Response:
            _check_names(request, known)
            return await handle(request)

        return checked


class ReadRoute(CheckedRoute):
    """A read. Holds its place in the lane while the answer is made, and an export while it is sent."""

    def get_route_handler(self) -> Callable[[Request], Coroutine[Any, Any, Response]]:
        handle = super().get_route_handler()
        known = _query_names(self.dependant)
        folds = getattr(self.endpoint, "folds", False)  # `reading` of service/http/routes/questions.py sets it

        async def in_lane(request: Request) -> Response:
            account_id = (await bearer_of(request)).account_id
            async with AsyncExitStack() as place:
                await place.enter_async_context(_lane_of(request, known, folds=folds).entered(account_id))
                answer = await handle(request)
                if isinstance(answer, SentList):
                    answer.place = place.pop_all()
                return answer

        return in_lane


def _lane_of(request: Request, known: set[str], *, folds: bool) -> Lane:
    state = request.app.state
    if FORMAT.name in known and format_of(request):
        lane: Lane = state.exports
    elif folds and any(each.name in request.query_params for each in TIMES):
        lane = state.folds
    else:
        lane = state.waiting_reads if AT_LEAST.name in request.query_params else state.reads
    return lane
