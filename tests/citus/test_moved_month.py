"""A month of one server is moved onto the cluster, which then answers each question as the one server does."""

from __future__ import annotations

from typing import Any

import pytest

from ledger.log.verification.verify import verify_log
from projections.engine.rebuild import verify
from projections.registry import PROJECTIONS
from service.app import App
from service.questions.asked import answer_to
from service.questions.presentation import presented
from service.questions.question import Question
from service.questions.registry import QUESTIONS
from tests.citus.moved_month import Both
from tests.support.month import Values

# Of the server and not of its ledger; and of subscriptions, of which the month has none.
_LEFT_OUT = {"status", "generations", "subscription", "deliveries"}
ASKED = {name: question for name, question in QUESTIONS.items() if name not in _LEFT_OUT}


def test_the_moved_log_has_no_finding(both: Both) -> None:
    assert list(verify_log(both.cluster.ledger.reader)) == []


@pytest.mark.parametrize("view", PROJECTIONS)
def test_a_view_of_the_cluster_is_equal_to_its_rebuild(both: Both, view: str) -> None:
    assert verify(both.cluster.ledger.engine, PROJECTIONS[view]).count == 0


@pytest.mark.parametrize("question", ASKED.values(), ids=ASKED)
def test_an_answer_is_that_of_one_server(both: Both, question: Question) -> None:
    assert said(both.cluster, question, both.values) == said(both.one, question, both.values)


def said(app: App, question: Question, values: Values) -> list[Any]:
    answer = answer_to(question, app, values(question))
    return [presented(answer.data), presented(answer.summary), dict(answer.vector)]
