"""Real events, rows of views and commands are valid by their schemas; `test_answers.py` has the answers."""

from __future__ import annotations

import json

import pytest
from sqlalchemy import select

from ledger.journal.entry import entry_lines
from projections.engine.projection import Projection
from projections.engine.views import Opened
from projections.registry import PROJECTIONS
from service.app import App
from service.http.document.command_schemas import OVER_HTTP
from service.http.document.examples import EXAMPLES
from service.questions.presentation import presented
from service.schemas.catalogue import Kind
from tests.golden.samples import all_events, sample_file
from tests.support.schemas import validator

_ROWS = 10  # of each table
_LONGEST_OF_EACH_TYPE = """
SELECT DISTINCT ON (type, entry IS NULL) type, schema_version, payload, entry FROM log.events
ORDER BY type, entry IS NULL, length(payload) DESC
"""


@pytest.mark.parametrize(("name", "version"), all_events())
def test_a_golden_sample_is_valid_by_its_schema(name: str, version: int) -> None:
    payload = json.loads(sample_file(name, version).read_text(encoding="utf-8"))
    validator(Kind.EVENTS, f"{name}.v{version}").validate({"payload": payload, "entry": None})


def test_recorded_events_and_their_entries_are_valid_by_their_schemas(month_app: App) -> None:
    with month_app.ledger.engine.connect() as connection:
        rows = connection.exec_driver_sql(_LONGEST_OF_EACH_TYPE).all()
    assert any(entry for *_, entry in rows)
    for name, version, payload, entry in rows:
        recorded = {"payload": json.loads(payload), "entry": entry_lines(entry) or None}
        validator(Kind.EVENTS, f"{name}.v{version}").validate(recorded)


@pytest.mark.parametrize("view", PROJECTIONS.values(), ids=PROJECTIONS)
def test_rows_of_a_view_are_valid_by_the_schema_of_its_table(month_app: App, view: Projection) -> None:
    def rows(opened: Opened) -> list[tuple[str, object]]:
        return [
            (table.name, presented(row))
            for table in view.tables
            for row in opened.connection.execute(select(opened.table(table)).limit(_ROWS)).mappings()
        ]

    for table, row in month_app.views.read(view, rows):
        validator(Kind.VIEWS, f"{view.name}.v{view.version}", table).validate(row)


def test_the_example_of_every_command_is_valid_by_its_schema() -> None:
    accepted = [each for each in EXAMPLES if each.operation in OVER_HTTP and each.status == 200]
    assert accepted
    for example in accepted:
        validator(Kind.COMMANDS, example.operation).validate(example.body["data"])
