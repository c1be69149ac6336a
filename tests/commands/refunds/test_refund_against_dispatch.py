"""An express refund and a dispatch race for the same units: the order's stream decides (acceptance scenario 5)."""

from __future__ import annotations

from collections.abc import Callable, Iterator, Sequence
from concurrent.futures import ThreadPoolExecutor
from datetime import timedelta
from pathlib import Path
from random import Random
from threading import Barrier
from typing import Any

import pytest

from commands.bus.outcome import Outcome
from ledger.actors import Actor
from ledger.ids import order_stream
from ledger.ledger import Ledger
from ledger.log.rows import Attempt, Receipt, Recorded, Status
from tests.support.buses import Desk, open_desk, publish_programme
from tests.support.sales import BUYER, CARRIER, OWNER, merchant_ready, paid

SERVICE_DESK = Actor(kind="platform", id="cs", role="platform_cs")
ORDER: dict[str, Any] = {"merchant_id": "M-1", "order_id": "O-1"}
PARCEL: dict[str, Any] = {**ORDER, "parcel_id": "O-1-1"}


@pytest.fixture
def desks(database_url: str, tmp_path: Path) -> Iterator[tuple[Desk, Desk]]:
    """Two processes with a bus each on one ledger; the order O-1 is paid and packed, Express Refund is on."""
    with open_desk(database_url, tmp_path) as one, open_desk(database_url, tmp_path) as two:
        publish_programme(one)
        merchant_ready(one, express=True)
        paid(one)
        one.expect("create_parcel", actor=OWNER, items=[{"line_id": "L1", "qty": 1}], warehouse_id="WH-1", **PARCEL)
        yield one, two


def dispatch(desk: Desk) -> Outcome:
    return desk.ask("dispatch_parcel", id="send", actor=OWNER, carrier="sf", tracking_no="SF-1", **PARCEL)


def refund(desk: Desk, refund_id: str = "R-1") -> Outcome:
    return desk.ask("request_refund", id=refund_id, actor=BUYER, refund_id=refund_id, reason="changed_mind", **ORDER)


def meanwhile(monkeypatch: pytest.MonkeyPatch, ledger: Ledger, happens: Callable[[], object]) -> list[Status]:
    """The next append of this ledger waits until something has happened elsewhere; what becomes of its appends."""
    append, pending, statuses = ledger.append, [happens], list[Status]()

    def interrupted(book: int, attempts: Sequence[Attempt]) -> list[Receipt]:
        if pending:
            pending.pop()()
        receipts = append(book, attempts)
        statuses.extend(receipt.status for receipt in receipts)
        return receipts

    monkeypatch.setattr(ledger, "append", interrupted)
    return statuses


def history(desk: Desk) -> list[Recorded]:
    book = desk.ledger.directory.books_of(["M-1"])["M-1"]
    return desk.ledger.reader.read_stream(book, order_stream("M-1", "O-1"))


def types(desk: Desk) -> list[str]:
    return [recorded.type for recorded in history(desk)]


def moved(desk: Desk) -> list[str]:
    """The order's events that moved money."""
    return [recorded.type for recorded in history(desk) if recorded.entry]


def test_a_dispatch_that_comes_first_locks_the_refund(
    desks: tuple[Desk, Desk], monkeypatch: pytest.MonkeyPatch
) -> None:
    one, two = desks
    assert history(one)[-1].version == 5
    statuses = meanwhile(monkeypatch, one.ledger, lambda: dispatch(two))
    outcome = refund(one)
    assert statuses[0] is Status.CONFLICT, "it was decided on version 5, and anew on version 6"
    assert (history(one)[-1].type, history(one)[-1].version) == ("parcel.dispatched", 6)
    ends_at = (two.clock.now + timedelta(days=20)).isoformat().replace("+00:00", "Z")
    assert (outcome.code, outcome.facts) == ("AFTER_SALES_LOCKED", {"line_id": "L1", "lock_ends_at": ends_at})
    assert "refund.requested" not in types(one)


def test_a_refund_that_comes_first_leaves_nothing_to_dispatch(
    desks: tuple[Desk, Desk], monkeypatch: pytest.MonkeyPatch
) -> None:
    one, two = desks
    statuses = meanwhile(monkeypatch, one.ledger, lambda: refund(two))
    assert dispatch(one).code == "LINE_ALREADY_REFUNDED"
    assert statuses[0] is Status.CONFLICT
    assert "parcel.dispatched" not in types(one)


@pytest.mark.parametrize("scan", ["report_dispatch", "report_tracking"])
def test_a_scan_from_before_the_refund_is_recorded_and_asks_for_interception(
    desks: tuple[Desk, Desk], scan: str
) -> None:
    one, _ = desks
    scanned_at = one.clock.now
    one.clock.forward(minutes=30)
    assert refund(one).status == "recorded"
    before = moved(one)
    reported: dict[str, Any] = {"carrier": "sf"}
    reported |= {"tracking_no": "SF-1"} if scan == "report_dispatch" else {"milestone": "received_at_warehouse"}
    reported |= {"warehouse_id": "WH-1"}
    one.expect(scan, actor=CARRIER, at=scanned_at, **PARCEL, **reported)
    (opened,) = breaks(one)
    assert (opened["kind"], opened["refs"]["ask"]) == ("fact_contradicts_state", "interception")
    assert moved(one) == before


def test_of_two_refunds_at_once_one_is_paid(desks: tuple[Desk, Desk], monkeypatch: pytest.MonkeyPatch) -> None:
    one, two = desks
    meanwhile(monkeypatch, one.ledger, lambda: refund(two, "R-1"))
    assert refund(one, "R-2").code == "REFUND_EXCEEDS_REMAINING"
    assert types(one).count("refund.auto_approved") == 1


def test_a_withdrawal_that_comes_first_closes_the_case_for_the_reviewer(
    desks: tuple[Desk, Desk], monkeypatch: pytest.MonkeyPatch
) -> None:
    one, two = returned(desks)
    meanwhile(monkeypatch, one.ledger, lambda: withdraw(two))
    assert approve(one).code == "CASE_CLOSED"
    assert "refund.approved" not in types(one)


def test_an_approval_that_comes_first_closes_the_case_for_the_buyer(
    desks: tuple[Desk, Desk], monkeypatch: pytest.MonkeyPatch
) -> None:
    one, two = returned(desks)
    meanwhile(monkeypatch, one.ledger, lambda: approve(two))
    assert withdraw(one).code == "CASE_CLOSED"
    assert "refund.withdrawn" not in types(one)


@pytest.mark.parametrize("seed", range(4))
def test_however_they_interleave_the_units_are_sent_or_refunded(desks: tuple[Desk, Desk], seed: int) -> None:
    one, two = desks
    gate, askers = Barrier(2), [lambda: dispatch(one), lambda: refund(two)]
    Random(seed).shuffle(askers)

    def ask(which: int) -> Outcome:
        gate.wait()
        return askers[which]()

    with ThreadPoolExecutor(2) as threads:
        outcomes = list(threads.map(ask, range(2)))
    happened = types(one)
    sent, refunded = "parcel.dispatched" in happened, "refund.auto_approved" in happened
    assert sent != refunded, f"seed {seed}: {outcomes}"


def returned(desks: tuple[Desk, Desk]) -> tuple[Desk, Desk]:
    """The parcel was sent and signed for, and its return is asked for."""
    one, two = desks
    assert dispatch(one).status == "recorded"
    one.expect("report_signature", actor=CARRIER, evidence_kind="recipient", **PARCEL)
    one.clock.forward(days=1)
    two.clock.now = one.clock.now
    assert refund(one).status == "recorded"
    return one, two


def approve(desk: Desk) -> Outcome:
    return desk.ask("approve_refund", id="approve", actor=SERVICE_DESK, refund_id="R-1", round=1, **ORDER)


def withdraw(desk: Desk) -> Outcome:
    return desk.ask("withdraw_refund", id="withdraw", actor=BUYER, refund_id="R-1", **ORDER)


def breaks(desk: Desk) -> list[dict[str, Any]]:
    return [recorded.event.model_dump() for recorded in history(desk) if recorded.type == "break.opened"]
