"""The metrics over HTTP, for Prometheus."""

from __future__ import annotations

from fastapi import APIRouter, Request, Response
from prometheus_client import CONTENT_TYPE_LATEST, generate_latest

from service.http.bearer import AccessReader
from service.http.read_route import ReadRoute
from service.questions.question import Role
from service.questions.reader import RoleMayNotRead

READERS: tuple[Role, ...] = ("admin", "auditor", "service")
router = APIRouter(route_class=ReadRoute)


@router.get("/metrics", include_in_schema=False)
def metrics(request: Request, reader: AccessReader) -> Response:
    """Returns the metrics of this process and the state of the ledger, in the text format of Prometheus.

    They name no merchant, but show how much is traded: for a token in the role admin, auditor or service.
    """
    if reader.role not in READERS:
        raise RoleMayNotRead.unless(reader.role, "read metrics", READERS)
    headers = {"Cache-Control": "no-store"}
    return Response(
        generate_latest(request.app.state.metrics.registry), media_type=CONTENT_TYPE_LATEST, headers=headers
    )
