"""A payout and a claim on released money race for it: the guard on the account decides, and nobody is overpaid."""

from __future__ import annotations

from collections.abc import Callable, Iterator, Sequence
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path
from random import Random
from threading import Barrier
from typing import Any

import pytest

from commands.bus.outcome import Outcome
from ledger.actors import Actor
from ledger.ids import account_guard
from ledger.ledger import Ledger
from ledger.log.rows import Attempt, Receipt
from ledger.log.verification.verify import verify_log
from tests.support.buses import Desk, open_desk, publish_programme
from tests.support.sales import BUYER, PROVIDER, merchant_ready, paid, released, sent

SERVICE_DESK = Actor(kind="platform", id="cs", role="platform_cs")
ORDER: dict[str, Any] = {"merchant_id": "M-1", "order_id": "O-1"}
DISPUTE: dict[str, Any] = {"dispute_id": "dp-1", "psp": "stripe", "capture_ref": "ch-O-1"}


@pytest.fixture
def desks(database_url: str, tmp_path: Path) -> Iterator[tuple[Desk, Desk]]:
    """Two processes with a bus each on one ledger; CNY 133.00 of the order O-1 (CNY 140.00) is available."""
    with open_desk(database_url, tmp_path) as one, open_desk(database_url, tmp_path) as two:
        publish_programme(one)
        merchant_ready(one)
        released(one)
        two.clock.now = one.clock.now
        yield one, two


def account(desk: Desk) -> tuple[int, int]:
    """Returns the merchant's available money and the amount that open cases and disputes may take, in fen."""
    book = desk.ledger.directory.books_of(["M-1"])["M-1"]
    row = desk.ledger.reader.accounts(book, ["M-1"])["M-1"]
    return row.available, row.in_open_cases


def ask_back(desk: Desk) -> Outcome:
    return desk.expect("request_refund", id="ask", actor=BUYER, refund_id="R-1", reason="damaged", **ORDER)


def refund(desk: Desk, **how: Any) -> Outcome:
    return desk.expect("approve_refund", id="approve", actor=SERVICE_DESK, refund_id="R-1", round=1, **how, **ORDER)


def dispute(desk: Desk) -> Outcome:
    about = {"amount": "USD 19.44", "reason": "product_unacceptable"}
    return desk.expect("report_dispute_opened", id="dispute", actor=PROVIDER, **about, **DISPUTE, **ORDER)


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


@pytest.mark.parametrize("claim", [ask_back, dispute])
def test_what_is_asked_back_between_decision_and_append_is_not_paid_out(
    desks: tuple[Desk, Desk], monkeypatch: pytest.MonkeyPatch, claim: Callable[[Desk], Outcome]
) -> None:
    one, two = desks
    between_decision_and_append(monkeypatch, one.ledger, lambda: claim(two))
    assert pay_out(one).code == "INSUFFICIENT_AVAILABLE"
    assert account(one) == (13_300, 14_000)


@pytest.mark.parametrize("claim", [ask_back, dispute])
def test_without_the_guard_the_same_race_overpays(
    desks: tuple[Desk, Desk], monkeypatch: pytest.MonkeyPatch, claim: Callable[[Desk], Outcome]
) -> None:
    one, two = desks
    between_decision_and_append(monkeypatch, one.ledger, lambda: claim(two), unguarded)
    assert pay_out(one).status == "recorded"
    assert account(one) == (0, 14_000)


def test_a_refund_that_is_approved_between_decision_and_append_is_not_paid_out_either(
    desks: tuple[Desk, Desk], monkeypatch: pytest.MonkeyPatch
) -> None:
    one, two = desks
    between_decision_and_append(monkeypatch, one.ledger, lambda: (ask_back(two), refund(two)))
    assert pay_out(one).code == "INSUFFICIENT_AVAILABLE"
    assert account(one) == (0, 0)


def test_a_payout_that_comes_first_leaves_the_merchant_owing_the_refund(desks: tuple[Desk, Desk]) -> None:
    one, two = desks
    assert pay_out(one).status == "recorded"
    ask_back(two)
    refund(two)
    assert account(one) == (-13_300, 0)
    assert one.ask("initiate_payout", merchant_id="M-1", payout_id="PO-2").status == "refused"


@pytest.mark.parametrize("seed", range(6))
def test_however_they_interleave_the_merchant_is_paid_what_nobody_asks_back(
    desks: tuple[Desk, Desk], seed: int
) -> None:
    one, two = desks
    gate, askers = Barrier(2), [lambda: pay_out(one), lambda: ask_back(two)]
    Random(seed).shuffle(askers)

    def ask(which: int) -> Outcome:
        gate.wait()
        return askers[which]()

    with ThreadPoolExecutor(2) as threads:
        outcomes = list(threads.map(ask, range(2)))
    first, second = sorted(outcomes, key=lambda outcome: outcome.first or 1 << 60)
    refused = "INSUFFICIENT_AVAILABLE" if first.command_id == "ask" else ""
    assert second.code == refused, f"seed {seed}: {outcomes}"
    assert account(one)[0] == (13_300 if refused else 0), f"seed {seed}: {outcomes}"
    assert list(verify_log(one.ledger.reader)) == [], f"seed {seed}"


def test_an_approved_return_has_left_the_account_so_that_nothing_more_is_kept_back(desks: tuple[Desk, Desk]) -> None:
    one, _ = desks
    released(one, "O-2")
    ask_back(one)
    refund(one, return_required=True)
    assert account(one) == (13_300, 0)
    assert pay_out(one).status == "recorded"


@pytest.mark.parametrize("end", ["reject_refund", "withdraw_refund"])
def test_a_case_that_comes_to_nothing_keeps_nothing_back(desks: tuple[Desk, Desk], end: str) -> None:
    one, _ = desks
    ask_back(one)
    by = {"actor": SERVICE_DESK, "round": 1} if end == "reject_refund" else {"actor": BUYER}
    one.expect(end, refund_id="R-1", reason="changed_mind", **by, **ORDER)
    assert account(one) == (13_300, 0)
    assert pay_out(one).status == "recorded"


def test_a_case_about_goods_whose_money_is_pending_keeps_nothing_of_other_money_back(desks: tuple[Desk, Desk]) -> None:
    one, _ = desks
    paid(one, "O-2")
    one.expect("request_refund", actor=BUYER, refund_id="R-2", reason="late", merchant_id="M-1", order_id="O-2")
    assert account(one) == (13_300, 0)


def test_an_order_under_way_that_is_disputed_keeps_nothing_of_other_money_back(desks: tuple[Desk, Desk]) -> None:
    one, _ = desks
    paid(one, "O-2")
    sent(one, "O-2")
    about = {"amount": "USD 19.44", "reason": "fraudulent", "psp": "stripe", "dispute_id": "dp-2"}
    order = {"merchant_id": "M-1", "order_id": "O-2", "capture_ref": "ch-O-2"}
    one.expect("report_dispute_opened", actor=PROVIDER, **about, **order)
    assert account(one) == (13_300, 0)


def test_the_guards_say_what_the_events_say_of_open_cases(desks: tuple[Desk, Desk]) -> None:
    one, _ = desks
    ask_back(one)
    assert list(verify_log(one.ledger.reader)) == []
