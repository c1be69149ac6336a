"""References under which things can be found: ids of orders, buyers, parcels, payments, refunds and payouts, and the
references of providers and banks."""

from __future__ import annotations

from collections.abc import Iterator
from functools import cache
from typing import Literal, NamedTuple

from pydantic import BaseModel

from ledger.events.event import EVENTS, Event
from ledger.events.published import PUBLISHED
from ledger.ids import belongs_to
from ledger.log.rows import Recorded
from projections.engine.batch import Batch
from projections.engine.columns import text_column
from projections.engine.projection import Projection
from projections.engine.tables import kept_table

Audience = Literal["buyer", "merchant", "staff"]
Kind = Literal[
    "order", "parcel", "return", "payment", "refund", "dispute", "payout", "statement", "settlement_batch", "unmatched"
]


class Searched(NamedTuple):
    """A field of events by which a thing is found: the kind of the thing, the field with its id, and who may search
    it. A buyer's fields are a merchant's too, and a merchant's are the staff's."""

    field: str
    kind: Kind
    id_field: str
    audience: Audience


# Providers' references and the buyer belong to the platform. A merchant reads captures in its declarations.
SEARCHED = (
    Searched("order_id", "order", "order_id", "buyer"),
    Searched("checkout_id", "order", "order_id", "staff"),
    Searched("buyer_ref", "order", "order_id", "staff"),
    Searched("parcel_id", "parcel", "parcel_id", "buyer"),
    Searched("tracking_no", "parcel", "parcel_id", "buyer"),
    Searched("tracking_no", "return", "return_id", "buyer"),
    Searched("declaration_no", "parcel", "parcel_id", "merchant"),
    Searched("payment_id", "payment", "payment_id", "staff"),
    Searched("psp_ref", "payment", "payment_id", "staff"),
    Searched("capture_ref", "payment", "payment_id", "merchant"),
    Searched("refund_id", "refund", "refund_id", "merchant"),
    Searched("attempt_id", "refund", "refund_id", "staff"),
    Searched("psp_refund_ref", "refund", "refund_id", "staff"),
    Searched("dispute_id", "dispute", "dispute_id", "staff"),
    Searched("payout_id", "payout", "payout_id", "merchant"),
    Searched("bank_ref", "payout", "payout_id", "merchant"),
    Searched("statement_id", "statement", "statement_id", "merchant"),
    Searched("batch_ref", "settlement_batch", "batch_ref", "staff"),
)
_OF_UNMATCHED = ("capture_ref", "payment_id", "psp_ref", "refund_id", "attempt_id", "psp_refund_ref", "reference")
BESIDE_OTHERS = frozenset(("order_id", "parcel_id"))  # most events name these: they alone do not make an event be used
_PARTS = 3  # letters of a part in the index
REFERENCES = kept_table(
    "search_references",
    text_column("merchant", key=True),
    text_column("order_id", key=True),
    text_column("field", key=True),
    text_column("reference", key=True),
    text_column("id", key=True),
    text_column("kind"),
    text_column("folded"),  # the reference in lower case
    text_column("parts"),  # the merchant and every three letters of the reference, between spaces
    text_column("event_id"),  # of the first event that named it
    indexes=[("folded",), ("merchant", "folded")],
    word_indexes=["parts"],
)


def _searched_events() -> tuple[type[Event], ...]:
    assert PUBLISHED, "the modules of events are imported"
    names = {each.field for each in SEARCHED} - BESIDE_OTHERS
    found = (kind for kind in EVENTS.values() if names & kind.model_fields.keys() or kind.name.startswith("unmatched."))
    return tuple(dict.fromkeys(found))


class SearchReferences(Projection):
    """Keeps every reference that an event has named, also after it was replaced."""

    name = "search_references"
    version = 1
    tables = (REFERENCES,)
    events = _searched_events()

    def fold(self, batch: Batch) -> None:
        rows = batch.rows(REFERENCES)
        named = [(row, recorded.position) for recorded in batch.events for row in _named(recorded)]
        rows.load(tuple(row[name] for name in REFERENCES.key) for row, _ in named)
        for row, position in named:
            if rows.get(*(row[name] for name in REFERENCES.key)) is None:
                rows.put(row | _found_by(row), at=position)


def folded(text: str) -> str:
    """Returns the text as it is compared: without regard to upper and lower case."""
    return text.lower()


def parts_of(text: str) -> set[str]:
    """Returns every three letters of a folded text that stand side by side, without spaces."""
    found = {text[at : at + _PARTS] for at in range(len(text) - _PARTS + 1)}
    return {part for part in found if " " not in part}


def few_parts_of(text: str) -> list[str]:
    """Returns parts that cover the text, as few as possible: reading the rows of a frequent part takes long."""
    starts = {*range(0, len(text) - _PARTS, _PARTS), len(text) - _PARTS} if len(text) >= _PARTS else ()
    found = {text[at : at + _PARTS] for at in starts}
    return sorted(part for part in found if " " not in part)


def merchant_word(merchant: str) -> str:
    """Returns the word that a merchant's rows have among their parts. It is longer than any part."""
    return f"merchant/{merchant}"


def _found_by(row: dict[str, str]) -> dict[str, str]:
    text = folded(row["reference"])
    return {"folded": text, "parts": " ".join([merchant_word(row["merchant"]), *sorted(parts_of(text))])}


def _named(recorded: Recorded) -> Iterator[dict[str, str]]:
    """Yields the rows of an event, without what they are found by."""
    stream, event = recorded.stream, recorded.event
    merchant, order = belongs_to(stream, *(getattr(event, name, None) for name in ("merchant_id", "order_id")))
    place = {"merchant": merchant, "order_id": order, "event_id": recorded.event_id}
    if stream.startswith("unmatched/"):
        named = ((field, "unmatched", reference, stream.partition("/")[2]) for field, reference in _unmatched(event))
    else:
        named = (found for part in (event, *getattr(event, "contents", ())) for found in _things(event, part))
    for field, kind, reference, id in named:
        if kind != "statement" or merchant:  # other statements are banks'
            yield place | {"field": field, "kind": kind, "reference": reference, "id": id}


def _things(event: Event, part: BaseModel) -> Iterator[tuple[str, str, str, str]]:
    """Yields field, kind, reference and id of all that the event, or a part of it, names."""
    for field, kind, id_field, _ in _searched_of(type(part)):
        reference, id = getattr(part, field), getattr(part, id_field)
        if reference and id and not (kind == "settlement_batch" and hasattr(event, "order_id")):
            yield field, kind, reference, id


@cache
def _searched_of(kind: type[BaseModel]) -> tuple[Searched, ...]:
    """Returns the searched fields of a type of events, or of a part of them."""
    return tuple(each for each in SEARCHED if {each.field, each.id_field} <= kind.model_fields.keys())


def _unmatched(event: Event) -> Iterator[tuple[str, str]]:
    for field in _OF_UNMATCHED:
        if reference := getattr(event, field, None):
            yield field, reference
    for field, reference in getattr(event, "refs", {}).items():
        if reference:
            yield field, reference
