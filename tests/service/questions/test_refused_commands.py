"""Refused commands are found by order, merchant, actor, code and time, in pages, each reader its own."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from contextlib import closing
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

import psycopg2
import pytest

from commands.menu import MENU
from ledger.actors import Actor
from ledger.log.refused_commands import RefusedFilter, query_of
from projections.engine.views import Views
from service.app import App
from service.failures import UnknownValue
from service.questions.answer_models import envelope_of
from service.questions.asked import answer_to
from service.questions.envelope import envelope
from service.questions.reader import Reader
from service.questions.registry import QUESTIONS
from service.settings import Settings
from tests.support.buses import Desk, open_desk, publish_programme
from tests.support.sales import order_data

QUESTION = QUESTIONS["refused-commands"]
SHOP = Actor(kind="merchant", id="shop-1", role="merchant", scope="M-1")
RIVAL = Actor(kind="merchant", id="shop-2", role="merchant", scope="M-2")
SUPPORT = Actor(kind="platform", id="sue", role="support")
BUYER = Actor(kind="buyer", id="B-1", role="buyer")
HOME = "12 Nathan Road"


ORDER = order_data("O-1") | {"ship_to": {"street": HOME}}
PRODUCT = {"merchant_id": "M-1", "product_id": "P-1"}
RATE = {"pair": "USD/CNY", "rate": "7.1", "kind": "book", "provider": "x", "as_of": "2025-04-01"}
REFUSED: tuple[tuple[str, Actor, str, dict[str, Any]], ...] = (
    ("order", BUYER, "place_order", ORDER),  # no merchant has submitted this product
    ("own", SHOP, "approve_product", PRODUCT),
    ("reach", RIVAL, "set_auto_export", {"merchant_id": "M-1", "enabled": True}),
    ("staff", SUPPORT, "approve_product", PRODUCT),
    ("rate", BUYER, "record_fx_rate", RATE),
)
START = datetime(2025, 4, 1, 8, tzinfo=UTC)


@pytest.fixture
def desk(database_url: str, tmp_path: Path) -> Iterator[Desk]:
    """A ledger with one merchant, one command with nothing to do, and five refused ones."""
    with open_desk(database_url, tmp_path, now=START) as desk:
        publish_programme(desk)
        desk.expect("enrol_merchant", merchant_id="M-1")
        assert desk.ask("enrol_merchant", merchant_id="M-1").status == "nothing"
        for id, actor, command, data in REFUSED:
            outcome = desk.ask(command, id=id, actor=actor, **data)
            assert outcome.status == "refused", outcome
        yield desk


@pytest.fixture
def app(desk: Desk, tmp_path: Path) -> App:
    views = Views(desk.ledger.engine, desk.ledger.reader)
    return App(Settings(data_dir=tmp_path), desk.ledger, desk.bus, views, desk.clock)


def asked(app: App, *, reader: Reader | None = None, **given: Any) -> Any:
    values = {each.name: each.default for each in QUESTION.parameters} | given
    return envelope(app, QUESTION, answer_to(QUESTION, app, values, reader=reader))


def ids(content: Any) -> list[str]:
    return [row["id"] for row in content["data"]]


def test_refused_commands_alone_are_listed_in_the_order_in_which_they_were_refused(app: App) -> None:
    content = asked(app)
    envelope_of(QUESTION).model_validate(content)
    assert ids(content) == [id for id, *_ in REFUSED]


@pytest.mark.parametrize(
    ("given", "expected"),
    [
        ({"order": "O-1"}, ["order"]),
        ({"merchant": "M-1"}, ["order", "own", "reach", "staff"]),
        ({"actor": "B-1"}, ["order", "rate"]),
        ({"code": "ROLE_NOT_ALLOWED"}, ["own", "rate"]),
        ({"actor": "B-1", "merchant": "M-1", "order": "O-1"}, ["order"]),
    ],
    ids=str,
)
def test_a_filter_finds_its_commands(app: App, given: dict[str, Any], expected: list[str]) -> None:
    assert ids(asked(app, **given)) == expected


@pytest.mark.parametrize("filter", ["order", "actor", "code", "merchant"])
def test_a_value_that_nobody_knows_is_refused(app: App, filter: str) -> None:
    app.catch_up()
    with pytest.raises(UnknownValue):
        asked(app, **dict[str, Any]({filter: "nobody-has-this"}))


def test_since_and_until_cut_by_the_time_of_recording(app: App) -> None:
    instants = [datetime.fromisoformat(row["recorded_at"]) for row in asked(app)["data"]]
    assert ids(asked(app, since=instants[1], until=instants[3])) == ["own", "reach"]


def test_the_pages_are_the_whole_list(app: App) -> None:
    found, after = list[str](), None
    for _ in REFUSED:
        page = asked(app, limit=1, after=after)
        found, after = found + ids(page), page["next"]
    assert (found, after) == ([id for id, *_ in REFUSED], None)


def test_a_row_says_why_it_was_refused_and_what_to_do(app: App) -> None:
    (row,) = asked(app, actor="shop-1")["data"]
    outcome = app.bus.submit([MENU["approve_product"].command(id="own", actor=SHOP, **PRODUCT)])[0]
    assert (row["code"], row["facts"]) == (outcome.code, outcome.facts)
    assert (row["reason"], row["remedy"]) == (outcome.sentence, outcome.remedy)


def test_a_row_says_where_it_stands_among_the_events_of_its_book(app: App) -> None:
    row = asked(app, order="O-1")["data"][0]
    assert row["position"] == app.ledger.reader.heads()[row["book"]]


def test_a_merchant_sees_what_its_own_accounts_submitted_and_not_what_others_did(app: App) -> None:
    assert ids(asked(app, reader=Reader("merchant", "M-1"))) == ["own"]


@pytest.mark.parametrize("given", [{"actor": "sue"}, {"order": "O-1"}], ids=str)
def test_a_merchant_learns_nothing_of_what_others_were_refused(app: App, given: dict[str, Any]) -> None:
    with pytest.raises(UnknownValue):
        asked(app, reader=Reader("merchant", "M-1"), **given)


def test_no_personal_value_of_the_command_is_kept(app: App) -> None:
    rows = app.ledger.reader.select("SELECT o::text FROM log.outcomes o")
    assert rows
    assert not [row for (row,) in rows if HOME in row]


@pytest.fixture
def planned(database_url: str) -> Iterator[Callable[[RefusedFilter], str]]:
    """Returns the plan of a read of a long list of refused commands, which goes away with the test."""
    with closing(psycopg2.connect(database_url.replace("+psycopg2", ""))) as owner, owner.cursor() as cursor:
        cursor.execute(MANY_REFUSED)
        cursor.execute("ANALYZE log.outcomes")

        def plan(wanted: RefusedFilter) -> str:
            statement, values = query_of(wanted, books=[0, 1], limit=10)
            cursor.execute(f"EXPLAIN {statement}", values)
            return "\n".join(row for (row,) in cursor.fetchall())

        yield plan


MANY_REFUSED = """
INSERT INTO log.outcomes
SELECT n % 2, 1000 + n, format('merchant:shop-%s/%s/M-%s', n % 500, n, n % 300), '',
       format('order/M-%s/O-%s', n % 300, n), 'place_order', format('{"id":"B-%s"}', n % 700),
       now(), format('CODE_%s', n % 40), '{}', 1, now() - n * interval '1 minute', ''
FROM generate_series(1, 20000) AS n
"""


@pytest.mark.parametrize(
    ("wanted", "index"),
    [
        (RefusedFilter(), "outcomes_refused"),
        (RefusedFilter(since=START), "outcomes_refused"),
        (RefusedFilter(merchant="M-1"), "outcomes_refused_merchant"),
        (RefusedFilter(order="O-1"), "outcomes_refused_order"),
        (RefusedFilter(actor="B-1"), "outcomes_refused_actor"),
        (RefusedFilter(code="CODE_1"), "outcomes_refused_code"),
    ],
    ids=str,
)
def test_a_read_is_one_probe_of_an_index_in_each_book(
    planned: Callable[[RefusedFilter], str], wanted: RefusedFilter, index: str
) -> None:
    plan = planned(wanted)
    assert f"Index Scan using {index} on outcomes o" in plan, plan
    lateral = plan[plan.index("Nested Loop") :]
    assert "Sort" not in lateral, plan
