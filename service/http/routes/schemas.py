"""The schemas over HTTP: their index, and each at the address that is its `$id`."""

from __future__ import annotations

from hashlib import sha256

from fastapi import APIRouter, Request
from fastapi.responses import JSONResponse, Response
from pydantic import BaseModel, ConfigDict

from service.http.bearer import AccessReader
from service.http.document.statuses import responses
from service.http.entity_tags import matches, tagged
from service.http.parameters import Name
from service.http.read_route import ReadRoute
from service.schemas.catalogue import ADDRESS, Kind, SchemaId, sentence_of
from service.schemas.readers import schema_for, schemas_for

MEDIA = "application/schema+json"
router = APIRouter(tags=["schemas"], route_class=ReadRoute)


class SchemaEntry(BaseModel):
    """A schema of the index. `address` is its `$id`, relative to the service."""

    model_config = ConfigDict(extra="forbid")

    kind: Kind
    name: str
    address: str
    says: str


class SchemaIndex(BaseModel):
    """The schemas that the role may read."""

    model_config = ConfigDict(extra="forbid")

    schemas: list[SchemaEntry]


@router.get(ADDRESS, response_model=SchemaIndex, responses=responses(401), name="list_schemas")
def index(request: Request, reader: AccessReader) -> Response:
    """Lists the JSON Schemas of events, rows of views, commands, answers and shared types that your role may read."""
    entries = [
        SchemaEntry(kind=id.kind, name=id.name, address=id.address, says=sentence_of(id)) for id in schemas_for(reader)
    ]
    return _tagged(request, JSONResponse(SchemaIndex(schemas=entries).model_dump(mode="json")))


_SCHEMA = {MEDIA: {"schema": {"title": "JsonSchema", "type": "object"}}}


@router.get(
    ADDRESS + "/{kind}/{name}",
    response_class=Response,
    responses={200: {"description": "The schema", "content": _SCHEMA}, **responses(401, 403, 404)},
    name="show_schema",
)
def schema(kind: Kind, name: Name, request: Request, reader: AccessReader) -> Response:
    """Returns one JSON Schema (2020-12).

    `kind` and `name` are those of the index: `events` and `order.placed.v1`, `commands` and `place_order`, `types` and
    `money`. Its references are addresses here.
    """
    return _tagged(request, Response(schema_for(reader, SchemaId(kind, name)), media_type=MEDIA))


def _tagged(request: Request, response: Response) -> Response:
    """Returns the response with a strong tag: its bytes are the same in every process until another version runs."""
    tag = f'"{sha256(bytes(response.body)).hexdigest()[:32]}"'
    found = Response(status_code=304) if matches(request.headers.get("if-none-match"), tag) else response
    return tagged(found, tag)
