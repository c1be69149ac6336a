"""Unmatched items on the command line: what waits, and where a person says it belongs."""

from __future__ import annotations

from datetime import UTC, datetime
from typing import Any

import pytest

from service.app import open_app
from service.settings import Settings
from tests.service.cli.conftest import Run
from tests.support.access import open_accounts
from tests.support.buses import Clock, Desk, publish_programme
from tests.support.sales import BUYER, PROVIDER, merchant_ready, order_data


@pytest.fixture
def unmatched(settings: Settings) -> Settings:
    """A charge for a checkout of two orders, and a dispute of a charge nobody has heard of."""
    with open_app(settings) as app:
        desk = Desk(app.ledger, Clock(datetime(2025, 4, 1, 8, tzinfo=UTC)))
        publish_programme(desk)
        merchant_ready(desk)
        open_accounts(desk.bus, "fay")
        for order in ("O-1", "O-2"):
            desk.expect("place_order", actor=BUYER, **order_data(order))
        about: dict[str, Any] = {"psp": "stripe", "capture_ref": "ch_1", "refs": {"checkout": "CO-7"}}
        desk.expect("report_unmatched_payment", actor=PROVIDER, amount="USD 38.88", **about)
        said = {
            "dispute_id": "dp_1",
            "capture_ref": "ch_9",
            "reason": "general",
            "amount": {"currency": "USD", "minor": 5},
        }
        body = {"said": {**said, "stage": "chargeback", "raw_code": "general", "due_by": None}}
        noted = {"system": "stripe", "reference": "dp_1", "kind": "psp_dispute_opened", "refs": {"named": "dp_1,ch_9"}}
        desk.expect("report_unmatched_fact", actor=PROVIDER, body=body, **noted)
    return settings


def rows(run: Run, settings: Settings, *times: str) -> dict[str, Any]:
    return {row["reference"]: row for row in run(settings, "unmatched", *times, "--format", "json").data}


def test_what_waits_is_shown_with_its_money_and_its_names(unmatched: Settings, run: Run) -> None:
    found = rows(run, unmatched)
    assert found["ch_1"]["amount"] == {"amount": "38.88", "currency": "USD"}
    assert found["ch_1"]["base"]["amount"] == "279.16"
    assert (found["ch_1"]["state"], found["ch_1"]["refs"]["checkout"], found["dp_1"]["amount"]) == (
        "waiting",
        "CO-7",
        None,
    )


def test_as_a_table_amounts_name_their_currency(unmatched: Settings, run: Run) -> None:
    said = run(unmatched, "unmatched")
    assert (said.code, said.err) == (0, "")
    assert "USD 38.88" in said.out


def test_money_is_split_over_the_orders_of_a_checkout_and_waits_no_more(unmatched: Settings, run: Run) -> None:
    said = run(unmatched, "match", "stripe", "ch_1", "--to", "M-1/O-1=USD 19.44", "--to", "M-1/O-2", "--by", "fay")
    assert said.code == 0
    assert list(rows(run, unmatched)) == ["dp_1"]
    books = {
        (row["account"], row["currency"]): row
        for row in run(unmatched, "trial-balance", "--format", "json").data["accounts"]
    }
    assert books["2220", "USD"]["closing"]["amount"] == "0.00"


def test_what_waited_then_is_asked_by_either_time(unmatched: Settings, run: Run) -> None:
    before = datetime.now(UTC).isoformat()
    run(unmatched, "match", "stripe", "ch_1", "--to", "M-1/O-1=USD 19.44", "--to", "M-1/O-2", "--by", "fay")
    then = rows(run, unmatched, "--as-known-at", before)
    assert (then["ch_1"]["state"], then["ch_1"]["amount"]["amount"]) == ("waiting", "38.88")
    assert list(then) == ["ch_1", "dp_1"]
    assert rows(run, unmatched, "--as-of", "2025-03-31") == {}


def test_saying_it_again_changes_nothing(unmatched: Settings, run: Run) -> None:
    said = ("match", "stripe", "ch_1", "--to", "M-1/O-1=USD 19.44", "--to", "M-1/O-2", "--by", "fay")
    run(unmatched, *said)
    before = run(unmatched, "status", "--format", "json").out
    assert run(unmatched, *said).code == 0
    assert run(unmatched, "status", "--format", "json").out == before


def test_a_fact_is_reported_to_the_order_that_is_named(unmatched: Settings, run: Run) -> None:
    assert run(unmatched, "match", "stripe", "dp_1", "--to", "M-1/O-1", "--by", "fay").code == 0
    assert list(rows(run, unmatched)) == ["ch_1"]
    assert "dispute.opened" in run(unmatched, "history", "O-1").out


@pytest.mark.parametrize(
    ("asked", "word"),
    [
        (("ch_1", "--to", "M-1/O-9"), "M-1/O-9"),
        (("ch_1", "--to", "M-9/O-1"), "M-9/O-1"),
        (("ch_1", "--to", "M-1/O-1=USD 19.44"), "ALLOCATION_EXCEEDS_CAPTURE"),
        (("ch_8", "--to", "M-1/O-1"), "UNMATCHED_ITEM_NOT_FOUND"),
        (("dp_1", "--to", "M-1/O-1", "--to", "M-1/O-2"), "dp_1"),
        (("ch_1", "--to", "O-1"), "MERCHANT/ORDER"),
        (("ch_1", "--to", "M-1/O-1=much"), "amount"),
    ],
)
def test_what_cannot_be_is_said_and_nothing_moves(
    unmatched: Settings, run: Run, asked: tuple[str, ...], word: str
) -> None:
    said = run(unmatched, "match", "stripe", *asked, "--by", "fay")
    assert said.code != 0
    assert word in said.err
    assert set(rows(run, unmatched)) == {"ch_1", "dp_1"}


def test_money_that_an_order_has_heard_of_too_is_said_to_stand_twice(unmatched: Settings, run: Run) -> None:
    with open_app(unmatched) as app:
        desk = Desk(app.ledger, Clock(datetime(2025, 4, 1, 9, tzinfo=UTC)))
        names = {"merchant_id": "M-1", "order_id": "O-1", "payment_id": "pi_1", "psp": "stripe", "capture_ref": "ch_1"}
        desk.expect("report_payment_captured", id="again", actor=PROVIDER, amount="USD 38.88", **names)
    row = rows(run, unmatched)["ch_1"]
    assert (row["state"], row["orders"]) == ("stands_twice", ["M-1/O-1"])
    assert run(unmatched, "match", "stripe", "ch_1", "--to", "M-1/O-1", "--by", "fay").code == 0
    assert "ch_1" not in rows(run, unmatched)
