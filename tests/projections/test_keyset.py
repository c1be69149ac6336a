"""Chunks of a list: one after another they are the whole list, also where many rows have the same key."""

from __future__ import annotations

import pytest
from sqlalchemy import text

from ledger.ledger import Ledger
from projections.keyset import WHOLE, Chunk

ROWS = [(day, stream, n) for day in range(3) for stream in "ab" for n in range(1 + 2 * day)]
SOURCE = f"SELECT * FROM (VALUES {', '.join(map(str, ROWS))}) AS r(day, stream, n)"
KEY = ("day", "stream")


def rows_of(ledger: Ledger, chunk: Chunk) -> list[tuple[int, str, int]]:
    sql, values = chunk.sql(SOURCE, KEY)
    with ledger.engine.connect() as connection:
        return [(row.day, row.stream, row.n) for row in connection.execute(text(sql), values)]


def test_without_limit_and_key_the_chunk_is_the_list(ledger: Ledger) -> None:
    assert sorted(rows_of(ledger, WHOLE)) == ROWS


@pytest.mark.parametrize("limit", [1, 2, 4, len(ROWS)])
def test_chunks_after_one_another_have_each_row_once(ledger: Ledger, limit: int) -> None:
    seen, after = list[tuple[int, str, int]](), None
    while found := rows_of(ledger, Chunk(limit, after)):
        keys = [row[:2] for row in found]
        assert keys == sorted(keys)
        assert len([key for key in keys if key != keys[-1]]) < limit, "only those that equal the last come with it"
        seen, after = seen + found, keys[-1]
    assert sorted(seen) == ROWS


def test_a_chunk_may_begin_with_the_rows_of_its_key(ledger: Ledger) -> None:
    assert {row[:2] for row in rows_of(ledger, Chunk(None, (1, "b"), included=True))} == {(1, "b"), (2, "a"), (2, "b")}
    assert {row[:2] for row in rows_of(ledger, Chunk(None, (1, "b")))} == {(2, "a"), (2, "b")}
