"""What a view says of itself, held against the catalogue and the log: its generation, its positions, its stops."""

from __future__ import annotations

from collections.abc import Iterator, Mapping

from sqlalchemy import Engine, text

from ledger.log.reader import Reader
from ledger.log.verification.finding import Finding, missing
from projections.engine.checkpoints import Checkpoint, checkpoints
from projections.engine.compare import CHECKPOINTS, differing_columns
from projections.engine.fold import step
from projections.engine.generations import Generation
from projections.engine.projection import Projection
from projections.engine.tables import SCHEMA

_REGISTERED = """
SELECT p.version, p.generation, g.version AS made_by, g.tables
FROM views.projections p LEFT JOIN views.generations g USING (projection, generation) WHERE p.projection = :name
"""
_UNREADABLE = """
SELECT book, digest FROM views.checkpoints
WHERE projection = :name AND generation = :number AND digest !~ '^[0-9a-f]{64}$' ORDER BY book
"""
_IS_THERE = "SELECT to_regclass(:table) IS NOT NULL"


def recorded(engine: Engine, vector: Mapping[int, int]) -> dict[int, int]:
    """The vector, no further in any book than the log is: a checkpoint that is ahead of it was not made by a fold."""
    heads = Reader(engine).heads()
    return {book: min(position, heads.get(book, 0)) for book, position in vector.items()}


def registration_findings(engine: Engine, projection: Projection) -> list[Finding]:
    """A live generation that is not registered as it is made, or whose checkpoints cannot be read.

    To be looked for before generations that are not live are dropped: one of them may be the one that was.
    """
    with engine.connect() as connection:
        if not connection.execute(text(_IS_THERE), {"table": f"{SCHEMA}.checkpoints"}).scalar():
            return []  # nothing was ever folded
        found = connection.execute(text(_REGISTERED), {"name": projection.name}).first()
        if found is None:
            return []
        if found.made_by is None:
            key = f"{projection.name}, generation {found.generation}"
            unknown = Finding(f"{SCHEMA}.projections", projection.name, "generation", "a registered one", key)
            return [unknown, missing(f"{SCHEMA}.generations", key, "the generation that is live")]
        live = Generation(projection, found.version, found.generation)
        findings = list(_version_findings(live, found.made_by, found.tables))
        for name in found.tables.split():
            if not connection.execute(text(_IS_THERE), {"table": f'{SCHEMA}."{name}"'}).scalar():
                findings.append(missing(f"{SCHEMA}.{name}", live.name, "a table"))
        for book, digest in connection.execute(text(_UNREADABLE), {"name": live.name, "number": live.number}):
            findings.append(
                Finding(CHECKPOINTS, f"{live.name}, book {book}", "digest", "64 hexadecimal digits", digest)
            )
        return findings


def _version_findings(live: Generation, made_by: int, tables: str) -> Iterator[Finding]:
    key = f"{live.name}, generation {live.number}"
    if live.version != made_by:
        yield Finding(f"{SCHEMA}.projections", live.name, "version", f"{made_by}", f"{live.version}")
        yield Finding(f"{SCHEMA}.generations", key, "version", f"{live.version}", f"{made_by}")
    names = " ".join(table.stored_name(live.version, live.number) for table in live.projection.tables)
    if live.version == live.projection.version and tables != names:
        yield Finding(f"{SCHEMA}.generations", key, "tables", names, tables)


def stop_findings(engine: Engine, live: Generation, rebuilt: Generation) -> Iterator[list[Finding]]:
    """Stops that are none: the rebuilt generation can go on where the live one says that it cannot."""
    with engine.connect() as connection:
        stands, again = checkpoints(connection, live), checkpoints(connection, rebuilt)
    for book, checkpoint in stands.items():
        expected = again.get(book, Checkpoint(book))
        if checkpoint.position != expected.position:
            continue  # it has gone on since the two were compared
        if checkpoint.status == "stopped":
            expected = step(engine, rebuilt, book, size=1, upto=checkpoint.position + 1).checkpoint or expected
        texts = [(at.status, at.reason) for at in (expected, checkpoint)]
        yield differing_columns(CHECKPOINTS, f"{live.name}, book {book}", ("status", "reason"), *texts)
