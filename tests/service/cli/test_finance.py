"""The books on the command line: settled, shown, exported, explained; partners' files taken or refused."""

from __future__ import annotations

import json
from datetime import UTC, datetime
from decimal import Decimal
from pathlib import Path

import pytest

from ledger.actors import Actor
from service.app import open_app
from service.finance.settlement_run import payout_id_of
from service.questions.registry import QUESTIONS
from service.settings import Settings
from tests.service.adapters.bank.statements import entry, statement
from tests.service.adapters.psp.reports import adyen, adyen_payout, line, neutral, stripe, summed, transaction
from tests.service.adapters.psp.reports import entry as adyen_entry
from tests.service.cli.conftest import Run
from tests.support.buses import Clock, Desk, publish_programme
from tests.support.sales import merchant_ready, released


@pytest.fixture
def shop(settings: Settings) -> Settings:
    """A ledger with one merchant whose order is released."""
    with open_app(settings) as app:
        desk = Desk(app.ledger, Clock(datetime(2025, 4, 1, 8, tzinfo=UTC)))
        publish_programme(desk)
        merchant_ready(desk)
        released(desk)
    return settings


@pytest.fixture
def settled(shop: Settings, run: Run) -> Settings:
    assert run(shop, "settle", "--run", "R-1").code == 0
    return shop


def test_a_run_says_what_it_paid(shop: Settings, run: Run) -> None:
    (row,) = run(shop, "settle", "--run", "R-1", "--format", "json").json
    assert (row["statements"], row["payouts"], row["paid"]) == (1, 1, {"currency": "CNY", "minor": 13_300})


def test_a_cut_off_that_has_not_come_is_refused(shop: Settings, run: Run) -> None:
    said = run(shop, "settle", "--run", "R-1", "--cut-off", "2999-01-01T00:00:00Z")
    assert (said.code, "has not come yet" in said.err) == (1, True)


@pytest.mark.parametrize("form", ["table", "json", "csv", "html"])
def test_a_statement_is_the_same_bytes_each_time(settled: Settings, run: Run, form: str) -> None:
    first, again = (run(settled, "statement", "M-1", "--format", form).out for _ in range(2))
    assert first == again
    assert "133" in first


def test_a_statement_foots(settled: Settings, run: Run) -> None:
    said = json.loads(run(settled, "statement", "M-1", "--format", "json").out)
    assert said["opening"]["minor"] + sum(each["net"] for each in said["lines"]) == said["closing"]["minor"]


def test_statements_are_listed_as_of_a_day(settled: Settings, run: Run) -> None:
    assert len(run(settled, "statements", "M-1", "--format", "json").data) == 1
    assert run(settled, "statements", "M-1", "--as-of", "2025-01-01", "--format", "json").data == []


def test_a_merchant_nobody_knows_has_no_statement_and_is_not_written_down(settled: Settings, run: Run) -> None:
    said = run(settled, "statement", "M-999")
    assert (said.code, "M-999 is not known" in said.err) == (1, True)
    with open_app(settled) as app:
        assert app.ledger.directory.known_book_of("M-999") is None


@pytest.mark.parametrize("command", ["trial-balance", "contribution", "exposure", "reconciliation", "payouts"])
@pytest.mark.parametrize("form", ["table", "json", "csv"])
def test_every_question_is_answered_in_every_format(settled: Settings, run: Run, command: str, form: str) -> None:
    said = run(settled, command, "--format", form)
    assert (said.code, bool(said.out)) == (0, True), said.err


@pytest.mark.parametrize("command", ["trial-balance", "contribution", "exposure"])
def test_every_money_question_takes_both_times(settled: Settings, run: Run, command: str) -> None:
    said = run(settled, command, "--as-of", "2025-04-01", "--as-known-at", "2020-01-01T00:00:00Z", "--format", "json")
    rows = {"trial-balance": "accounts", "exposure": "classes"}
    found = said.data[rows[command]] if command in rows else said.data
    assert (said.code, found) == (0, []), said.err


def test_a_payout_that_failed_says_why(settled: Settings, run: Run) -> None:
    with open_app(settled) as app:
        desk = Desk(app.ledger, Clock(datetime(2025, 4, 20, 8, tzinfo=UTC)))
        bank, names = Actor(kind="partner", id="bank", role="service"), {"merchant_id": "M-1"}
        (payout_id,) = (row["payout_id"] for row in run(settled, "payouts", "--format", "json").data)
        desk.expect("report_payout_failed", actor=bank, payout_id=payout_id, code="AC04", **names)
    (row,) = run(settled, "payouts", "--format", "json").data
    assert (row["state"], row["code"]) == ("failed", "AC04")


def test_the_trial_balance_foots(settled: Settings, run: Run) -> None:
    rows = run(settled, "trial-balance", "--format", "json").data["accounts"]
    assert sum(Decimal(row["closing_base"]["amount"]) for row in rows) == 0
    assert {row["account"] for row in rows} >= {"1110", "2120", "2140", "4110"}


def test_late_events_explain_what_a_day_was_known_to_be(settled: Settings, run: Run) -> None:
    asked = ("explain-difference", "--as-of", "2025-12-31", "--as-known-at", "2020-01-01T00:00:00Z")
    found = run(settled, *asked, "--format", "json").data
    assert {event["type"] for event in found["events"]} >= {"payment.captured", "settlement.released"}
    assert sum(Decimal(row["difference_cny"]["amount"]) for row in found["accounts"]) == 0


@pytest.mark.parametrize("form", ["beancount", "hledger", "journal-csv"])
def test_the_journal_is_exported_into_a_file(settled: Settings, run: Run, form: str, tmp_path: Path) -> None:
    out = tmp_path / "journal"
    assert run(settled, "export", form, "-o", str(out)).code == 0
    assert "payout.initiated" in out.read_text()


def test_payouts_are_exported_for_the_bank(settled: Settings, run: Run) -> None:
    about = ("--debtor", "RedLedger", "--account", "6222", "--bank", "102100099996")
    assert f"<EndToEndId>{payout_id_of('R-1', 'M-1')}</EndToEndId>" in run(settled, "export", "pain001", *about).out


def written(folder: Path, name: str, content: bytes) -> str:
    (folder / name).write_bytes(content)
    return str(folder / name)


def test_a_bank_statement_is_imported_and_again_changes_nothing(settled: Settings, run: Run, tmp_path: Path) -> None:
    content = statement(entry("-133.00", reference=payout_id_of("R-1", "M-1")), closing="-33.00")
    file = written(tmp_path, "s.xml", content)
    assert run(settled, "import", "bank", file, "--format", "json").json[0]["recorded"] == 2
    again = run(settled, "import", "bank", file, "--format", "json").json[0]
    assert (again["known"], again["recorded"], again["repeated"]) == (True, 0, 2)


def test_settlement_reports_of_all_forms_are_imported(settled: Settings, run: Run, tmp_path: Path) -> None:
    ours = written(tmp_path, "n.csv", neutral(line(), summed()))
    theirs = written(tmp_path, "s.csv", stripe(transaction()))
    assert run(settled, "import", "psp", ours, "--psp", "stripe", "--format", "json").json[0]["recorded"] == 2
    assert run(settled, "import", "psp", theirs, "--form", "stripe", "--rate", "USD=7.15").code == 0
    details = written(tmp_path, "a.csv", adyen(adyen_entry(), adyen_payout()))
    read = ("import", "psp", details, "--form", "adyen")
    assert run(settled, *read, "--rate", "USD=7.15", "--format", "json").json[0]["recorded"] == 2


def test_a_report_in_the_form_of_any_provider_is_not_taken_for_one_of_them(
    settled: Settings, run: Run, tmp_path: Path
) -> None:
    said = run(settled, "import", "psp", written(tmp_path, "n.csv", neutral(line(), summed())))
    assert (said.code, "--psp" in said.err) == (2, True)


@pytest.mark.parametrize(
    ("kind", "content", "says"),
    [
        (("bank",), b"<Document>", "line 1"),
        (("psp", "--psp", "stripe"), b"a,b\n", "the column batch_ref is missing"),
        (("psp", "--form", "stripe"), stripe(transaction()), "no rate is given for USD"),
        (("invoices", "--partner", "sf"), b"a,b\n", "the column invoice_ref is missing"),
    ],
)
def test_a_bad_file_is_one_sentence_and_nothing_is_recorded(
    settled: Settings, run: Run, tmp_path: Path, kind: tuple[str, ...], content: bytes, says: str
) -> None:
    with open_app(settled) as app:
        before = app.ledger.reader.heads()
    said = run(settled, "import", kind[0], written(tmp_path, "bad.file", content), *kind[1:])
    assert (said.code, says in said.err) == (1, True), said.err
    with open_app(settled) as app:
        assert app.ledger.reader.heads() == before


def test_an_import_says_how_many_breaks_it_opened(settled: Settings, run: Run, tmp_path: Path) -> None:
    content = statement(entry("-12.00", reference="of-nobody"), closing="88.00")
    said = run(settled, "import", "bank", written(tmp_path, "s.xml", content))
    assert "It opened 1 break: redledger exceptions" in said.err
    assert "No break was opened." in run(settled, "import", "bank", str(tmp_path / "s.xml")).err


@pytest.mark.parametrize("rate", ["USX=7.15", "USD=seven", "USD="])
def test_a_rate_that_cannot_be_is_refused(settled: Settings, run: Run, tmp_path: Path, rate: str) -> None:
    file = written(tmp_path, "s.csv", stripe(transaction()))
    said = run(settled, "import", "psp", file, "--form", "stripe", "--rate", rate)
    assert (said.code, "--rate" in said.err) == (2, True)


def test_a_file_that_is_not_there_is_one_sentence(settled: Settings, run: Run, tmp_path: Path) -> None:
    said = run(settled, "import", "bank", str(tmp_path / "nowhere.xml"))
    assert (said.code, "cannot be read" in said.err) == (1, True)


def test_what_a_payout_names_can_be_shown(settled: Settings, run: Run) -> None:
    (payout,) = run(settled, "payouts", "--run", "R-1", "--format", "json").data
    shown = {
        kind: run(settled, "show", kind, id, "--format", "json").data
        for kind, id in (
            ("payout", payout["payout_id"]),
            ("settlement-run", payout["run_id"]),
            ("statement", payout["statement_id"]),
        )
    }
    assert shown["payout"] == payout
    assert (shown["statement"]["run_id"], shown["settlement-run"]["payouts"]) == ("R-1", 1)
    event = run(settled, "show", "event", shown["statement"]["lines"][0]["event_id"])
    assert (event.code, "type: settlement.released" in event.out) == (0, True)


@pytest.mark.parametrize("name", [name for name in QUESTIONS if name.startswith("show ")])
def test_what_nobody_knows_cannot_be_shown(settled: Settings, run: Run, name: str) -> None:
    said = run(settled, *name.split(), "no-such")
    assert (said.code, "no-such is not known. Check the id." in said.err) == (1, True)
