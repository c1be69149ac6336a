"""A reference of any length is kept in full with its fact and found by its digest; no view stops at it."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path

import pytest

from ledger.ids import key_form
from ledger.limits import LONGEST_KEY_BYTES, LONGEST_TEXT
from ledger.references import reference_key
from projections.engine.batch import KeptRows
from projections.engine.tables import ViewTable
from projections.reconciliation.psp_references import OF_UNMATCHED, REFERENCES, orders_of
from projections.registry import PROJECTIONS
from projections.tracking.tracking_numbers import parcels_numbered
from service.app import App
from tests.support.buses import Desk, open_desk, publish_programme
from tests.support.shops import app_of

PAGE = 2_704  # bytes that an entry of a PostgreSQL index may have (a third of a page)
LONGEST = [f"{index:04d}".rjust(5, "r") * (LONGEST_TEXT // 5) for index in range(2)] + ["漢" * LONGEST_TEXT]
TABLES = [table for projection in PROJECTIONS.values() for table in projection.tables]


@pytest.fixture
def desk(database_url: str, tmp_path: Path) -> Iterator[Desk]:
    with open_desk(database_url, tmp_path) as desk:
        publish_programme(desk)
        yield desk


@pytest.fixture
def app(desk: Desk) -> App:
    return app_of(desk)


@pytest.mark.parametrize("reference", ["", "ch_1", "x" * LONGEST_KEY_BYTES, "é" * 127])
def test_a_reference_that_fits_is_its_own_key(reference: str) -> None:
    assert key_form(reference) == reference


@pytest.mark.parametrize("reference", [*LONGEST, "x" * (LONGEST_KEY_BYTES + 1), "漢" * 86])
def test_the_key_of_a_longer_one_fits_and_is_its_own_key(reference: str) -> None:
    key = key_form(reference)
    assert len(key.encode()) <= LONGEST_KEY_BYTES
    assert key_form(key) == key


def test_two_long_references_that_begin_alike_have_two_keys() -> None:
    assert key_form("x" * 5_000 + "1") != key_form("x" * 5_000 + "2")


@pytest.mark.parametrize("table", TABLES, ids=lambda table: table.name)
def test_no_index_of_a_view_can_be_too_wide(table: ViewTable) -> None:
    texts = {table.columns[place] for place in table.indexed_texts}
    for index in (table.key, *table.indexes):
        assert len(texts.intersection(index)) * LONGEST_KEY_BYTES + 16 * len(index) < PAGE, index


@pytest.mark.parametrize("reference", LONGEST)
def test_a_row_is_found_again_by_the_reference_it_was_put_under(reference: str) -> None:
    rows = KeptRows(0, OF_UNMATCHED, lambda *_: (), first=1)
    row = {"reference": reference, "psp": "x", "capture_ref": "c"}
    rows.put(dict(row), at=1)
    assert rows.get(reference, "x", "c") == row | {
        "reference": key_form(reference), "book": 0, "changed_at_position": 1, "deleted": False
    }  # fmt: skip
    rows.delete(reference, "x", "c", at=2)
    assert rows.get(reference, "x", "c") is None


def test_captures_with_references_without_end_are_seen_by_every_view(desk: Desk, app: App) -> None:
    for number, reference in enumerate(LONGEST):
        about = {"merchant_id": "M-1", "order_id": "O-1", "payment_id": "p", "psp": "x", "amount": "CNY 1.00"}
        desk.expect("report_payment_captured", **about, capture_ref=f"c{number}", psp_ref=reference)
    desk.expect("report_payment_captured", **about, capture_ref="last", psp_ref="short")
    app.catch_up()
    keys = [str(reference_key(name)) for name in [*LONGEST, "short"]]
    found = orders_of(app.views, "x", keys).references
    assert {(each.reference, each.order_id) for each in found} == {(key, "O-1") for key in keys}


def test_a_capture_keeps_its_reference_in_full(desk: Desk) -> None:
    about = {"merchant_id": "M-1", "order_id": "O-1", "payment_id": "p", "psp": "x", "amount": "CNY 1.00"}
    outcome = desk.expect("report_payment_captured", **about, capture_ref="c", psp_ref=LONGEST[0])
    row = next(iter(desk.ledger.reader.read(outcome.book, outcome.first - 1, 1)))
    assert row.event.psp_ref == reference_key(LONGEST[0])  # type: ignore[attr-defined]
    assert row.event.in_full == {row.event.psp_ref: LONGEST[0]}  # type: ignore[attr-defined]


def test_facts_with_words_without_end_are_seen_by_every_view(desk: Desk, app: App) -> None:
    """Numbers of declarations, banks' references and carriers' names reach keys of views too."""
    long = LONGEST[0]
    about = {"merchant_id": "M-1", "order_id": "O-1", "parcel_id": "P-1"}
    desk.expect("report_tracking", **about, milestone="export_declared", declaration_no=long[:500], location=long[:500])
    desk.expect(
        "report_unmatched_fact", system="s", reference="r", kind="k", refs={"tracking_no": long, "carrier": long}
    )
    app.catch_up()
    assert parcels_numbered(app.views, long) == ()


def test_the_key_columns_of_references_are_texts() -> None:
    assert {"reference", "psp"} <= {REFERENCES.columns[place] for place in REFERENCES.indexed_texts}
