"""Items of loops that two people have parked, as a loop asks for them; and decisions about one item that race."""

from __future__ import annotations

from collections.abc import Iterator
from concurrent.futures import ThreadPoolExecutor
from functools import partial
from pathlib import Path
from random import Random
from threading import Barrier
from typing import Any

import pytest

from commands.bus.outcome import Outcome
from ledger.actors import Actor
from service.automation.parking import parked
from tests.commands.refunds.test_refund_against_dispatch import meanwhile
from tests.support.buses import Desk, open_desk

FAY, ANN, BOB = (Actor(kind="platform", id=name, role="admin") for name in ("fay", "ann", "bob"))
ITEM = {"loop": "releases", "book": 3, "item": "order/M-1/O-1"}
EFFECT = {"view": "exceptions", "book": 3, "position": 1}
DATA = {"park_item": ITEM, "unpark_item": ITEM, "park_effect": EFFECT, "unpark_effect": EFFECT}
NAMES = {"item": "loop_item", "effect": "view_effect"}
PARKED = {(3, "order/M-1/O-1")}


@pytest.fixture
def desks(database_url: str, tmp_path: Path) -> Iterator[tuple[Desk, Desk]]:
    """Two processes, each with a connection and a bus of its own on one ledger."""
    with open_desk(database_url, tmp_path) as one, open_desk(database_url, tmp_path) as two:
        yield one, two


def propose(desk: Desk, command: str, proposal_id: str) -> None:
    about: dict[str, Any] = {"command": command, "data": DATA[command], "proposal_id": proposal_id, "reason": "r"}
    assert desk.ask("propose", actor=FAY, **about).status == "recorded"


def approve(desk: Desk, proposal_id: str, by: Actor) -> Outcome:
    return desk.ask("approve_proposal", actor=by, in_stream="parking/3", proposal_id=proposal_id)


def reject(desk: Desk, proposal_id: str, by: Actor) -> Outcome:
    return desk.ask("reject_proposal", actor=by, in_stream="parking/3", proposal_id=proposal_id)


def decide(desk: Desk, command: str) -> None:
    propose(desk, command, f"first.{command}")
    assert approve(desk, f"first.{command}", ANN).status == "recorded"


def parked_items(desk: Desk, loop: str) -> set[tuple[int, str]]:
    """Returns the parked items of a loop, each with its book."""
    return {(row.book, row.what) for row in parked(desk.ledger) if (row.state, row.of) == ("parked", loop)}


def events(desk: Desk) -> list[str]:
    return [row.type for row in desk.ledger.reader.read(3, 0, 100) if not row.type.startswith("proposal.")]


def test_a_loop_leaves_out_its_own_items_until_they_are_unparked(desks: tuple[Desk, Desk]) -> None:
    desk, _ = desks
    decide(desk, "park_item")
    assert parked_items(desk, "releases") == PARKED
    assert parked_items(desk, "payouts") == set()
    decide(desk, "unpark_item")
    assert parked_items(desk, "releases") == set()


@pytest.mark.parametrize("what", ["item", "effect"])
def test_an_item_unparked_by_two_at_once_is_unparked_once(
    desks: tuple[Desk, Desk], monkeypatch: pytest.MonkeyPatch, what: str
) -> None:
    one, two = desks
    decide(one, f"park_{what}")
    propose(one, f"unpark_{what}", "P-1")
    propose(one, f"unpark_{what}", "P-2")
    meanwhile(monkeypatch, one.ledger, lambda: approve(two, "P-2", BOB))
    assert approve(one, "P-1", ANN).code == "NOT_PARKED"
    assert events(one) == [f"{NAMES[what]}.parked", f"{NAMES[what]}.unparked"]
    assert [row.state for row in parked(one.ledger)] == [f"unpark_{what}"]  # P-1 is open until somebody rejects it
    assert reject(one, "P-1", ANN).status == "recorded"
    assert parked(one.ledger) == []


@pytest.mark.parametrize("what", ["item", "effect"])
def test_an_item_parked_by_two_at_once_is_parked_once(
    desks: tuple[Desk, Desk], monkeypatch: pytest.MonkeyPatch, what: str
) -> None:
    one, two = desks
    propose(one, f"park_{what}", "P-1")
    propose(one, f"park_{what}", "P-2")
    meanwhile(monkeypatch, one.ledger, lambda: approve(two, "P-2", BOB))
    assert approve(one, "P-1", ANN).status == "recorded"
    assert len(events(one)) == 1
    assert [(row.state, row.approver) for row in parked(one.ledger)] == [("parked", "bob")]


def test_an_item_parked_anew_while_it_is_unparked_is_parked(
    desks: tuple[Desk, Desk], monkeypatch: pytest.MonkeyPatch
) -> None:
    """The approval of the parking sees the unparking that came before, and parks it again."""
    one, two = desks
    decide(one, "park_item")
    propose(one, "unpark_item", "P-1")
    propose(one, "park_item", "P-2")
    meanwhile(monkeypatch, one.ledger, lambda: approve(two, "P-1", BOB))
    assert approve(one, "P-2", ANN).status == "recorded"
    assert parked_items(one, "releases") == PARKED


def test_one_proposal_approved_and_rejected_at_once_has_one_end(
    desks: tuple[Desk, Desk], monkeypatch: pytest.MonkeyPatch
) -> None:
    one, two = desks
    decide(one, "park_item")
    propose(one, "unpark_item", "P-1")
    meanwhile(monkeypatch, one.ledger, lambda: reject(two, "P-1", BOB))
    assert approve(one, "P-1", ANN).status == "refused"
    assert parked_items(one, "releases") == PARKED


@pytest.mark.parametrize("seed", range(4))
def test_however_they_interleave_what_is_parked_is_what_was_decided_last(desks: tuple[Desk, Desk], seed: int) -> None:
    one, two = desks
    decide(one, "park_item")
    propose(one, "unpark_item", "P-1")
    propose(one, "park_item", "P-2")
    gate, askers = Barrier(2), [partial(approve, one, "P-1", ANN), partial(approve, two, "P-2", BOB)]
    Random(seed).shuffle(askers)

    def ask(which: int) -> Outcome:
        gate.wait()
        return askers[which]()

    with ThreadPoolExecutor(2) as threads:
        outcomes = list(threads.map(ask, range(2)))
    approved = [row.readable_event for row in one.ledger.reader.read(3, 0, 100) if row.type == "proposal.approved"]
    last = getattr(approved[-1], "command", "")
    assert [outcome.status for outcome in outcomes] == ["recorded"] * 2, f"seed {seed}"
    assert (parked_items(two, "releases") == PARKED) is (last == "park_item"), f"seed {seed}: {outcomes}"
