"""The sample folder and its rate file, written anew for each test."""

from pathlib import Path

import pytest

from tests.service.adapters.olist.sample import odd_folder, write_rates


@pytest.fixture
def folder(tmp_path: Path) -> Path:
    return odd_folder().write(tmp_path / "olist")


@pytest.fixture
def rate_file(tmp_path: Path) -> Path:
    return write_rates(tmp_path / "eurofxref-hist.csv")
