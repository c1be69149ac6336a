"""Keys of an account: one that is in use for another merchant is refused at once, and nobody waits."""

from __future__ import annotations

from collections.abc import Sequence
from concurrent.futures import ThreadPoolExecutor
from dataclasses import replace
from threading import Event
from typing import Any, cast

import pytest

from commands.bus.bus import Bus
from commands.bus.outcome import Outcome
from commands.command import Command
from commands.menu import MENU
from ledger.actors import Actor
from service.app import App
from service.http.routes.account_keys import AccountKeys

FAY = Actor(kind="platform", id="fay", role="finance")


class SlowBus:
    """A bus that keeps one merchant's commands until it may go on, and answers all others at once."""

    def __init__(self, keeps: str) -> None:
        self.keeps, self.keeping, self.goes_on = keeps, Event(), Event()

    def submit(self, commands: Sequence[Any]) -> list[Outcome]:
        if any(each.merchant_id == self.keeps for each in commands) and not self.keeping.is_set():
            self.keeping.set()
            assert self.goes_on.wait(30)
        return [Outcome(each.id, "nothing", 1) for each in commands]


def enrols(merchant_id: str, key: str = "k") -> Command:
    return MENU["enrol_merchant"].command.model_validate({"id": key, "actor": FAY, "merchant_id": merchant_id})


def codes(outcomes: Sequence[Outcome]) -> list[str]:
    return [each.code for each in outcomes]


def test_a_key_that_is_in_use_for_another_merchant_is_refused_at_once_and_is_free_afterwards(month_app: App) -> None:
    bus = SlowBus("M-one")
    keys = AccountKeys(replace(month_app, bus=cast("Bus", bus)))
    with ThreadPoolExecutor() as pool:
        first = pool.submit(keys.submit, [enrols("M-one")])
        try:
            assert bus.keeping.wait(30)
            assert codes(keys.submit([enrols("M-two"), enrols("M-two", "other")])) == ["IDEMPOTENCY_KEY_REUSED", ""]
            assert codes(keys.submit([enrols("M-one")])) == [""]
        finally:
            bus.goes_on.set()
        assert codes(first.result()) == [""]
    assert codes(keys.submit([enrols("M-two"), enrols("M-one")])) == ["", "IDEMPOTENCY_KEY_REUSED"]
    assert keys._in_use == {}


def test_a_command_whose_stream_is_a_mistake_of_ours_uses_no_key(
    month_app: App, monkeypatch: pytest.MonkeyPatch
) -> None:
    bad = enrols("M-bad")

    def raises(_: Any) -> str:
        raise ZeroDivisionError

    keys = AccountKeys(month_app)
    monkeypatch.setattr(type(bad), "stream", property(raises))
    assert [each.status for each in keys.submit([bad])] == ["fault"]
    assert keys._in_use == {}
