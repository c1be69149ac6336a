"""Every table of a demonstration says in its title that it is one; those of an ordinary ledger do not."""

from __future__ import annotations

import re
from pathlib import Path

import pytest

import service.cli
from service.app import open_app
from service.settings import Settings
from tests.service.cli.conftest import Run

READS = (
    "balances", "trial-balance", "status", "exceptions",
    "contribution", "exposure", "reconciliation", "payouts", "periods", "rates",
    "approvals", "proposals", "unmatched", "overdue", "declarations", "sales", "parked", "instructions", "verify-log",
)  # fmt: skip


@pytest.fixture
def ordinary(settings: Settings) -> Settings:
    with open_app(settings, create=True):
        return settings


@pytest.mark.parametrize("command", READS)
def test_a_table_of_a_demonstration_says_so(run: Run, month: Settings, command: str) -> None:
    assert re.search(r"^Demonstration\b", run(month, command).out, re.MULTILINE)


def test_a_title_is_kept_behind_the_mark(run: Run, month: Settings) -> None:
    assert run(month, "balances").out.startswith("Demonstration · Merchant balances, CNY\n")


def test_no_table_of_an_ordinary_ledger_says_so(run: Run, ordinary: Settings) -> None:
    assert [command for command in READS[:4] if "Demonstration" in run(ordinary, command).out] == []


def test_json_and_csv_are_of_one_shape_in_both(run: Run, month: Settings) -> None:
    assert "Demonstration" not in run(month, "balances", "--format", "csv").out
    assert "Demonstration" not in run(month, "balances", "--format", "json").out


def test_a_demonstration_does_not_mark_the_tables_of_the_next_command(run: Run, month: Settings) -> None:
    run(month, "balances")
    assert "Demonstration" not in run(month, "settings").out


def test_status_says_which_ledgers_are_demonstrations(run: Run, month: Settings, settings: Settings) -> None:
    run(settings, "record", "/dev/null", "--refusals", str(settings.data_dir / "refusals"))
    assert [run(each, "status", "--format", "json").data["demonstration"] for each in (month, settings)] == [
        True,
        False,
    ]


def test_commands_open_the_ledger_where_demonstrations_are_noted() -> None:
    folder = Path(service.cli.__file__).parent
    assert [path.name for path in folder.rglob("*.py") if "open_app" in path.read_text()] == ["demonstration.py"]
