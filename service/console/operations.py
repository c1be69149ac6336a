"""The page of operations: how far views and subscribers are behind, what is parked, tokens, and automatic steps."""

from __future__ import annotations

from fastapi import APIRouter, Depends, Request
from fastapi.responses import Response

from service.console.layout import shown
from service.console.navigation import OPERATIONS
from service.console.page import Page, picked_times
from service.console.parts import Part, part_of
from service.http.bearer import AccessBearer
from service.http.read_route import ReadRoute

router = APIRouter(route_class=ReadRoute, dependencies=[Depends(picked_times)])
# Each part is a question, and the greatest number of its rows; None for all.
_PARTS = {"view-lags": None, "subscriptions": 20, "parked": None, "automation": None, "tokens": 20}


@router.get(OPERATIONS.path)
def operations(request: Request, bearer: AccessBearer) -> Response:
    """Returns the parts that the reader may ask for, as they stand now."""
    page = Page(request, bearer)
    OPERATIONS.check(page)
    parts = [_part(page, name, most) for name, most in _PARTS.items() if page.may_ask(name)]
    return shown(page, "home.html", title=page.language.text("Operations"), parts=parts)


def _part(page: Page, name: str, most: int | None) -> Part:
    return part_of(page, name, limit=most) if most else part_of(page, name)
