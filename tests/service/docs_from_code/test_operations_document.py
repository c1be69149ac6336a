"""The operator's table of troubles and exit codes is complete: a row for each kind and each code, and no other."""

from __future__ import annotations

import re
from pathlib import Path

import pytest

from ledger.log.database_errors import KINDS
from ledger.policies.automation import STEPS
from service.cli.endings import ExitCode
from service.embedded.watch import PAUSES_S

_TEXT = (Path(__file__).parents[3] / "docs/operations.md").read_text(encoding="utf-8")
_SECTION = _TEXT.partition("\n## The database is in trouble\n")[2].partition("\n## ")[0]
_NUMBERS = ("no", "one", "two", "three", "four", "five", "six", "seven", "eight", "nine")


def _rows(first_cell: str) -> list[tuple[str, str, str]]:
    """The rows whose first cell is of this pattern."""
    return re.findall(rf"^\| ({first_cell}) \| (.*?) \| ?(.*?) ?\|$", _SECTION, re.MULTILINE)


def test_every_kind_of_trouble_has_one_row_in_the_order_of_the_code() -> None:
    assert [code.strip("`") for code, _, _ in _rows("`[A-Z_]+`")] == [kind.code for kind in KINDS]


@pytest.mark.parametrize("row", _rows("`[A-Z_]+`"), ids=lambda row: row[0])
def test_a_row_says_what_it_means_and_what_to_do(row: tuple[str, str, str]) -> None:
    assert all(row)


def test_every_exit_code_has_one_row() -> None:
    assert [int(code) for code, _, _ in _rows(r"\d+")] == sorted(ExitCode)


def test_the_attempts_to_start_the_server_again_are_those_of_the_code() -> None:
    assert f"After {_NUMBERS[len(PAUSES_S)]} failed attempts in a row" in _SECTION


def test_the_steps_that_the_service_takes_by_itself_each_have_one_row() -> None:
    section = _TEXT.partition("\n## What the service does by itself\n")[2].partition("\n## ")[0]
    cells = re.findall(r"^\| (`[a-z_`, ]+`) \|", section, re.MULTILINE)
    assert sorted(re.findall(r"[a-z_]+", " ".join(cells))) == sorted(STEPS)
