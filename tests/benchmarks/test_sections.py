"""Every section of `make bench` runs, at a toy size: what nobody ran for a while would not work any more."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path

import pytest

from service.embedded import EmbeddedPostgres
from tests.benchmarks.measure import Table
from tests.benchmarks.scale import TOY
from tests.benchmarks.sections import SECTIONS
from tests.house.sources import REPOSITORY
from tests.support.postgres import QUICK, memory_folder, throwaway_server

pytestmark = pytest.mark.slow


@pytest.fixture(scope="module")
def server() -> Iterator[EmbeddedPostgres]:
    """A server of its own: a section changes settings of its server."""
    with throwaway_server(QUICK, memory_folder()) as server:
        yield server


@pytest.mark.parametrize("name", SECTIONS)
def test_a_section_prints_its_figures(server: EmbeddedPostgres, tmp_path: Path, name: str) -> None:
    table = Table()
    SECTIONS[name](server, table, tmp_path / "keys", TOY)
    _, *lines = table.lines()
    assert table.figures
    for figure, line in zip(table.figures.values(), lines, strict=True):
        assert figure.samples
        assert line.startswith(figure.name)


def test_every_measurement_of_the_benchmarks_is_a_section() -> None:
    written = {
        line.split("(")[0].removeprefix("def ")
        for path in (REPOSITORY / "tests/benchmarks").glob("bench_*.py")
        for line in path.read_text(encoding="utf-8").splitlines()
        if line.startswith("def measure_")
    }
    assert {section.__name__ for section in SECTIONS.values()} == written
