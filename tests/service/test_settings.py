"""Settings: one table, addresses that mean psycopg 2, values that cannot be."""

from dataclasses import fields
from pathlib import Path
from typing import Any

import pytest

from service.failures import ServiceFailure
from service.settings import Settings, settings_from, settings_table


def test_without_anything_given_the_data_lie_in_the_working_directory() -> None:
    assert settings_from({}).data_dir == Path(".redledger")


def test_the_keys_lie_in_the_data_folder_unless_a_file_is_named() -> None:
    assert Settings(data_dir=Path("d")).keys == Path("d/keys")
    assert Settings(data_dir=Path("d"), key_file=Path("k")).keys == Path("k")


@pytest.mark.parametrize("scheme", ["postgresql", "postgres", "postgresql+psycopg2"])
def test_every_way_to_write_a_postgresql_address_means_psycopg2(scheme: str) -> None:
    server = Settings(database_url=f"{scheme}://me:secret@host:5433/books").server
    assert server is not None
    assert server.render_as_string(hide_password=False) == "postgresql+psycopg2://me:secret@host:5433/books"


def test_of_several_hosts_the_one_that_takes_writes_is_connected_to() -> None:
    server = Settings(database_url="postgresql://me:secret@one:5433,two:5434/books?sslmode=require").server
    assert server is not None
    _, arguments = server.get_dialect()().create_connect_args(server)
    assert arguments == {
        "host": "one,two", "port": "5433,5434", "user": "me", "password": "secret", "dbname": "books",
        "sslmode": "require", "target_session_attrs": "read-write",
    }  # fmt: skip


def test_an_address_of_several_hosts_may_name_the_state_of_the_server() -> None:
    server = Settings(database_url="postgresql://one,two/books?target_session_attrs=primary").server
    assert server is not None
    assert server.query["target_session_attrs"] == "primary"


@pytest.mark.parametrize("address", ["sqlite:///books.db", "mysql://host/books", "not an address"])
def test_an_address_of_no_postgresql_server_is_refused(address: str) -> None:
    with pytest.raises(ServiceFailure):
        _ = Settings(database_url=address).server


def test_a_port_that_cannot_be_is_refused_by_its_flag() -> None:
    with pytest.raises(ServiceFailure, match="--port"):
        settings_from({"port": 70_000})


@pytest.mark.parametrize(
    ("flag", "given"),
    [
        ("--to", {"relay_to": "nats://n1:4222,http://n2:4222"}),
        ("--to", {"relay_to": "nats://n1:4222/events"}),
        ("--to", {"relay_to": "n1"}),
        ("--credentials", {"relay_credentials": Path("missing.creds")}),
        ("--prefix", {"relay_prefix": "red.ledger"}),
        ("--replicas", {"relay_replicas": 2}),
        ("--keep-days", {"relay_keep_days": -1}),
        ("--keep-mib", {"relay_keep_mib": -1}),
    ],
)
def test_a_setting_of_the_relay_that_cannot_be_is_refused_by_its_flag(flag: str, given: dict[str, Any]) -> None:
    with pytest.raises(ServiceFailure, match=flag):
        settings_from(given)


def test_the_addresses_of_a_cluster_have_commas_between_them() -> None:
    brokers = settings_from({"relay_to": "nats://n1:4222, tls://me:secret@n2:4222"}).brokers
    assert brokers == ("nats://n1:4222", "tls://me:secret@n2:4222")


def test_the_table_names_a_flag_and_a_variable_for_every_setting() -> None:
    rows = {row["flag"]: row["variable"] for row in settings_table()}
    assert rows["--data-dir"] == "REDLEDGER_DATA_DIR"
    assert rows["--database-url"] == "REDLEDGER_DATABASE_URL"
    assert len(rows) == len(fields(Settings))
