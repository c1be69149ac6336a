"""Makes the schemas from the code. `python -m tests.golden.published` writes them to `service/schemas/documents`."""

from __future__ import annotations

from service.schemas.catalogue import DIALECT, Kind, Schema, SchemaId
from service.schemas.made.answers import answers
from service.schemas.made.commands import commands
from service.schemas.made.events import events
from service.schemas.made.shared_types import shared_types
from service.schemas.made.views import views

_MADE = {
    Kind.TYPES: shared_types,
    Kind.EVENTS: events,
    Kind.VIEWS: views,
    Kind.COMMANDS: commands,
    Kind.ANSWERS: answers,
}


def made() -> dict[SchemaId, Schema]:
    """Returns every schema of today's code by its id."""
    return {
        id: {"$schema": DIALECT, "$id": id.address, **schema}
        for kind, make in _MADE.items()
        for name, schema in make().items()
        for id in [SchemaId(kind, name)]
    }
