"""A filter that asks for what nobody knows is refused, in every command, with what is known."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from typing import Any

import pytest
import typer

from service.cli.main import app as command_line
from service.questions.filters import FILTERS
from service.settings import Settings
from tests.service.cli.conftest import Run

_ACTS = {"submit", "propose", "settle", "show"}  # what they take is no filter
_NEEDED = {"explain-difference": ["--as-known-at", "2020-01-01T00:00:00Z"]}


def _filters() -> Iterator[tuple[str, list[str]]]:
    group: Any = typer.main.get_command(command_line)
    for name, command in group.commands.items():
        for parameter in getattr(command, "params", ()):
            if name not in _ACTS and parameter.name in FILTERS and parameter.param_type_name == "option":
                yield name, [*_needed(command), *_NEEDED.get(name, ()), parameter.opts[0], "no-such"]
            elif name not in _ACTS and parameter.name in FILTERS:
                yield name, ["no-such"]


def _needed(command: Any) -> list[str]:
    return ["S1-000001" for each in command.params if each.param_type_name == "argument" and each.required]


ASKED = [(name, asked) for name, asked in _filters() if (name, asked[-2:-1]) != ("proposals", ["--state"])]


def test_the_lists_have_filters() -> None:
    assert len(ASKED) > 20


@pytest.mark.parametrize(("command", "asked"), ASKED, ids=lambda each: each if isinstance(each, str) else each[-2:][0])
def test_an_unknown_value_is_refused(run: Run, month: Settings, command: str, asked: list[str]) -> None:
    said = run(month, command, *asked)
    assert said.code == 1, said.out
    assert "no-such" in said.err
    assert "Check the id" in said.err or "Known are: " in said.err


def test_a_refusal_names_the_values_there_are(run: Run, month: Settings) -> None:
    assert "cancelled, failed, initiated, paid, returned, submitted" in run(month, "payouts", "--state", "lost").err
    assert "HK, MO, US" in run(month, "sales", "--market", "XX").err


@pytest.mark.parametrize("asked", [["balances", "--merchant", "M-9"], ["balance", "M-9"]])
def test_a_merchant_that_nobody_knows_is_one_sentence(run: Run, month: Settings, asked: list[str]) -> None:
    said = run(month, *asked)
    assert (said.code, said.err) == (1, "redledger: Merchant M-9 is not known. Check the id.\n")


def test_a_known_filter_with_nothing_to_show_is_an_empty_list(run: Run, month: Settings) -> None:
    said = run(month, "exceptions", "--kind", "set_aside", "--format", "json")
    assert (said.code, said.data) == (0, [])


def test_days_that_are_turned_round_are_refused(run: Run, month: Settings) -> None:
    said = run(month, "sales", "--from", "2025-05-02", "--to", "2025-05-01")
    assert (said.code, "after the last" in said.err) == (1, True)


@pytest.mark.parametrize(
    "command", [["history", "{order}", "--at", "999"], ["statement", "{merchant}", "--number", "99"]]
)
def test_what_is_beyond_the_last_is_refused(
    run: Run, month: Settings, an_order: Callable[[str], str], command: list[str]
) -> None:
    (first, *_) = run(month, "payouts", "--format", "json").data
    names = {"order": an_order("settlement.released"), "merchant": first["merchant"]}
    said = run(month, *(word.format(**names) for word in command))
    assert (said.code, command[-1] in said.err) == (1, True)


def test_a_trial_balance_since_a_day_of_an_empty_ledger_is_empty(run: Run, settings: Settings) -> None:
    said = run(settings, "trial-balance", "--since", "2025-04-01")
    assert (said.code, "nothing was posted by then" in said.out) == (0, True)


def test_a_trial_balance_may_begin_after_the_last_posting(run: Run, month: Settings) -> None:
    rows = run(month, "trial-balance", "--since", "2099-01-01", "--format", "json").data["accounts"]
    assert rows
    assert all(row["debit"]["amount"] == row["credit"]["amount"] for row in rows)
    assert {row["debit"]["amount"].strip("0.") for row in rows} == {""}
