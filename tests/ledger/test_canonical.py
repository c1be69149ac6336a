"""Canonical JSON is RFC 8785, byte for byte, for what a ledger may hold; and refuses the rest."""

from __future__ import annotations

import json
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from ledger.canonical import NotCanonical, canonical, digest

NAMES = ["arrays", "french", "structures", "unicode", "values", "weird"]
TEXTS = st.text(st.characters(codec="utf-8"))
NUMBERS = st.integers(-(2**53) + 1, 2**53 - 1)
VALUES = st.recursive(
    st.none() | st.booleans() | NUMBERS | TEXTS,
    lambda inner: st.lists(inner) | st.dictionaries(TEXTS, inner),
)


@pytest.mark.parametrize("name", NAMES)
def test_the_vectors_of_the_standard(shared_data: Callable[[str], Path], name: str) -> None:
    folder = shared_data("vectors/jcs_rfc8785")
    value = json.loads((folder / "input" / f"{name}.json").read_text())
    expected = (folder / "output" / f"{name}.json").read_text()
    if _has_float(value):
        with pytest.raises(NotCanonical):
            canonical(value)
    else:
        assert canonical(value) == expected


def test_the_vectors_are_all_there(shared_data: Callable[[str], Path]) -> None:
    folder = shared_data("vectors/jcs_rfc8785")
    assert sorted(file.stem for file in (folder / "input").glob("*.json")) == NAMES


def test_keys_are_ordered_by_utf_16_unit_not_by_code_point() -> None:
    assert canonical({"\ufb33": 1, "\U0001f600": 2}) == '{"\U0001f600":2,"\ufb33":1}'


def test_nested_keys_beyond_the_basic_plane_are_ordered_too() -> None:
    assert canonical([{"a": {"\uffff": 1, "\U0001f38f": 2}}]) == '[{"a":{"\U0001f38f":2,"\uffff":1}}]'


@pytest.mark.parametrize("value", [1.5, 1.0, float("nan"), float("inf"), 2**53, -(2**53), [{"a": 0.1}], {"a": 1e300}])
def test_a_number_that_json_does_not_hold_exactly_is_refused(value: Any) -> None:
    with pytest.raises(NotCanonical):
        canonical(value)


@pytest.mark.parametrize("value", [2**53 - 1, -(2**53) + 1])
def test_the_largest_exact_integers_are_taken(value: int) -> None:
    assert canonical([value]) == f"[{value}]"


@pytest.mark.parametrize("value", ["1.5", "12345678901234567890", ":1.5e3", '{"a":1.5}'])
def test_a_text_that_looks_like_a_number_is_a_text(value: str) -> None:
    assert json.loads(canonical([value])) == [value]


@pytest.mark.parametrize("value", ["\ud800", {"\udfff": 1}, ["a\ud83d"], {"a": ["\U0001f38f\ud800"]}])
def test_half_of_a_surrogate_pair_is_refused(value: Any) -> None:
    with pytest.raises(NotCanonical):
        canonical(value)


@pytest.mark.parametrize("value", [object(), {1, 2}, b"bytes", {"a": object()}])
def test_what_is_not_json_is_refused(value: Any) -> None:
    with pytest.raises(NotCanonical):
        canonical(value)


@given(VALUES)
def test_it_reads_back_as_the_same_value(value: Any) -> None:
    assert json.loads(canonical(value)) == value


@given(st.dictionaries(TEXTS, NUMBERS))
def test_it_does_not_depend_on_the_order_of_keys(value: dict[str, int]) -> None:
    assert canonical(dict(reversed(value.items()))) == canonical(value)


@given(VALUES)
def test_it_holds_no_control_character(value: Any) -> None:
    assert not any(ord(character) < 0x20 for character in canonical(value))


def test_a_digest_is_the_sha_256_of_its_bytes() -> None:
    assert digest("红") == "0eb7ee7e38effcf36fbc5d3bddb54e99f87cdd7a438c99aa5f0bb7cfcf7060af"


def _has_float(value: Any) -> bool:
    match value:
        case float():
            return True
        case dict():
            return any(map(_has_float, value.values()))
        case list():
            return any(map(_has_float, value))
    return False
