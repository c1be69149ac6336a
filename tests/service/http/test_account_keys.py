"""Keys of an account over two services on one ledger: one key is one command, and nobody waits for another."""

from __future__ import annotations

from collections.abc import Callable, Iterator, Sequence
from concurrent.futures import ThreadPoolExecutor
from dataclasses import replace
from itertools import count
from threading import Barrier, Event
from typing import Any, cast

import pytest

from commands.bus.bus import Bus
from commands.bus.fault import fault_of
from commands.bus.outcome import Outcome
from commands.command import Command
from commands.menu import MENU
from ledger.actors import Actor
from ledger.log.database_errors import ConnectionLost, OutcomeUnknown
from service.app import App, open_app
from service.embedded import EmbeddedPostgres
from service.http.routes.account_keys import AccountKeys
from service.settings import Settings
from tests.support.postgres import clone

FAY = Actor(kind="platform", id="fay", role="finance")
REUSED = "IDEMPOTENCY_KEY_REUSED"
_KEYS = (f"key-{number}" for number in count())


class HeldBus:
    """A bus that keeps its first submit until it may go on; what happens then is up to `then`."""

    def __init__(self, bus: Bus, then: Callable[[Sequence[Command]], list[Outcome]] | None = None) -> None:
        self._then, self.bus = then or bus.submit, bus
        self.keeping, self.goes_on = Event(), Event()

    def submit(self, commands: Sequence[Command]) -> list[Outcome]:
        if self.keeping.is_set():
            return self.bus.submit(commands)
        self.keeping.set()
        assert self.goes_on.wait(60)
        return self._then(commands)


class BrokenBus:
    """A bus whose service ends before the append, or whose command fails by a mistake of ours."""

    def __init__(self, end: Exception | None = None) -> None:
        self._end = end

    def submit(self, commands: Sequence[Command]) -> list[Outcome]:
        if self._end:
            raise self._end
        return [fault_of(ZeroDivisionError(), command=each.name, id=each.id, book=0, stream="") for each in commands]


@pytest.fixture(scope="module")
def services(
    postgres: EmbeddedPostgres, template: str, tmp_path_factory: pytest.TempPathFactory
) -> Iterator[tuple[App, App]]:
    """Two services on one ledger."""
    place = Settings(
        database_url=clone(postgres, template, "account_keys"), data_dir=tmp_path_factory.mktemp("account_keys")
    )
    with open_app(place, create=True) as one, open_app(place) as other:
        yield one, other


def on(app: App, bus: object) -> AccountKeys:
    return AccountKeys(replace(app, bus=cast("Bus", bus)))


def enrols(merchant_id: str, key: str) -> Command:
    return MENU["enrol_merchant"].command.model_validate({"id": key, "actor": FAY, "merchant_id": merchant_id})


def said(outcomes: Sequence[Outcome]) -> list[str]:
    return [each.code or each.status for each in outcomes]


def recorded(app: App, merchants: Sequence[str]) -> int:
    """The number of these merchants that are enrolled."""
    books = app.ledger.directory.known_books_of(merchants)
    rows = app.ledger.reader.rows_of_streams({f"merchant/{each}": book for each, book in books.items()})
    return len({row.stream for row in rows})


def test_of_two_services_with_one_key_and_two_merchants_one_records(services: tuple[App, App]) -> None:
    one, other = services
    key, bus = next(_KEYS), HeldBus(one.bus)
    first, second = on(one, bus), AccountKeys(other)
    with ThreadPoolExecutor() as pool:
        submit = pool.submit(first.submit, [enrols("M-one", key)])
        try:
            assert bus.keeping.wait(60)
            assert said(second.submit([enrols("M-two", key), enrols("M-two", next(_KEYS))])) == [REUSED, "recorded"]
        finally:
            bus.goes_on.set()
        assert said(submit.result()) == ["recorded"]
    assert said(second.submit([enrols("M-two", key), enrols("M-one", key)])) == [REUSED, "recorded"]


def test_a_thousand_keys_that_two_services_get_at_once_are_one_command_each(services: tuple[App, App]) -> None:
    keys, together = [next(_KEYS) for _ in range(1_000)], Barrier(2)

    def submits(app: App, merchant: str, keys: Sequence[str]) -> list[str]:
        """Calls of twenty keys: the two services meet in the middle, and in the order that harms most."""
        own, answers = AccountKeys(app), list[str]()
        for start in range(0, len(keys), 20):
            together.wait(60)
            answers += said(own.submit([enrols(f"{merchant}-{key}", key) for key in keys[start : start + 20]]))
        return answers

    with ThreadPoolExecutor() as pool:
        one = pool.submit(submits, services[0], "M-a", keys)
        twenties = [keys[start : start + 20][::-1] for start in range(0, len(keys), 20)]
        other = pool.submit(submits, services[1], "M-b", [key for twenty in twenties for key in twenty])
    answers = dict(zip(keys, one.result(), strict=True))
    others = dict(zip((key for twenty in twenties for key in twenty), other.result(), strict=True))
    assert {tuple(sorted((answers[key], others[key]))) for key in keys} == {(REUSED, "recorded")}
    assert recorded(services[0], [f"{service}-{key}" for service in ("M-a", "M-b") for key in keys]) == len(keys)


@pytest.mark.parametrize(
    "end", [None, OutcomeUnknown("gone", "a database"), ConnectionLost("gone", "a database")], ids=repr
)
def test_a_command_that_a_service_left_undecided_is_completed_by_any_service_and_keeps_its_key(
    services: tuple[App, App], end: Exception | None
) -> None:
    key, (one, other) = next(_KEYS), services
    ended = on(one, BrokenBus(end))
    if end:
        with pytest.raises(type(end)):
            ended.submit([enrols(f"M-{key}", key)])
    else:
        assert said(ended.submit([enrols(f"M-{key}", key)])) == ["FAULT"]
    for app in services:
        assert said(AccountKeys(app).submit([enrols(f"N-{key}", key)])) == [REUSED]
    assert said(AccountKeys(other).submit([enrols(f"M-{key}", key)])) == ["recorded"]
    assert said(AccountKeys(one).submit([enrols(f"N-{key}", key), enrols(f"M-{key}", key)])) == [REUSED, "recorded"]


def test_of_two_commands_of_one_submit_with_one_key_the_first_has_it(services: tuple[App, App]) -> None:
    key, keys = next(_KEYS), AccountKeys(services[0])
    assert said(keys.submit([enrols(f"M-{key}", key), enrols(f"N-{key}", key)])) == ["recorded", REUSED]


def test_a_dry_run_says_that_a_key_is_used_and_gives_none(services: tuple[App, App]) -> None:
    key, (one, other) = next(_KEYS), map(AccountKeys, services)
    assert said([one.trial(enrols(f"{merchant}-{key}", key)).outcome for merchant in "MN"]) == ["recorded"] * 2
    assert said(one.submit([enrols(f"M-{key}", key)])) == ["recorded"]
    assert said([other.trial(enrols(f"{merchant}-{key}", key)).outcome for merchant in "MN"]) == ["recorded", REUSED]


def test_a_command_whose_stream_is_a_mistake_of_ours_uses_no_key(
    services: tuple[App, App], monkeypatch: pytest.MonkeyPatch
) -> None:
    bad = enrols("M-bad", next(_KEYS))

    def raises(_: Any) -> str:
        raise ZeroDivisionError

    monkeypatch.setattr(type(bad), "stream", property(raises))
    assert said(AccountKeys(services[0]).submit([bad])) == ["FAULT"]
    monkeypatch.undo()
    assert said(AccountKeys(services[1]).submit([bad])) == ["recorded"]
