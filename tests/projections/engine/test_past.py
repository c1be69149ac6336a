"""Past states of a view: its fold over earlier events, with what it cannot apply named in the answer."""

from __future__ import annotations

from datetime import UTC, date, datetime

import pytest
from pydantic_core import from_json
from sqlalchemy import text

from ledger.ledger import Ledger
from ledger.log.reader import RowFilter
from projections.engine import past
from projections.engine.batch import Batch
from projections.engine.past import Past, PastViews, TooManyEvents
from projections.engine.projection import Projection
from projections.engine.views import Opened, Views
from projections.engine.worker import ProjectionWorker
from tests.projections.engine.sample_views import Strict, Tally, tally_table
from tests.support.view_history import History, an_event

CHAIN = tally_table("chain")
EARLY, LATE = datetime(2025, 4, 1, 8, tzinfo=UTC), datetime(2025, 4, 5, 8, tzinfo=UTC)


class Chain(Projection):
    """Keeps words, each of which may rest on another one."""

    name = "chain"
    version = 1
    tables = (CHAIN,)

    def fold(self, batch: Batch) -> None:
        rows = batch.rows(CHAIN)
        for recorded in batch.events:
            said = from_json(recorded.payload)
            if "rests_on" in said and rows.get(said["rests_on"]) is None:
                raise ValueError(f"{said['word']} rests on {said['rests_on']}")
            rows.put({"word": said["word"], "seen": 1}, at=recorded.position)


def words(opened: Opened) -> tuple[str, list[str]]:
    """The words of a view, and what it leaves out."""
    table = opened.generation.projection.tables[0]
    statement = f"SELECT word FROM {opened.generation.stored_name(table)} WHERE NOT deleted ORDER BY 1"
    return "".join(opened.connection.execute(text(statement)).scalars()), [*map(str, opened.vector.incomplete)]


def read(ledger: Ledger, projection: Projection, when: Past, *, most: int = 100) -> tuple[str, list[str]]:
    ProjectionWorker(ledger.engine, ledger.reader, projection).catch_up()
    return PastViews(Views(ledger.engine, ledger.reader), ledger.reader, when, most=most).read(projection, words)


def now_of(ledger: Ledger) -> datetime:
    ((instant,),) = ledger.reader.select("SELECT clock_timestamp()")
    assert isinstance(instant, datetime)
    return instant


@pytest.fixture
def chained(ledger: Ledger) -> Ledger:
    """`b` happened before `a`, on which it rests, and was recorded after it."""
    said = [("a", LATE, {}), ("b", EARLY, {"rests_on": "a"}), ("c", EARLY, {})]
    events = [an_event(payload={"word": word, **more}, occurred_at=at) for word, at, more in said]
    History(ledger).record(1, events)
    return ledger


def test_an_event_that_rests_on_a_later_day_is_left_out_alone_and_named(chained: Ledger) -> None:
    left_out = ["chain leaves out position 2 of book 1, which rests on a later day"]
    assert read(chained, Chain(), Past(as_of=EARLY.date())) == ("c", left_out)
    assert read(chained, Chain(), Past(as_of=LATE.date())) == ("abc", [])


def test_without_a_day_an_event_that_cannot_be_applied_stops_the_book_as_in_the_live_view(ledger: Ledger) -> None:
    history = History(ledger)
    history.words(1, "a", "poison", "b")
    history.words(2, "c")
    found, left_out = read(ledger, Strict(), Past(as_known_at=now_of(ledger)))
    assert (found, left_out) == ("ac", ["picky has stopped at position 2 of book 1"])


@pytest.mark.parametrize("page", [1, 2, 1000])
def test_a_past_state_does_not_depend_on_its_pages(ledger: Ledger, page: int, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(past, "_PAGE", page)
    history = History(ledger)
    history.words(1, *"abcab")
    history.forget(1, "a")
    instant = now_of(ledger)
    history.words(1, *"xyz")
    assert read(ledger, Tally(), Past(as_known_at=instant)) == ("bc", [])


def test_only_the_parts_that_are_asked_about_are_folded(ledger: Ledger) -> None:
    history = History(ledger)
    history.record(1, [an_event(payload={"word": word}, stream=f"order/M-1/{word}") for word in "ab"])
    history.words(2, "c")
    only = Past(as_of=date(2025, 4, 1), parts={1: [RowFilter(stream="order/M-1/b")]})
    assert read(ledger, Tally(), only, most=1) == ("b", [])


def test_a_fold_of_too_many_events_is_refused_and_one_of_as_many_is_not(ledger: Ledger) -> None:
    history = History(ledger)
    history.words(1, *"ab")
    history.words(2, "c")
    day = Past(as_of=date(2025, 4, 1))
    assert read(ledger, Tally(), day, most=3)[0] == "abc"
    with pytest.raises(TooManyEvents):
        read(ledger, Tally(), day, most=2)


def test_the_live_rows_are_not_touched(ledger: Ledger) -> None:
    history = History(ledger)
    history.words(1, "a")
    instant = now_of(ledger)
    history.words(1, "b")
    assert read(ledger, Tally(), Past(as_known_at=instant))[0] == "a"
    assert Views(ledger.engine, ledger.reader).read(Tally(), words)[0] == "ab"
