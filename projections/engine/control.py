"""The engine's own tables: the live generation of each projection, and its checkpoint in each book."""

from __future__ import annotations

from sqlalchemy import Engine, text

from ledger.log.placement import Placement, place
from projections.engine.connections import begin

_TABLES = """
CREATE TABLE IF NOT EXISTS views.projections (
    projection text PRIMARY KEY,
    version integer NOT NULL,
    generation integer NOT NULL,
    fingerprint text NOT NULL,
    made integer NOT NULL
);

CREATE TABLE IF NOT EXISTS views.generations (
    projection text NOT NULL,
    generation integer NOT NULL,
    version integer NOT NULL,
    tables text NOT NULL,
    fingerprint text NOT NULL,
    role text NOT NULL,
    made_at timestamptz NOT NULL DEFAULT now(),
    PRIMARY KEY (projection, generation)
);

CREATE TABLE IF NOT EXISTS views.checkpoints (
    book integer NOT NULL,
    projection text NOT NULL,
    generation integer NOT NULL,
    position bigint NOT NULL,
    count bigint NOT NULL,
    digest text NOT NULL,
    status text NOT NULL,
    reason text NOT NULL,
    PRIMARY KEY (book, projection, generation)
) WITH (fillfactor = 50);

ALTER TABLE views.checkpoints ADD COLUMN IF NOT EXISTS parked bigint[] NOT NULL DEFAULT '{}';
ALTER TABLE views.projections
    ADD COLUMN IF NOT EXISTS fingerprint text NOT NULL DEFAULT '',
    ADD COLUMN IF NOT EXISTS made integer NOT NULL DEFAULT 0;
ALTER TABLE views.generations
    ADD COLUMN IF NOT EXISTS fingerprint text NOT NULL DEFAULT '',
    ADD COLUMN IF NOT EXISTS role text NOT NULL DEFAULT 'live',
    ADD COLUMN IF NOT EXISTS made_at timestamptz NOT NULL DEFAULT now();
"""

PLACEMENTS: dict[str, Placement] = {
    "views.projections": "on every server",
    "views.generations": "on every server",
    "views.checkpoints": "by book",
}
_UP_TO_DATE = """
SELECT count(*) = 2 FROM pg_attribute WHERE (attrelid, attname) IN (
    (to_regclass('views.checkpoints'), 'parked'), (to_regclass('views.generations'), 'made_at')
)
"""
_ONE_AT_A_TIME = 7_265_641_002  # advisory lock
# Errors of a statement if the tables do not exist, or an older version of the code made them.
NOT_PREPARED = ("42P01", "42703")  # undefined_table, undefined_column


def prepare(engine: Engine) -> None:
    """Creates the engine's missing tables. Processes that call it at the same time wait for each other: two that alter
    these tables, beside one that folds, would wait in a circle."""
    with engine.connect() as connection:
        if connection.execute(text(_UP_TO_DATE)).scalar():
            return
    with begin(engine) as connection:
        connection.execute(text("SELECT pg_advisory_xact_lock(:key)"), {"key": _ONE_AT_A_TIME})
        if connection.execute(text(_UP_TO_DATE)).scalar():
            return
        # Checked first: IF NOT EXISTS needs the right to create schemas even if the schema exists.
        if not connection.execute(text("SELECT to_regnamespace('views')")).scalar():
            connection.exec_driver_sql("CREATE SCHEMA views")
        connection.exec_driver_sql(_TABLES)
        place(connection, PLACEMENTS)
