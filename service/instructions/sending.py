"""Sends what is asked for and not answered, and records the answers; as safe on two machines as on one.

Nothing is claimed: two machines may ask for the same thing, which the partner does once, and record the same answer,
which the ledger takes once. A payout is marked as the bank's before the bank hears of it, so that it is never both
cancelled and paid.
"""

from __future__ import annotations

import logging
from collections.abc import Iterator
from datetime import datetime, timedelta
from threading import Event

from commands.submit_payout import SubmitPayout
from ledger.ids import derived_id, merchant_of
from projections.instructions import Instruction, instructions
from service.app import App
from service.instructions.ports import Answer, AnswerUnknown, Partners
from service.instructions.reports import report_of
from service.timers.timer import TIMER, Timer

_PAGE = 500
_LONGEST_WAIT = timedelta(minutes=10)
_FIRST_WAIT = timedelta(seconds=1)

_logger = logging.getLogger(__name__)


class Sending(Timer):
    """Waits longer after each try that brought no answer: one second, two, four … up to ten minutes."""

    every = timedelta(seconds=1)

    def __init__(self, app: App, partners: Partners, stop: Event | None = None) -> None:
        super().__init__(app, stop)
        self._partners = partners
        self._waits: dict[tuple[str, str], tuple[datetime, timedelta]] = {}  # until when, and how long that was

    def sweep(self) -> int:
        open_ = [each for book in self.app.ledger.reader.heads() for each in self._open(book)]
        keys = {(each.stream, each.id) for each in open_}
        self._waits = {key: wait for key, wait in self._waits.items() if key in keys}
        return sum(self._carry_out(each) for each in open_)

    def _open(self, book: int) -> Iterator[Instruction]:
        after = None
        while not self.stop.is_set():
            page = instructions(self.app.views, book, after=after, limit=_PAGE)
            yield from page
            if not page:
                return
            after = page[-1]

    def _carry_out(self, instruction: Instruction) -> int:
        """How many answers were recorded."""
        key, now = (instruction.stream, instruction.id), self.app.clock()
        until, waited = self._waits.get(key, (now, timedelta(0)))
        if now < until or self.stop.is_set():
            return 0
        try:
            answer = self._answer_to(instruction)
        except AnswerUnknown as unknown:
            _logger.warning("%s %s has no answer yet: %s", instruction.kind, instruction.id, unknown)
            answer = None
        report = report_of(instruction, answer, now) if answer else None
        if report is None:
            wait = min(waited * 2, _LONGEST_WAIT) or _FIRST_WAIT
            self._waits[key] = (now + wait, wait)
            return 0
        self._waits.pop(key, None)
        return self.ask([report])

    def _answer_to(self, instruction: Instruction) -> Answer | None:
        """What the partner answers; None where nobody serves it, or where it is not to go out any more."""
        if instruction.kind == "payout":
            bank = self._partners.bank
            return bank.pay(instruction) if bank and self._is_the_banks(instruction) else None
        provider = self._partners.provider(instruction.partner)
        if provider is None:
            return None
        match instruction.kind:
            case "capture":
                return provider.capture(instruction)
            case "void":
                return provider.void(instruction)
            case "refund":
                return provider.refund(instruction)

    def _is_the_banks(self, payout: Instruction) -> bool:
        """Whether nobody can take the payout back any more: it is said first, and sent then."""
        if payout.facts["submitted"]:
            return True
        merchant = merchant_of(payout.stream) or ""
        said = SubmitPayout(
            id=derived_id("submit", merchant, payout.id), actor=TIMER, merchant_id=merchant, payout_id=payout.id
        )
        (outcome,) = self.app.bus.submit([said])
        return outcome.is_accepted
