"""Generations of views: the live tables, candidates of a rebuild with its progress, and the old ones kept."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass
from datetime import datetime

from sqlalchemy import Engine, text

from ledger.log.placement import is_placed
from projections.engine.control import prepare
from projections.registry import PROJECTIONS

# Rows of `log.heads` are few, as books are. A generation without a checkpoint of a book has all its events to fold. The
# events are summed first, because a cluster does that on its servers.
_GENERATIONS = """
WITH folded AS MATERIALIZED (
  SELECT g.projection, g.generation, coalesce(sum(c.position), 0)::bigint AS events,
    coalesce(sum(greatest(h.position - coalesce(c.position, 0), 0)), 0)::bigint AS missing_events
  FROM views.generations g
  CROSS JOIN log.heads h
  LEFT JOIN views.checkpoints c USING (projection, generation, book)
  GROUP BY g.projection, g.generation
)
SELECT g.projection, g.generation, g.version, g.role, g.made_at, f.events, f.missing_events,
  (SELECT coalesce(sum(pg_total_relation_size(to_regclass(format('views.%I', name)))), 0)::bigint
   FROM regexp_split_to_table(g.tables, ' ') AS name) AS bytes,
  extract(epoch FROM now() - g.made_at)::float AS age_s
FROM views.generations g JOIN folded f USING (projection, generation)
ORDER BY g.generation
"""
_IN_CLUSTER = _GENERATIONS.replace("pg_total_relation_size", "citus_total_relation_size")


@dataclass(frozen=True, slots=True, kw_only=True)
class GenerationRow:
    """One generation of a view: its events folded and missing, its size, and for a candidate the time it still needs at
    its mean speed so far.
    """

    view: str
    generation: int
    version: int
    role: str  # live, candidate, old, verification, refold
    made_at: datetime
    events: int
    missing_events: int
    bytes: int
    seconds_left: int | None


def generations(engine: Engine) -> list[GenerationRow]:
    """Returns the generations of all views, in the order of the registry."""
    prepare(engine)
    rows = list(_rows(engine))
    return [row for view in PROJECTIONS for row in rows if row.view == view]


def _rows(engine: Engine) -> Iterator[GenerationRow]:
    with engine.connect() as connection:
        found = connection.execute(text(_IN_CLUSTER if is_placed(connection) else _GENERATIONS)).all()
    for view, number, version, role, made_at, events, missing, size, age_s in found:
        left = int(missing * age_s / events) if role == "candidate" and events else None
        yield GenerationRow(
            view=view,
            generation=number,
            version=version,
            role=role,
            made_at=made_at,
            events=events,
            missing_events=missing,
            bytes=size,
            seconds_left=left,
        )
