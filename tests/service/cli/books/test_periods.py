"""Months on the command line: closed and reopened by two people, revalued, and shown."""

from __future__ import annotations

from datetime import UTC, date, datetime

import pytest

from service.app import open_app
from service.settings import Settings
from tests.service.cli.conftest import Run
from tests.support.access import open_accounts
from tests.support.buses import IMPORTER, Clock, Desk, publish_programme
from tests.support.sales import merchant_ready, paid

BY = ("--by", "fay")


def decided(settings: Settings, run: Run, command: str, *asked: str) -> int:
    """Fay proposes, and Ann approves what is listed."""
    assert run(settings, command, "2025-03", *asked, *BY).code == 0
    (row,) = run(settings, "proposals", "--format", "json").data
    return run(settings, "approve", row["proposal_id"], "--by", "ann").code


@pytest.fixture
def march(settings: Settings) -> Settings:
    """A ledger with one order paid in March, when a dollar was CNY 7.1800, and a rate of 7.2000 at the month's end."""
    with open_app(settings) as app:
        desk = Desk(app.ledger, Clock(datetime(2025, 3, 28, 8, tzinfo=UTC)))
        publish_programme(desk)
        merchant_ready(desk)
        paid(desk)
        open_accounts(desk.bus, "fay", "ann", "fang")
        rate = {"pair": "USD/CNY", "rate": "7.2000", "kind": "book", "provider": "test", "as_of": date(2025, 3, 31)}
        desk.expect("record_fx_rate", actor=IMPORTER, at=desk.clock(), **rate)
    return settings


def test_a_rate_is_reported_with_the_day_it_is_of_and_whether_it_may_be_used(march: Settings, run: Run) -> None:
    said = {}
    for day in ("2025-03-31", "2025-05-31"):
        rows = run(march, "rates", "--as-of", day, "--format", "json").data["rates"]
        said[day] = next(row for row in rows if (row["currency"], row["kind"]) == ("USD", "book"))
    assert [(row["rate"], row["as_of"], row["age_days"]) for row in said.values()] == [
        ("7.2000", "2025-03-31", 0),
        ("7.2000", "2025-03-31", 61),
    ]
    pegged = {row["source"] for row in rows if row["currency"] == "MOP"}
    assert pegged == {"test, MOP at HKD/1.03"}


def test_a_rate_that_was_corrected_is_asked_as_it_was_known(march: Settings, run: Run) -> None:
    before = datetime.now(UTC).isoformat()
    with open_app(march) as app:
        desk = Desk(app.ledger, Clock(datetime(2025, 4, 2, 8, tzinfo=UTC)))
        rate = {"pair": "USD/CNY", "rate": "7.2100", "kind": "book", "provider": "test", "as_of": date(2025, 3, 31)}
        desk.expect("record_fx_rate", id="corrected", actor=IMPORTER, at=desk.clock(), **rate)
    said = {}
    for known, times in {"now": (), "before": ("--as-known-at", before)}.items():
        rows = run(march, "rates", "--as-of", "2025-03-31", *times, "--format", "json").data["rates"]
        said[known] = next(row["rate"] for row in rows if (row["currency"], row["kind"]) == ("USD", "book"))
    assert said == {"now": "7.2100", "before": "7.2000"}


def test_a_closed_month_is_shown_with_its_hash_and_who_closed_it(march: Settings, run: Run) -> None:
    assert decided(march, run, "close-period") == 0
    (row,) = run(march, "periods", "--format", "json").data["changes"]
    assert (row["period"], row["change"], row["proposer"], row["approver"]) == ("2025-03", "closed", "fay", "ann")
    assert len(row["trial_balance_hash"]) == 64


def test_a_month_that_is_only_proposed_to_be_closed_is_open(march: Settings, run: Run) -> None:
    said = run(march, "close-period", "2025-03", *BY)
    assert (said.code, "redledger approve P-" in said.err) == (0, True)
    assert run(march, "periods", "--format", "json").data["changes"] == []


def test_one_person_alone_closes_no_month(march: Settings, run: Run) -> None:
    run(march, "close-period", "2025-03", *BY)
    (row,) = run(march, "proposals", "--format", "json").data
    said = run(march, "approve", row["proposal_id"], *BY)
    assert (said.code, "MAKER_IS_CHECKER" in said.err) == (1, True)
    assert run(march, "periods", "--format", "json").data["changes"] == []


def test_a_month_that_is_reopened_is_shown_with_the_reason(march: Settings, run: Run) -> None:
    decided(march, run, "close-period")
    assert decided(march, run, "reopen-period", "--reason", "late_invoice") == 0
    closed, reopened = run(march, "periods", "--format", "json").data["changes"]
    assert (reopened["change"], reopened["reason"]) == ("reopened", "late_invoice")
    assert (closed["in_force"], reopened["in_force"]) == (False, True)


def test_a_closing_that_was_cut_off_is_finished_by_the_next_call(march: Settings, run: Run) -> None:
    with open_app(march) as app:
        Desk(app.ledger, app.clock).expect("close_period", period="2025-03")  # type: ignore[arg-type]
    assert run(march, "periods", "--format", "json").data["changes"] == []
    run(march, "close-period", "2025-03", *BY)
    assert [row["change"] for row in run(march, "periods", "--format", "json").data["changes"]] == ["closed"]


def test_a_revaluation_posts_what_the_months_balances_are_worth_more_and_takes_it_back(
    march: Settings, run: Run
) -> None:
    assert run(march, "revalue", "2025-03", "--by", "fang").code == 0
    of_march, of_april = (
        {(row["account"], row["currency"]): row["closing_base"]["amount"] for row in rows}
        for rows in (
            run(march, "trial-balance", "--as-of", day, "--format", "json").data["accounts"]
            for day in ("2025-03-31", "2025-04-01")
        )
    )
    # USD 19.44 at 7.2000 instead of 7.1800: CNY 139.97 instead of 139.58.
    assert (of_march["1110", "USD"], of_march["5220", "CNY"]) == ("139.97", "-0.39")
    assert (of_april["1110", "USD"], of_april["5220", "CNY"]) == ("139.58", "0.00")


def test_a_month_that_stands_at_its_rates_is_not_revalued_again(march: Settings, run: Run) -> None:
    run(march, "revalue", "2025-03", "--by", "fang")
    assert "nothing to revalue" in run(march, "revalue", "2025-03", "--by", "fang").err


@pytest.mark.parametrize("asked", [("2025-13", *BY), ("March", *BY)])
def test_what_is_no_month_is_said_so(march: Settings, run: Run, asked: tuple[str, ...]) -> None:
    said = run(march, "close-period", *asked)
    assert (said.code, "is not a month" in said.err) == (2, True)


def test_a_name_that_is_no_id_is_one_sentence(march: Settings, run: Run) -> None:
    said = run(march, "close-period", "2025-03", "--by", "f y")
    assert (said.code, "Traceback" in said.err, "f y" in said.err) == (1, False, True)


def test_where_nothing_was_ever_closed_there_is_nothing_to_show(march: Settings, run: Run) -> None:
    assert run(march, "periods", "--format", "json").data["changes"] == []
