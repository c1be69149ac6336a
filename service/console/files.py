"""The stylesheet and the script of the console, served by ourselves."""

from __future__ import annotations

from collections.abc import Mapping
from functools import cache
from importlib.resources import files

from fastapi import APIRouter
from fastapi.responses import Response
from starlette.exceptions import HTTPException

from service.http.read_route import CheckedRoute

router = APIRouter(route_class=CheckedRoute)
_MEDIA: Mapping[str, str] = {"console.css": "text/css", "console.js": "text/javascript", "icon.svg": "image/svg+xml"}


@router.get("/assets/{name}")
async def asset(name: str) -> Response:
    """Returns one of our files."""
    if name not in _MEDIA:
        raise HTTPException(404)
    return Response(_content(name), media_type=_MEDIA[name])


@cache
def _content(name: str) -> bytes:
    return files("service.console").joinpath("assets", name).read_bytes()
