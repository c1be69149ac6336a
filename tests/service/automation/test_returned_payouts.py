"""A payout that comes back after it was paid (domain §4.5, scenario 8), on a real ledger."""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterator
from pathlib import Path

import pytest

from ledger.actors import Actor
from projections.engine.views import Views
from projections.worklists.due_dates import DueDates
from service.app import App
from service.automation.returned_payouts import ReturnedPayouts
from service.settings import Settings
from tests.support.buses import Desk, open_desk, publish_programme

FINANCE = Actor(kind="platform", id="fang", role="finance")
OTHER = Actor(kind="platform", id="ann", role="finance")
MERCHANT = Actor(kind="merchant", id="mei", role="merchant", scope="M-1")
BANK = Actor(kind="partner", id="bank", role="service")


@pytest.fixture
def desk(database_url: str, tmp_path: Path) -> Iterator[Desk]:
    """A merchant whose payout of CNY 475.00 is paid."""
    with open_desk(database_url, tmp_path) as desk:
        publish_programme(desk)
        desk.expect("enrol_merchant", merchant_id="M-1")
        open_account(desk)
        give(desk, "475.00")
        desk.expect("initiate_payout", merchant_id="M-1", payout_id="P-1")
        desk.expect("submit_payout", merchant_id="M-1", payout_id="P-1", bank_ref="B-1")
        desk.expect("report_payout_paid", actor=BANK, merchant_id="M-1", payout_id="P-1", bank_ref="B-1")
        yield desk


def open_account(desk: Desk) -> None:
    """An account the merchant names and somebody at the platform checks."""
    desk.expect("register_payout_account", actor=MERCHANT, merchant_id="M-1", account_ref="acc-1", bank_code="ICBC")
    desk.expect("verify_payout_account", merchant_id="M-1", account_ref="acc-1")


def give(desk: Desk, amount: str) -> None:
    """Available money, by two people."""
    lines = [
        {"account": "5160", "side": "debit", "amount": f"CNY {amount}"},
        {"account": "2120", "side": "credit", "amount": f"CNY {amount}"},
    ]
    about = {"merchant_id": "M-1", "adjustment_id": "A-1"}
    desk.expect("post_adjustment", actor=OTHER, lines=lines, **about)


def come_back(desk: Desk) -> None:
    desk.expect("report_payout_returned", actor=BANK, merchant_id="M-1", payout_id="P-1", bank_ref="B-2", code="AC04")


def watcher(desk: Desk) -> ReturnedPayouts:
    """One that begins now, over a view that holds all that happened."""
    app = App(Settings(), desk.ledger, desk.bus, Views(desk.ledger.engine, desk.ledger.reader), desk.clock)
    app.catch_up([DueDates()])
    return ReturnedPayouts(app)


def balances(desk: Desk) -> Counter[str]:
    """CNY base by account, debit positive, of the merchant's book."""
    sums: Counter[str] = Counter()
    for row in desk.ledger.reader.read(desk.ledger.directory.book_of("M-1"), 0, 1000):
        sums.update({line["account"]: line["base"] for line in row.lines})
    return sums


def test_money_that_came_back_is_available_again(desk: Desk) -> None:
    before = balances(desk)
    come_back(desk)
    after = balances(desk)
    assert (after["1010"] - before["1010"], after["2120"] - before["2120"]) == (47500, -47500)


def test_the_next_payout_is_refused_at_once(desk: Desk) -> None:
    come_back(desk)
    assert desk.ask("initiate_payout", merchant_id="M-1", payout_id="P-2").code == "PAYOUT_ACCOUNT_NOT_VERIFIED"


def test_the_account_is_disabled(desk: Desk) -> None:
    come_back(desk)
    assert watcher(desk).sweep() == 1
    rows = desk.ledger.reader.read_stream(desk.ledger.directory.book_of("M-1"), "merchant/M-1")
    assert rows[-1].type == "merchant.payout_account_disabled"


def test_an_account_that_is_checked_again_is_paid_to_and_stays_enabled(desk: Desk) -> None:
    come_back(desk)
    watcher(desk).sweep()
    desk.clock.forward(days=1)
    open_account(desk)
    assert watcher(desk).sweep() == 0, "a watcher that begins again disables nothing twice"
    desk.expect("initiate_payout", merchant_id="M-1", payout_id="P-2")


def test_two_watchers_disable_an_account_once(desk: Desk) -> None:
    come_back(desk)
    watchers = [watcher(desk) for _ in range(2)]
    assert [one.sweep() for one in watchers] == [1, 0]


def test_held_money_is_not_paid_out(desk: Desk) -> None:
    come_back(desk)
    desk.expect("hold_settlement", merchant_id="M-1", hold_id="H-1", amount="CNY 400.00", reason="evidence")
    watcher(desk).sweep()
    desk.clock.forward(days=1)
    open_account(desk)
    desk.expect("initiate_payout", merchant_id="M-1", payout_id="P-2")
    assert balances(desk)["2140"] == -7500
