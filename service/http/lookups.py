"""Lookups by id over HTTP: a route for each entry of `service/lookups.py`."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

from fastapi import APIRouter

from service.http.lanes import ReadRoute
from service.http.parameters import AtLeast, Name, OpenApp, answer
from service.http.statuses import responses
from service.lookups import LOOKUPS, look_up

router = APIRouter(tags=["lookups"], route_class=ReadRoute)


def _reads(kind: str) -> Callable[..., dict[str, Any]]:
    def read(app: OpenApp, id: Name, at_least: AtLeast) -> dict[str, Any]:
        for view in LOOKUPS[kind].views():
            app.views.read(view, lambda _: None, at_least=at_least.vector, timeout_s=at_least.timeout_s)
        return answer(app, {}, **{kind.replace("-", "_"): look_up(app, kind, id)})

    read.__name__, read.__doc__ = kind.replace("-", "_"), LOOKUPS[kind].says
    return read


for _kind, _lookup in LOOKUPS.items():
    router.get(_lookup.path, responses=responses(404))(_reads(_kind))
