"""Sends open instructions to partners and records the answers. Two machines may do it at once.

Nothing is locked. If two machines send the same instruction, the partner carries it out once, and the ledger records
the answer once. A payout is recorded as submitted before it is sent, so that it is never both cancelled and paid.
"""

from __future__ import annotations

import logging
from collections.abc import Iterable
from datetime import datetime, timedelta
from functools import partial
from threading import Event

from commands.bus.outcome import Outcome
from commands.payouts.submit_payout import SubmitPayout
from ledger.ids import command_id, merchant_of
from projections.reconciliation.instructions import Instruction, instructions
from service.app import App
from service.loops.loop import WHOLE
from service.loops.timer import TIMER, Timer
from service.partners.ports import Answer, AnswerUnknown, Partners
from service.partners.reports import report_of

_PAGE = 500
_LONGEST_WAIT = timedelta(minutes=10)
_FIRST_WAIT = timedelta(seconds=1)

_logger = logging.getLogger(__name__)


class Sending(Timer):
    """Submits payouts and sends open instructions.

    Waits longer after each attempt without an answer: one second, two, four … up to ten minutes.
    """

    name = "sending"
    every = timedelta(seconds=1)

    def __init__(self, app: App, partners: Partners, stop: Event | None = None) -> None:
        super().__init__(app, stop)
        self._partners = partners
        self._waits: dict[tuple[str, str], tuple[datetime, timedelta]] = {}  # end of the wait, and its length

    def look(self) -> int:
        open_ = {
            book: self.loop.alone(book, f"{WHOLE}{book}", partial(self._open, book)) or [] for book in self._books()
        }
        keys = {(each.stream, each.id) for found in open_.values() for each in found}
        self._waits = {key: wait for key, wait in self._waits.items() if key in keys}
        done = [
            self.loop.alone(book, f"{each.stream}#{each.kind}#{each.id}", partial(self._carry_out, each))
            for book, found in open_.items()
            for each in found
        ]
        return sum(outcome is not None and outcome.status == "recorded" and not outcome.repeated for outcome in done)

    def _books(self) -> Iterable[int]:
        return self.app.ledger.reader.heads()

    def _open(self, book: int) -> list[Instruction]:
        found: list[Instruction] = []
        while not self.stop.is_set():
            page = instructions(self.app.views, book, after=found[-1] if found else None, limit=_PAGE)
            found += page
            if not page:
                break
        return found

    def _carry_out(self, instruction: Instruction) -> Outcome | None:
        """Returns the outcome of recording the answer; None if there is no answer yet."""
        key, now = (instruction.stream, instruction.id), self.app.clock()
        until, waited = self._waits.get(key, (now, timedelta(0)))
        if now < until:
            return None
        try:
            answer = self._answer_to(instruction)
        except AnswerUnknown as unknown:
            _logger.warning("%s %s has no answer yet: %s", instruction.kind, instruction.id, unknown)
            answer = None
        report = report_of(instruction, answer, now) if answer else None
        if report is None:
            wait = min(waited * 2, _LONGEST_WAIT) or _FIRST_WAIT
            self._waits[key] = (now + wait, wait)
            return None
        self._waits.pop(key, None)
        return self.app.bus.submit([report])[0]

    def _answer_to(self, instruction: Instruction) -> Answer | None:
        """Returns the partner's answer; None if no partner serves the instruction, or if it must not be sent."""
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
        """Returns True if the payout is submitted, so that nobody can cancel it. Submits it first if it is not.

        If the policy `automation` switches the step `payouts` off, a person submits payouts.
        """
        if payout.facts["submitted"]:
            return True
        policy = self.automation(self.app.clock())
        if policy is not None and "payouts" in policy.off:
            return False
        merchant = merchant_of(payout.stream) or ""
        said = SubmitPayout(
            id=command_id("submit", payout.stream, payout.id), actor=TIMER, merchant_id=merchant, payout_id=payout.id
        )
        (outcome,) = self.app.bus.submit([said])
        return outcome.is_accepted
