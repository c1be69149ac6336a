"""Orders over HTTP: tracking of their parcels, and their history."""

from __future__ import annotations

from typing import Annotated, Any

from fastapi import APIRouter, Header, Query, Response
from pydantic import Field
from pydantic_core import to_jsonable_python

from projections.tracking.tracking import track
from service.http.errors import NotRecorded
from service.http.lanes import ReadRoute
from service.http.limits import LARGEST_POSITION
from service.http.parameters import (
    IN_DIGITS,
    READS_THE_LOG,
    AsKnownAt,
    AtLeast,
    Day,
    MerchantFilter,
    Name,
    OpenApp,
    Word,
    answer,
)
from service.http.statuses import responses
from service.tracking.history import history_of
from service.tracking.localisation import DEFAULT, best_locale, localised, reader_of
from service.tracking.tracking import reported

router = APIRouter(tags=["orders"], route_class=ReadRoute)


@router.get("/orders/{order}/tracking", responses=responses(404, 409))
def tracking(
    app: OpenApp,
    order: Name,
    at_least: AtLeast,
    response: Response,
    merchant: MerchantFilter = None,
    locale: Annotated[
        Name | None, Query(description="Adds `words` in this language, such as zh-Hant-MO. Default: `Accept-Language`.")
    ] = None,
    accept_language: Annotated[Word | None, Header(include_in_schema=False)] = None,
) -> dict[str, Any]:
    """Returns the parcels of an order in a buyer's words, and the after-sales that the buyer may request. Contains no
    CNY amount and no partner."""
    response.headers["Vary"] = "Accept-Language"
    language = locale or (best_locale(accept_language) if accept_language else None)
    reader_of(language or DEFAULT)  # a locale without texts is refused before anything is read
    found = track(app.views, order, merchant=merchant, at_least=at_least.vector, timeout_s=at_least.timeout_s)
    if found is None:
        raise NotRecorded(f"Order {order} is not known. Check the id.")
    now = app.clock()
    words = {"words": localised(found, now, reader_of(language, market=found.market))} if language else {}
    return answer(app, found.vector, order=reported(found, now), **words)


@router.get("/orders/{order}/history", responses=responses(404, 409), dependencies=READS_THE_LOG)
def history(
    app: OpenApp,
    order: Name,
    as_known_at: AsKnownAt,
    at: Annotated[Annotated[int, Field(ge=1, le=LARGEST_POSITION), IN_DIGITS] | None, Query()] = None,
    merchant: MerchantFilter = None,
    as_of: Day = None,
) -> dict[str, Any]:
    """Returns each event of an order with its reason, its changes, the order after it and its journal entry. Reads
    the log."""
    known = history_of(app.ledger, order, merchant=merchant, upto=at, as_of=as_of, as_known_at=as_known_at)
    steps = [step.as_json() for step in known]
    if not steps:
        raise NotRecorded(f"Order {order} was not recorded at that time.")
    last = steps[-1]
    return answer(app, {last["book"]: last["position"]}, order=order, steps=to_jsonable_python(steps))
