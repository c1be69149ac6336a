"""Brings a database to the schema of this code: Alembic revisions, forward only, without an ini file."""

from __future__ import annotations

from functools import cache
from pathlib import Path

from alembic import command
from alembic.config import Config
from alembic.script import ScriptDirectory
from sqlalchemy import Engine, text

from ledger.log.engine import owned
from ledger.log.fitness import check_fitness

_ONE_AT_A_TIME = 7_265_641_001  # advisory lock: migrations wait for each other; appends do not use it


def upgrade(url: str) -> None:
    """Creates or upgrades the log as `upgrade_by` does, with a connection of its own."""
    with owned(url) as owner:
        upgrade_by(owner)


def upgrade_by(owner: Engine) -> None:
    """Creates or upgrades the log. Does nothing if it is up to date. Several processes may call it at once.

    It needs a login that may create schemas and, the first time on a server, the role `redledger_app`. Raises
    `DatabaseTrouble`; an unsuitable database is left unchanged.
    """
    with owner.begin() as connection:
        if check_fitness(connection, newest=newest_revision()) == newest_revision():
            return
        connection.execute(text("SELECT pg_advisory_xact_lock(:key)"), {"key": _ONE_AT_A_TIME})
        connection.execute(text("CREATE SCHEMA IF NOT EXISTS log"))
        config = _config()
        config.attributes["connection"] = connection
        command.upgrade(config, "head")


@cache
def newest_revision() -> str:
    """Returns the newest revision of this code."""
    return ScriptDirectory.from_config(_config()).get_current_head() or ""


def _config() -> Config:
    config = Config()
    config.set_main_option("script_location", str(Path(__file__).parent).replace("%", "%%"))
    return config
