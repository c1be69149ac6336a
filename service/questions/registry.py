"""Every question by its name, in the order of the groups."""

from __future__ import annotations

from service.questions import books, ledger, money, orders, partners, work
from service.questions.question import Question

QUESTIONS: dict[str, Question] = {
    question.name: question for group in (money, orders, work, books, partners, ledger) for question in group.QUESTIONS
}
