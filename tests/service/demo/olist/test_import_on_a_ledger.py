"""The import on a real ledger: through the bus into the log, cut off in the middle, and read back."""

from __future__ import annotations

import re
from collections.abc import Iterator, Sequence
from pathlib import Path

import pytest

from commands.bus.outcome import Outcome
from commands.bus.reference_feed import ReferenceFeed
from commands.command import Command
from ledger.log.rows import Recorded
from service.demo.olist.importer import plan_import, run_import
from service.demo.olist.plan import Plan
from service.demo.olist.reais import NO_REAIS
from service.demo.olist.summary import Summary
from tests.support.buses import Desk, open_desk


@pytest.fixture
def desk(database_url: str, tmp_path: Path) -> Iterator[Desk]:
    with open_desk(database_url, tmp_path) as desk:
        yield desk


def plan_for(desk: Desk, folder: Path, rate_file: Path) -> Plan:
    reference = ReferenceFeed(desk.ledger, monotonic=lambda: 0.0).current()
    return plan_import(folder, rate_file, reference)


def run(desk: Desk, plan: Plan) -> Summary:
    return run_import(plan, desk.bus.submit, lambda: rows_of(desk), batch=20)


def rows_of(desk: Desk) -> list[Recorded]:
    """Returns the rows of all books."""
    reader = desk.ledger.reader
    return [row for book, head in reader.heads().items() if head for row in reader.read(book, 0, head)]


def recorded(desk: Desk) -> list[tuple[str, str, int, str]]:
    """Returns the content of the log without instants, ids and ciphertexts, which differ from run to run."""
    rows = sorted(rows_of(desk), key=lambda row: (row.stream, row.version))
    return [(row.stream, row.command_id, row.version, _BOX.sub("", row.payload)) for row in rows]


_BOX = re.compile(r'"box":"[^"]*",')  # a sealed value


class CutOff(Exception):
    """The process dies here."""


def test_a_folder_is_recorded_whole_and_ties(desk: Desk, folder: Path, rate_file: Path) -> None:
    summary = run(desk, plan_for(desk, folder, rate_file))
    assert summary.ties
    assert summary.refused == NO_REAIS
    assert {word for words in summary.rows.values() for word in words} == {"recorded"}


def test_a_second_import_finds_everything_there(desk: Desk, folder: Path, rate_file: Path) -> None:
    run(desk, plan_for(desk, folder, rate_file))
    heads = desk.ledger.reader.heads()
    again = run(desk, plan_for(desk, folder, rate_file))
    assert (again.ties, desk.ledger.reader.heads()) == (True, heads)


def test_an_import_that_was_cut_off_and_started_again_loses_and_doubles_nothing(
    desk: Desk, folder: Path, rate_file: Path, fresh_database_url: str, tmp_path: Path
) -> None:
    plan = plan_for(desk, folder, rate_file)
    left = iter(range(4))

    def submit_four_batches(commands: Sequence[Command]) -> Sequence[Outcome]:
        if next(left, None) is None:
            desk.bus.submit(commands[:7])
            raise CutOff
        return desk.bus.submit(commands)

    with pytest.raises(CutOff):
        run_import(plan, submit_four_batches, lambda: (), batch=20)
    run(desk, plan_for(desk, folder, rate_file))
    (tmp_path / "other").mkdir()
    with open_desk(fresh_database_url, tmp_path / "other") as uncut:
        run(uncut, plan_for(uncut, folder, rate_file))
        assert recorded(desk) == recorded(uncut)
