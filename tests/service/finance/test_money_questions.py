"""Every question about money takes both times, on the command line and over HTTP; a new one has to say why not."""

from __future__ import annotations

from types import ModuleType
from typing import Any

import typer
from fastapi.dependencies.utils import get_flat_params
from fastapi.routing import APIRoute

from service.cli.main import app as command_line
from service.http import audit, finance, lookups, money, orders, worklists

BOTH = {"as_of", "as_known_at"}
# Which months are closed is about no accounting day. Whose turn it is to decide, where parcels are, and whether papers
# tie is of now: what cases may take is asked of `balances`, what is owed to buyers of `exposure`, by both times.
ONLY_AS_KNOWN = {"periods", "/books/periods"}
_WORKLISTS = ("approvals", "overdue", "declarations", "parked")
OF_NOW = {name for each in _WORKLISTS for name in (each, f"/{each}")}
# These change something, prove something, say one order's steps or one thing by its id, or say how the program is.
NO_QUESTIONS = {
    "up", "record", "submit", "settle", "close-period", "reopen-period", "revalue", "track", "history", "rebuild",
    "verify-views", "verify-log", "status", "settings", "import olist", "import psp", "import bank", "import pain002",
    "import invoices", "import tracking", "export pain001", "match", "break assign", "break resolve",
    "propose", "approve", "reject", "park effect", "park item", "unpark effect", "unpark item", "show",
}  # fmt: skip


def commands(group: Any, before: str = "") -> dict[str, set[str]]:
    """Options by command."""
    found: dict[str, set[str]] = {}
    for name, command in group.commands.items():
        if hasattr(command, "commands"):
            found |= commands(command, f"{name} ")
        else:
            found[before + name] = {parameter.name for parameter in command.params}
    return found


def routes() -> dict[str, set[str]]:
    """Query parameters by address."""
    return parameters(finance, money, worklists)


def parameters(*modules: ModuleType) -> dict[str, set[str]]:
    return {
        route.path: {parameter.name for parameter in get_flat_params(route.dependant)}
        for module in modules
        for route in module.router.routes
        if isinstance(route, APIRoute)
    }


def lacking(questions: dict[str, set[str]]) -> dict[str, set[str]]:
    """Which of the two times each question does not take."""
    expected = {name: {"as_known_at"} if name in ONLY_AS_KNOWN else BOTH for name in questions.keys() - OF_NOW}
    return {name: times - questions[name] for name, times in expected.items() if times - questions[name]}


def test_every_money_question_of_the_command_line_takes_both_times() -> None:
    asked = commands(typer.main.get_command(command_line))
    assert lacking({name: options for name, options in asked.items() if name not in NO_QUESTIONS}) == {}


def test_every_money_question_over_http_takes_both_times() -> None:
    assert lacking(routes()) == {}


def test_every_read_takes_the_token_of_an_answer() -> None:
    """As the first page of the HTTP document says: also one that reads the log itself, which never waits."""
    reads = parameters(audit, finance, lookups, money, orders, worklists)
    assert {path for path, names in reads.items() if "at_least" not in names} == set()
