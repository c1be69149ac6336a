"""A transfer between two accounts of ours in one currency is expected in both, and each difference is a break."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path

import pytest

from projections.reconciliation.expected_at_bank import ExpectedAtBank
from projections.worklists.exceptions import Exceptions, exceptions
from service.automation.missing_lines import MissingLines
from service.finance.reconciliation import GRACE_DAYS
from service.intake.bank_statements import import_camt
from service.partner_facts.files import RawFile
from tests.service.adapters.bank.statements import entry, statement
from tests.support.buses import Desk, open_desk, publish_programme
from tests.support.shops import app_of

Break = tuple[str, str, str]


@pytest.fixture(params=["CNY", "USD"])
def currency(request: pytest.FixtureRequest) -> str:
    return str(request.param)


@pytest.fixture
def desk(database_url: str, tmp_path: Path, currency: str) -> Iterator[Desk]:
    """50.00 moved from the account A-1 to the account A-2."""
    with open_desk(database_url, tmp_path) as desk:
        publish_programme(desk)
        desk.clock.forward(days=19)
        desk.expect("record_bank_fx_converted", bank_ref="TR-1", sold=f"{currency} 50.00", bought=f"{currency} 50.00")
        desk.clock.forward(days=1)
        yield desk


def shown(desk: Desk, currency: str, account: str, amount: str) -> None:
    """A statement that begins with 100.00."""
    content = statement(entry(amount, reference="TR-1"), closing=f"{100 + float(amount):.2f}", statement_id=account)
    content = content.replace(b"ICBC-1", account.encode()).replace(b'Ccy="CNY"', f'Ccy="{currency}"'.encode())
    app = app_of(desk)
    app.catch_up([ExpectedAtBank()])
    summary = import_camt(app, RawFile(f"{account}.xml", content))
    assert summary.refused == 0, summary.refusals


def breaks(desk: Desk) -> list[Break]:
    app = app_of(desk)
    app.catch_up([Exceptions()])
    return [(found.kind, found.expected, found.actual) for found in exceptions(app.views)]


def missed(desk: Desk) -> list[Break]:
    desk.clock.forward(days=GRACE_DAYS + 1)
    app = app_of(desk)
    app.catch_up()
    MissingLines(app).sweep()
    return breaks(desk)


def test_a_transfer_that_both_statements_show_is_no_break(desk: Desk, currency: str) -> None:
    shown(desk, currency, "A-1", "-50.00")
    shown(desk, currency, "A-2", "50.00")
    assert missed(desk) == []


@pytest.mark.parametrize(("account", "expected"), [("A-1", "-50.00"), ("A-2", "50.00")])
@pytest.mark.parametrize("by", [0.5, 1.5], ids=["short", "over"])
def test_another_amount_is_a_break_of_the_entry(
    desk: Desk, currency: str, account: str, expected: str, by: float
) -> None:
    actual = f"{float(expected) * by:.2f}"
    shown(desk, currency, account, actual)
    assert breaks(desk) == [("amount_mismatch", f"{currency} {expected}", f"{currency} {actual} on 2025-04-20")]


def test_money_that_left_and_does_not_arrive_is_missing(desk: Desk, currency: str) -> None:
    shown(desk, currency, "A-1", "-50.00")
    assert missed(desk) == [("bank_line_missing", f"{currency} 50.00", "nothing")]


def test_money_that_arrives_and_never_left_is_missing_where_it_was(desk: Desk, currency: str) -> None:
    shown(desk, currency, "A-2", "50.00")
    assert missed(desk) == [("bank_line_missing", f"{currency} -50.00", "nothing")]


def test_money_that_arrives_late_was_missing(desk: Desk, currency: str) -> None:
    shown(desk, currency, "A-1", "-50.00")
    missed(desk)
    shown(desk, currency, "A-2", "50.00")
    assert [kind for kind, *_ in breaks(desk)] == ["bank_line_missing"]
