"""Arguments that no log or view can hold, and numbers out of range, are one sentence, never a traceback."""

from __future__ import annotations

import pytest
import typer

from service.cli.submission import fields_given
from service.settings import Settings
from tests.service.cli.conftest import Run


@pytest.mark.parametrize("text", ["M-\udcff", "M-\0"])
@pytest.mark.parametrize(
    "arguments",
    [("balances", "--merchant"), ("history",), ("track",), ("exceptions", "--kind"), ("payouts", "--state")],
)
def test_an_argument_that_is_no_text_is_named(run: Run, month: Settings, arguments: tuple[str, ...], text: str) -> None:
    said = run(month, *arguments, text)
    assert (said.code, said.out) == (1, "")
    assert f"Argument {len(arguments) + 1}" in said.err


@pytest.mark.parametrize(
    "arguments",
    [
        ("exceptions", "--limit", "9" * 30),
        ("contribution", "--limit", "9" * 30),
        ("reconciliation", "--grace-days", "9" * 12),
        ("balances", "--as-of", "0001-01-01"),
        ("balances", "--as-of", "10000-01-01"),
        ("trial-balance", "--as-known-at", "0001-01-01T00:00:00+14:00"),
        ("sales", "--as-known-at", "2025-07-03T08:00:00+23:59"),
    ],
)
def test_a_value_out_of_range_is_a_mistake_in_the_command(
    run: Run, month: Settings, arguments: tuple[str, ...]
) -> None:
    said = run(month, *arguments)
    assert (said.code, said.out) == (2, "")
    assert arguments[1] in said.err


@pytest.mark.parametrize("value", ['{"a": 1, "a": 2}', "[NaN]", "[" * 5000, "[" + "9" * 5000 + "]", "[1] [2]"])
def test_a_field_that_is_no_json_is_named(value: str) -> None:
    with pytest.raises(typer.BadParameter, match=r"^data: "):
        fields_given([f"data={value}"])
