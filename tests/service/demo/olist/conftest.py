"""The sample folder and its rate file, written anew for each test; the real ones, read once."""

from collections.abc import Callable
from pathlib import Path

import pytest

from service.adapters.ecb import EcbRates, read_ecb
from service.demo.olist.folder import Folder, read_folder
from tests.service.demo.olist.sample import odd_folder, write_rates


@pytest.fixture
def folder(tmp_path: Path) -> Path:
    return odd_folder().write(tmp_path / "olist")


@pytest.fixture
def rate_file(tmp_path: Path) -> Path:
    return write_rates(tmp_path / "eurofxref-hist.csv")


@pytest.fixture(scope="session")
def real_folder(shared_data: Callable[[str], Path]) -> Folder:
    return read_folder(shared_data("olist"))


@pytest.fixture(scope="session")
def ecb(shared_data: Callable[[str], Path]) -> EcbRates:
    return read_ecb(shared_data("fx_ecb/eurofxref-hist.zip"))
