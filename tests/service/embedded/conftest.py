"""A cluster that was created once, to be copied: creating one takes a second or two."""

import shutil
import subprocess
from collections.abc import Iterator
from pathlib import Path

import pytest

from service.embedded import EmbeddedPostgres
from tests.support.postgres import QUICK, memory_folder, open_folder


@pytest.fixture
def folder() -> Iterator[Path]:
    """An empty folder that the server's user can enter."""
    with open_folder(memory_folder()) as folder:
        yield folder


@pytest.fixture(scope="session")
def _created() -> Iterator[Path]:
    with open_folder(memory_folder()) as folder:
        with EmbeddedPostgres(folder / "data", settings=QUICK):
            pass
        yield folder / "data"


@pytest.fixture
def data(folder: Path, _created: Path) -> Path:
    """A data folder with a cluster in it and no server on it."""
    return copy_of(_created, folder / "data")


def copy_of(data: Path, target: Path) -> Path:
    """A copy with owners and all, which only `cp` makes."""
    cp = shutil.which("cp")
    assert cp is not None
    subprocess.run([cp, "-a", str(data), str(target)], check=True)
    return target
