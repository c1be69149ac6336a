"""Every question by its name, in the order of the groups."""

from __future__ import annotations

from service.questions import access, books, ledger, money, orders, partners, search, work
from service.questions.question import Question

_GROUPS = (search, money, orders, work, books, partners, access, ledger)
QUESTIONS: dict[str, Question] = {question.name: question for group in _GROUPS for question in group.QUESTIONS}
