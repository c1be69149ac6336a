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

PARTIAL = {name: question for name, question in QUESTIONS.items() if question.may_be_partial}


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
def answers(request: pytest.FixtureRequest, both: Both) -> dict[str, Answer | DatabaseTrouble]:
    """The answer or the trouble of each question about all books, while a worker is lost."""
    server: Cluster = request.getfixturevalue("postgres")
    database = both.cluster.ledger.engine.url.database
    assert database is not None
    with refusing(server.workers[0], database):
        part = part_at_hand(both.cluster, asked=True)
        assert part is not None
        return {name: _asked(both.cluster, question, both) for name, question in PARTIAL.items()}


def _asked(app: App, question: Question, both: Both) -> Answer | DatabaseTrouble:
    try:
        return answer_to(question, app, _of_all(question, both), part=part_at_hand(app, asked=True))
    except DatabaseTrouble as trouble:
        return trouble


def _of_all(question: Question, both: Both) -> dict[str, object]:
    narrower = {each.name: each.default for each in question.own_parameters if each.filter}
    return {**both.values(question), **narrower}


@pytest.mark.parametrize("name", PARTIAL)
def test_each_question_about_all_books_is_answered_in_part(
    answers: dict[str, Answer | DatabaseTrouble], name: str
) -> None:
    answer = answers[name]
    assert isinstance(answer, Answer), answer
    assert answer.missing_books
