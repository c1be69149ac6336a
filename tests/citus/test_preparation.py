"""`redledger cluster prepare` and `check`."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path

import pytest
from sqlalchemy import Connection, text

from ledger.keys import FileKeyStore
from ledger.ledger import Ledger
from ledger.log.books import found
from ledger.log.engine import owner_engine
from ledger.log.migrations import upgrade
from projections.engine.generations import ensure_live
from projections.registry import PROJECTIONS
from service.cluster.check import differences
from service.cluster.prepare import prepare
from service.failures import ServiceFailure


@pytest.fixture
def prepared_url(empty_url: str) -> str:
    prepare(empty_url, shards=4, books=5)
    return empty_url


@pytest.fixture
def owner(prepared_url: str) -> Iterator[Connection]:
    """The prepared coordinator as its owner; each statement is its own transaction."""
    engine = owner_engine(prepared_url).execution_options(isolation_level="AUTOCOMMIT")
    with engine.connect() as connection:
        yield connection
    engine.dispose()


def parts(url: str) -> list[str]:
    return [each.part for each in differences(url)]


def test_a_prepared_cluster_has_no_difference(prepared_url: str) -> None:
    assert differences(prepared_url) == []


def test_a_view_that_is_made_there_has_no_difference(prepared_url: str, tmp_path: Path) -> None:
    with Ledger.open(prepared_url, keys=FileKeyStore(tmp_path / "keys")) as ledger:
        ensure_live(ledger.engine, PROJECTIONS["merchant_balances"])
    assert differences(prepared_url) == []


def test_preparing_again_keeps_shards_books_and_identity(prepared_url: str, owner: Connection) -> None:
    about = text(
        "SELECT ledger_id, books, (SELECT shard_count FROM citus_tables WHERE table_name = 'log.events'::regclass)"
        " FROM log.identity"
    )
    before = owner.execute(about).one()
    prepare(prepared_url, shards=8, books=9)
    assert owner.execute(about).one() == before


def test_a_table_that_is_not_placed_is_found_and_placed_by_preparing_again(
    prepared_url: str, owner: Connection
) -> None:
    owner.execute(text("SELECT undistribute_table('delivery.attempts')"))
    assert parts(prepared_url) == ["delivery.attempts"]
    prepare(prepared_url, shards=4, books=5)
    assert differences(prepared_url) == []


def test_a_guard_that_is_missing_on_a_shard_is_found(prepared_url: str, owner: Connection) -> None:
    shard = owner.execute(text("SELECT min(shardid) FROM pg_dist_shard WHERE logicalrelid = 'log.events'::regclass"))
    number = shard.scalar_one()
    owner.execute(
        text(
            "SELECT run_command_on_placements('log.events', format("
            "'DO $$BEGIN IF %L = ''log.events_%s'' THEN DROP TRIGGER events_append_only_%s ON log.events_%s; END IF;"
            " END$$', '%s', CAST(:n AS text), CAST(:n AS text), CAST(:n AS text)))"
        ),
        {"n": number},
    )
    assert parts(prepared_url) == [f"shard {number} of log.events"]


def test_a_ledger_of_one_server_is_refused(empty_url: str) -> None:
    upgrade(empty_url)
    found(empty_url, books=2)
    with pytest.raises(ServiceFailure, match="redledger cluster move"):
        prepare(empty_url, shards=4, books=5)


def test_a_database_that_is_not_prepared_is_no_cluster_of_a_ledger(empty_url: str) -> None:
    with pytest.raises(ServiceFailure, match="not prepared"):
        differences(empty_url)
