"""Brings a database to the schema of this code: Alembic revisions, forward only, without an ini file."""

from __future__ import annotations

from pathlib import Path

from sqlalchemy import Connection, Engine, text

from ledger.log.engine import owned
from ledger.log.fitness import check_fitness

_FOLDER = Path(__file__).parent
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
        _upgrade(connection)


def _upgrade(connection: Connection) -> None:
    from alembic import command  # here, because its import takes longer than to open a ledger that is up to date
    from alembic.config import Config

    config = Config()
    config.set_main_option("script_location", str(_FOLDER).replace("%", "%%"))
    config.attributes["connection"] = connection
    command.upgrade(config, "head")


def newest_revision() -> str:
    """Returns the newest revision of this code: their files are named in their order."""
    return max(path.stem for path in (_FOLDER / "versions").glob("log_*.py")).removeprefix("log_")
