"""The worked example of the domain (§3.4) through the real bus and a real log: eleven journals, and what is left."""

from __future__ import annotations

from collections.abc import Iterator
from datetime import UTC, date, datetime
from pathlib import Path
from typing import Any

import pytest

from ledger.log.rows import Recorded
from ledger.money import Money
from projections.accounting.account_turnovers import AccountTurnovers
from projections.accounting.books_of_account import TurnoverBalance, turnover_balance
from projections.balances.balances import MerchantBalance, balances
from projections.balances.merchant_balances import MerchantBalances
from projections.engine.views import Views
from projections.engine.worker import ProjectionWorker
from service.embedded import EmbeddedPostgres
from tests.support.buses import IMPORTER, Desk, open_desk, publish_programme
from tests.support.given import BUYER, FINANCE, PARTNER, PLATFORM, cny
from tests.support.orders import basket, capture, line
from tests.support.payments import settled_line, settles
from tests.support.postgres import clone
from tests.support.sales import OWNER, merchant_ready

NAMES = {"merchant_id": "M-1", "order_id": "O-1"}
PARCEL = NAMES | {"parcel_id": "P-1"}
SOLD = [
    line("A", 2, "CNY 180.00", "USD 25.00") | {"product_id": "P-1"},
    line("B", 1, "CNY 140.00", "USD 19.44") | {"product_id": "P-1"},
]
Lines = list[tuple[str, str, int, int]]  # account, currency, amount and base: debit positive

JOURNALS: list[tuple[str, Lines]] = [
    ("payment.captured", [("1110", "USD", 69_44, 498_58), ("2220", "USD", -69_44, -498_58)]),
    (
        "payment.allocated",
        [
            ("2220", "USD", 69_44, 498_58),
            ("2110", "CNY", -360_00, -360_00),
            ("2110", "CNY", -140_00, -140_00),
            ("4210", "CNY", 1_42, 1_42),
        ],
    ),
    (
        "psp_settlement.received",
        [
            ("1010", "CNY", 479_98, 479_98),
            ("5130", "USD", 2_31, 16_52),
            ("5210", "CNY", 2_08, 2_08),
            ("1110", "USD", -69_44, -498_58),
        ],
    ),
    ("parcel.logistics_charged", [("5110", "CNY", 62_00, 62_00), ("2310", "CNY", -62_00, -62_00)]),
    ("parcel.duty_assessed", [("5120", "USD", 20_83, 149_35), ("2310", "USD", -20_83, -149_35)]),
    (
        "refund.approved",
        [
            ("2110", "CNY", 140_00, 140_00),
            ("4210", "CNY", -42, -42),
            ("5210", "CNY", -20, -20),
            ("2210", "USD", -19_44, -139_38),
        ],
    ),
    (
        "refund.succeeded",
        [("2210", "USD", 19_44, 139_38), ("1110", "USD", -19_44, -139_19), ("5210", "CNY", -19, -19)],
    ),
    (
        "psp_settlement.received",
        [("1010", "CNY", -138_80, -138_80), ("5210", "CNY", -39, -39), ("1110", "USD", 19_44, 139_19)],
    ),
    (
        "settlement.released",
        [("2110", "CNY", 360_00, 360_00), ("2120", "CNY", -342_00, -342_00), ("4110", "CNY", -18_00, -18_00)],
    ),
    ("payout.initiated", [("2120", "CNY", 342_00, 342_00), ("2140", "CNY", -342_00, -342_00)]),
    ("payout.paid", [("2140", "CNY", 342_00, 342_00), ("1010", "CNY", -342_00, -342_00)]),
]
LEFT = {
    "1010": -82, "1110": 0, "2110": 0, "2120": 0, "2140": 0, "2210": 0, "2220": 0, "2310": -211_35, "4110": -18_00,
    "4210": 1_00, "5110": 62_00, "5120": 149_35, "5130": 16_52, "5210": 1_30,
}  # fmt: skip


@pytest.fixture(scope="module")
def desk(postgres: EmbeddedPostgres, template: str, tmp_path_factory: pytest.TempPathFactory) -> Iterator[Desk]:
    folder: Path = tmp_path_factory.mktemp("worked")
    with open_desk(clone(postgres, template, "worked_example"), folder, now=_on(1)) as desk:
        publish_programme(desk)
        merchant_ready(desk)
        for day, value in ((5, "7.1700"), (9, "7.1600")):
            reported = {
                "pair": "USD/CNY",
                "rate": value,
                "kind": "book",
                "provider": "test",
                "as_of": date(2025, 4, day),
            }
            desk.expect("record_fx_rate", actor=IMPORTER, **reported)
        _sold(desk)
        _sent(desk)
        _returned(desk)
        _paid_out(desk)
        yield desk


@pytest.fixture(scope="module")
def views(desk: Desk) -> Views:
    for projection in (MerchantBalances(), AccountTurnovers()):
        ProjectionWorker(desk.ledger.engine, desk.ledger.reader, projection).catch_up()
    return Views(desk.ledger.engine, desk.ledger.reader)


def _on(day: int) -> datetime:
    return datetime(2025, 4, day, 8, tzinfo=UTC)


def _submit(desk: Desk, day: int, name: str, **reported: Any) -> None:
    desk.clock.now = max(desk.clock.now, _on(day))
    desk.expect(name, **reported)


def _sold(desk: Desk) -> None:
    _submit(desk, 1, "place_order", actor=BUYER, **NAMES, **basket(lines=SOLD))
    _submit(desk, 1, "report_payment_captured", actor=PARTNER, **NAMES, **capture())
    items = [{"line_id": "A", "qty": 2}, {"line_id": "B", "qty": 1}]
    _submit(desk, 1, "create_parcel", actor=OWNER, items=items, warehouse_id="W-1", **PARCEL)
    _submit(desk, 1, "dispatch_parcel", actor=OWNER, carrier="SF", tracking_no="T-1", **PARCEL)
    charge = settled_line("cap-1", "USD 69.44", "USD 2.31", "USD 67.13")
    _submit(desk, 3, "report_psp_settlement", actor=PARTNER, **NAMES, **settles(charge))


def _sent(desk: Desk) -> None:
    freight = {"partner": "sf", "charge_ref": "inv-1.1", "amount": "CNY 62.00"}
    _submit(desk, 4, "record_logistics_charge", actor=PARTNER, **PARCEL, **freight)
    duty = {"partner": "sf", "assessment_ref": "cbp-1", "amount": "USD 20.83", "borne_by": "platform"}
    _submit(desk, 5, "report_duty", actor=PARTNER, declared_value="USD 69.44", **PARCEL, **duty)
    _submit(desk, 5, "report_signature", actor=PARTNER, evidence_kind="recipient", **PARCEL)


def _returned(desk: Desk) -> None:
    wanted = {"lines": [{"line_id": "B", "qty": 1}], "reason": "broken"}
    _submit(desk, 8, "request_refund", actor=BUYER, refund_id="R-1", **NAMES, **wanted)
    _submit(desk, 8, "approve_refund", actor=PLATFORM, refund_id="R-1", round=1, **NAMES)
    _submit(desk, 8, "submit_refund", refund_id="R-1", **NAMES)
    outcome = {"psp": "stripe", "attempt_id": "R-1.1", "psp_refund_ref": "re-1", "outcome": "succeeded"}
    _submit(desk, 9, "report_refund_outcome", actor=PARTNER, amount="USD 19.44", **NAMES, **outcome)
    refund = settled_line("re-1", "USD -19.44", "USD 0.00", "USD -19.44", kind="refund", at="7.1400")
    _submit(desk, 11, "report_psp_settlement", actor=PARTNER, **NAMES, **settles(refund, batch_ref="po-2"))


def _paid_out(desk: Desk) -> None:
    _submit(desk, 12, "release_settlement", **NAMES)
    payout = {"merchant_id": "M-1", "payout_id": "PO-1"}
    _submit(desk, 12, "initiate_payout", actor=FINANCE, **payout)
    _submit(desk, 13, "report_payout_paid", actor=PARTNER, bank_ref="b-1", **payout)


def _posted(desk: Desk) -> list[Recorded]:
    """Every event with an entry, in the order of the merchant's book."""
    (book,) = set(desk.ledger.directory.books_of(["M-1"]).values())
    return [row for row in desk.ledger.reader.read(book, 0, 1_000) if row.entry]


def test_there_are_eleven_journals(desk: Desk) -> None:
    assert [row.type for row in _posted(desk)] == [event for event, _ in JOURNALS]


@pytest.mark.parametrize("row", range(len(JOURNALS)), ids=[f"{n + 1} {event}" for n, (event, _) in enumerate(JOURNALS)])
def test_a_journal_is_right_to_the_cent(desk: Desk, row: int) -> None:
    posted = [(part["account"], part["currency"], part["amount"], part["base"]) for part in _posted(desk)[row].lines]
    assert sorted(posted) == sorted(JOURNALS[row][1])


def test_what_is_left_is_what_the_example_says(views: Views) -> None:
    left: dict[str, int] = dict.fromkeys(LEFT, 0)
    for row in turnover_balance(views).rows:
        left[row.account] = left.get(row.account, 0) + row.closing_base.minor
    assert left == LEFT


def test_the_trial_balance_comes_to_nothing(views: Views) -> None:
    assert turnover_balance(views).total == cny("0.00")


@pytest.mark.parametrize("account", ["1110", "2210", "2220"])
def test_foreign_accounts_are_closed_in_their_own_currency_too(views: Views, account: str) -> None:
    assert _of(turnover_balance(views), account, "USD") == Money(0, "USD")


def test_the_merchant_has_what_the_list_price_leaves(views: Views) -> None:
    (merchant,) = balances(views).merchants
    assert merchant == MerchantBalance(
        merchant="M-1",
        pending=cny("0.00"),
        available=cny("0.00"),
        on_hold=cny("0.00"),
        in_transit=cny("0.00"),
        paid=cny("342.00"),
        due_from_merchant=cny("0.00"),
    )


def test_the_platform_loses_212_17(views: Views) -> None:
    result = sum(row.closing_base.minor for row in turnover_balance(views).rows if row.account[0] in "45")
    assert result == 212_17


def _of(answer: TurnoverBalance, account: str, currency: str) -> Money:
    found = [row.closing for row in answer.rows if (row.account, row.currency) == (account, currency)]
    return found[0] if found else Money(0, currency)
