"""Simulates a payment provider: it captures, voids and refunds once under each id, sometimes fails, and sometimes loses
an answer.
"""

from __future__ import annotations

from pathlib import Path

from projections.reconciliation.instructions import Instruction
from service.partners.ports import Answer, AnswerUnknown
from service.partners.simulated.counter import Counter, FailureRates

NO_FAILURES = FailureRates(failed=0, answers_lost=0, returned=0)


class SimulatedProvider:
    """Carries out a request even if its answer is lost; a repeated request gets the same result."""

    def __init__(self, path: Path, failure_rates: FailureRates = NO_FAILURES) -> None:
        self.counter, self._failure_rates = Counter(path), failure_rates

    def capture(self, instruction: Instruction) -> Answer:
        return self._answer(instruction, "cap")

    def void(self, instruction: Instruction) -> Answer:
        return self._answer(instruction, "void")

    def refund(self, instruction: Instruction) -> Answer:
        return self._answer(instruction, "re")

    def _answer(self, instruction: Instruction, prefix: str) -> Answer:
        fails = self._failure_rates.happens("failed", self._failure_rates.failed, instruction.key)
        asked = self.counter.ask(
            f"{instruction.kind}/{instruction.key}",
            kind=instruction.kind,
            party=instruction.partner,
            amount=instruction.amount,
            fate="failed" if fails else "done",
            day=instruction.requested_at.date().isoformat(),
        )
        if self._failure_rates.happens("answer", self._failure_rates.answers_lost, instruction.key, str(asked.tries)):
            raise AnswerUnknown("the provider did not answer in time")
        if not asked.is_for(instruction.partner, instruction.amount):
            return Answer("failed", code="idempotency_key_reused")
        if asked.fate == "failed":
            return Answer("failed", code="declined_by_issuer")
        return Answer("done", reference=f"{prefix}_sim_{asked.n}")
