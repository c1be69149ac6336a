"""Prints an answer as a table or as CSV: the columns of its question, and more where a question has more to say."""

from __future__ import annotations

import json
from collections.abc import Callable, Mapping
from dataclasses import asdict, is_dataclass
from typing import TYPE_CHECKING, Any

from service.cli.answers.books import (
    expect_balanced,
    expect_finished,
    print_contribution,
    print_difference,
    print_exposure,
    print_periods,
    print_rates,
    print_trial_balance,
)
from service.cli.answers.history import print_history
from service.cli.answers.lists import print_exceptions, print_found
from service.cli.answers.status import print_status
from service.cli.answers.track import print_tracking
from service.cli.options import Format
from service.cli.output import print_text, show
from service.questions.question import Question

if TYPE_CHECKING:
    from service.questions.asked import Answer

_PRINTERS: dict[str, Callable[[Answer, Format], None]] = {
    "trial-balance": print_trial_balance,
    "contribution": print_contribution,
    "exposure": print_exposure,
    "exceptions": print_exceptions,
    "explain-difference": print_difference,
    "periods": print_periods,
    "rates": print_rates,
    "search": print_found,
    "status": print_status,
    "track": print_tracking,
}
_EXPECTATIONS: dict[str, Callable[[Answer], None]] = {
    "trial-balance": expect_balanced,
    "periods": expect_finished,
}


def print_answer(question: Question, answer: Answer, values: Mapping[str, Any], format: Format) -> None:
    """Prints the answer."""
    if question.name == "history":
        print_history(answer, format, at=values["at"])
    elif printer := _PRINTERS.get(question.name):
        printer(answer, format)
    elif question.table is None:
        _print_fields(answer.data)
    else:
        rows = answer.data if question.is_list else [answer.data]
        show(question.table, question.table.rows_of(rows), format)


def expect_sound(question: Question, answer: Answer) -> None:
    """Raises `ServiceFailure` if the answer shows that something is wrong with the books."""
    if expect := _EXPECTATIONS.get(question.name):
        expect(answer)


def _print_fields(found: Any) -> None:
    fields = asdict(found) if is_dataclass(found) and not isinstance(found, type) else found
    for name, value in fields.items():
        for line in _lines(value):
            print_text(f"{name.replace('_', ' ')}: {line}")


def _lines(value: Any) -> list[str]:
    """Returns the value as text. A list of rows becomes one line each."""
    from service.questions.presentation import presented
    from service.tables.cells import shown

    if isinstance(value, list | tuple) and value:
        return [json.dumps(presented(each), ensure_ascii=False) for each in value]
    return [json.dumps(presented(value), ensure_ascii=False) if isinstance(value, Mapping) else shown(value)]
