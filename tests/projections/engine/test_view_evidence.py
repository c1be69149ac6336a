"""Every column of every view, and of the engine's own tables, is folded again or checked: a planted change is found."""

from __future__ import annotations

from collections.abc import Iterator

import pytest
from sqlalchemy import Engine

from ledger.log.verification.evidence import Cover
from ledger.log.verification.finding import Finding
from projections.balances.merchant_balances import MerchantBalances
from projections.engine.compare import Side, compare
from projections.engine.connections import snapshot
from projections.engine.evidence import CONTROL, view_evidence
from projections.engine.fill import fill_here
from projections.engine.generations import Generation, ensure_live, make
from projections.engine.projection import Projection
from projections.engine.rebuild import verify
from projections.engine.worker import ProjectionWorker
from projections.registry import PROJECTIONS
from tests.support.buses import Desk
from tests.support.postgres import clone
from tests.support.tamperer import INVENTED, Tamperer, lived_ledger, tamperer

VIEW = MerchantBalances()
PLANTED = [
    (table, column)
    for table, columns in CONTROL.items()
    for column, proof in columns.items()
    if proof.cover is not Cover.NOT_EVIDENCE
]


@pytest.fixture(scope="module")
def desk(request: pytest.FixtureRequest, tmp_path_factory: pytest.TempPathFactory) -> Iterator[Desk]:
    url = clone(request.getfixturevalue("postgres"), request.getfixturevalue("template"), "view_evidence")
    with lived_ledger(url, tmp_path_factory.mktemp("keys")) as desk:
        for projection in PROJECTIONS.values():
            ProjectionWorker(desk.ledger.engine, desk.ledger.reader, projection).catch_up()
        yield desk


@pytest.fixture(scope="module")
def engine(desk: Desk) -> Engine:
    return desk.ledger.engine


@pytest.fixture(scope="module")
def _somebody(desk: Desk) -> Iterator[Tamperer]:
    with tamperer(desk.ledger.engine.url.render_as_string(hide_password=False)) as found:
        yield found


@pytest.fixture
def somebody(_somebody: Tamperer) -> Iterator[Tamperer]:
    """The owner; what was changed is put back after the test."""
    yield _somebody
    _somebody.undo()


def differences(engine: Engine) -> list[Finding]:
    return verify(engine, VIEW).differences


def test_every_column_of_the_views_is_classified(engine: Engine, somebody: Tamperer) -> None:
    stored = CONTROL | {
        ensure_live(engine, projection).stored_name(table).replace('"', ""): columns
        for projection in PROJECTIONS.values()
        for table in projection.tables
        for columns in [view_evidence([projection])[f"views.{table.name}"]]
    }
    assert {table: set(columns) for table, columns in somebody.columns("views").items()} == {
        table: set(columns) for table, columns in stored.items()
    }


@pytest.mark.parametrize("projection", PROJECTIONS.values(), ids=PROJECTIONS)
def test_a_change_of_any_column_of_a_view_is_found(engine: Engine, somebody: Tamperer, projection: Projection) -> None:
    live, rebuilt = ensure_live(engine, projection), filled(engine, projection)
    kinds, book = somebody.columns("views"), filled_book(engine)
    for table in projection.tables:
        stored = live.stored_name(table)
        is_empty = not somebody.rows(f"SELECT FROM {stored} LIMIT 1")
        for column, kind in kinds[stored.replace('"', "")].items():
            for side in (
                (live, rebuilt) if is_empty else ()
            ):  # this ledger has no row of it: both sides get the same one
                put_in(somebody, side.stored_name(table), kinds[stored.replace('"', "")], book)
            before, after = somebody.plant(stored, column, kind, first="1")
            with snapshot(engine) as one, snapshot(engine) as other:
                found = compare(Side(one, live), Side(other, rebuilt)).differences
            somebody.undo()
            said = {finding.column for finding in found if finding.table == f"views.{table.name}"}
            if column == "book":
                said |= {finding.column for finding in found if finding.table == "views.checkpoints"}
            wanted = {"row"} if column in ("book", *table.key) else {column}
            assert said == wanted, (stored, column, before, after, found)
            assert any(f"{after[name]}" in finding.key for name in table.key for finding in found)


@pytest.mark.parametrize("projection", PROJECTIONS.values(), ids=PROJECTIONS)
def test_a_row_put_into_any_table_is_found(engine: Engine, somebody: Tamperer, projection: Projection) -> None:
    live, rebuilt = ensure_live(engine, projection), filled(engine, projection)
    kinds, book = somebody.columns("views"), filled_book(engine)
    for table in projection.tables:
        stored = live.stored_name(table)
        put_in(somebody, stored, kinds[stored.replace('"', "")], book)
        with snapshot(engine) as one, snapshot(engine) as other:
            found = compare(Side(one, live), Side(other, rebuilt)).differences
        somebody.undo()
        assert [(finding.table, finding.column, finding.expected) for finding in found] == [
            (f"views.{table.name}", "row", "none")
        ]


def filled_book(engine: Engine) -> int:
    """A book that has events."""
    return max(book for book, head in heads(engine).items() if head)


def put_in(somebody: Tamperer, stored: str, kinds: dict[str, str], book: int) -> None:
    """Puts a row into the table."""
    values = {name: INVENTED[kind] for name, kind in kinds.items()} | {"book": str(book)}
    named = ", ".join(f'"{name}"' for name in values)
    somebody.change(stored, f"INSERT INTO {stored} ({named}) SELECT {', '.join(values.values())} RETURNING *")


def filled(engine: Engine, projection: Projection) -> Generation:
    """A generation that stands where the live one does, not dropped before the test is over."""
    with engine.begin() as connection:
        generation = make(connection, projection, "verification")
    fill_here(engine, generation, {book: head for book, head in heads(engine).items() if head})
    return generation


def heads(engine: Engine) -> dict[int, int]:
    with engine.connect() as connection:
        found = connection.exec_driver_sql("SELECT book, position FROM log.heads")
        return {row[0]: row[1] for row in found}


def test_a_view_that_nobody_touched_has_no_findings(engine: Engine) -> None:
    assert differences(engine) == []


@pytest.mark.parametrize(("table", "column"), PLANTED)
def test_a_change_of_what_the_engine_keeps_is_found(
    engine: Engine, somebody: Tamperer, table: str, column: str
) -> None:
    kind = somebody.columns("views")[table][column]
    last = ", position DESC" if table == "views.checkpoints" else ""
    somebody.plant(table, column, kind, first=f"projection <> '{VIEW.name}'{last}")
    said = [finding for finding in differences(engine) if finding.table == table and VIEW.name in finding.key]
    assert {finding.column for finding in said} & {column, "row"}, differences(engine)


def test_a_checkpoint_that_is_gone_is_missed_where_rows_are_left(engine: Engine, somebody: Tamperer) -> None:
    somebody.change("views.checkpoints", "DELETE FROM views.checkpoints WHERE projection = %s RETURNING *", VIEW.name)
    assert {(finding.table, finding.column) for finding in differences(engine)} == {("views.checkpoints", "row")}


def test_a_checkpoint_put_back_to_nothing_is_found_where_the_view_has_no_rows(
    engine: Engine, somebody: Tamperer
) -> None:
    change = "UPDATE views.checkpoints SET position = 0 WHERE projection = %s AND book = 0 RETURNING *"
    somebody.change("views.checkpoints", change, VIEW.name)
    assert {finding.column for finding in differences(engine)} == {"count", "digest"}


def test_a_stop_that_is_none_is_found(engine: Engine, somebody: Tamperer) -> None:
    change = "UPDATE views.checkpoints SET status = 'stopped', reason = 'x' WHERE projection = %s RETURNING *"
    somebody.change("views.checkpoints", change, VIEW.name)
    assert {finding.column for finding in differences(engine)} == {"status", "reason"}


def test_events_taken_off_the_end_leave_the_views_ahead(engine: Engine, somebody: Tamperer, desk: Desk) -> None:
    book = desk.ledger.directory.book_of("M-2")
    (gone,) = somebody.change(
        "log.events",
        "DELETE FROM log.events WHERE book = %s AND position = (SELECT position FROM log.heads WHERE book = %s)"
        " RETURNING *",
        book,
        book,
    )
    somebody.change("log.heads", "UPDATE log.heads SET position = position - 1 WHERE book = %s RETURNING *", book)
    ahead = [finding for finding in differences(engine) if finding.column == "position"]
    assert [(f.key, f.expected) for f in ahead] == [(f"{VIEW.name}, book {book}", str(gone["position"] - 1))]


def test_a_column_taken_out_of_a_view_is_missed(engine: Engine, somebody: Tamperer) -> None:
    stored = ensure_live(engine, VIEW).stored_name(VIEW.tables[0])
    somebody.rows(f"ALTER TABLE {stored} RENAME COLUMN deleted TO was_deleted; SELECT 1 AS done")
    try:
        assert {"deleted", "was_deleted"} <= {finding.column for finding in differences(engine)}
    finally:
        somebody.rows(f"ALTER TABLE {stored} RENAME COLUMN was_deleted TO deleted; SELECT 1 AS done")


def test_a_table_taken_away_is_missed(engine: Engine, somebody: Tamperer) -> None:
    live = ensure_live(engine, VIEW)
    stored = live.stored_name(VIEW.tables[0])
    somebody.rows(f"ALTER TABLE {stored} RENAME TO elsewhere; SELECT 1 AS done")
    try:
        assert [finding.found for finding in differences(engine)] == ["none"]
    finally:
        name = VIEW.tables[0].stored_name(live.version, live.number)
        somebody.rows(f'ALTER TABLE views.elsewhere RENAME TO "{name}"; SELECT 1 AS done')
