"""Every appended event can be decoded again; an event that cannot is found before it is written."""

from __future__ import annotations

from datetime import UTC, datetime
from typing import Any

import pytest

from ledger.events.event import UPCASTS, decode
from ledger.events.platform import UnmatchedFactReported
from ledger.journal.entry import Entry, Line
from ledger.readable import Unreadable, facts_text, payload_of, text_of
from ledger.sealed import Sealed
from tests.golden.samples import all_events, sample_file

AT = datetime(2026, 11, 1, tzinfo=UTC)
NEWEST = [key for key in sorted(all_events()) if key not in UPCASTS]


def noted(body: dict[str, Any], details: Any = None) -> UnmatchedFactReported:
    return UnmatchedFactReported(
        system="s", reference="r", kind="k", refs={}, body=body, details=details, happened_at=AT
    )


def nested(depth: int) -> dict[str, Any]:
    value: dict[str, Any] = {}
    for _ in range(depth):
        value = {"a": value}
    return value


@pytest.mark.parametrize(
    "body",
    [
        nested(200),
        nested(100_000),
        {"amount": 1.5},
        {"amount": 2**53},
        {"text": "half a pair \ud800"},
        {"text": "\0"},
        {"\0": "text"},
    ],
    ids=["deep", "very deep", "float", "large", "surrogate", "NUL", "NUL in a name"],
)
def test_a_body_that_could_not_be_read_is_not_written(body: dict[str, Any]) -> None:
    with pytest.raises(Unreadable):
        payload_of(noted(body))


def test_a_personal_value_that_could_not_be_opened_is_not_sealed() -> None:
    with pytest.raises(Unreadable):
        payload_of(noted({}, Sealed.clear(nested(250))))


def test_an_event_with_personal_values_in_clear_is_read_back_and_written_once_they_are_sealed() -> None:
    assert payload_of(noted({}, Sealed.clear({"text": "left with a neighbour"}))) is None


def test_the_letters_of_an_escaped_nul_are_a_text_like_any() -> None:
    assert payload_of(noted({"text": r"\u0000"})) is not None


def test_an_entry_beyond_what_json_holds_is_not_written() -> None:
    lines = (Line("1110", 2**53, 2**53, "CNY", psp="x"), Line("1111", -(2**53), -(2**53), "CNY"))
    with pytest.raises(Unreadable):
        text_of(Entry(lines))


def test_facts_that_json_cannot_hold_are_kept_as_texts() -> None:
    assert facts_text({"asked": 2**60, "name": "\ud800"}) == r"""{"asked":"1152921504606846976","name":"'\\ud800'"}"""


@pytest.mark.parametrize(("name", "version"), NEWEST)
def test_every_event_there_is_can_be_read_back(name: str, version: int) -> None:
    event = decode(name, version, sample_file(name, version).read_text(encoding="utf-8").rstrip("\n"))
    assert payload_of(event)
