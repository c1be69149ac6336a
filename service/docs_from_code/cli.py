"""Generates the document of the command line: every command with its arguments and options."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from typing import Any

import typer

from service.cli.endings import MEANINGS
from service.cli.main import app
from service.docs_from_code.markdown import sentences, table

_SETTINGS = "Settings"


def cli() -> str:
    """Returns the text of `docs/cli.md`."""
    group: Any = typer.main.get_command(app)
    head = (
        "# The command line\n\nMade from the code by `python -m service.docs_from_code`.\n\n"
        f"{sentences(group.help)}\n\nEvery command takes `--help`. Those that open the ledger take the"
        " [settings](settings.md) as options or from the environment. What prints data takes `--format table|json|csv`;"
        " data goes to standard output, news and complaints to standard error. What stands in the way of a"
        " command is one sentence on standard error.\n\n## Exit codes\n\n"
        + table(("Code", "Meaning"), [(str(code.value), meaning) for code, meaning in MEANINGS.items()])
        + "\n"
    )
    return head + "".join(_commands(group.commands, "redledger"))


def _commands(commands: Mapping[str, Any], before: str) -> Iterator[str]:
    for name, command in commands.items():
        if hasattr(command, "commands"):
            yield from _commands(command.commands, f"{before} {name}")
        else:
            yield _section(f"{before} {name}", command)


def _section(name: str, command: Any) -> str:
    arguments = [parameter for parameter in command.params if parameter.param_type_name == "argument"]
    usage = " ".join([name, *(_argument(parameter) for parameter in arguments)])
    rows = [
        (f"`{_spelling(parameter)}`", _meaning(parameter), _default(parameter))
        for parameter in command.params
        if parameter.rich_help_panel != _SETTINGS and parameter.name != "help"
    ]
    options = f"\n{table(('Option', 'Meaning', 'Default'), rows)}\n" if rows else ""
    return f"\n## {usage}\n\n{sentences(command.help)}\n{options}"


def _argument(parameter: Any) -> str:
    return str(parameter.metavar or parameter.name.upper())


def _spelling(parameter: Any) -> str:
    if parameter.param_type_name == "argument":
        return _argument(parameter)
    return f"{parameter.opts[0]} {parameter.metavar}" if parameter.metavar else str(parameter.opts[0])


def _meaning(parameter: Any) -> str:
    return str(parameter.help or "")


def _default(parameter: Any) -> str:
    if isinstance(parameter.show_default, str):
        return parameter.show_default
    return f"`{parameter.default}`" if parameter.default not in (None, False) else ""
