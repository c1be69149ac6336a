"""Any instant can be asked about: a question about a state has both times, or says why it has not."""

from __future__ import annotations

import pytest

from service.questions.parameters import TIMES
from service.questions.question import Question
from service.questions.registry import QUESTIONS

ALL = pytest.mark.parametrize("question", QUESTIONS.values(), ids=QUESTIONS)


@ALL
def test_a_question_has_both_times_or_a_reason(question: Question) -> None:
    given = {each.name for each in question.parameters}
    assert ({each.name for each in TIMES} <= given) is not bool(question.without_times)


@ALL
def test_only_a_parameter_of_the_question_limits_its_fold(question: Question) -> None:
    assert set(question.folds_only_of) <= {each.name for each in question.parameters}
    assert question.folds or not question.folds_only_of


@ALL
def test_a_question_that_folds_rests_on_one_view(question: Question) -> None:
    """Each of its reads folds once; several views would fold the same events several times."""
    assert not question.folds or len(question.views) == 1
