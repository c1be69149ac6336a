"""Settlement reports meet the books: captures are settled, mismatches and lines nobody knows are exceptions."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from datetime import date
from pathlib import Path
from typing import Any

import pytest

from commands.bus.outcome import Outcome
from commands.command import Command
from commands.menu import MENU
from ledger.actors import Actor
from ledger.ids import command_id
from projections.accounting.account_turnovers import AccountTurnovers
from projections.accounting.books_of_account import turnover_balance
from projections.reconciliation.psp_references import PspReferences
from projections.reconciliation.unsettled import unsettled
from projections.worklists.exceptions import Exceptions, exceptions
from service.adapters.psp.neutral_csv import read_neutral
from service.adapters.psp.stripe_report import read_stripe
from service.app import App
from service.formats.bad_file import BadFile
from service.intake.files import FileSummary
from service.intake.settlement_reports import import_report
from service.partner_facts.files import RawFile
from tests.service.adapters.psp.reports import line, neutral, stripe, summed, transaction
from tests.support.buses import PLATFORM, open_desk, publish_programme
from tests.support.given import FINANCE
from tests.support.sales import PROVIDER, merchant_ready, order_data, paid
from tests.support.shops import app_of

FAR = date(2030, 1, 1)


@pytest.fixture
def app(database_url: str, tmp_path: Path) -> Iterator[App]:
    """A ledger with one capture of USD 19.44 at 7.1800, not settled yet."""
    with open_desk(database_url, tmp_path) as desk:
        publish_programme(desk)
        merchant_ready(desk)
        paid(desk)
        desk.clock.forward(days=20)
        yield app_of(desk)


def imported(app: App, content: bytes, name: str = "r.csv", *, match: bool = False) -> FileSummary:
    file = RawFile(name, content)
    return import_report(app, file, read_neutral(name, content, psp="stripe"), psp="stripe", match=match)


def accounts(app: App) -> dict[str, int]:
    """CNY by account, those at nothing left out."""
    app.catch_up([AccountTurnovers()])
    sums: dict[str, int] = {}
    for row in turnover_balance(app.views).rows:
        sums[row.account] = sums.get(row.account, 0) + row.closing_base.minor
    return {account: base for account, base in sums.items() if base}


def kinds(app: App) -> list[str]:
    app.catch_up([Exceptions()])
    return sorted(found.kind for found in exceptions(app.views))


def test_a_settled_capture_is_cash_fee_and_fx_and_no_receivable(app: App) -> None:
    before = accounts(app)
    summary = imported(app, neutral(line(), summed()))
    after = accounts(app)
    assert (summary.recorded, summary.refused, kinds(app)) == (2, 0, [])
    assert "1110" not in after
    assert (after["1010"], after["5130"]) == (13_285, 615)
    assert before["1110"] == after["1010"] + after["5130"] + after["5210"]


def test_stripes_own_report_comes_to_the_same(app: App) -> None:
    content = stripe(transaction())
    file = RawFile("r.csv", content)
    import_report(app, file, read_stripe("r.csv", content, rates={"USD": "7.1500"}), psp="stripe")
    found = accounts(app)
    assert ("1110" in found, found["1010"], kinds(app)) == (False, 13_285, [])


def test_what_is_settled_is_not_waited_for(app: App) -> None:
    app.catch_up([PspReferences()])
    assert [each.reference for each in unsettled(app.views, before=FAR)] == ["ch-O-1"]
    imported(app, neutral(line(), summed()))
    app.catch_up([PspReferences()])
    assert unsettled(app.views, before=FAR) == []


def test_another_amount_than_was_captured_is_a_break(app: App) -> None:
    amounts = "20.00,0.86,19.14"
    imported(app, neutral(line(amounts=amounts), summed(amounts=amounts, cash="136.85")))
    assert kinds(app) == ["amount_mismatch"]


def test_a_line_that_no_order_knows_waits_unmatched_and_is_the_one_break(app: App) -> None:
    imported(app, neutral(line(reference="ch-unknown"), summed()))
    assert kinds(app) == ["unmatched"]


def test_a_fee_of_the_account_belongs_to_no_order(app: App) -> None:
    fee = line("bt-2", "fee", "", amounts="-5.00,0.00,-5.00")
    imported(app, neutral(line(), fee, summed(2, amounts="14.44,0.86,13.58", cash="97.10")))
    found = accounts(app)
    assert (found["1010"], found["5130"], kinds(app)) == (9_710, 615 + 3_575, [])


@pytest.mark.parametrize("day", ["0001-01-01", "1999-12-31", "2026-04-23", "9999-12-31"])
def test_a_day_on_which_nothing_can_have_been_paid_is_refused_and_nothing_is_recorded(app: App, day: str) -> None:
    heads = app.ledger.reader.heads()
    with pytest.raises(BadFile, match=f"line 2: the day {day} is not between"):
        imported(app, neutral(line(), summed()).replace(b"2025-04-10", day.encode()))
    assert app.ledger.reader.heads() == heads


def test_the_same_report_again_changes_nothing(app: App) -> None:
    imported(app, neutral(line(), summed()))
    heads = app.ledger.reader.heads()
    again = imported(app, neutral(line(), summed()), "other.csv")
    assert (again.known, again.recorded, again.repeated) == (True, 0, 2)
    assert app.ledger.reader.heads() == heads


def its_order_becomes_known(app: App) -> None:
    desk_ask(app, "place_order", **order_data("O-9"))
    paid_by = {"payment_id": "pay-9", "psp": "stripe", "capture_ref": "ch-O-9", "amount": "USD 19.44"}
    desk_ask(app, "report_payment_captured", merchant_id="M-1", order_id="O-9", **paid_by)


UNKNOWN = neutral(line(), line("bt-9", reference="ch-O-9"), summed(2, amounts="38.88,1.72,37.16", cash="265.70"))


def test_the_same_report_again_changes_nothing_although_more_is_known_by_now(app: App) -> None:
    imported(app, UNKNOWN)
    its_order_becomes_known(app)
    heads = app.ledger.reader.heads()
    again = imported(app, UNKNOWN)
    assert (again.recorded, again.repeated, app.ledger.reader.heads()) == (0, 3, heads)


def test_a_line_that_waited_goes_to_its_order_where_that_is_asked_for(app: App) -> None:
    imported(app, UNKNOWN)
    its_order_becomes_known(app)
    assert [imported(app, UNKNOWN, match=True).recorded for _ in range(2)] == [1, 0]
    found = accounts(app)
    assert ("1110" in found, found["1010"], kinds(app)) == (False, 2 * 13_285, [])


def test_a_report_that_was_cut_off_goes_on_where_it_was(app: App, monkeypatch: pytest.MonkeyPatch) -> None:
    whole = app.bus.submit

    def dies_after_a_row(commands: Sequence[Command]) -> list[Outcome]:
        reported = whole(commands[:1])
        if len(commands) > 1:
            raise InterruptedError
        return reported

    with monkeypatch.context() as patch:
        patch.setattr(app.bus, "submit", dies_after_a_row)
        with pytest.raises(InterruptedError):
            imported(app, UNKNOWN)
    again = imported(app, UNKNOWN)
    assert (again.known, again.recorded, again.repeated) == (True, 2, 1)
    assert (accounts(app)["1010"], kinds(app)) == (13_285, ["unmatched"])


def test_a_batch_reported_again_in_another_file_settles_nothing_twice(app: App) -> None:
    imported(app, neutral(line(), summed()))
    before = accounts(app)
    imported(app, neutral(line(), summed()).replace(b"DEP-1", b"DEP-9"), "other.csv")
    assert accounts(app) == before


def test_one_capture_of_several_orders_is_settled_in_parts(app: App) -> None:
    data = order_data("O-2")
    desk_ask(app, "place_order", **data)
    for order in ("O-2", "O-3"):
        desk_ask(
            app, "report_payment_captured", merchant_id="M-1", order_id=order, payment_id="pay-x", psp="stripe",
            capture_ref="ch-x", amount="USD 5.00",
        )  # fmt: skip
    amounts = "10.00,0.33,9.67"
    imported(app, neutral(line(reference="ch-x", amounts=amounts), summed(amounts=amounts, cash="69.14")))
    assert [kind for kind in kinds(app) if kind in ("amount_mismatch", "psp_line_extra", "psp_batch_mismatch")] == []


def desk_ask(app: App, name: str, **data: object) -> None:
    actor = PROVIDER if name.startswith("report") else PLATFORM
    command = MENU[name].command.model_validate({"id": f"{name}-{data['order_id']}", "actor": actor, **data})
    (outcome,) = app.bus.submit([command])
    assert outcome.status == "recorded", outcome.sentence


def test_a_report_that_comes_before_the_capture_leaves_nothing_owed_and_nothing_extra_or_missing(
    database_url: str, tmp_path: Path
) -> None:
    with open_desk(database_url, tmp_path) as desk:
        publish_programme(desk)
        merchant_ready(desk)
        desk.expect("place_order", **order_data())
        desk.clock.forward(days=20)
        app = app_of(desk)
        imported(app, neutral(line().replace("ch-O-1,,", "ch-O-1,M-1,O-1"), summed()))
        assert kinds(app) == ["psp_line_extra"]
        reported = {"merchant_id": "M-1", "order_id": "O-1", "payment_id": "pay-O-1", "psp": "stripe"}
        desk.expect("report_payment_captured", actor=PROVIDER, capture_ref="ch-O-1", amount="USD 19.44", **reported)
        app.catch_up([PspReferences()])
        assert ("1110" in accounts(app), kinds(app), unsettled(app.views, before=FAR)) == (False, [], [])


def test_a_line_about_no_order_is_kept_with_its_category_and_its_neighbours_are_settled(app: App) -> None:
    content = stripe(transaction(), transaction(2, "anticipation_repayment", "", amounts="-10.00,0.00,-10.00"))
    file = RawFile("r.csv", content)
    summary = import_report(app, file, read_stripe("r.csv", content, rates={"USD": "7.1500"}), psp="stripe")
    assert (summary.recorded, summary.refused, "1110" in accounts(app)) == (3, 0, False)
    assert kinds(app) == ["psp_batch_mismatch", "unmatched"]
    (kept,) = (found for found in exceptions(app.views) if found.kind == "unmatched")
    assert (kept.actual, kept.refs["category"]) == ("psp_line_other", "anticipation_repayment")


def test_a_line_about_no_order_is_worked_to_its_end_by_an_adjustment_and_two_closed_breaks(app: App) -> None:
    """The batch brought in USD 10.00 less than its orders: an advance that the provider takes back."""
    content = stripe(transaction(), transaction(2, "anticipation_repayment", "", amounts="-10.00,0.00,-10.00"))
    import_report(app, RawFile("r.csv", content), read_stripe("r.csv", content, rates={"USD": "7.1500"}), psp="stripe")
    assert kinds(app) == ["psp_batch_mismatch", "unmatched"]
    unexplained, kept = exceptions(app.views, kind="psp_batch_mismatch")[0], exceptions(app.views, kind="unmatched")[0]
    assert kept.refs["amount"] == "USD -10.00"
    before, difference = accounts(app)["1010"], cny(unexplained.actual) - cny(unexplained.expected)
    sides = (("5130", "debit"), ("1010", "credit"))
    lines = [{"account": account, "side": side, "amount": f"CNY {-difference / 100:.2f}"} for account, side in sides]
    said = {"adjustment_id": "A-1", "lines": lines, "evidence": ["their report"]}
    reported = {"proposal_id": "P-1", "command": "post_adjustment", "data": said, "reason": "advance_repaid"}
    submitted(app, "propose", PLATFORM, **reported)
    submitted(app, "approve_proposal", FINANCE, in_stream="adjustment/A-1", proposal_id="P-1")
    for row in (unexplained, kept):
        about = {"in_stream": row.stream, "break_id": row.break_id}
        submitted(app, "resolve_break", FINANCE, **about, resolution="adjusted", reason="See A-1.")
    assert (kinds(app), accounts(app)["1010"] - before, difference) == ([], -71_50, -71_50)


def cny(amount: str) -> int:
    """In fen."""
    return int(amount.removeprefix("CNY ").replace(".", "").replace(",", ""))


def submitted(app: App, name: str, actor: Actor, **data: Any) -> None:
    command = MENU[name].command.model_validate({"id": command_id(name, str(data)), "actor": actor, **data})
    (outcome,) = app.bus.submit([command])
    assert outcome.is_accepted, outcome


def test_a_row_that_nobody_can_use_is_kept_and_its_neighbours_are_settled(app: App) -> None:
    content = neutral(line(), line("bt-2", kind="gift"), summed(2))
    for recorded in (3, 0):
        summary = imported(app, content)
        assert (summary.recorded, summary.refused, "1110" in accounts(app)) == (recorded, 0, False)
    assert (kinds(app), exceptions(app.views, kind="unmatched")[0].actual) == (["unmatched"], "item_unread")
