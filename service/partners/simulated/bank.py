"""Simulates a bank: it pays payouts on the same day, and returns some from closed accounts."""

from __future__ import annotations

from collections.abc import Iterator
from datetime import date, timedelta
from pathlib import Path

from ledger.accounting_days import accounting_day
from ledger.fx import CNY, NO_CNY
from ledger.money import Money
from projections.reconciliation.instructions import Instruction
from service.partners.ports import Answer, AnswerUnknown
from service.partners.simulated.counter import Counter, FailureRates, PartnerRequest
from service.partners.simulated.messages import Booking, camt053
from service.partners.simulated.provider import NO_FAILURES

ACCOUNT = "6222000000000000017"
_BACK_AFTER = timedelta(days=2)


class SimulatedBank:
    """Answers a new payout with `pending`, and a repeated one with its result. `opening` is the balance of our account
    before the first payout.
    """

    def __init__(self, path: Path, failure_rates: FailureRates = NO_FAILURES, opening: Money = NO_CNY) -> None:
        self.counter, self._failure_rates, self._opening = Counter(path), failure_rates, opening

    def pay(self, instruction: Instruction) -> Answer:
        account, day = str(instruction.facts["account_ref"]), accounting_day(instruction.requested_at)
        return self.take(instruction.id, amount=instruction.amount, account=account, day=day)

    def take(self, id: str, *, amount: Money, account: str, day: date) -> Answer:
        """Takes a payout for a day, from an instruction or from a transfer of a payment order."""
        asked = self.counter.ask(
            id, kind="payout", party=account, amount=amount, fate=self._fate(id), day=day.isoformat()
        )
        if self._failure_rates.happens("answer", self._failure_rates.answers_lost, id, str(asked.tries)):
            raise AnswerUnknown("the bank did not answer in time")
        if not asked.is_for(account, amount):
            return Answer("failed", code="DUPL")
        if asked.fate == "failed":
            return Answer("failed", code="AC01")
        return Answer("done" if asked.tries > 1 else "pending", reference=f"BK{asked.n:08}")

    def statement(self, day: date) -> bytes:
        """Returns the statement of a day as camt.053: payouts and returned payouts."""
        before = [booking for booking in self._bookings() if booking.day < day]
        of_the_day = [booking for booking in self._bookings() if booking.day == day]
        opening = Money(self._opening.minor + sum(booking.amount.minor for booking in before), CNY)
        return camt053(account=ACCOUNT, day=day, opening=opening, bookings=of_the_day)

    def _fate(self, id: str) -> str:
        if self._failure_rates.happens("failed", self._failure_rates.failed, id):
            return "failed"
        return "returned" if self._failure_rates.happens("returned", self._failure_rates.returned, id) else "done"

    def _bookings(self) -> Iterator[Booking]:
        for asked in self.counter.all():
            if asked.fate != "failed":
                yield _booking(asked, -asked.amount, date.fromisoformat(asked.day))
            if asked.fate == "returned":
                yield _booking(asked, asked.amount, date.fromisoformat(asked.day) + _BACK_AFTER, code="AC04")


def _booking(asked: PartnerRequest, amount: Money, day: date, code: str = "") -> Booking:
    return Booking(f"BK{asked.n:08}{'R' if code else ''}", asked.id, amount, day, code)
