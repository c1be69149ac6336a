"""A fold looks its rows up together: what it asks the database for does not grow with the events of a batch."""

from __future__ import annotations

from collections.abc import Iterator, Sequence

import pytest

from ledger.log.engine import cursor_of
from ledger.log.log_ranges import read_log_range
from projections.engine.batch import Batch, Key, Row
from projections.engine.tables import ViewTable
from projections.registry import PROJECTIONS
from service.app import App

_SEVERAL = 4  # look-ups of a table in one batch


@pytest.mark.parametrize("name", PROJECTIONS)
def test_a_batch_is_looked_up_together(name: str, month_app: App) -> None:
    projection = PROJECTIONS[name]
    book = max(month_app.ledger.reader.heads().items(), key=lambda entry: entry[1] * (entry[0] > 0))[0]
    asked: list[int] = []

    def find(_: ViewTable, keys: Sequence[Key]) -> Iterator[Row]:
        asked.append(len(keys))
        return iter(())

    with cursor_of(month_app.ledger.engine) as cursor:
        log_range = read_log_range(
            cursor, book=book, after=0, upto=5000, types=projection.event_names(), entries_only=projection.entries_only
        )
    projection.fold(Batch(book, log_range.events, find))
    assert len(asked) <= _SEVERAL * len(projection.tables), f"{len(asked)} look-ups for {len(log_range.events)} events"
