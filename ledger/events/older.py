"""Events in the shapes they were first stored in, and how each is lifted to its next version."""

from __future__ import annotations

from datetime import datetime
from typing import Any

from ledger.events.event import UPCASTS, Event
from ledger.ids import Id


class _RegroupedV1(Event):
    """Named the parcels, not what moved between them."""

    order_id: Id
    from_parcels: tuple[Id, ...]
    to_parcels: tuple[Id, ...]
    tracking_no: str
    happened_at: datetime


class ParcelsConsolidatedV1(_RegroupedV1, name="parcel.consolidated", version=1):
    """Several parcels travel on as one."""


class ParcelSplitV1(_RegroupedV1, name="parcel.split", version=1):
    """One parcel travels on as several."""


def _nothing_is_known_to_move(payload: dict[str, Any]) -> dict[str, Any]:
    return payload | {"contents": []}


UPCASTS["parcel.consolidated", 1] = _nothing_is_known_to_move
UPCASTS["parcel.split", 1] = _nothing_is_known_to_move
