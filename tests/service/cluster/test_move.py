"""The move of a ledger: every row arrives once, and the old place takes no commands. Between plain servers here."""

from __future__ import annotations

from collections.abc import Iterator
from itertools import count
from pathlib import Path

import pytest

from ledger.ledger import BOOKS
from ledger.log.books import MoveCutOff
from ledger.log.database_errors import READ_ONLY, DatabaseTrouble
from ledger.log.verification.verify import verify_log
from service.cluster.move import Watch, move
from service.failures import ServiceFailure
from tests.support.buses import Desk, enrol, open_desk, publish_programme
from tests.support.postgres import Server, clone

_EVENTS = "SELECT book, position, leaf FROM log.events ORDER BY 1, 2"
_OUTCOMES = "SELECT book, number, leaf FROM log.outcomes ORDER BY 1, 2"
_numbers = count(1)


class CutOff(Exception):
    """The process of the move ends here."""


def unwatched(_done: int, _total: int) -> None:
    """Watches nothing."""


def cut_off_at(book: int) -> Watch:
    def watch(done: int, _total: int) -> None:
        if done == book:
            raise CutOff

    return watch


@pytest.fixture
def source(bare_database_url: str, tmp_path: Path) -> Iterator[Desk]:
    """A ledger with events in some books and a command that came to nothing."""
    with open_desk(bare_database_url, tmp_path) as desk:
        publish_programme(desk)
        for merchant in ("M-1", "M-2", "M-3"):
            enrol(desk, merchant)
        assert desk.ask("enrol_merchant", merchant_id="M-1").status == "nothing"
        yield desk


@pytest.fixture
def address(bare_database_url: str) -> str:
    return bare_database_url


@pytest.fixture
def target(postgres: Server, bare_template: str) -> str:
    return clone(postgres, bare_template, f"moved_{next(_numbers)}")


@pytest.fixture
def moved(source: Desk, address: str, target: str, tmp_path: Path) -> Iterator[Desk]:  # noqa: ARG001 - there first
    move(address, target, unwatched)
    with open_desk(target, tmp_path) as desk:
        yield desk


def rows_of(desk: Desk) -> list[list[tuple[object, ...]]]:
    reader = desk.ledger.reader
    return [list(reader.select(_EVENTS)), list(reader.select(_OUTCOMES))]


def test_a_moved_ledger_is_the_same_ledger_in_the_next_epoch(source: Desk, moved: Desk) -> None:
    identity = source.ledger.identity
    assert (moved.ledger.identity.ledger_id, moved.ledger.identity.epoch) == (identity.ledger_id, identity.epoch + 1)


def test_every_row_is_moved(source: Desk, moved: Desk) -> None:
    assert rows_of(moved) == rows_of(source)


def test_a_moved_log_has_no_finding(moved: Desk) -> None:
    assert list(verify_log(moved.ledger.reader)) == []


def test_a_merchant_keeps_its_book(source: Desk, moved: Desk) -> None:
    assert moved.ledger.directory.known_book_of("M-2") == source.ledger.directory.known_book_of("M-2")


def test_a_moved_ledger_goes_on(moved: Desk) -> None:
    enrol(moved, "M-4")


def test_the_old_place_takes_no_command(source: Desk, address: str, target: str) -> None:
    move(address, target, unwatched)
    with pytest.raises(DatabaseTrouble, match="moved to a cluster") as refused:
        source.ask("enrol_merchant", merchant_id="M-4")
    assert refused.value.kind is READ_ONLY


@pytest.mark.parametrize("book", [0, 1, BOOKS - 1])
def test_a_move_that_was_cut_off_goes_on_where_it_stood(
    source: Desk, address: str, target: str, tmp_path: Path, book: int
) -> None:
    with pytest.raises(CutOff):
        move(address, target, cut_off_at(book))
    move(address, target, unwatched)
    with open_desk(target, tmp_path) as desk:
        assert rows_of(desk) == rows_of(source)


@pytest.mark.parametrize("book", [1, BOOKS - 1])
def test_what_a_cut_off_move_left_is_no_ledger_until_the_move_is_done(
    source: Desk, address: str, target: str, tmp_path: Path, book: int
) -> None:
    with pytest.raises(CutOff):
        move(address, target, cut_off_at(book))
    with pytest.raises(MoveCutOff), open_desk(target, tmp_path):
        pass
    move(address, target, unwatched)
    with open_desk(target, tmp_path) as desk:
        assert rows_of(desk) == rows_of(source)


def test_a_move_that_is_done_changes_nothing_when_it_is_run_again(moved: Desk, address: str, target: str) -> None:
    enrol(moved, "M-4")
    before = rows_of(moved)
    move(address, target, unwatched)
    assert rows_of(moved) == before


@pytest.mark.usefixtures("source")
def test_another_ledger_is_never_overwritten(address: str, target: str, tmp_path: Path) -> None:
    with open_desk(target, tmp_path):
        pass
    with pytest.raises(ServiceFailure, match="holds the ledger"):
        move(address, target, unwatched)
