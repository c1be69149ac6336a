"""The lists of accounts and tokens, a page at a time."""

from __future__ import annotations

from typing import Any

import pytest

from service.questions.answer_models import envelope_of
from service.questions.asked import answer_to
from service.questions.envelope import envelope
from service.questions.question import Question
from service.questions.registry import QUESTIONS
from tests.service.access.conftest import Door


@pytest.fixture
def opened(door: Door) -> Door:
    for account_id in ("bo", "cy", "di"):
        door.open(account_id, "finance")
        door.token(account_id, "finance")
    door.app.catch_up()
    return door


def page(door: Door, question: Question, **values: Any) -> Any:
    blank = {each.name: each.default for each in question.parameters}
    return envelope(door.app, question, answer_to(question, door.app, blank | values))


@pytest.mark.parametrize("question", [QUESTIONS["accounts"], QUESTIONS["tokens"]], ids=["accounts", "tokens"])
def test_the_pages_of_a_list_are_the_whole_list(opened: Door, question: Question) -> None:
    found, after = list[Any](), None
    for _ in range(3):
        said = page(opened, question, limit=1, after=after)
        envelope_of(question).model_validate(said)
        found, after = found + said["data"], said["next"]
    assert [row["account_id"] for row in found] == ["bo", "cy", "di"]
    assert after is None
