"""Published names do not change. A snapshot keeps them; new names may be added."""

from __future__ import annotations

import warnings

import pytest

from ledger.events.event import UPCASTS
from tests.golden.published import ADVICE, FILE, additions, changes, published, read, written

PLACED = {"order.placed/1": ""}


def test_no_published_name_has_changed() -> None:
    if new := additions(read(), published()):
        warnings.warn(f"The snapshot does not have {new}. Write them: python -m tests.golden.published", stacklevel=1)
    found = list(changes(read(), published(), UPCASTS))
    assert found == [], f"{found}. {ADVICE}"


def test_the_snapshot_is_as_it_was_written() -> None:
    assert FILE.read_text(encoding="utf-8") == written(read())


@pytest.mark.parametrize("kind", ["commands", "questions", "refusals", "policies", "accounts"])
def test_a_name_that_is_gone_is_a_change(kind: str) -> None:
    assert list(changes({kind: {"a": "", "b": ""}}, {kind: {"b": ""}}, ())) == [f"{kind}: a is gone"]


def test_a_new_event_is_an_addition() -> None:
    old, new = {"events": PLACED}, {"events": PLACED | {"order.lost/1": ""}}
    assert (list(changes(old, new, ())), additions(old, new)) == ([], ["events: order.lost/1"])


@pytest.mark.parametrize(("upcasts", "found"), [([("order.placed", 1)], []), ([], ["events: order.placed/1 is gone"])])
def test_a_new_version_needs_an_upcast_from_the_old_one(upcasts: list[tuple[str, int]], found: list[str]) -> None:
    assert list(changes({"events": PLACED}, {"events": {"order.placed/2": ""}}, upcasts)) == found
