"""The committed schemas are those of the code, and none has changed so that it breaks those who rely on it."""

from __future__ import annotations

from typing import Any

import pytest
from jsonschema import Draft202012Validator

from service.schemas.catalogue import Kind, Schema, SchemaId
from service.schemas.made import made
from tests.golden.compatibility import Relied, breaks
from tests.golden.published import ADVICE, broken, committed

TODAY, COMMITTED = made(), committed()
STATE: Schema = {"enum": ["open", "closed"], "type": "string"}
TEXT: Schema = {"type": "string"}
NULL: Schema = {"type": "null"}


def fields(needed: str = "", *, closed: bool = False, **properties: Schema) -> Schema:
    schema = {"type": "object", "required": needed.split(), "properties": properties}
    return schema | ({"additionalProperties": False} if closed else {})


def test_no_committed_schema_is_broken_by_the_code() -> None:
    found = list(broken(COMMITTED, TODAY))
    assert found == [], f"{found}. {ADVICE}"


@pytest.mark.parametrize("id", TODAY, ids=lambda id: f"{id.kind}/{id.name}")
def test_a_schema_is_committed_as_the_code_makes_it(id: SchemaId) -> None:
    assert COMMITTED.get(id) == TODAY[id], "python -m tests.golden.published writes it"


def test_every_schema_is_one_of_json_schema() -> None:
    for schema in TODAY.values():
        Draft202012Validator.check_schema(schema)


def test_every_reference_leads_to_a_schema() -> None:
    addresses = {id.address for id in TODAY}
    references = {ref for schema in TODAY.values() for ref in _references(schema) if not ref.startswith("#")}
    assert references
    assert references - addresses == set()


def _references(part: Any) -> set[str]:
    parts = part.values() if isinstance(part, dict) else part if isinstance(part, list) else ()
    own = {part["$ref"]} if isinstance(part, dict) and isinstance(part.get("$ref"), str) else set()
    return own.union(*map(_references, parts))


@pytest.mark.parametrize("shared", ["date-time", "date", "duration"])
def test_instants_days_and_durations_are_described_once(shared: str) -> None:
    described = [id for id, schema in TODAY.items() if f"'format': '{shared}'" in str(schema)]
    assert [id.kind for id in described] == [Kind.TYPES]


@pytest.mark.parametrize(
    ("old", "new"),
    [
        pytest.param(fields(state=STATE), fields(), id="a field less"),
        pytest.param(fields(state=STATE), fields(status=STATE), id="a field renamed"),
        pytest.param(fields(state=TEXT), fields(state={"type": "integer"}), id="another type"),
        pytest.param(fields(state=STATE), fields(state=STATE | {"enum": ["open"]}), id="a value less"),
        pytest.param(fields(state=STATE), fields(state={"const": "open", "type": "string"}), id="one value left"),
        pytest.param(fields(state=STATE), fields(state=TEXT), id="any value"),
        pytest.param(fields(state=TEXT), fields(state=TEXT | {"default": "open"}), id="a default"),
        pytest.param(fields(at={"$ref": "/day"}), fields(at={"$ref": "/instant"}), id="another shared type"),
        pytest.param({"type": "array", "items": TEXT}, {"type": "array", "items": STATE}, id="other items"),
        pytest.param(
            {"$ref": "#/$defs/Line", "$defs": {"Line": fields(qty=TEXT)}},
            {"$ref": "#/$defs/Line", "$defs": {"Line": fields()}},
            id="a field less of a definition",
        ),
    ],
)
@pytest.mark.parametrize("relied", [Relied.INPUT, Relied.OUTPUT])
def test_a_change_that_breaks_everybody(old: Schema, new: Schema, relied: Relied) -> None:
    assert breaks(old, new, relied)


OPTIONAL = {"anyOf": [TEXT, NULL]}
OF_ONE_SIDE = [
    pytest.param(fields(note=TEXT), fields("note", note=TEXT), Relied.INPUT, id="an optional field is needed"),
    pytest.param(fields(), fields("note", note=TEXT), Relied.INPUT, id="a needed field more"),
    pytest.param(fields("note", note=OPTIONAL), fields("note", note=TEXT), Relied.INPUT, id="no null any more"),
    pytest.param(TEXT, TEXT | {"maxLength": 9}, Relied.INPUT, id="a bound"),
    pytest.param(TEXT | {"maxLength": 9}, TEXT | {"maxLength": 8}, Relied.INPUT, id="a tighter bound"),
    pytest.param(fields("note", note=TEXT), fields(note=TEXT), Relied.OUTPUT, id="a field may be missing"),
    pytest.param(fields("note", note=TEXT), fields("note", note=OPTIONAL), Relied.OUTPUT, id="null"),
    pytest.param(fields(closed=True), fields(closed=True, note=TEXT), Relied.OUTPUT, id="more in a closed object"),
    pytest.param(TEXT | {"maxLength": 9}, TEXT | {"maxLength": 10}, Relied.OUTPUT, id="a looser bound"),
    pytest.param(TEXT | {"format": "date"}, TEXT, Relied.OUTPUT, id="no format any more"),
]


@pytest.mark.parametrize(("old", "new", "side"), OF_ONE_SIDE)
def test_a_change_that_breaks_one_side(old: Schema, new: Schema, side: Relied) -> None:
    other = Relied.OUTPUT if side is Relied.INPUT else Relied.INPUT
    assert (bool(breaks(old, new, side)), breaks(old, new, other)) == (True, [])


@pytest.mark.parametrize(
    "new",
    [
        pytest.param(fields("state", state=STATE, note=TEXT), id="a field more"),
        pytest.param(fields("state", state=STATE | {"enum": ["lost", "closed", "open"]}), id="a value more"),
        pytest.param(fields("state", state=STATE | {"description": "Its state."}), id="a text"),
    ],
)
@pytest.mark.parametrize("relied", Relied)
def test_an_addition_breaks_nobody(new: Schema, relied: Relied) -> None:
    assert breaks(fields("state", state=STATE), new, relied) == []


@pytest.mark.parametrize("kind", Kind)
def test_only_a_versioned_schema_may_go(kind: Kind) -> None:
    versioned = kind in (Kind.EVENTS, Kind.VIEWS)
    assert bool(list(broken({SchemaId(kind, "a"): {}}, {}))) is not versioned


def test_a_recorded_event_gets_no_field_under_the_same_version() -> None:
    placed = SchemaId(Kind.EVENTS, "order.placed.v1")
    schema = COMMITTED[placed]
    payload = schema["properties"]["payload"]
    more = payload | {"properties": payload["properties"] | {"note": TEXT}}
    changed = schema | {"properties": schema["properties"] | {"payload": more}}
    assert list(broken({placed: schema}, {placed: changed})) == [
        f"{placed.address}/payload/note is new in a closed object"
    ]
