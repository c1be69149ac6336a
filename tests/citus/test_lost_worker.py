"""A worker of the cluster is lost: a part of the books answers each question that was asked for it."""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import closing, contextmanager

import psycopg2
import pytest
from psycopg2 import sql
from sqlalchemy import URL

from ledger.log.database_errors import DatabaseTrouble
from service.app import App
from service.questions.asked import Answer, answer_to
from service.questions.part import part_at_hand
from service.questions.question import Question
from service.questions.registry import QUESTIONS
from tests.citus.moved_month import Both
from tests.support.citus import Cluster

OF_A_MERCHANT = {
    name: question for name, question in QUESTIONS.items() if "merchant" in (each.name for each in question.parameters)
}
PARTIAL = {name: question for name, question in QUESTIONS.items() if question.may_be_partial}


Found = Answer | DatabaseTrouble
TIMES = ("as_of", "as_known_at")


@contextmanager
def refusing(worker: URL, database: str) -> Iterator[None]:
    """The worker refuses all connections to the database in the block."""
    with closing(psycopg2.connect(worker.render_as_string(hide_password=False))) as connection:
        connection.autocommit = True
        with connection.cursor() as cursor:
            allow = sql.SQL("ALTER DATABASE {} ALLOW_CONNECTIONS {}")
            cursor.execute(allow.format(sql.Identifier(database), sql.SQL("false")))
            cursor.execute(
                "SELECT pg_terminate_backend(pid, 5000) FROM pg_stat_activity WHERE datname = %s", (database,)
            )
            try:
                yield
            finally:
                cursor.execute(allow.format(sql.Identifier(database), sql.SQL("true")))


@pytest.fixture(scope="module")
def answers(request: pytest.FixtureRequest, both: Both) -> dict[str, Found]:
    """The answer or the trouble of each question while a worker is lost, by its name: about all books, and with times
    about a merchant of the other worker."""
    server: Cluster = request.getfixturevalue("postgres")
    app, database = both.cluster, both.cluster.ledger.engine.url.database
    rows = answer_to(QUESTIONS["contribution"], app, _of_all(QUESTIONS["contribution"], both)).data
    assert database is not None
    with refusing(server.workers[0], database):
        part = part_at_hand(app, asked=True)
        assert part is not None
        of_part = next(row for row in rows if app.ledger.directory.known_book_of(row.merchant) in part.books)
        found = {name: _asked(app, question, _of_all(question, both)) for name, question in PARTIAL.items()}
        for name, question in OF_A_MERCHANT.items():
            own = {"merchant": of_part.merchant, "order": of_part.order_id} | _times(app, question)
            known = {each.name for each in question.parameters if each.required or each.name in ("merchant", *TIMES)}
            about = {each: value for each, value in own.items() if each in known}
            found[f"{name} of a merchant"] = _asked(app, question, _of_all(question, both) | about)
    return found


def _times(app: App, question: Question) -> dict[str, object]:
    """A past state, so that views fold it, but for what was asked with times of its own."""
    return {} if question.name == "explain-difference" else {"as_known_at": app.clock()}


def _asked(app: App, question: Question, values: dict[str, object]) -> Found:
    try:
        return answer_to(question, app, values, part=part_at_hand(app, asked=True))
    except DatabaseTrouble as trouble:
        return trouble


def _of_all(question: Question, both: Both) -> dict[str, object]:
    narrower = {each.name: each.default for each in question.own_parameters if each.filter}
    return {**both.values(question), **narrower}


@pytest.mark.parametrize("name", PARTIAL)
def test_each_question_about_all_books_is_answered_in_part(answers: dict[str, Found], name: str) -> None:
    answer = answers[name]
    assert isinstance(answer, Answer), answer
    assert answer.missing_books


@pytest.mark.parametrize("name", OF_A_MERCHANT)
def test_each_question_about_a_merchant_of_the_other_worker_is_answered(answers: dict[str, Found], name: str) -> None:
    answer = answers[f"{name} of a merchant"]
    assert isinstance(answer, Answer), answer
    assert not answer.missing_books
