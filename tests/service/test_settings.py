"""Settings: one table, addresses that mean psycopg 2, values that cannot be."""

from dataclasses import fields
from pathlib import Path

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


@pytest.mark.parametrize("address", ["sqlite:///books.db", "mysql://host/books", "not an address"])
def test_an_address_of_no_postgresql_server_is_refused(address: str) -> None:
    with pytest.raises(ServiceFailure):
        _ = Settings(database_url=address).server


def test_a_port_that_cannot_be_is_refused_by_its_flag() -> None:
    with pytest.raises(ServiceFailure, match="--port"):
        settings_from({"port": 70_000})


def test_the_table_names_a_flag_and_a_variable_for_every_setting() -> None:
    rows = {row["flag"]: row["variable"] for row in settings_table()}
    assert rows["--data-dir"] == "REDLEDGER_DATA_DIR"
    assert rows["--database-url"] == "REDLEDGER_DATABASE_URL"
    assert len(rows) == len(fields(Settings))
