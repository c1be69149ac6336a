"""Schemas of answers: the envelope with the data of each question."""

from __future__ import annotations

from service.questions.answer_models import envelope_of
from service.questions.registry import QUESTIONS
from service.schemas.catalogue import Schema
from service.schemas.made.shared_types import ANSWERED, plain


def answers() -> dict[str, Schema]:
    """Returns the schema of each question's answer by the question's name, with `-` for blanks."""
    return {
        answer_name(name): plain(envelope_of(question).model_json_schema(mode="serialization"), ANSWERED)
        for name, question in QUESTIONS.items()
    }


def answer_name(question: str) -> str:
    return question.replace(" ", "-")
