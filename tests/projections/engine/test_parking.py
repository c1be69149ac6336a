"""A view that cannot apply an event stops in that book only; parking the effect is its way back, and is undone."""

from __future__ import annotations

from dataclasses import dataclass
from threading import Event as Signal
from threading import Thread

import psycopg2
import pytest
from psycopg2 import extensions
from sqlalchemy import Column, Integer, Text

from ledger.events.event import Event
from ledger.events.parking import EffectParked, EffectUnparked
from ledger.ledger import Ledger
from ledger.log.database_errors import DatabaseTrouble
from projections.engine.batch import Batch
from projections.engine.checkpoints import Checkpoint
from projections.engine.connections import is_lost, transaction
from projections.engine.generations import live_of_any_version
from projections.engine.lockstep import LockstepRunner
from projections.engine.projection import Projection
from projections.engine.rebuild import rebuild, verify
from projections.engine.tables import kept_table
from projections.engine.views import Views
from projections.engine.worker import ProjectionWorker
from tests.projections.engine.sample_views import STRICT_TALLY, Strict, Tally
from tests.support.view_history import INSTANT, History, recordable, rows_of

ODD = kept_table("odd", Column("word", Text(collation="C"), primary_key=True), Column("seen", Integer, nullable=False))


class Odd(Projection):
    """Writes what no column, key or text of PostgreSQL takes, as the word `poison` says."""

    name = "odd"
    version = 1
    tables = (ODD,)

    def __init__(self, word: str = "a", seen: object = 1) -> None:
        self.poison = {"word": word, "seen": seen}

    def fold(self, batch: Batch) -> None:
        for recorded in batch.events:
            row = self.poison if "poison" in recorded.payload else {"word": str(recorded.position), "seen": 1}
            batch.rows(ODD).put(dict(row), at=recorded.position)


class Troubled(Tally):
    """A `Tally` that meets trouble of the database in book 1, once for each of these SQLSTATEs."""

    def __init__(self, *trouble: str) -> None:
        self.trouble = list(trouble)

    def fold(self, batch: Batch) -> None:
        if batch.book == 1 and self.trouble:
            raise OfTheServer(self.trouble.pop())
        super().fold(batch)


class OfTheServer(psycopg2.OperationalError):
    """An error of the server with a SQLSTATE, which psycopg2 sets only in its own errors."""

    @property
    def pgcode(self) -> str:  # type: ignore[override]
        return str(self.args[0])


@dataclass
class Shop:
    """A ledger whose events can be parked."""

    ledger: Ledger
    history: History
    views: Views

    def park(self, position: int, *, view: str = "picky") -> int:
        return self._record(EffectParked(**about(view, position), parked_at=INSTANT))

    def unpark(self, position: int, *, view: str = "picky") -> int:
        return self._record(EffectUnparked(**about(view, position), unparked_at=INSTANT))

    def _record(self, event: Event) -> int:
        return self.history.record(1, [recordable(event, stream="parking/1")])

    def follow(self, *projections: Projection) -> None:
        for projection in projections:
            ProjectionWorker(self.ledger.engine, self.ledger.reader, projection).catch_up()

    def at(self, projection: Projection, book: int = 1) -> Checkpoint:
        return self.views.status(projection)[book]

    def words(self) -> str:
        with self.ledger.engine.connect() as connection:
            live = live_of_any_version(connection, Strict())
        assert live is not None
        rows = rows_of(self.ledger, live, STRICT_TALLY)
        return " ".join(row.split(",")[1] for row in rows if row.startswith("(1,"))

    def differences(self, projection: Projection) -> int:
        return verify(self.ledger.engine, projection).count


def about(view: str, position: int) -> dict[str, object]:
    said = {"reason": "nonsense", "proposer": "fay", "approver": "ann"}
    return {"view": view, "book": 1, "position": position, **said}


@pytest.fixture
def shop(ledger: Ledger, views: Views) -> Shop:
    """Book 1 holds `a`, what `Strict` cannot apply, and `b`; book 2 holds `c`."""
    history = History(ledger)
    history.words(1, "a", "poison", "b")
    history.words(2, "c")
    return Shop(ledger, history, views)


WRONG = {
    "a whole number beyond its column": (Odd(seen=2**40), "out of range"),
    "a text where a number stands": (Odd(seen="many"), "invalid input syntax"),
    "half of a surrogate pair": (Odd(word="\ud800"), "surrogate"),
    "a row without a value": (Odd(seen=None), "null value"),
}


@pytest.mark.parametrize(("view", "reason"), WRONG.values(), ids=WRONG)
def test_what_the_database_refuses_stops_that_book_at_that_event_and_says_so(
    shop: Shop, view: Odd, reason: str
) -> None:
    shop.follow(view)
    stopped = shop.at(view)
    assert (stopped.position, stopped.status, shop.at(view, 2).position) == (1, "stopped", 1)
    assert stopped.reason.startswith("position 2: ")
    assert reason in stopped.reason


DATA = {
    "54000": "an index row that is too long", "54001": "too complex", "22003": "a number out of range",
    "22P05": "a character that is not in the encoding", "22007": "no instant", "23502": "a null", "23514": "a check",
    "21000": "a row twice", "0A000": "what the server cannot do",
}  # fmt: skip
TROUBLE = {
    "57P01": "shut down", "57014": "timed out", "57P03": "starting", "53100": "disk full", "53300": "too many",
    "55P03": "locked", "25006": "read-only", "40001": "not serialisable", "40P01": "deadlock", "42501": "no right",
    "58030": "an I/O error", "XX001": "corrupted", "08006": "connection lost", "28P01": "another password",
}  # fmt: skip


@pytest.mark.parametrize("code", DATA, ids=DATA.get)
def test_what_an_event_causes_is_no_trouble_of_the_database(code: str) -> None:
    assert not is_lost(OfTheServer(code))


@pytest.mark.parametrize("code", TROUBLE, ids=TROUBLE.get)
def test_trouble_of_the_database_is_no_events_fault(code: str) -> None:
    assert is_lost(OfTheServer(code))


@pytest.mark.parametrize("kind", [psycopg2.OperationalError, psycopg2.InterfaceError, psycopg2.DatabaseError])
def test_a_broken_conversation_has_no_code_and_is_trouble(kind: type[psycopg2.Error]) -> None:
    assert is_lost(kind("server closed the connection unexpectedly"))


def test_trouble_in_one_book_holds_up_no_other_in_the_same_pass(shop: Shop) -> None:
    troubled = Troubled("57014")
    with pytest.raises(DatabaseTrouble, match="57014"):
        shop.follow(troubled)
    assert shop.at(troubled, 2).position == 1


def test_a_book_with_trouble_rests_says_why_and_is_tried_again(shop: Shop) -> None:
    now, stop, view = [0.0], Signal(), Troubled("53100")
    worker = ProjectionWorker(shop.ledger.engine, shop.ledger.reader, view, clock=lambda: now[0])
    said = list[str]()

    def wakeup(_: float) -> None:
        said.append(worker.trouble)
        now[0] += 0.06  # the first rest is 0.1 s
        if len(said) == 3:
            stop.set()

    thread = Thread(target=worker.run, args=(stop, wakeup), daemon=True)
    thread.start()
    thread.join(60)
    assert ["no space left" in trouble for trouble in said] == [True, True, False]
    assert said[0].startswith("book 1: ")
    assert said[2] == ""
    assert (shop.at(view).position, shop.at(view).status) == (3, "following")


def test_projections_together_leave_the_one_that_meets_trouble_and_go_on_in_later_books(shop: Shop) -> None:
    view = Troubled()
    shop.follow(view, Strict(cured=True))
    shop.history.words(1, "d")
    shop.history.words(2, "d")
    view.trouble = ["53100"]
    assert LockstepRunner(shop.ledger.engine, shop.ledger.reader, [view, Strict(cured=True)]).follow().left == {
        "tally",
        "picky",
    }
    assert (shop.at(view, 1).position, shop.at(view, 2).position) == (3, 2)


def test_an_event_that_is_missing_stops_the_book_and_no_other(shop: Shop) -> None:
    with transaction(shop.ledger.engine) as cursor:
        remove(cursor, shop.ledger, position=2)
    shop.follow(Tally())
    stopped = shop.at(Tally())
    assert (stopped.position, stopped.status, shop.at(Tally(), 2).position) == (1, "stopped", 1)
    assert "position 2: OutOfSequence" in stopped.reason


def remove(cursor: extensions.cursor, ledger: Ledger, *, position: int) -> None:
    cursor.execute("COMMIT")
    address = ledger.engine.url.set(drivername="postgresql").render_as_string(hide_password=False)
    with psycopg2.connect(address) as owner:
        sql = owner.cursor()
        sql.execute("SET session_replication_role = replica")
        sql.execute("DELETE FROM log.events WHERE book = 1 AND position = %s", (position,))


def test_a_parked_effect_is_left_out_and_the_view_says_which(shop: Shop) -> None:
    shop.follow(Strict())
    last = shop.park(2)
    shop.follow(Strict())
    at = shop.at(Strict())
    assert (at.position, at.status, at.parked, shop.words()) == (last, "following", frozenset({2}), "a b")


def test_it_is_parked_for_that_view_alone(shop: Shop) -> None:
    shop.park(2)
    shop.follow(Tally())
    assert shop.at(Tally()).parked == frozenset()


def test_the_worker_that_gave_up_goes_on_by_itself(shop: Shop) -> None:
    worker = ProjectionWorker(shop.ledger.engine, shop.ledger.reader, Strict())
    worker.catch_up()
    shop.history.words(1, "d")
    worker.catch_up()
    assert shop.at(Strict()).status == "stopped"
    last = shop.park(2)
    worker.catch_up()
    assert shop.at(Strict()).position == last


def test_projections_together_leave_it_out_too(shop: Shop) -> None:
    shop.park(2)
    shop.follow(Strict(), Tally())
    shop.history.words(1, "poison")
    last = shop.park(5)
    both = [Strict(), Tally()]
    assert LockstepRunner(shop.ledger.engine, shop.ledger.reader, both).follow().left == set()
    assert (shop.at(Strict()).position, shop.at(Strict()).parked) == (last, frozenset({2, 5}))


def test_projections_together_leave_one_that_must_fold_again_to_its_own_worker(shop: Shop) -> None:
    both = [Strict(cured=True), Tally()]
    shop.follow(*both)
    at, last = shop.at(Strict()).position, shop.park(3)
    assert LockstepRunner(shop.ledger.engine, shop.ledger.reader, both).follow().left == {"picky"}
    assert [shop.at(each).position for each in both] == [at, last]


@pytest.mark.parametrize("folded_before", [True, False])
def test_a_rebuild_leaves_it_out_as_the_live_view_does(shop: Shop, folded_before: bool) -> None:
    if folded_before:
        shop.follow(Strict())
    shop.park(2)
    shop.follow(Strict())
    assert shop.differences(Strict()) == 0
    assert rebuild(shop.ledger.engine, shop.ledger.reader, Strict()).stopped == ""
    assert (shop.at(Strict()).parked, shop.words()) == (frozenset({2}), "a b")


def test_what_was_folded_before_it_was_parked_is_taken_out(shop: Shop) -> None:
    shop.follow(Strict(cured=True))
    last = shop.park(3)
    shop.follow(Strict(cured=True))
    assert (shop.at(Strict()).position, shop.words()) == (last, "a poison")
    assert shop.differences(Strict(cured=True)) == 0


def test_once_the_code_is_right_an_unparked_effect_is_in_the_view_as_in_a_rebuild(shop: Shop) -> None:
    shop.park(2)
    shop.follow(Strict())
    shop.unpark(2)
    shop.follow(Strict(cured=True))
    assert (shop.at(Strict()).parked, shop.words()) == (frozenset(), "a b poison")
    assert shop.differences(Strict(cured=True)) == 0


def test_what_still_cannot_be_applied_stops_the_view_as_it_was_until_it_is_parked_again(shop: Shop) -> None:
    parked = shop.park(2)
    shop.follow(Strict())
    shop.unpark(2)
    shop.follow(Strict())
    stopped = shop.at(Strict())
    assert (stopped.position, stopped.status, shop.words()) == (parked, "stopped", "a b")
    assert stopped.reason == "position 2: its parking changed, and the book cannot be folded again: " + (
        "ValueError: poison is no word"
    )
    last = shop.park(2)
    shop.follow(Strict())
    assert (shop.at(Strict()).position, shop.at(Strict()).status) == (last, "following")


def test_an_event_that_is_not_recorded_yet_is_not_parked(shop: Shop) -> None:
    shop.park(5)
    last = shop.history.words(1, "d")
    shop.follow(Strict(cured=True))
    assert (last, shop.at(Strict()).parked, shop.words()) == (5, frozenset(), "a b d poison")


def test_a_view_that_leaves_out_what_is_not_parked_differs_from_its_rebuild(shop: Shop) -> None:
    shop.follow(Strict(cured=True))
    with transaction(shop.ledger.engine) as cursor:
        cursor.execute("UPDATE views.checkpoints SET parked = '{2}' WHERE projection = 'picky' AND book = 1")
    assert shop.differences(Strict(cured=True)) == 1


def test_a_rebuild_stops_where_the_live_view_stops_and_fills_the_other_books(shop: Shop) -> None:
    shop.follow(Strict())
    rebuilt = rebuild(shop.ledger.engine, shop.ledger.reader, Strict())
    assert rebuilt.stopped == "picky cannot apply book 1, position 2: ValueError: poison is no word"
    assert rebuilt.vector == {1: 1, 2: 1}


def test_checkpoints_of_before_there_was_parking_are_read_and_followed(shop: Shop) -> None:
    shop.follow(Tally())
    with transaction(shop.ledger.engine) as cursor:
        cursor.execute("ALTER TABLE views.checkpoints DROP COLUMN parked")
    assert shop.views.read(Tally(), lambda opened: opened.vector) == {1: 3, 2: 1}
    last = shop.history.words(1, "d")
    shop.follow(Tally())
    assert shop.at(Tally()).position == last
