"""Every question over the small trading month: its answer has the declared shape, and rests on the declared views."""

from __future__ import annotations

from typing import Any

import pytest

from service.app import App
from service.questions import asked
from service.questions.answer_models import envelope_of
from service.questions.asked import answer_to
from service.questions.envelope import envelope
from service.questions.position_tracker import PositionTracker
from service.questions.question import Question
from service.questions.registry import QUESTIONS
from service.schemas.catalogue import Kind
from service.schemas.made.answers import answer_name
from tests.support.month import Values, values_in
from tests.support.schemas import validator

# The month has no subscription; tests/service/http/test_subscriptions.py asks about one.
ASKED = {name: question for name, question in QUESTIONS.items() if name not in ("subscription", "deliveries")}
ALL = pytest.mark.parametrize("question", ASKED.values(), ids=ASKED)
_NONE_IN_THE_MONTH = {"parked", "overdue", "unsent-refunds", "accounts", "tokens", "subscriptions"}


@pytest.fixture
def values(month_app: App) -> Values:
    """Values for every parameter that a question needs."""
    return values_in(month_app)


@ALL
def test_an_answer_has_its_declared_shape(month_app: App, values: Values, question: Question) -> None:
    content = envelope(month_app, question, answer_to(question, month_app, values(question)))
    assert content["data"] or question.name in _NONE_IN_THE_MONTH
    envelope_of(question).model_validate(content)
    validator(Kind.ANSWERS, answer_name(question.name)).validate(content)


@ALL
def test_an_answer_rests_on_the_views_that_are_declared(
    month_app: App, values: Values, question: Question, monkeypatch: pytest.MonkeyPatch
) -> None:
    asked_values, trackers = values(question), list[PositionTracker]()

    def tracker(*arguments: Any, **more: Any) -> PositionTracker:
        trackers.append(PositionTracker(*arguments, **more))
        return trackers[-1]

    monkeypatch.setattr(asked, "PositionTracker", tracker)
    answer_to(question, month_app, asked_values)
    assert trackers[0].read_views <= set(question.views)
