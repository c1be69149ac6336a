"""Generations: the sets of tables of a projection, of which one is live at any time.

A generation has a role: `live` is read and followed, a rebuild fills a `candidate`, and the one that was live before is
`old`. A verification and a fold of pages (`refold.py`) fill one of their own.
"""

from __future__ import annotations

import logging
from dataclasses import dataclass
from typing import Any, Literal

from sqlalchemy import Connection, Engine, Table, text
from sqlalchemy.schema import CreateIndex, CreateTable, DropTable

from ledger.log.database_errors import BUSY, DatabaseTrouble
from ledger.log.placement import place
from projections.engine.connections import begin
from projections.engine.control import prepare
from projections.engine.fingerprint import fingerprint, makes_the_same_rows
from projections.engine.projection import Projection
from projections.engine.tables import SCHEMA, ViewTable
from projections.engine.vector import each_of

_PATIENCE = "10s"  # the wait for readers of a generation to drop; new readers wait as long
Role = Literal["live", "candidate", "old", "verification", "refold"]
_logger = logging.getLogger(__name__)


class ViewOutdated(Exception):
    """Other code of the projection folded the live view: of another version, or changed without a new version."""


@dataclass(frozen=True, slots=True)
class Generation:
    """One set of a projection's tables. `version` and `fingerprint` are those of the code that began to fold it."""

    projection: Projection
    version: int
    number: int
    fingerprint: str

    @property
    def name(self) -> str:
        return self.projection.name

    @property
    def is_current(self) -> bool:
        """True if this code makes the same rows."""
        same_version = self.version == self.projection.version
        return same_version and makes_the_same_rows(type(self.projection), self.fingerprint)

    def table(self, table: ViewTable) -> Table:
        return table.at(self.version, self.number)

    def stored_name(self, table: ViewTable) -> str:
        """Returns the table's name in SQL, with its schema."""
        return f'{SCHEMA}."{table.stored_name(self.version, self.number)}"'

    @property
    def each_book(self) -> str:
        """The SQL of a table of the books of a read, which stands beside the tables of this generation."""
        return each_of()


def live(connection: Connection, projection: Projection) -> Generation | None:
    """Returns the generation that readers see, or None if the projection was never folded. Raises `ViewOutdated`."""
    generation = live_of_any_version(connection, projection)
    return current(generation) if generation else None


def current(generation: Generation) -> Generation:
    """Returns the generation if this code makes the same rows. Raises `ViewOutdated`."""
    if generation.is_current:
        return generation
    name, version = generation.name, generation.projection.version
    if generation.version != version:
        raise ViewOutdated(
            f"{name} is live in version {generation.version} and this code has version {version}: rebuild it"
        )
    raise ViewOutdated(
        f"the code of {name} has changed since the view was made, but its version is still {version}: raise the version"
        f" and rebuild the view. If its rows should be the same, `redledger rebuild {name}` compares them and goes on"
    )


def live_of_any_version(connection: Connection, projection: Projection) -> Generation | None:
    """Returns the generation that readers see, also if another version of the code folded it."""
    found = connection.execute(
        text("SELECT version, generation, fingerprint FROM views.projections WHERE projection = :name"),
        {"name": projection.name},
    ).first()
    return Generation(projection, *found) if found else None


def ensure_live(engine: Engine, projection: Projection) -> Generation:
    """Returns the live generation, and makes an empty one if there is none. Raises `ViewOutdated`."""
    prepare(engine)
    with engine.connect() as connection:
        generation = live(connection, projection)
    if generation is not None:
        return generation
    with begin(engine) as connection:
        first = connection.execute(
            text(
                "INSERT INTO views.projections (projection, version, generation, fingerprint, made)"
                " VALUES (:name, :version, 0, '', 0) ON CONFLICT (projection) DO NOTHING"
            ),
            {"name": projection.name, "version": projection.version},
        )
        if first.rowcount:
            made = make(connection, projection, "live")
            build_indexes(connection, made)
            set_live(connection, made)
        generation = live(connection, projection)
    assert generation is not None
    return generation


def begun(connection: Connection, projection: Projection, role: Role) -> Generation | None:
    """Returns the latest generation of this role that this very code has begun to fold, or None."""
    found = connection.execute(
        text(
            "SELECT version, generation, fingerprint FROM views.generations WHERE projection = :name AND role = :role"
            " AND version = :version AND fingerprint = :fingerprint ORDER BY generation DESC LIMIT 1"
        ),
        _named(Generation(projection, projection.version, 0, fingerprint(type(projection)))) | {"role": role},
    ).first()
    return Generation(projection, *found) if found else None


def make(connection: Connection, projection: Projection, role: Role) -> Generation:
    """Creates a new, empty generation without indexes, because rows are written faster without them.

    Its number is new, also if the last one was dropped: a process that still folds the dropped one must not go on in
    this one.
    """
    number = connection.execute(
        text(
            "SELECT greatest((SELECT made FROM views.projections WHERE projection = :name),"
            " (SELECT max(generation) FROM views.generations WHERE projection = :name), 0) + 1"
        ),
        {"name": projection.name},
    ).scalar_one()
    connection.execute(
        text("UPDATE views.projections SET made = :number WHERE projection = :name"),
        {"name": projection.name, "number": number},
    )
    generation = Generation(projection, projection.version, number, fingerprint(type(projection)))
    names = [table.stored_name(generation.version, number) for table in projection.tables]
    connection.execute(
        text(
            "INSERT INTO views.generations (projection, generation, version, tables, fingerprint, role)"
            " VALUES (:name, :number, :version, :tables, :fingerprint, :role)"
        ),
        _named(generation) | {"tables": " ".join(names), "role": role},
    )
    for table in projection.tables:
        stored = generation.table(table)
        # A table without a registered generation is left over from a crash.
        connection.execute(DropTable(stored, if_exists=True))
        connection.execute(CreateTable(stored))
    place(connection, {generation.stored_name(table): "by book" for table in projection.tables})
    return generation


def build_indexes(connection: Connection, generation: Generation) -> None:
    """Creates the indexes that the generation does not have yet."""
    for table in generation.projection.tables:
        for index in sorted(generation.table(table).indexes, key=lambda index: str(index.name)):
            connection.execute(CreateIndex(index, if_not_exists=True))


def set_live(connection: Connection, generation: Generation) -> None:
    """Makes the generation the one that readers see. The one before is kept as the old one."""
    connection.execute(
        text(
            "UPDATE views.generations SET role = CASE WHEN generation = :number THEN 'live' ELSE 'old' END"
            " WHERE projection = :name AND (generation = :number OR role = 'live')"
        ),
        _named(generation),
    )
    connection.execute(
        text(
            "UPDATE views.projections SET version = :version, generation = :number, fingerprint = :fingerprint"
            " WHERE projection = :name"
        ),
        _named(generation),
    )


def _named(generation: Generation) -> dict[str, Any]:
    return {
        "name": generation.name,
        "version": generation.version,
        "number": generation.number,
        "fingerprint": generation.fingerprint,
    }


def drop(engine: Engine, projection: Projection, *roles: Role, but: Generation | None = None) -> int:
    """Drops the generations of these roles, and returns their number. One that a reader still uses is left for the next
    call."""
    with engine.connect() as connection:
        found = connection.execute(
            text(
                "SELECT g.generation, g.tables FROM views.generations g JOIN views.projections p USING (projection)"
                " WHERE projection = :name AND g.generation NOT IN (p.generation, :but) AND g.role = ANY(:roles)"
                " ORDER BY g.generation"
            ),
            {"name": projection.name, "roles": list(roles), "but": but.number if but else 0},
        ).all()
    dropped = 0
    for number, tables in found:
        try:
            with begin(engine) as connection:
                _drop(connection, projection.name, number, tables.split())
            dropped += 1
        except DatabaseTrouble as trouble:
            if trouble.kind is not BUSY:
                raise
            _logger.warning(
                "generation %s of %s is still in use and will be dropped later: %s",
                number,
                projection.name,
                trouble.words,
            )
    return dropped


def _drop(connection: Connection, name: str, number: int, tables: list[str]) -> None:
    connection.execute(text(f"SET LOCAL lock_timeout = '{_PATIENCE}'"))
    # Checkpoints first: a worker on this generation holds one of them until its step ends.
    for relation in ("checkpoints", "generations"):
        connection.execute(
            text(f"DELETE FROM views.{relation} WHERE projection = :name AND generation = :number"),
            {"name": name, "number": number},
        )
    for table in tables:
        connection.exec_driver_sql(f'DROP TABLE IF EXISTS {SCHEMA}."{table}"')
