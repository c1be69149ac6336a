"""Every column of the log is covered, or it is said why nothing rests on it: a change planted in each is found."""

from __future__ import annotations

from collections.abc import Iterator

import pytest

from ledger.log.verification.evidence import EVIDENCE, Cover
from ledger.log.verification.finding import Finding
from ledger.log.verification.verify import verify_log
from tests.support.buses import Desk
from tests.support.tamperer import Row, Tamperer, lived_ledger, tamperer

# How a finding names a row of the table, and which row a change is planted in: one that has neighbours.
KEYS = {
    "log.events": "book {book}, position {position}",
    "log.outcomes": "book {book}, number {number}",
    "log.directory": "merchant {merchant_id}",
    "log.accounts": "book {book}, merchant {merchant_id}",
    "log.heads": "book {book}",
    "log.identity": "its one row",
    "log.alembic_version": "its one row",
}
FIRST = {
    "log.events": "entry IS NULL, position DESC",
    "log.outcomes": "number DESC",
    "log.heads": "first_open_day DESC",
    "log.directory": "merchant_id",
    "log.accounts": "merchant_id",
}
COLUMNS = [(table, column) for table, columns in EVIDENCE.items() for column in columns]
PLANTED = [(table, column) for table, column in COLUMNS if EVIDENCE[table][column].cover is not Cover.NOT_EVIDENCE]


@pytest.fixture(scope="module")
def desk(request: pytest.FixtureRequest, tmp_path_factory: pytest.TempPathFactory) -> Iterator[Desk]:
    from tests.support.postgres import clone

    url = clone(request.getfixturevalue("postgres"), request.getfixturevalue("template"), "evidence")
    with lived_ledger(url, tmp_path_factory.mktemp("keys")) as desk:
        yield desk


@pytest.fixture(scope="module")
def _somebody(desk: Desk) -> Iterator[Tamperer]:
    with tamperer(desk.ledger.engine.url.render_as_string(hide_password=False)) as found:
        yield found


@pytest.fixture
def somebody(_somebody: Tamperer) -> Iterator[Tamperer]:
    """The owner, with the triggers off; what was changed is put back after the test."""
    yield _somebody
    _somebody.undo()


def found(desk: Desk) -> list[Finding]:
    return list(verify_log(desk.ledger.reader))


def names(finding: Finding, table: str, *rows: Row) -> bool:
    """True if the finding is of the table and of one of the rows."""
    return finding.table == table and any(finding.key.startswith(KEYS[table].format(**row)) for row in rows)


def test_every_column_of_the_log_is_classified(somebody: Tamperer) -> None:
    there = {(table, column) for table, columns in somebody.columns("log").items() for column in columns}
    assert set(COLUMNS) == there


def test_a_ledger_that_nobody_touched_has_no_findings(desk: Desk) -> None:
    assert found(desk) == []


@pytest.mark.parametrize(("table", "column"), PLANTED)
def test_a_change_of_any_column_is_found(desk: Desk, somebody: Tamperer, table: str, column: str) -> None:
    kind = somebody.columns("log")[table][column]
    before, after = somebody.plant(table, column, kind, first=FIRST.get(table, "1"))
    said = {finding.column for finding in found(desk) if names(finding, table, before, after)}
    assert said & {column, "row" if column in KEYS[table] else "leaf"}, found(desk)


@pytest.mark.parametrize("table", KEYS)
@pytest.mark.parametrize("order", ["DESC", "ASC"])
def test_a_row_taken_out_is_missed(desk: Desk, somebody: Tamperer, table: str, order: str) -> None:
    first = FIRST.get(table, "1") if order == "DESC" else f"{FIRST.get(table, '1').replace(' DESC', '')}"
    (gone,) = somebody.change(
        table, f"DELETE FROM {table} WHERE ctid = (SELECT ctid FROM {table} ORDER BY {first} LIMIT 1) RETURNING *"
    )
    assert any(names(finding, table, gone) for finding in found(desk)), found(desk)


# A row like another under a key of its own, and what the head row counts put right beside it.
INVENTED = {
    "log.events": (
        "book, position, stream, version, command_id",
        "book, (SELECT h.position + 1 FROM log.heads h WHERE h.book = t.book), stream || 'x', 1, 'x/y/-'",
    ),
    "log.outcomes": ("book, number, command_id", "book, number + 1, 'x/y/-'"),
    "log.directory": ("merchant_id", "'M-9'"),
    "log.accounts": ("merchant_id", "'M-9'"),
    "log.heads": ("book", "(SELECT max(book) + 1 FROM log.heads)"),
    "log.alembic_version": ("version_num", "'9999'"),
}


@pytest.mark.parametrize("table", INVENTED)
def test_a_row_put_in_is_found(desk: Desk, somebody: Tamperer, table: str) -> None:
    (added,) = put_in(somebody, table)
    assert any(names(finding, table, added) for finding in found(desk)), found(desk)


@pytest.mark.parametrize(("table", "counted"), [("log.events", "position"), ("log.outcomes", "outcomes")])
def test_a_row_put_in_is_found_by_its_hash_where_the_head_counts_it(
    desk: Desk, somebody: Tamperer, table: str, counted: str
) -> None:
    (added,) = put_in(somebody, table)
    change = f"UPDATE log.heads SET {counted} = {counted} + 1 WHERE book = %s RETURNING *"
    somebody.change("log.heads", change, added["book"])
    assert any(names(finding, table, added) and finding.column == "leaf" for finding in found(desk)), found(desk)


def put_in(somebody: Tamperer, table: str) -> list[Row]:
    keys, values = INVENTED[table]
    others = [column for column in somebody.columns("log")[table] if column not in keys.split(", ")]
    named = ", ".join(f'"{column}"' for column in others)
    first = FIRST.get(table, "1")
    return somebody.change(
        table,
        f"INSERT INTO {table} ({', '.join(filter(None, (keys, named)))})"
        f" SELECT {', '.join(filter(None, (values, named)))} FROM"
        f" (SELECT * FROM {table} ORDER BY {first} LIMIT 1) AS t RETURNING *",
    )


def test_a_merchant_moved_to_another_book_is_found_although_the_line_was_hashed_again(
    desk: Desk, somebody: Tamperer
) -> None:
    somebody.change(
        "log.directory",
        "UPDATE log.directory SET book = book % 16 + 1, leaf = log.directory_leaf(merchant_id, book % 16 + 1)"
        " WHERE merchant_id = 'M-1' RETURNING *",
    )
    assert ("log.directory", "merchant M-1", "book") in [(f.table, f.key, f.column) for f in found(desk)]


def test_an_outcome_taken_out_is_missed_although_the_head_and_the_numbers_were_put_right(
    desk: Desk, somebody: Tamperer
) -> None:
    (gone,) = somebody.change("log.outcomes", "DELETE FROM log.outcomes WHERE number = 1 RETURNING *")
    somebody.change(
        "log.outcomes", "UPDATE log.outcomes SET number = number - 1 WHERE book = %s RETURNING *", gone["book"]
    )
    lower = "UPDATE log.heads SET outcomes = outcomes - 1 WHERE book = %s RETURNING *"
    somebody.change("log.heads", lower, gone["book"])
    assert [f for f in found(desk) if f.table == "log.outcomes" and f.column == "leaf"]


def test_events_taken_off_the_end_are_missed_by_what_was_refused_after_them(desk: Desk, somebody: Tamperer) -> None:
    (head,) = somebody.rows("SELECT * FROM log.heads WHERE outcomes > 0")
    book, last = head["book"], head["position"]
    somebody.change("log.events", "DELETE FROM log.events WHERE book = %s AND position = %s RETURNING *", book, last)
    somebody.change(
        "log.heads",
        "UPDATE log.heads SET position = position - 1 WHERE book = %s RETURNING *",
        book,
    )
    assert [f for f in found(desk) if f.table == "log.outcomes" and f.column == "position"]
