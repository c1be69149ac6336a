"""Personal values: closed under their subject's key, bound to their place, and gone when the key is destroyed."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import pytest
from pydantic import TypeAdapter
from pydantic_core import PydanticSerializationError

from ledger.events.event import Event, decode, seal_place
from ledger.keys import FileKeyStore
from ledger.sealed import SealBroken, Sealed

PLACE = "order/M-1/1#tests.addressed.name"
NAME = "李雷 Lei Li"


class Addressed(Event, name="tests.addressed", version=1):
    """Somebody's name was written down, and maybe a note."""

    name_of_buyer: Sealed[str]
    note: Sealed[str] | None = None
    city: str


@pytest.fixture
def keys(tmp_path: Path) -> FileKeyStore:
    return FileKeyStore(tmp_path / "keys")


@pytest.fixture
def closed(keys: FileKeyStore) -> Sealed[str]:
    return Sealed.clear(NAME).close(subject="order/M-1/1", place=PLACE, keys=keys)


def test_a_closed_value_opens_at_its_place(closed: Sealed[str], keys: FileKeyStore) -> None:
    assert closed.open(place=PLACE, keys=keys) == NAME


def test_a_closed_value_moved_elsewhere_does_not_open(closed: Sealed[str], keys: FileKeyStore) -> None:
    with pytest.raises(SealBroken):
        closed.open(place="order/M-2/9#tests.addressed.name", keys=keys)


def test_a_closed_value_does_not_open_once_its_key_is_destroyed(closed: Sealed[str], keys: FileKeyStore) -> None:
    keys.destroy("order/M-1/1")
    assert closed.open(place=PLACE, keys=keys) is None


def test_the_same_value_closed_twice_looks_different(keys: FileKeyStore) -> None:
    boxes = {stored(Sealed.clear(NAME).close(subject="s", place=PLACE, keys=keys))["box"] for _ in range(2)}
    assert len(boxes) == 2


def test_a_closed_value_is_not_closed_again(closed: Sealed[str], keys: FileKeyStore) -> None:
    assert closed.close(subject="other", place="elsewhere", keys=keys) is closed


@pytest.mark.parametrize("value", [NAME, {"street": "Nathan Road", "no": 7}, ["a", None], True])
def test_any_json_value_can_be_sealed(keys: FileKeyStore, value: Any) -> None:
    assert Sealed.clear(value).close(subject="s", place=PLACE, keys=keys).open(place=PLACE, keys=keys) == value


def test_an_open_value_cannot_be_written_down() -> None:
    with pytest.raises(PydanticSerializationError, match="must be sealed"):
        Addressed(name_of_buyer=Sealed.clear(NAME), city="Macau").payload()


def test_it_is_never_printed(closed: Sealed[str]) -> None:
    assert [repr(closed), str(Sealed.clear(NAME))] == ["Sealed(…)", "Sealed(…)"]


class TestInEvents:
    @pytest.fixture
    def event(self, keys: FileKeyStore) -> Event:
        clear = Addressed(name_of_buyer=Sealed.clear(NAME), city="Macau")
        return clear.sealed_for("order/M-1/1", "order/M-1/1", keys)

    def test_the_stored_text_holds_nothing_in_clear(self, event: Event) -> None:
        assert not any(part in event.payload() for part in ("李雷", "Lei", "\\u674e"))

    def test_the_event_comes_back_closed_and_opens_at_its_place(self, event: Event, keys: FileKeyStore) -> None:
        again = decode("tests.addressed", 1, event.payload())
        assert isinstance(again, Addressed)
        place = seal_place("order/M-1/1", "tests.addressed", "name_of_buyer")
        assert again.name_of_buyer.open(place=place, keys=keys) == NAME

    def test_what_is_not_personal_stays_in_clear(self, event: Event) -> None:
        assert '"city":"Macau"' in event.payload()

    def test_a_personal_value_that_is_missing_stays_missing(self, event: Event) -> None:
        assert '"note":null' in event.payload()

    def test_sealing_twice_changes_nothing(self, event: Event, keys: FileKeyStore) -> None:
        assert event.sealed_for("order/M-1/1", "order/M-1/1", keys).payload() == event.payload()


def stored(value: Sealed[str]) -> dict[str, str]:
    written: dict[str, str] = TypeAdapter(Sealed[str]).dump_python(value, mode="json")
    return written
