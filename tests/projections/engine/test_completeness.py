"""Completeness: a position that is skipped or repeated is noticed, wherever it happens, and the view stops there."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from typing import Any

import psycopg2
import pytest
from psycopg2 import extensions

from ledger.ledger import Ledger
from ledger.log.log_ranges import read_log_range
from ledger.log.observer import Observer
from ledger.log.sequence import OutOfSequence
from projections.engine.checkpoints import Checkpoint, claim, move
from projections.engine.completeness import CompletenessAudit
from projections.engine.connections import transaction
from projections.engine.generations import ensure_live
from projections.engine.projection import Projection
from projections.engine.views import Views
from projections.engine.worker import ProjectionWorker, catch_up
from tests.projections.engine.sample_views import Strict, Tally
from tests.support.view_history import History, an_event, sale

Rows = list[tuple[Any, ...]]


class Heard(Observer):
    """Keeps the positions that were noticed, by view."""

    def __init__(self) -> None:
        self.noticed: list[tuple[str, int, int]] = []

    def out_of_sequence(self, reader: str, *, skipped: int, repeated: int) -> None:
        self.noticed.append((reader, skipped, repeated))


@pytest.fixture(autouse=True)
def history(ledger: Ledger) -> History:
    history = History(ledger)
    history.words(1, *"abcdefghij")
    history.words(2, "a")
    return history


def follow(ledger: Ledger, *, observer: Observer | None = None) -> None:
    ProjectionWorker(ledger.engine, ledger.reader, Tally(), observer=observer or Observer()).catch_up()


def plant(ledger: Ledger, *, view: Projection | None = None, **changes: Any) -> None:
    """Changes the stored checkpoint of book 1, as a faulty writer would."""
    generation = ensure_live(ledger.engine, view or Tally())
    with transaction(ledger.engine) as cursor:
        stands = claim(cursor, generation, 1)
        assert stands
        columns = {name: getattr(stands, name) for name in ("book", "position", "count", "digest", "parked")}
        move(cursor, generation, Checkpoint(**(columns | changes)))


class Faulty(extensions.cursor):
    """A cursor whose rows go through a fault when there are several."""

    fault: Callable[[Rows], Rows]

    def fetchall(self) -> Rows:
        found = super().fetchall()
        return type(self).fault(found) if len(found) > 2 else found


def skips(rows: Rows) -> Rows:
    return [*rows[:1], *rows[2:]]


def repeats(rows: Rows) -> Rows:
    return [*rows[:2], *rows[1:]]


def repeats_for_another(rows: Rows) -> Rows:
    return [*rows[:1], rows[0], *rows[2:]]


def turns_round(rows: Rows) -> Rows:
    return rows[::-1]


@pytest.fixture
def connection(ledger: Ledger) -> Iterator[extensions.connection]:
    address = ledger.engine.url.set(drivername="postgresql").render_as_string(hide_password=False)
    with psycopg2.connect(address) as connection:
        yield connection


@pytest.mark.parametrize("wanted", [{}, {"types": ["test.happened"]}, {"entries_only": True}], ids=str)
@pytest.mark.parametrize("fault", [skips, repeats, repeats_for_another, turns_round])
def test_a_reader_that_skips_or_repeats_a_row_is_noticed(
    ledger: Ledger, connection: extensions.connection, wanted: dict[str, Any], fault: Callable[[Rows], Rows]
) -> None:
    History(ledger).record(3, [an_event(sale("M-1", "1.00")) for _ in range(5)])
    faulty = type("Planted", (Faulty,), {"fault": staticmethod(fault)})
    with connection.cursor() as sound, connection.cursor(cursor_factory=faulty) as planted:
        assert len(read_log_range(sound, book=3, after=1, upto=5, **wanted).events) == 4
        with pytest.raises(OutOfSequence):
            read_log_range(planted, book=3, after=1, upto=5, **wanted)


def test_an_event_in_the_place_of_another_is_noticed_by_its_hash(
    ledger: Ledger, connection: extensions.connection
) -> None:
    History(ledger).record(3, [an_event(sale("M-1", "1.00")) for _ in range(5)])

    def exchanged(rows: Rows) -> Rows:
        return [rows[0], (*rows[1][:-1], rows[0][-1]), *rows[2:]]

    faulty = type("Planted", (Faulty,), {"fault": staticmethod(exchanged)})
    with connection.cursor(cursor_factory=faulty) as cursor, pytest.raises(OutOfSequence, match="position 2"):
        read_log_range(cursor, book=3, after=0, upto=5, entries_only=True)


@pytest.mark.parametrize(("position", "noticed"), [(12, (2, 0)), (8, (0, 2))])
def test_a_checkpoint_that_was_moved_without_its_count_stops_the_view(
    ledger: Ledger, views: Views, history: History, position: int, noticed: tuple[int, int]
) -> None:
    follow(ledger)
    history.words(1, *"klmnop")
    plant(ledger, position=position)
    heard = Heard()
    follow(ledger, observer=heard)
    stopped = views.status(Tally())[1]
    assert (stopped.status, stopped.position) == ("stopped", position)
    assert "10 events are counted up to position" in stopped.reason
    assert heard.noticed == [("tally", *noticed)]


def test_lockstep_leaves_a_moved_checkpoint_to_the_worker_that_stops_it(
    ledger: Ledger, views: Views, history: History
) -> None:
    both = [Tally(), Strict()]
    catch_up(ledger.engine, ledger.reader, both)
    history.words(1, *"klmnop")
    for view in both:
        plant(ledger, view=view, position=12)
    catch_up(ledger.engine, ledger.reader, both)
    assert {views.status(view)[1].status for view in both} == {"stopped"}


def test_a_row_that_a_later_event_has_changed_is_not_folded_again(
    ledger: Ledger, views: Views, history: History
) -> None:
    ProjectionWorker(ledger.engine, ledger.reader, Strict()).catch_up()
    history.words(1, "j")
    before = views.status(Strict())[1]
    ProjectionWorker(ledger.engine, ledger.reader, Strict()).catch_up()
    plant(ledger, view=Strict(), position=before.position, count=before.count, digest=before.digest)
    heard = Heard()
    ProjectionWorker(ledger.engine, ledger.reader, Strict(), observer=heard).catch_up()
    assert (views.status(Strict())[1].status, views.status(Strict())[1].position) == ("stopped", 10)
    assert heard.noticed == [("picky", 0, 1)]


@pytest.mark.parametrize("moved", [{"position": 12, "count": 12}, {"digest": bytes(31) + b"1"}], ids=str)
def test_the_audit_stops_a_view_whose_digest_is_not_that_of_the_log(
    ledger: Ledger, views: Views, history: History, moved: dict[str, Any]
) -> None:
    follow(ledger)
    history.words(1, *"klmnop")
    plant(ledger, **moved)
    follow(ledger)  # nothing but the digest shows it
    assert views.status(Tally())[1].status == "following"
    heard = Heard()
    (stopped,) = CompletenessAudit(ledger.engine, [Tally()], observer=heard).check()
    assert stopped[1] == views.status(Tally())[1]
    assert "are not those of book 1" in stopped[1].reason
    assert heard.noticed == [("tally", 1, 1)]
    assert views.status(Tally())[2].status == "following"


def test_a_book_with_a_false_digest_stays_stopped_also_for_a_new_worker(
    ledger: Ledger, views: Views, history: History
) -> None:
    follow(ledger)
    plant(ledger, digest=bytes(32))
    CompletenessAudit(ledger.engine, [Tally()]).check()
    history.words(1, "k")
    follow(ledger)
    assert (views.status(Tally())[1].position, views.status(Tally())[1].status) == (10, "stopped")


def test_the_audit_finds_a_checkpoint_beyond_the_end_of_the_log(ledger: Ledger, views: Views) -> None:
    follow(ledger)
    plant(ledger, position=12, count=12)
    CompletenessAudit(ledger.engine, [Tally()]).check()
    assert "no whole sequence up to position 12" in views.status(Tally())[1].reason


def test_a_second_audit_reads_only_what_is_new_and_finds_the_same(
    ledger: Ledger, views: Views, history: History
) -> None:
    both = [Tally(), Strict()]
    audit = CompletenessAudit(ledger.engine, both)
    for words in ("", "kl", "mnop"):
        if words:
            history.words(1, *words)
        follow(ledger)
        assert audit.check() == []
    ProjectionWorker(ledger.engine, ledger.reader, Strict()).catch_up()
    history.words(1, "q")
    follow(ledger)
    assert audit.check() == []
    plant(ledger, digest=bytes(32))
    assert [generation.name for generation, _ in audit.check()] == ["tally"]
    assert views.status(Strict())[1].status == "following"
