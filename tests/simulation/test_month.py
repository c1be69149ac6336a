"""The simulated month through the real commands: what must hold over many orders at once."""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterator

import psycopg2
import pytest

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
