"""Checks of a view's registration, positions and stops against the catalogue and the log."""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence

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
SELECT p.version, p.generation, p.fingerprint, g.version AS made_by, g.fingerprint AS made_with, g.role, g.tables
FROM views.projections p LEFT JOIN views.generations g USING (projection, generation) WHERE p.projection = :name
"""
_UNREADABLE = """
SELECT book, digest FROM views.checkpoints
WHERE projection = :name AND generation = :number AND digest !~ '^[0-9a-f]{64}$' ORDER BY book
"""
_IS_THERE = "SELECT to_regclass(:table) IS NOT NULL"


def recorded(engine: Engine, vector: Mapping[int, int]) -> dict[int, int]:
    """Returns the positions, limited to the heads of the log. No fold makes a checkpoint beyond the head."""
    heads = Reader(engine).heads()
    return {book: min(position, heads.get(book, 0)) for book, position in vector.items()}


def registration_findings(engine: Engine, projection: Projection) -> list[Finding]:
    """Returns findings if the live generation is not registered correctly, or a digest is not readable.

    Must run before other generations are dropped, because one of them may be the true live one.
    """
    with engine.connect() as connection:
        if not connection.execute(text(_IS_THERE), {"table": f"{SCHEMA}.checkpoints"}).scalar():
            return []  # nothing was folded yet
        found = connection.execute(text(_REGISTERED), {"name": projection.name}).first()
        if found is None:
            return []
        if found.made_by is None:
            key = f"{projection.name}, generation {found.generation}"
            unknown = Finding(f"{SCHEMA}.projections", projection.name, "generation", "a registered one", key)
            return [unknown, missing(f"{SCHEMA}.generations", key, "the generation that is live")]
        live = Generation(projection, found.version, found.generation, found.fingerprint)
        made = (f"{found.made_by}", found.made_with, found.role)
        findings = list(_generation_findings(live, made, found.tables))
        for name in found.tables.split():
            if not connection.execute(text(_IS_THERE), {"table": f'{SCHEMA}."{name}"'}).scalar():
                findings.append(missing(f"{SCHEMA}.{name}", live.name, "a table"))
        for book, digest in connection.execute(text(_UNREADABLE), {"name": live.name, "number": live.number}):
            findings.append(
                Finding(CHECKPOINTS, f"{live.name}, book {book}", "digest", "64 hexadecimal digits", digest)
            )
        return findings


def _generation_findings(live: Generation, found: Sequence[str], tables: str) -> Iterator[Finding]:
    """Yields the columns that differ between the two tables: version, fingerprint and role, in this order."""
    key = f"{live.name}, generation {live.number}"
    columns, expected = ("version", "fingerprint", "role"), (f"{live.version}", live.fingerprint, "live")
    for of_generation in differing_columns(f"{SCHEMA}.generations", key, columns, expected, found):
        yield of_generation
        if of_generation.column != "role":
            values = (of_generation.found, of_generation.expected)
            yield Finding(f"{SCHEMA}.projections", live.name, of_generation.column, *values)
    names = " ".join(table.stored_name(live.version, live.number) for table in live.projection.tables)
    if live.version == live.projection.version and tables != names:
        yield Finding(f"{SCHEMA}.generations", key, "tables", names, tables)


def stop_findings(engine: Engine, live: Generation, rebuilt: Generation) -> Iterator[list[Finding]]:
    """Yields false stops: the rebuilt generation can apply the event at which the live one has stopped."""
    with engine.connect() as connection:
        stands, again = checkpoints(connection, live), checkpoints(connection, rebuilt)
    for book, checkpoint in stands.items():
        expected = again.get(book, Checkpoint(book))
        if checkpoint.position != expected.position:
            continue  # it has moved on since the comparison
        if checkpoint.status == "stopped":
            expected = step(engine, rebuilt, book, size=1, upto=checkpoint.position + 1).checkpoint or expected
        texts = [(at.status, at.reason) for at in (expected, checkpoint)]
        yield differing_columns(CHECKPOINTS, f"{live.name}, book {book}", ("status", "reason"), *texts)
