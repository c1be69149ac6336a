"""Past states: a question about an instant gets the answer that it got then, from views that keep no history.

REDLEDGER_TEST_SEED chooses other histories.
"""

from __future__ import annotations

import os
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field, replace
from datetime import UTC, datetime
from pathlib import Path
from random import Random
from typing import Any

import pytest

from ledger.ids import merchant_of, order_of
from projections.engine.fill import begin_again
from projections.engine.fold import LARGEST, step
from projections.engine.generations import ensure_live
from projections.engine.projection import Projection
from projections.registry import PROJECTIONS
from service.app import App, open_app
from service.demo.simulator.days import SEED as MONTH
from service.demo.simulator.month import record_month
from service.failures import NotKnown
from service.questions.asked import answer_to
from service.questions.envelope import envelope
from service.questions.question import Question
from service.questions.registry import QUESTIONS
from service.settings import Settings
from tests.fuzz.history import START, History, Tally
from tests.support.buses import open_desk
from tests.support.month import DAYS
from tests.support.postgres import clone
from tests.support.shops import app_of

pytestmark = pytest.mark.slow

SEED = int(os.environ.get("REDLEDGER_TEST_SEED", "20251130"))
ASKED = ["show payout", *(name for name, question in QUESTIONS.items() if question.folds)]
OF_STREAMS = ["show settlement-run", "parked", "periods"]  # read from the log, which is never behind
VIEWS = [PROJECTIONS[name] for name in sorted({view for name in ASKED for view in QUESTIONS[name].views})]
_INSTANTS, _STEPS = 4, 45  # of one history, and commands between two of them
Values = dict[str, Any]


@dataclass
class Lived:
    """A random history, and what the questions answered at instants of it."""

    app: App
    names: list[str]
    answers: dict[datetime, dict[str, list[tuple[Values, Any]]]] = field(default_factory=dict)

    def look(self, instant: datetime) -> None:
        """Folds the views up to an instant, asks everything, and keeps the answers."""
        for view in VIEWS:
            _fold(self.app, view, self.app.ledger.reader.positions_as_known_at(instant))
        self.answers[instant] = {
            name: [(values, asked(self.app, QUESTIONS[name], values, instant)) for values in ways(self.app, name)]
            for name in self.names
        }


def _fold(app: App, projection: Projection, upto: dict[int, int]) -> None:
    generation = ensure_live(app.views.engine, projection)
    for book, position in upto.items():
        while position and step(app.views.engine, generation, book, size=LARGEST, upto=position).read:
            pass


def asked(app: App, question: Question, values: Values, clock: datetime) -> Any:
    """The data of the answer, asked at an instant; None if the thing is not known."""
    whole = {each.name: each.default for each in question.parameters} | values
    try:
        content = envelope(app, question, answer_to(question, replace(app, clock=lambda: clock), whole))
    except NotKnown:
        return None
    if question.name == "periods":  # books whose closing was cut off are known for now alone
        del content["data"]["unfinished"]
    return content["data"], content.get("summary"), content["next"], content["incomplete"]


def ways(app: App, name: str) -> Iterator[Values]:
    """The values to ask a question with, as far as the ledger knows them by now."""
    found = [stream for (stream,) in app.ledger.reader.select("SELECT DISTINCT stream FROM log.events ORDER BY 1")]
    orders = sorted({(order, merchant_of(stream) or "") for stream in found if (order := order_of(stream))})
    runs = [stream.partition("/")[2] for stream in found if stream.startswith("settlement_run/")]
    some = [None, *sorted({merchant for _, merchant in orders})[:2]]
    match name:
        case "track":
            yield from ({"order": order, "merchant": merchant} for order, merchant in orders[:12])
        case "search":
            yield from ({"q": text, "merchant": merchant} for text in ("M-1", "0001", "ca") for merchant in some)
        case "show payout":
            initiated = "SELECT payload::json->>'payout_id' FROM log.events WHERE type = 'payout.initiated' ORDER BY 1"
            yield from ({"id": id} for (id,) in app.ledger.reader.select(initiated))
        case "run-statements" | "show settlement-run":
            yield from ({"id": run} for run in runs)
        case "accounts" | "tokens" | "parked" | "periods":
            yield {}
        case "overdue":
            yield from ({"soon": soon, "merchant": merchant} for soon in (False, True) for merchant in some)
        case _:
            yield from ({"merchant": merchant} for merchant in some)


@pytest.fixture(scope="module", params=["history 1", "history 2", "month"])
def lived(request: pytest.FixtureRequest, tmp_path_factory: pytest.TempPathFactory) -> Iterator[Lived]:
    name = f"past_{request.param.replace(' ', '_')}"
    url = clone(request.getfixturevalue("postgres"), request.getfixturevalue("template"), name)
    random = Random(f"past/{SEED}/{request.param}")
    source = of_a_month if request.param == "month" else of_any_commands
    with source(url, tmp_path_factory.mktemp("keys"), random) as lived:
        yield lived


@contextmanager
def of_any_commands(url: str, folder: Path, random: Random) -> Iterator[Lived]:
    """Random commands. The views are asked while they are recorded."""
    with open_desk(url, folder, now=START) as desk:
        history, lived = History(desk, random, Tally()), Lived(app_of(desk), ASKED + OF_STREAMS)
        for n in range(1, _INSTANTS + 1):
            history.live(n * _STEPS)
            ((instant,),) = desk.ledger.reader.select("SELECT clock_timestamp()")
            lived.look(instant)
        history.live((_INSTANTS + 1) * _STEPS)
        lived.app.catch_up(past_stops=True)
        yield lived


@contextmanager
def of_a_month(url: str, folder: Path, random: Random) -> Iterator[Lived]:
    """A trading month. The views are then folded from the first event, and asked at random instants on the way."""
    settings = Settings(database_url=url, data_dir=folder)
    with open_app(settings, create=True, demonstration=True) as app:
        record_month(app, seed=MONTH, orders=20, days=DAYS)
        lived = Lived(app, ASKED)
        for view in VIEWS:
            generation = ensure_live(app.views.engine, view)
            for book in app.views.status(view):
                begin_again(app.views.engine, generation, book)
        ((first, last),) = app.ledger.reader.select("SELECT min(recorded_at), max(recorded_at) FROM log.events")
        for share in sorted(random.random() for _ in range(_INSTANTS)):
            lived.look(first + share * (last - first))
        app.catch_up()
        yield lived


@pytest.mark.parametrize("name", ASKED + OF_STREAMS)
def test_an_answer_about_an_instant_is_the_one_that_was_given_then(lived: Lived, name: str) -> None:
    for instant, answers in lived.answers.items():
        for values, then in answers.get(name, ()):
            again = asked(lived.app, QUESTIONS[name], values | {"as_known_at": instant}, datetime.now(UTC))
            assert again == then, f"seed {SEED}: {name} {values} as known at {instant}"


def test_the_questions_had_something_to_answer(lived: Lived, request: pytest.FixtureRequest) -> None:
    # Random commands come to payouts and declarations only in many histories, and a month has no access accounts.
    of_month = request.node.callspec.params["lived"] == "month"
    wanted = {*ASKED} - {"accounts", "tokens"} if of_month else {"track"}
    said = [(name, then) for answers in lived.answers.values() for name, all in answers.items() for _, then in all]
    assert wanted - {name for name, then in said if then and then[0]} == set()
