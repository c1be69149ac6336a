"""One command from the command line: what finance does by hand, each step by somebody else."""

from __future__ import annotations

import json
import re
import shlex
from pathlib import Path

import pytest

from ledger.actors import Actor
from service.app import open_app
from service.settings import Settings
from tests.service.cli.conftest import Run
from tests.support.access import open_accounts
from tests.support.buses import Desk, publish_programme
from tests.support.faults import failing
from tests.support.sales import PROVIDER, merchant_ready

SIDES = ({"account": "5130", "side": "debit"}, {"account": "1010", "side": "credit"})
LINES = f"lines={json.dumps([side | {'amount': 'CNY 3.00'} for side in SIDES])}"
ABOUT = ("adjustment_id=A-1", LINES, "--reason", "bank_fee", "--by", "fay")
PROPOSED = ("propose", "post_adjustment", *ABOUT, "--id", "P-1")
APPROVER = Actor(kind="platform", id="ann", role="finance")
MONEY = (Path(__file__).parents[3] / "docs" / "money.md").read_text(encoding="utf-8")
BY_HAND = re.findall(r"^redledger ((?:submit|propose|approve|reject) .*)$", MONEY, re.MULTILINE)


@pytest.fixture
def shop(settings: Settings) -> Settings:
    with open_app(settings) as app:
        desk = Desk(app.ledger, app.clock)  # type: ignore[arg-type]
        publish_programme(desk)
        merchant_ready(desk, "M-1042")
        open_accounts(desk.bus, "fay", "ann")
    return settings


def test_an_adjustment_is_proposed_by_one_and_approved_by_another(shop: Settings, run: Run) -> None:
    run(shop, *PROPOSED)
    assert [row["proposer"] for row in run(shop, "proposals", "--format", "json").data] == ["fay"]
    assert run(shop, "approve", "P-1", "--by", "ann").code == 0
    rows = run(shop, "trial-balance", "--format", "json").data["accounts"]
    assert {row["account"]: row["closing"]["amount"] for row in rows} == {"1010": "-3.00", "5130": "3.00"}


def test_who_proposes_does_not_approve(shop: Settings, run: Run) -> None:
    run(shop, *PROPOSED)
    said = run(shop, "approve", "P-1", "--by", "fay")
    assert (said.code, "MAKER_IS_CHECKER" in said.err) == (1, True)


def test_the_same_id_is_answered_once(shop: Settings, run: Run) -> None:
    rate = ("pair=EUR/CNY", "rate=7.8", "kind=book", "provider=ecb", "as_of=2025-04-01")
    asked = ("submit", "record_fx_rate", *rate, "--by", "fay", "--id", "one", "--format", "json")
    first, again = (run(shop, *asked) for _ in range(2))
    assert (first.code, first.out) == (again.code, again.out)
    assert "answered already" in again.err


@pytest.mark.parametrize(
    ("asked", "says"),
    [
        (("close_the_books",), "there is no command called"),
        (("hold_settlement", "A-1"), "is not FIELD=VALUE"),
        (("release_hold", "merchant_id=M-1", "hold_id=H-1", "hold=H-1"), "there is no such field"),
        (("hold_settlement",), "it is missing"),
        (("accept_file", "lines=[{]"), "it is not JSON at character"),
    ],
)
def test_what_is_no_command_is_one_sentence(shop: Settings, run: Run, asked: tuple[str, ...], says: str) -> None:
    said = run(shop, "submit", *asked, "--by", "fay")
    words = " ".join(re.findall(r"[^\s│]+", said.err))
    assert (said.code, says in words) == (2, True), said.err


def test_nobody_asks_for_nothing(shop: Settings, run: Run) -> None:
    assert run(shop, "submit", "release_hold", "merchant_id=M-1", "hold_id=H-1").code == 2


def test_what_money_md_does_by_hand_is_recorded_as_it_stands(shop: Settings, run: Run) -> None:
    with open_app(shop) as app:
        _as_the_document_finds_it(Desk(app.ledger, app.clock))  # type: ignore[arg-type]
    assert len(BY_HAND) >= 8
    (open_,) = (row for row in run(shop, "exceptions", "--format", "json").data if row["kind"] == "amount_mismatch")
    for line in BY_HAND:
        assert open_["break_id"] in line or "break_id" not in line
        said = run(shop, *shlex.split(line))
        assert said.code == 0, (line, said.err)
    (left,) = run(shop, "exceptions", "--format", "json").data
    assert left["stream"] == "unmatched/stripe/ch-18", "until the provider has paid it back"


def _as_the_document_finds_it(desk: Desk) -> None:
    """M-1042 owes CNY 133.00, M-1043 has CNY 80.00, a capture was reported twice, and one names no order."""
    merchant_ready(desk, "M-1043")
    _moved(desk, "M-1042", "CNY 133.00", debit="2120", credit="4110")
    _moved(desk, "M-1043", "CNY 80.00", debit="5160", credit="2120")
    unmatched = {"psp": "stripe", "capture_ref": "ch-18"}
    desk.expect("report_unmatched_payment", actor=PROVIDER, amount="USD 20.00", **unmatched)
    known = {"merchant_id": "M-1043", "order_id": "2025-000018", "payment_id": "pay-1", "psp": "stripe"}
    for amount in ("USD 69.44", "USD 69.45"):
        desk.expect("report_payment_captured", actor=PROVIDER, capture_ref="ch-17", amount=amount, **known)


def _moved(desk: Desk, merchant_id: str, amount: str, **sides: str) -> None:
    lines = [{"account": account, "side": side, "amount": amount} for side, account in sides.items()]
    reported = {"merchant_id": merchant_id, "adjustment_id": "A-0"}
    desk.expect("post_adjustment", actor=APPROVER, lines=lines, **reported)


def test_a_command_that_fails_says_so_with_its_reference(run: Run, settings: Settings) -> None:
    fact = ("merchant_id=M-1", "order_id=O-1", "parcel_id=P-1", "milestone=noted", "raw_code=x")
    with open_app(settings) as app:
        open_accounts(app.bus, "shop-eu", roles=("service",), kind="service")
    with failing("report_tracking"):
        said = run(settings, "submit", "report_tracking", *fact, "--by", "shop-eu")
    assert said.code == 1
    assert "It failed by a fault of ours, F-" in said.err
    assert "Traceback" not in said.err
