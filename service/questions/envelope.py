"""The one envelope of answers, for the command line and HTTP."""

from __future__ import annotations

from typing import Any

from ledger.log.cursor import Cursor
from projections.engine.views import Held, Vector
from service.app import App
from service.questions.asked import Answer
from service.questions.links import links_for
from service.questions.presentation import presented
from service.questions.question import Question


def envelope(app: App, question: Question, answer: Answer) -> dict[str, Any]:
    """Returns the answer to a question as JSON types, with its `summary`, `missing_books` and `folded` if the question
    has them."""
    data = presented(answer.data, links_for(answer.role))
    content = _around(app, data, answer.vector, answer.next)
    content |= {"summary": presented(answer.summary)} if question.summary else {}
    content |= {"missing_books": list(answer.missing_books)} if question.may_be_partial else {}
    return content | ({"folded": answer.folded} if question.folds else {})


def enveloped(app: App, data: Any, vector: Vector, *, next: str | None = None) -> dict[str, Any]:
    """Returns `data` as JSON types, `next`, `position` (the token of the positions), `incomplete`, `demonstration`."""
    return _around(app, presented(data), vector, next)


def _around(app: App, data: Any, vector: Vector, next: str | None) -> dict[str, Any]:
    identity = app.ledger.identity
    return {
        "data": data,
        "next": next,
        "position": Cursor.at(vector, identity).token,
        "incomplete": [str(each) for each in vector.incomplete] if isinstance(vector, Held) else [],
        "demonstration": identity.demonstration,
    }
