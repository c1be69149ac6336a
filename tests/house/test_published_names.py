"""Published names and event schemas do not change. A snapshot keeps them; new names may be added."""

from __future__ import annotations

import warnings
from typing import Any

import pytest

from ledger.events.event import UPCASTS
from tests.golden.published import ADVICE, FILE, additions, changes, published, read, written

STATE = {"enum": ["open", "closed"], "type": "string"}


def event(**properties: Any) -> dict[str, Any]:
    return {"order.placed/1": {"type": "object", "properties": properties}}


def test_no_published_name_or_event_schema_has_changed() -> None:
    if new := additions(read(), published()):
        warnings.warn(f"The snapshot does not have {new}. Write them: python -m tests.golden.published", stacklevel=1)
    found = list(changes(read(), published(), UPCASTS))
    assert found == [], f"{found}. {ADVICE}"


def test_the_snapshot_is_as_it_was_written() -> None:
    assert FILE.read_text(encoding="utf-8") == written(read())


@pytest.mark.parametrize("kind", ["commands", "questions", "refusals", "policies", "accounts"])
def test_a_name_that_is_gone_is_a_change(kind: str) -> None:
    assert list(changes({kind: {"a": "", "b": ""}}, {kind: {"b": ""}}, ())) == [f"{kind}: a is gone"]


@pytest.mark.parametrize(
    "changed",
    [
        pytest.param(event(state=STATE, note={"type": "string"}), id="a field more"),
        pytest.param(event(), id="a field less"),
        pytest.param(event(status=STATE), id="a field renamed"),
        pytest.param(event(state={"type": "string"}), id="another type"),
        pytest.param(event(state=STATE | {"enum": ["open"]}), id="a value less"),
        pytest.param(event(state={"const": "open", "type": "string"}), id="one value left"),
        pytest.param(event(state=STATE | {"default": "open"}), id="a default"),
    ],
)
def test_another_shape_of_an_event_is_a_change(changed: dict[str, Any]) -> None:
    found = list(changes({"events": event(state=STATE)}, {"events": changed}, ()))
    assert found == ["events: order.placed/1 has changed"]


@pytest.mark.parametrize("values", [["open", "closed", "lost"], ["closed", "open"]])
def test_further_values_of_a_field_are_no_change(values: list[str]) -> None:
    new = event(state=STATE | {"enum": values})
    assert list(changes({"events": event(state=STATE)}, {"events": new}, ())) == []


def test_a_new_event_is_an_addition() -> None:
    old, new = {"events": event(state=STATE)}, {"events": event(state=STATE) | {"order.lost/1": {}}}
    assert (list(changes(old, new, ())), additions(old, new)) == ([], ["events: order.lost/1"])


@pytest.mark.parametrize(("upcasts", "found"), [([("order.placed", 1)], []), ([], ["events: order.placed/1 is gone"])])
def test_a_new_version_needs_an_upcast_from_the_old_one(upcasts: list[tuple[str, int]], found: list[str]) -> None:
    assert list(changes({"events": event()}, {"events": {"order.placed/2": {}}}, upcasts)) == found
