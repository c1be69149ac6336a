"""Every question over the small trading month: its answer has the declared shape, and rests on the declared views."""

from __future__ import annotations

from collections.abc import Callable
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
from tests.support.schemas import validator

# The month has no subscription; tests/service/http/test_subscriptions.py asks about one.
ASKED = {name: question for name, question in QUESTIONS.items() if name not in ("subscription", "deliveries")}
ALL = pytest.mark.parametrize("question", ASKED.values(), ids=ASKED)
_EVERYTHING: dict[str, dict[str, Any]] = {
    "exceptions": {"status": "all"},
    "proposals": {"state": "all"},
    "track": {"locale": "zh-Hans"},
}
_NONE_IN_THE_MONTH = {"parked", "overdue", "accounts", "tokens", "subscriptions"}
Values = Callable[[Question], dict[str, Any]]


@pytest.fixture
def values(month_app: App, an_order: Callable[[str], str]) -> Values:
    """Values for every parameter that a question needs."""
    payout = answer_to(QUESTIONS["payouts"], month_app, blank(QUESTIONS["payouts"])).data[0]
    order = an_order("settlement.released")
    (event, *_) = answer_to(QUESTIONS["audit"], month_app, blank(QUESTIONS["audit"]) | {"order": order}).data
    ids = {"show payout": payout.payout_id, "show statement": payout.statement_id, "show event": event.event_id}
    ids["show settlement-run"] = ids["run-statements"] = payout.run_id
    needed = {"q": order, "merchant": payout.merchant, "order": order, "as_known_at": payout.initiated_at}

    def of(question: Question) -> dict[str, Any]:
        found = {each.name: needed[each.name] for each in question.parameters if each.required and each.name != "id"}
        own = {"id": ids[question.name]} if question.name in ids else {}
        if question.name == "instructions":  # those of the moment in which the payout waits for the bank
            own = {"as_known_at": payout.initiated_at}
        return blank(question) | found | own | _EVERYTHING.get(question.name, {})

    return of


def blank(question: Question) -> dict[str, Any]:
    return {each.name: each.default for each in question.parameters}


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
