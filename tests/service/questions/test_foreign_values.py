"""A filter shows a merchant or a buyer nothing about what is not theirs: foreign and unknown are one refusal."""

from __future__ import annotations

import pytest

from service.app import App
from service.failures import UnknownValue
from service.questions.asked import answer_to
from service.questions.filters import FILTERS
from service.questions.question import Question
from service.questions.reader import Reader
from service.questions.registry import QUESTIONS

OF_MERCHANTS = [
    (question, each)
    for question in QUESTIONS.values()
    for each in question.parameters
    if "merchant" in question.readers.own and each.filter and FILTERS[each.filter].known and each.filter != "merchant"
]
NOBODY = "nobody-has-this"


def values(question: Question, **given: str) -> dict[str, object]:
    return {each.name: each.default for each in question.parameters} | given


def foreign(app: App, filter: str) -> tuple[str, str]:
    """A value that exists, and a merchant that has nothing to do with it."""
    listed = {
        "run": ("payouts", "run_id"),
        "creator": ("sales", "creator_id"),
        "refused_order": ("refused-commands", "order_id"),
        "refused_actor": ("refused-commands", "actor_id"),
    }
    question, field = QUESTIONS[listed[filter][0]], listed[filter][1]
    rows = answer_to(question, app, values(question)).data
    value = next(found for row in rows if (found := getattr(row, field)))
    having = {row.merchant for row in rows if getattr(row, field) == value}
    merchants = {row.merchant for row in answer_to(QUESTIONS["balances"], app, values(QUESTIONS["balances"])).data}
    return value, sorted(merchants - having)[0] if merchants - having else "M-newcomer"


@pytest.mark.parametrize(("question", "parameter"), OF_MERCHANTS, ids=lambda each: each.name)
def test_a_foreign_value_is_refused_as_an_unknown_one(month_app: App, question: Question, parameter: object) -> None:
    name, filter = parameter.name, parameter.filter  # type: ignore[attr-defined]
    value, merchant = foreign(month_app, filter)
    said = set()
    for given in (value, NOBODY):
        with pytest.raises(UnknownValue) as refused:
            answer_to(question, month_app, values(question, **{name: given}), reader=Reader("merchant", merchant))
        said.add(str(refused.value).replace(given, "…"))
    assert len(said) == 1


@pytest.mark.parametrize(("question", "parameter"), OF_MERCHANTS, ids=lambda each: each.name)
def test_a_filter_of_merchants_knows_what_is_their_own(question: Question, parameter: object) -> None:
    assert FILTERS[parameter.filter].own is not None, question.name  # type: ignore[attr-defined]


def test_a_merchant_of_nobody_and_another_merchant_are_one_answer_to_a_buyer(month_app: App) -> None:
    merchant = answer_to(QUESTIONS["balances"], month_app, values(QUESTIONS["balances"])).data[0].merchant
    question, buyer = QUESTIONS["search"], Reader("buyer", "B-nobody")
    found = [
        answer_to(question, month_app, values(question, q="S1", merchant=each), reader=buyer).data
        for each in (merchant, NOBODY)
    ]
    assert found == [(), ()] or found == [[], []]
