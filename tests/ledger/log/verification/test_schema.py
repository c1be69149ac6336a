"""A schema of the log that is not the one its revisions make is found: checks, triggers, code, columns and rights."""

from __future__ import annotations

import json
from collections.abc import Iterator

import pytest

from ledger.log.engine import owner_engine, writer_engine
from ledger.log.reader import Reader
from ledger.log.verification.schema import MADE, objects_of, schema_findings

CHANGES = {
    "a trigger disabled": (
        "ALTER TABLE log.events DISABLE TRIGGER events_append_only",
        "trigger events.events_append_only",
    ),
    "a trigger dropped": ("DROP TRIGGER identity_kept ON log.identity", "trigger identity.identity_kept"),
    "a trigger added": (
        "CREATE TRIGGER quiet BEFORE INSERT ON log.events EXECUTE FUNCTION log.refuse_change()",
        "trigger events.quiet",
    ),
    "a check dropped": (
        "ALTER TABLE log.events DROP CONSTRAINT events_entry_balances",
        "constraint events.events_entry_balances",
    ),
    "a check that no row was held against": (
        "ALTER TABLE log.events DROP CONSTRAINT events_entry_balances;"
        " ALTER TABLE log.events ADD CONSTRAINT events_entry_balances"
        " CHECK (entry IS NULL OR log.entry_balances(entry)) NOT VALID",
        "constraint events.events_entry_balances",
    ),
    "a key dropped": (
        "ALTER TABLE log.events DROP CONSTRAINT events_command_key",
        "constraint events.events_command_key",
    ),
    "code replaced": (
        "CREATE OR REPLACE FUNCTION log.entry_balances(p_entry text) RETURNS boolean LANGUAGE sql IMMUTABLE"
        " RETURN true",
        "function entry_balances(p_entry text)",
    ),
    "code run with the caller's rights": (
        "ALTER FUNCTION log.take_up(integer, text, text) SECURITY INVOKER",
        "function take_up(p_book integer, p_loop text, p_item text)",
    ),
    "a right given": ("GRANT UPDATE ON log.heads TO redledger_app", "table heads"),
    "a right taken": ("REVOKE SELECT ON log.outcomes FROM redledger_app", "table outcomes"),
    "a rule": ("CREATE RULE lost AS ON INSERT TO log.set_aside DO INSTEAD NOTHING", "rule set_aside.lost"),
    "a column that may be null": ("ALTER TABLE log.events ALTER leaf DROP NOT NULL", "column events.leaf"),
    "a column more": ("ALTER TABLE log.events ADD hidden text", "column events.hidden"),
    "rows that are hidden": ("ALTER TABLE log.events ENABLE ROW LEVEL SECURITY", "table events"),
    "a table more": ("CREATE TABLE log.shadow ()", "table shadow"),
}


@pytest.fixture
def reader(database_url: str) -> Iterator[Reader]:
    engine = writer_engine(database_url)
    yield Reader(engine)
    engine.dispose()


def test_the_list_of_objects_is_that_of_the_newest_revision(reader: Reader) -> None:
    assert json.loads(MADE.read_text(encoding="utf-8")) == objects_of(reader), "run python -m tests.golden.schema"


@pytest.mark.parametrize(("statement", "name"), CHANGES.values(), ids=CHANGES)
def test_what_is_not_as_it_was_made_is_found(fresh_database_url: str, statement: str, name: str) -> None:
    owner, app = owner_engine(fresh_database_url), writer_engine(fresh_database_url)
    with owner.begin() as connection:
        connection.exec_driver_sql(statement)
    assert name in [finding.key for finding in schema_findings(Reader(app))]
    owner.dispose()
    app.dispose()


def test_a_search_path_of_the_database_hides_nothing_and_finds_nothing(fresh_database_url: str) -> None:
    owner = owner_engine(fresh_database_url)
    with owner.begin() as connection:
        connection.exec_driver_sql("CREATE SCHEMA evil")
        connection.exec_driver_sql(f"ALTER DATABASE {owner.url.database} SET search_path = evil, log, pg_catalog")
    app = writer_engine(fresh_database_url)
    assert list(schema_findings(Reader(app))) == []
    owner.dispose()
    app.dispose()


def test_nobody_waits_for_ever_for_a_lock(reader: Reader) -> None:
    assert list(reader.select("SHOW lock_timeout")) == [("30s",)]
