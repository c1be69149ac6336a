"""Entity tags: a 304 never hides a change, is never shared between readers, and costs no answer where it can."""

from __future__ import annotations

import re
from collections.abc import Iterator
from datetime import datetime
from pathlib import Path
from typing import Any

import pytest
from fastapi.testclient import TestClient
from sqlalchemy import event

from projections.engine.projection import Projection
from projections.registry import PROJECTIONS
from service.app import App
from service.http.entity_tags import tag_of_content, tag_of_positions
from service.http.routes import questions as routes
from service.questions.asked import answer_to
from service.questions.envelope import envelope
from service.questions.question import Question
from service.questions.reader import Reader
from service.questions.registry import QUESTIONS
from tests.support.buses import Desk, open_desk, publish_programme
from tests.support.sales import merchant_ready, paid, released, sent, signed
from tests.support.shops import app_of

OF_POSITIONS = [question for question in QUESTIONS.values() if question.of_positions]
MERCHANT_LISTS = [question for question in OF_POSITIONS if "{id}" not in question.path]
READ_ONLY_BY_POSITION = {
    *("log.events", "log.heads", "log.directory", "log.identity"),
    *("views.projections", "views.checkpoints"),
}
AUDITOR = Reader("auditor")


@pytest.fixture
def desk(fresh_database_url: str, tmp_path: Path) -> Iterator[Desk]:
    with open_desk(fresh_database_url, tmp_path) as desk:
        publish_programme(desk)
        yield desk


def values_of(question: Question, **given: Any) -> dict[str, Any]:
    values = {each.name: each.default for each in question.parameters}
    known = {name: value for name, value in given.items() if name in values}
    return values | known


def read(app: App, question: Question, values: dict[str, Any]) -> tuple[str, Any]:
    """The tag as it is before the answer, and the answer without its position."""
    tag = tag_of_positions(question, app, values, AUDITOR)
    assert tag is not None
    content = envelope(app, question, answer_to(question, app, values, reader=AUDITOR))
    return tag, {name: value for name, value in content.items() if name != "position"}


def test_two_answers_with_one_tag_are_equal_at_every_step_of_a_sale(desk: Desk) -> None:
    app = app_of(desk)
    app.catch_up()
    seen: dict[str, Any] = {}
    for step in (merchant_ready, paid, sent, signed, lambda desk: released(desk, "O-2")):
        step(desk)
        for view in (None, *_views()):
            app.catch_up([view] if view else [])
            for question in MERCHANT_LISTS:
                tag, content = read(app, question, values_of(question, merchant="M-1", q="O-1"))
                assert seen.setdefault(tag, content) == content, question.name
    assert len(seen) > 5 * len(MERCHANT_LISTS)


def _views() -> list[Projection]:
    return [PROJECTIONS[name] for name in sorted({view for each in MERCHANT_LISTS for view in each.views})]


@pytest.mark.parametrize("question", OF_POSITIONS, ids=lambda each: each.name)
def test_an_answer_of_positions_reads_no_clock_and_no_table_beside_the_log_and_its_views(
    month_app: App, question: Question
) -> None:
    def clock() -> datetime:
        raise AssertionError("the clock was read")

    payout = answer_to(QUESTIONS["payouts"], month_app, values_of(QUESTIONS["payouts"])).data[0]
    ids = {"show statement": payout.statement_id, "show event": payout.event_id, "show payout": payout.payout_id}
    values = values_of(question, merchant=payout.merchant, q="S1", id=ids.get(question.name, payout.run_id))
    app = App(month_app.settings, month_app.ledger, month_app.bus, month_app.views, clock)
    said: list[str] = []

    def note(*arguments: Any) -> None:
        said.append(arguments[2])

    event.listen(month_app.ledger.engine, "before_cursor_execute", note)
    try:
        answer_to(question, app, values, reader=AUDITOR)
    finally:
        event.remove(month_app.ledger.engine, "before_cursor_execute", note)
    tables = set(re.findall(r"\b(?:log|views)\.\w+", " ".join(said).replace('"', "")))
    own = {f"views.{table.name}" for name in question.views for table in PROJECTIONS[name].tables}
    assert {re.sub(r"_v\d+_g\d+$", "", table) for table in tables} <= READ_ONLY_BY_POSITION | own
    assert own.isdisjoint(tables)  # the names were found with their generations


@pytest.mark.parametrize("path", ["/v1/payouts", "/v1/balances", "/v1/books/trial-balance", "/v1/audit?limit=3"])
def test_an_answer_that_has_not_changed_is_not_sent_again(client: TestClient, path: str) -> None:
    first = client.get(path)
    again = client.get(path, headers={"If-None-Match": first.headers["etag"]})
    assert (again.status_code, again.content, again.headers["etag"]) == (304, b"", first.headers["etag"])


def test_a_304_of_positions_costs_no_answer(client: TestClient, monkeypatch: pytest.MonkeyPatch) -> None:
    tag = client.get("/v1/payouts").headers["etag"]
    monkeypatch.setattr(routes, "answer_to", lambda *_, **__: pytest.fail("the answer was made"))
    assert client.get("/v1/payouts", headers={"If-None-Match": f'"other", {tag}'}).status_code == 304


def test_another_question_or_parameter_has_another_tag(client: TestClient) -> None:
    paths = ["/v1/payouts", "/v1/payouts?limit=3", "/v1/payouts?state=paid", "/v1/audit"]
    assert len({client.get(path).headers["etag"] for path in paths}) == len(paths)


@pytest.mark.parametrize("question", [QUESTIONS["payouts"], QUESTIONS["overdue"]], ids=lambda each: each.name)
def test_readers_of_different_role_or_scope_have_different_tags(month_app: App, question: Question) -> None:
    readers = [AUDITOR, Reader("finance"), Reader("merchant", "M-1001"), Reader("merchant", "M-1002")]
    values = values_of(question)
    tags = [
        tag_of_positions(question, month_app, values, reader) or tag_of_content(question, reader, {"data": []})
        for reader in readers
    ]
    assert len(set(tags)) == len(readers)


def test_an_answer_is_kept_by_its_reader_alone(client: TestClient) -> None:
    headers = client.get("/v1/payouts").headers
    assert headers["cache-control"] == "private, no-cache"
    assert "Authorization" in headers["vary"]


def test_a_tag_opens_nothing_that_the_role_may_not_read(month_app: App) -> None:
    with pytest.raises(Exception, match="may not ask this"):
        tag_of_positions(QUESTIONS["audit"], month_app, values_of(QUESTIONS["audit"]), Reader("merchant", "M-1001"))
