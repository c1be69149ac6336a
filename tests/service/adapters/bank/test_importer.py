"""Bank statements meet the books: payouts are paid or come back, deposits are found, the rest are breaks."""

from __future__ import annotations

from datetime import date

import pytest

from commands.payouts.report_payout_paid import ReportPayoutPaid
from commands.settlement.report_psp_batch import ReportPspBatch
from ledger.fx import CNY
from ledger.money import Money
from projections.accounting.account_turnovers import AccountTurnovers
from projections.accounting.books_of_account import turnover_balance
from projections.balances.balances import balances
from projections.balances.merchant_balances import MerchantBalances
from projections.reconciliation.expected_at_bank import Expectation, ExpectedAtBank, expected_under, not_shown_yet
from projections.worklists.exceptions import Exceptions, exceptions
from service.app import App
from service.finance.settlement_run import payout_id_of
from service.formats.bad_file import BadFile
from service.intake.bank_statements import import_camt
from service.intake.files import FileSummary
from service.partner_facts.files import RawFile
from tests.service.adapters.bank.statements import entry, statement
from tests.support.sales import PROVIDER

PAYOUT = payout_id_of("R-1", "M-1")


def imported(app: App, *entries: str, closing: str, name: str = "s.xml", **about: str) -> FileSummary:
    return import_camt(app, RawFile(name, statement(*entries, closing=closing, **about)))


def in_transit(app: App) -> int:
    app.catch_up([MerchantBalances()])
    (balance,) = balances(app.views).merchants
    return balance.in_transit.minor


def breaks(app: App) -> list[tuple[str, str, str]]:
    app.catch_up([Exceptions()])
    return [(found.kind, found.expected, found.actual) for found in exceptions(app.views)]


def test_a_payout_that_the_bank_shows_is_paid(app: App) -> None:
    summary = imported(app, entry("-133.00", reference=PAYOUT), closing="-33.00")
    assert (summary.recorded, in_transit(app), breaks(app)) == (2, 0, [])


def bank_has_answered(app: App) -> None:
    reported = {"merchant_id": "M-1", "payout_id": PAYOUT, "bank_ref": "bk-1", "occurred_at": app.clock()}
    app.bus.submit([ReportPayoutPaid.model_validate({"id": "c-1", "actor": PROVIDER, **reported})])


def test_a_payout_that_the_bank_reported_before_its_statement_is_no_second_one(app: App) -> None:
    bank_has_answered(app)
    imported(app, entry("-133.00", reference=PAYOUT), closing="-33.00")
    app.catch_up([ExpectedAtBank()])
    assert (breaks(app), expected_under(app.views, [PAYOUT])[0].entry) == ([], "ICBC-1/CNY/S-1/2025-04-20/1")


def test_a_payout_that_two_entries_show_left_twice(app: App) -> None:
    twice = entry("-133.00", reference=PAYOUT)
    imported(app, twice, twice, closing="-166.00")
    assert sorted(kind for kind, _, _ in breaks(app)) == ["bank_unmatched", "double_payout"]


def test_a_payout_that_a_later_statement_shows_again_left_twice(app: App) -> None:
    bank_has_answered(app)
    imported(app, entry("-133.00", reference=PAYOUT), closing="-33.00")
    imported(app, entry("-133.00", reference=PAYOUT), opening="-33.00", closing="-166.00", statement_id="S-2")
    assert sorted(kind for kind, _, _ in breaks(app)) == ["bank_unmatched", "double_payout"]


def test_a_payout_named_in_the_banks_own_words_is_found(app: App) -> None:
    imported(app, entry("-133.00", text=f"PAYMENT {PAYOUT} THANK YOU"), closing="-33.00")
    assert in_transit(app) == 0


def test_a_payout_that_comes_back_is_returned_with_the_banks_reason(app: App) -> None:
    imported(app, entry("-133.00", reference=PAYOUT), closing="-33.00")
    imported(
        app, entry("133.00", reference=PAYOUT, code="AC04"), opening="-33.00", closing="100.00", statement_id="S-2"
    )
    app.catch_up([MerchantBalances()])
    assert balances(app.views).merchants[0].available == Money(13_300, CNY)


def test_another_amount_is_a_break_and_pays_nothing(app: App) -> None:
    imported(app, entry("-130.00", reference=PAYOUT), closing="-30.00")
    assert in_transit(app) == 13_300
    assert {kind for kind, _, _ in breaks(app)} == {"amount_mismatch"}


def with_charge(amount: str, paid: str, included: str = "true") -> str:
    """An entry of the payout, 5.00 of which the bank charged."""
    charge = f'<Chrgs><Rcrd><Amt Ccy="CNY">5.00</Amt><ChrgInclInd>{included}</ChrgInclInd></Rcrd></Chrgs>'
    paid_out = f'<Amt Ccy="CNY">{paid}</Amt>{charge}</TxDtls>'
    return entry(amount, reference=PAYOUT).replace("</TxDtls>", paid_out)


def test_charges_inside_the_entry_of_a_payout_are_an_expense_and_the_payout_is_exact(app: App) -> None:
    imported(app, with_charge("-138.00", "133.00"), closing="-38.00")
    assert (in_transit(app), breaks(app), charged(app)) == (0, [], 500)


def test_charges_that_are_only_announced_are_no_part_of_it(app: App) -> None:
    imported(app, with_charge("-133.00", "133.00", included="false"), closing="-33.00")
    assert (in_transit(app), breaks(app), charged(app)) == (0, [], 0)


def charged(app: App) -> int:
    """Returns the balance of 5180 in fen."""
    app.catch_up([AccountTurnovers()])
    return sum(row.closing_base.minor for row in turnover_balance(app.views).rows if row.account == "5180")


def test_an_entry_that_nobody_can_use_is_kept_among_the_unmatched_and_the_others_are_recorded(app: App) -> None:
    bad = entry("8.85", reference="WHO").replace("CNY", "USD")
    summary = imported(app, bad, entry("-133.00", reference=PAYOUT), closing="-24.15")
    assert (summary.recorded, summary.refused, in_transit(app)) == (3, 0, 0)
    assert breaks(app) == [("unmatched", "an order", "item_unread")]
    assert summary.unread == ["line 10: the entry is in USD, the account in CNY"]


def test_a_statement_that_came_before_leaves_its_neighbours(app: App) -> None:
    imported(app, closing="100.00")
    once = statement(closing="100.00").decode()
    body = once[once.index("<Stmt>") : once.index("</BkToCstmrStmt>")]
    both = once.replace(body, body + body.replace("S-1", "S-2")).encode()
    summary = import_camt(app, RawFile("both.xml", both))
    assert (summary.recorded, [*map(len, (summary.unread, summary.refusals))]) == (2, [1, 0])


def test_an_entry_that_nobody_expects_is_a_break(app: App) -> None:
    imported(app, entry("8.85", reference="WHO"), closing="108.85")
    assert breaks(app) == [("bank_unmatched", "nothing", "CNY 8.85 on 2025-04-20")]


def test_the_words_of_an_entry_are_not_kept(app: App) -> None:
    imported(app, entry("8.85", text="From Zhang San with love"), closing="108.85")
    with app.ledger.engine.connect() as connection:
        assert not connection.exec_driver_sql("SELECT 1 FROM log.events WHERE payload LIKE '%%Zhang%%'").all()


def test_a_reference_longer_than_any_banks_is_kept_as_far_as_it_is_one(app: App) -> None:
    summary = imported(app, entry("8.85", reference="A" * 5000), closing="108.85")
    app.catch_up([Exceptions()])
    (found,) = exceptions(app.views)
    assert (summary.recorded, found.refs["reference"]) == (2, "A" * 64)


def test_a_day_on_which_no_bank_was_open_is_refused_and_nothing_is_recorded(app: App) -> None:
    heads = app.ledger.reader.heads()
    content = statement(entry("8.85"), closing="108.85").replace(
        b"2025-04-20</Dt></BookgDt>", b"0025-04-20</Dt></BookgDt>"
    )
    with pytest.raises(BadFile, match="line 10: the day 0025-04-20 is not between"):
        import_camt(app, RawFile("s.xml", content))
    assert app.ledger.reader.heads() == heads


def test_a_statement_that_opens_where_none_closed_is_a_gap(app: App) -> None:
    imported(app, closing="100.00")
    imported(app, closing="77.00", opening="77.00", statement_id="S-2")
    assert [kind for kind, _, _ in breaks(app)] == ["bank_gap"]


def of_day(day: str, opening: str, closing: str, currency: str = "CNY") -> bytes:
    """Statement number 1 of a day."""
    content = statement(closing=closing, opening=opening).replace(b"2025-04-20", day.encode())
    return content.replace(b"CNY", currency.encode())


def test_accounts_of_one_number_and_statements_of_one_number_leave_no_gap(app: App) -> None:
    for day, opening, closing, currency in (
        ("2025-01-02", "100.00", "100.00", "CNY"), ("2025-01-02", "7.00", "7.00", "USD"),
        ("2026-01-02", "100.00", "100.00", "CNY"), ("2025-06-30", "100.00", "100.00", "CNY"),
    ):  # fmt: skip
        import_camt(app, RawFile(f"{day}.{currency}.xml", of_day(day, opening, closing, currency)))
    assert breaks(app) == []


def test_the_same_file_again_changes_nothing(app: App) -> None:
    imported(app, entry("-133.00", reference=PAYOUT), entry("8.85"), closing="-24.15")
    heads = app.ledger.reader.heads()
    again = imported(app, entry("-133.00", reference=PAYOUT), entry("8.85"), closing="-24.15", name="other.xml")
    assert (again.known, again.recorded, again.rows) == (True, 0, 3)
    assert app.ledger.reader.heads() == heads


def test_the_same_statement_in_another_file_is_refused_and_nothing_is_recorded(app: App) -> None:
    imported(app, closing="100.00")
    heads = app.ledger.reader.heads()
    with pytest.raises(BadFile, match="was imported before from another file"):
        imported(app, entry("8.85"), closing="108.85")
    assert app.ledger.reader.heads() == heads


def test_a_deposit_that_goes_by_two_names_is_shown_under_either(app: App) -> None:
    batch = {"psp": "stripe", "batch_ref": "B-1", "digest": "d", "line_count": 1, "orders_cash": "CNY 8.85"}
    reported = batch | {"cash": "CNY 8.85", "bank_entry_ref": "DEP-1", "value_date": "2025-04-10"}
    envelope = {"id": "c-1", "actor": PROVIDER, "occurred_at": app.clock()}
    app.bus.submit([ReportPspBatch.model_validate(envelope | reported)])
    deposits = "psp_settlement"
    assert [each.reference for each in waited_for(app) if each.kind == deposits] == ["B-1"]
    imported(app, entry("8.85", reference="DEP-1"), closing="108.85")
    assert [each for each in waited_for(app) if each.kind == deposits] == []


def waited_for(app: App) -> list[Expectation]:
    app.catch_up([ExpectedAtBank()])
    return not_shown_yet(app.views, before=date(2030, 1, 1))


def test_what_the_bank_has_shown_is_not_waited_for(app: App) -> None:
    app.catch_up([ExpectedAtBank()])
    assert [each.reference for each in not_shown_yet(app.views, before=date(2030, 1, 1))] == [PAYOUT]
    imported(app, entry("-133.00", reference=PAYOUT), closing="-33.00")
    app.catch_up([ExpectedAtBank()])
    assert not_shown_yet(app.views, before=date(2030, 1, 1)) == []
    assert expected_under(app.views, [PAYOUT])[0].entry == "ICBC-1/CNY/S-1/2025-04-20/1"
