"""A payout and a refund after release race for the same money: the guard on the account decides, nobody is overpaid."""

from __future__ import annotations

from collections.abc import Callable, Iterator, Sequence
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path
from random import Random
from threading import Barrier
from typing import Any

import pytest

from commands.outcome import Outcome
from ledger.ids import account_guard
from ledger.ledger import Ledger
from ledger.log.rows import Attempt, Receipt
from ledger.who import Actor
from tests.support.buses import Desk, open_desk, publish_programme
from tests.support.sales import BUYER, merchant_ready, released

SERVICE_DESK = Actor(kind="platform", id="cs", role="platform_cs")
ORDER: dict[str, Any] = {"merchant_id": "M-1", "order_id": "O-1"}


@pytest.fixture
def desks(database_url: str, tmp_path: Path) -> Iterator[tuple[Desk, Desk]]:
    """Two processes' worth of bus on one ledger; CNY 133.00 of the order O-1 is available, its return asked for."""
    with open_desk(database_url, tmp_path) as one, open_desk(database_url, tmp_path) as two:
        publish_programme(one)
        merchant_ready(one)
        released(one)
        two.clock.now = one.clock.now
        one.expect("request_refund", actor=BUYER, refund_id="R-1", reason="damaged", **ORDER)
        yield one, two


def available(desk: Desk) -> int:
    book = desk.ledger.directory.books_of(["M-1"])["M-1"]
    return desk.ledger.reader.accounts(book, ["M-1"])["M-1"].available


def refund(desk: Desk) -> Outcome:
    return desk.ask("approve_refund", id="approve", actor=SERVICE_DESK, refund_id="R-1", round=1, **ORDER)


def pay_out(desk: Desk) -> Outcome:
    return desk.ask("initiate_payout", id="pay", merchant_id="M-1", payout_id="PO-1")


def between_decision_and_append(
    monkeypatch: pytest.MonkeyPatch,
    ledger: Ledger,
    meanwhile: Callable[[], object],
    change: Callable[[Attempt], Attempt] = lambda attempt: attempt,
) -> None:
    """The next append of this ledger waits until `meanwhile` has happened elsewhere."""
    append, pending = ledger.append, [meanwhile]

    def interrupted(book: int, attempts: Sequence[Attempt]) -> list[Receipt]:
        if pending:
            pending.pop()()
        return append(book, [change(attempt) for attempt in attempts])

    monkeypatch.setattr(ledger, "append", interrupted)


def unguarded(attempt: Attempt) -> Attempt:
    """The attempt without its account guard: what would happen if payouts did not name it."""
    return attempt._replace(expects=[e for e in attempt.expects if e.key != account_guard("M-1")])


def test_a_refund_that_comes_first_leaves_nothing_to_pay_out(
    desks: tuple[Desk, Desk], monkeypatch: pytest.MonkeyPatch
) -> None:
    one, two = desks
    between_decision_and_append(monkeypatch, one.ledger, lambda: refund(two))
    assert pay_out(one).code == "INSUFFICIENT_AVAILABLE"
    assert available(one) == 0


def test_without_the_guard_the_same_race_overpays(desks: tuple[Desk, Desk], monkeypatch: pytest.MonkeyPatch) -> None:
    one, two = desks
    between_decision_and_append(monkeypatch, one.ledger, lambda: refund(two), unguarded)
    assert pay_out(one).status == "recorded"
    assert available(one) == -13_300


def test_a_payout_that_comes_first_leaves_the_merchant_owing_the_refund(
    desks: tuple[Desk, Desk], monkeypatch: pytest.MonkeyPatch
) -> None:
    one, two = desks
    between_decision_and_append(monkeypatch, one.ledger, lambda: pay_out(two))
    assert refund(one).status == "recorded"
    assert available(one) == -13_300
    assert pay_out(one).repeated
    assert one.ask("initiate_payout", id="more", merchant_id="M-1", payout_id="PO-2").status == "refused"


@pytest.mark.parametrize("seed", range(6))
def test_however_they_interleave_the_merchant_is_paid_what_was_available(desks: tuple[Desk, Desk], seed: int) -> None:
    one, two = desks
    gate, askers = Barrier(2), [lambda: pay_out(one), lambda: refund(two)]
    Random(seed).shuffle(askers)

    def ask(which: int) -> Outcome:
        gate.wait()
        return askers[which]()

    with ThreadPoolExecutor(2) as threads:
        outcomes = list(threads.map(ask, range(2)))
    paid = any(outcome.status == "recorded" and outcome.command_id == "pay" for outcome in outcomes)
    assert available(one) == (-13_300 if paid else 0), f"seed {seed}: {outcomes}"
