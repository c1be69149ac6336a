"""Commands that only read, on a small trading month."""

import csv
import io
import re
from collections.abc import Callable
from decimal import Decimal
from typing import Any

import pytest

from service.app import App
from service.cli.main import app as program
from service.cli.main import main
from service.questions.question import Question
from service.questions.registry import QUESTIONS
from service.settings import Settings
from tests.service.cli.conftest import Run

FindOrder = Callable[[str], str]


def _sum(rows: list[dict[str, Any]], column: str) -> Decimal:
    return sum((Decimal(row[column]["amount"]) for row in rows), Decimal())


def test_balances_name_every_merchant_with_money(run: Run, month: Settings) -> None:
    rows = run(month, "balances", "--format", "json").data
    assert len(rows) > 5
    assert _sum(rows, "paid") > 0


def test_balances_of_one_merchant_are_those_of_the_list(run: Run, month: Settings) -> None:
    rows = run(month, "balances", "--format", "json").data
    (row,) = run(month, "balances", "--merchant", rows[0]["merchant"], "--format", "json").data
    assert row == rows[0]


def test_a_merchant_nobody_knows_is_one_sentence(run: Run, month: Settings) -> None:
    said = run(month, "balances", "--merchant", "M-nowhere")
    assert said.code == 1
    assert "M-nowhere" in said.err


def test_before_the_first_day_nobody_has_anything(run: Run, month: Settings) -> None:
    rows = run(month, "balances", "--as-of", "2025-03-31", "--format", "json").data
    assert _sum(rows, "pending") == _sum(rows, "available") == _sum(rows, "paid") == 0


def test_before_the_first_event_was_recorded_nothing_was_known(run: Run, month: Settings) -> None:
    assert run(month, "balances", "--as-known-at", "2020-01-01T00:00:00Z", "--format", "json").data == []


def test_csv_has_a_header_and_a_line_for_each_row_of_the_json(run: Run, month: Settings) -> None:
    rows = run(month, "balances", "--format", "json").data
    lines = list(csv.DictReader(io.StringIO(run(month, "balances", "--format", "csv").out)))
    assert [line["merchant"] for line in lines] == [row["merchant"] for row in rows]
    assert lines[0]["paid"] == rows[0]["paid"]["amount"]


@pytest.mark.parametrize(
    ("option", "value"),
    [
        ("--as-of", "yesterday"),
        ("--as-known-at", "2025-07-03T08:00:00"),
        ("--as-known-at", "noon"),
        ("--format", "xml"),
    ],
)
def test_an_option_that_cannot_be_is_named_in_one_sentence(run: Run, month: Settings, option: str, value: str) -> None:
    said = run(month, "balances", option, value)
    assert said.code == 2
    assert option in said.err


def test_what_is_not_known_yet_is_said_to_be_so(run: Run, month: Settings) -> None:
    said = run(month, "balances", "--as-known-at", "2999-01-01T00:00:00Z")
    assert said.code == 1
    assert "is in the future" in said.err


def test_tracking_shows_the_way_of_a_parcel(run: Run, month: Settings, an_order: FindOrder) -> None:
    (parcel, *_) = run(month, "track", an_order("parcel.signed_for"), "--format", "json").data["parcels"]
    milestones = [entry["milestone"] for entry in parcel["timeline"]]
    assert milestones.index("dispatched") < milestones.index("signed_for")


def test_tracking_shows_a_buyer_no_renminbi(run: Run, month: Settings, an_order: FindOrder) -> None:
    said = run(month, "track", an_order("parcel.signed_for"), "--format", "json")
    assert "CNY" not in said.out


@pytest.mark.parametrize("format", ["table", "csv"])
def test_tracking_prints_every_milestone_in_each_format(
    run: Run, month: Settings, an_order: FindOrder, format: str
) -> None:
    said = run(month, "track", an_order("parcel.signed_for"), "--format", format)
    assert "signed_for" in said.out
    assert "dispatched" in said.out


def test_tracking_shows_how_far_a_refund_is(run: Run, month: Settings, an_order: FindOrder) -> None:
    said = run(month, "track", an_order("refund.succeeded"))
    assert re.search(r"^Refund \S+: paid, [A-Z]{3} \d", said.out, re.MULTILINE)


def test_history_goes_up_to_the_step_that_is_asked_for(run: Run, month: Settings, an_order: FindOrder) -> None:
    steps = run(month, "history", an_order("settlement.released"), "--at", "3", "--format", "json").data
    assert [step["step"] for step in steps] == [1, 2, 3]


def test_history_shows_events_changes_and_entries(run: Run, month: Settings, an_order: FindOrder) -> None:
    order = an_order("settlement.released")
    steps = run(month, "history", order, "--format", "json").data
    said = run(month, "history", order, "--at", str(len(steps)))
    for word in ("order.placed", "settlement.released", "2110 Merchant payable – pending", "The order after step"):
        assert word in said.out


def test_history_shows_what_the_buyer_saw_at_each_step(run: Run, month: Settings, an_order: FindOrder) -> None:
    said = run(month, "history", an_order("settlement.released"))
    seen = [line.strip() for line in said.out.splitlines() if "the buyer saw: " in line]
    assert seen[0] == "the buyer saw: Waiting for payment"
    assert any("Shipped by seller (locked until " in line for line in seen)


@pytest.mark.parametrize("command", ["track", "history"])
def test_an_order_nobody_knows_is_one_sentence(run: Run, month: Settings, command: str) -> None:
    said = run(month, command, "O-nowhere")
    assert said.code == 1
    assert said.err.count("\n") == 1
    assert "O-nowhere" in said.err


def test_status_says_how_far_each_view_is(run: Run, month: Settings, month_app: App) -> None:
    found = run(month, "status", "--format", "json").data
    assert {view["projection"] for view in found["views"]} >= {"merchant_balances", "audit_trail", "customer_tracking"}
    assert found["books"] == {str(book): head for book, head in month_app.ledger.reader.heads().items()}


def test_status_has_a_line_a_view_that_fits_a_narrow_terminal(run: Run, month: Settings) -> None:
    lines = run(month, "status").out.splitlines()
    assert any(line.startswith("│ merchant_balances ") for line in lines)
    assert max(map(len, lines[1:])) <= 80


def test_the_log_of_the_month_holds(run: Run, month: Settings) -> None:
    rows = run(month, "verify-log", "--format", "json").json
    assert sum(row["events"] for row in rows) > 100
    assert not any(row["faults"] for row in rows)


def test_every_view_of_the_month_equals_its_rebuild(run: Run, month: Settings) -> None:
    said = run(month, "verify-views", "--format", "json")
    assert said.code == 0
    assert not any(row["differences"] for row in said.json)
    assert [row["view"] for row in said.json if not row["rows"]] == ["access_accounts"]  # the month opens none


def test_settings_name_their_variables(capfd: pytest.CaptureFixture[str]) -> None:
    with pytest.raises(SystemExit):
        main(["settings", "--format", "csv"])
    assert "--database-url,REDLEDGER_DATABASE_URL" in capfd.readouterr().out


@pytest.mark.parametrize("question", QUESTIONS.values(), ids=lambda question: question.name)
def test_every_question_is_a_command(question: Question, capsys: pytest.CaptureFixture[str]) -> None:
    with pytest.raises(SystemExit) as end:
        program([*question.name.split(), "--help"])
    assert (end.value.code, question.says.split("\n")[0][:30] in capsys.readouterr().out) == (0, True)
