"""The simulated month through the real commands: what must hold over many orders at once."""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterator

import psycopg2
import pytest

from ledger.events.refund import RefundApproved, RefundRequested
from ledger.events.settlement import ReconciliationBreakOpened
from ledger.log.rows import Recorded
from ledger.log.verify import verify_log
from service.founding import publish_defaults
from service.simulator.month import Month, make_month, record_month
from tests.support.buses import Desk, open_desk

SEED, ORDERS = 7, 150


@pytest.fixture(scope="module")
def recorded(postgres: object, tmp_path_factory: pytest.TempPathFactory) -> Iterator[tuple[Desk, Month, str]]:
    from service.embedded import EmbeddedPostgres

    assert isinstance(postgres, EmbeddedPostgres)
    url = postgres.url("simulated_month")
    with open_desk(url, tmp_path_factory.mktemp("month")) as desk:
        publish_defaults(desk.bus)
        yield desk, record_month(desk.ledger, seed=SEED, orders=ORDERS), url


def test_the_same_seed_makes_the_same_month() -> None:
    assert make_month(seed=SEED, orders=20)[1] == make_month(seed=SEED, orders=20)[1]


def test_only_payouts_of_nothing_are_refused(recorded: tuple[Desk, Month, str]) -> None:
    _, month, _ = recorded
    assert {outcome.code for outcome in month.refusals} <= {"INSUFFICIENT_AVAILABLE"}, f"seed {SEED}"


EVERY_PATH = {
    "refund.auto_approved", "refund.round_approved", "refund.round_rejected", "refund.approved", "refund.rejected",
    "refund.withdrawn", "return.authorized", "return.shipped", "return.received", "return.inspected", "return.expired",
    "refund.submitted", "refund.succeeded", "refund.failed", "refund.reversed", "refund.paid_by_alternative",
    "parcel.lost", "parcel.found", "parcel.damaged", "parcel.export_rejected", "parcel.import_refused",
}  # fmt: skip


def test_every_path_of_after_sales_is_told_at_least_once(recorded: tuple[Desk, Month, str]) -> None:
    desk, _, _ = recorded
    assert {row.type for row in _events(desk)} >= EVERY_PATH, f"seed {SEED}"


def test_every_kind_of_case_and_every_liability_is_told_at_least_once(recorded: tuple[Desk, Month, str]) -> None:
    desk, _, _ = recorded
    events = [row.event for row in _events(desk) if row.type in ("refund.requested", "refund.approved")]
    kinds = {event.type for event in events if isinstance(event, RefundRequested)}
    assert kinds == {"unshipped", "return_refund", "not_received", "platform_initiated"}, f"seed {SEED}"
    approvals = [event for event in events if isinstance(event, RefundApproved)]
    assert {event.liability for event in approvals} == {"merchant", "platform"}, f"seed {SEED}"
    assert {"missing_partner_documents", "prohibited", "damaged", "lost"} <= {event.reason for event in approvals}


def test_a_late_scan_and_a_parcel_found_again_open_breaks(recorded: tuple[Desk, Month, str]) -> None:
    desk, _, _ = recorded
    events = [row.event for row in _events(desk) if row.type == "break.opened"]
    facts = {event.refs.get("fact") for event in events if isinstance(event, ReconciliationBreakOpened)}
    assert {"dispatched", "found", "signed_for"} <= facts, f"seed {SEED}"


def test_the_month_told_again_changes_nothing(recorded: tuple[Desk, Month, str]) -> None:
    desk, month, _ = recorded
    heads = desk.ledger.reader.heads()
    again = record_month(desk.ledger, seed=SEED, orders=ORDERS)
    assert again.counts == Counter(repeated=sum(month.counts.values()))
    assert desk.ledger.reader.heads() == heads


def test_every_row_of_the_month_proves_itself(recorded: tuple[Desk, Month, str]) -> None:
    desk, _, _ = recorded
    assert list(verify_log(desk.ledger.reader)) == []


def test_no_personal_value_of_the_month_stands_in_the_database(recorded: tuple[Desk, Month, str]) -> None:
    _, _, url = recorded
    world, _ = make_month(seed=SEED, orders=ORDERS)
    stored = _everything_in(url)
    assert "茶" in stored or "扇" in stored, "the scan reads the texts that are there"
    assert [value for value in sorted(world.personal_values) if value in stored] == []


def _events(desk: Desk) -> Iterator[Recorded]:
    reader = desk.ledger.reader
    for book, head in reader.heads().items():
        yield from reader.read(book, 0, head) if head else ()


def _everything_in(url: str) -> str:
    """Every row of every table, as text."""
    connection = psycopg2.connect(url.replace("postgresql+psycopg2://", "postgresql://"))
    with connection, connection.cursor() as cursor:
        cursor.execute(
            "SELECT format('%I.%I', schemaname, tablename) FROM pg_tables"
            " WHERE schemaname NOT IN ('pg_catalog', 'information_schema')"
        )
        texts = []
        for (table,) in cursor.fetchall():
            cursor.execute(f"SELECT t::text FROM {table} AS t")
            texts += [row[0] for row in cursor.fetchall()]
    connection.close()
    return "\n".join(texts)
