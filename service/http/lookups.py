"""Lookups by id over HTTP: a route for each entry of `service/lookups.py`."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

from fastapi import APIRouter

from service.http.lanes import ReadRoute
from service.http.parameters import READS_THE_LOG, Name, OpenApp, answer
from service.http.statuses import responses
from service.lookups import LOOKUPS, look_up

router = APIRouter(tags=["lookups"], route_class=ReadRoute)


def _reads(kind: str) -> Callable[[Any, str], dict[str, Any]]:
    def read(app: OpenApp, id: Name) -> dict[str, Any]:
        return answer(app, {}, **{kind.replace("-", "_"): look_up(app, kind, id)})

    read.__name__, read.__doc__ = kind.replace("-", "_"), LOOKUPS[kind].says
    return read


for _kind, _lookup in LOOKUPS.items():
    router.get(_lookup.path, responses=responses(404), dependencies=READS_THE_LOG)(_reads(_kind))
