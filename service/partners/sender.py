"""Sends open instructions to partners and records the answers. Two machines may do it at once.

Nothing is locked. If two machines send the same instruction, the partner carries it out once, and the ledger records
the answer once. A payout is recorded as submitted before it is sent, so that it is never both cancelled and paid.
"""

from __future__ import annotations

import logging
from collections import defaultdict
from dataclasses import dataclass
from datetime import datetime, timedelta
from functools import partial
from threading import Event

from commands.bus.outcome import Outcome
from commands.payouts.submit_payout import SubmitPayout
from ledger.ids import command_id, merchant_of
from projections.reconciliation.instructions import Instruction, Instructions, RowKey, instructions, instructions_in
from service.app import App
from service.intake.messages import record_facts
from service.loops.followed_view import FollowedView
from service.loops.timer import TIMER, Timer
from service.partner_facts.answers import InstructionAnswered
from service.partners.ports import Answer, AnswerUnknown, Partners

_PAGE = 500
_LONGEST_WAIT = timedelta(minutes=10)
_FIRST_WAIT = timedelta(seconds=1)

_logger = logging.getLogger(__name__)


@dataclass(slots=True)
class _Wait:
    """The wait of an instruction for its next attempt. `row` is its row in the view, `item` its name in the loop."""

    row: RowKey
    item: str
    until: datetime
    length: timedelta = timedelta(0)

    def again(self, now: datetime) -> None:
        """Waits anew, twice as long as before."""
        self.length = min(self.length * 2, _LONGEST_WAIT) or _FIRST_WAIT
        self.until = now + self.length


class Sending(Timer):
    """Submits payouts and sends open instructions.

    Waits longer after each attempt: one second, two, four … up to ten minutes. An instruction is read when it is new or
    changed, and when its wait is over, until it is answered.
    """

    name = "sending"
    every = timedelta(seconds=1)

    def __init__(self, app: App, partners: Partners, stop: Event | None = None) -> None:
        super().__init__(app, stop)
        self._partners = partners
        self._view = FollowedView(app, Instructions())
        self._waits: dict[int, dict[tuple[RowKey, str], _Wait]] = defaultdict(dict)  # by book, row and instruction

    def look(self) -> int:
        since = self._view.begin(self.loop.books)
        return self.in_each_book(lambda book: self._send(book, since.get(book, 0)))

    def _send(self, book: int, since: int) -> int:
        recorded = self._try_again(book)
        for page in self.pages(lambda last: instructions(self.app.views, book, since=since, after=last, limit=_PAGE)):
            recorded += sum(self._try(book, each) for each in page)
        if not self.stop.is_set():
            self._view.end(book)
        return recorded

    def _try_again(self, book: int) -> int:
        """Tries the instructions whose wait is over. Forgets those that are answered by now."""
        due = {key: wait for key, wait in self._waits[book].items() if self._is_over(book, wait)}
        found = instructions_in(self.app.views, book, list({wait.row for wait in due.values()}))
        for gone in due.keys() - {_key(each) for each in found}:
            del self._waits[book][gone]
        return sum(self._try(book, each) for each in found)

    def _is_over(self, book: int, wait: _Wait) -> bool:
        return wait.until <= self.app.clock() or self.loop.tries_again(book, wait.item)

    def _try(self, book: int, instruction: Instruction) -> bool:
        """Sends the instruction, unless it waits. Returns True if its answer is recorded."""
        name = f"{instruction.stream}#{instruction.kind}#{instruction.id}"
        new = _Wait(_row(instruction), name, self.app.clock())
        wait = self._waits[book].setdefault(_key(instruction), new)
        if not self._is_over(book, wait):
            return False
        wait.again(self.app.clock())
        outcome = self.loop.alone(book, name, partial(self._carry_out, instruction))
        return outcome is not None and outcome.status == "recorded" and not outcome.repeated

    def _carry_out(self, instruction: Instruction) -> Outcome | None:
        """Returns the outcome of recording the answer; None if there is no answer yet."""
        try:
            answer = self._answer_to(instruction)
        except AnswerUnknown as unknown:
            _logger.warning("%s %s has no answer yet: %s", instruction.kind, instruction.id, unknown)
            return None
        if answer is None or answer.state == "pending":
            return None
        outcomes = record_facts(self.app, [fact_of(instruction, answer, self.app.clock())])
        return outcomes[0] if outcomes else None

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


def fact_of(instruction: Instruction, answer: Answer, at: datetime) -> InstructionAnswered:
    """Returns the fact of an answer that is not pending."""
    return InstructionAnswered(
        kind=instruction.kind,
        stream=instruction.stream,
        id=instruction.id,
        partner=instruction.partner,
        amount=instruction.amount,
        names=instruction.facts,
        done=answer.state == "done",
        happened_at=at,
        reference=answer.reference,
        code=answer.code,
    )


def _row(instruction: Instruction) -> RowKey:
    return instruction.kind, instruction.stream, instruction.subject


def _key(instruction: Instruction) -> tuple[RowKey, str]:
    return _row(instruction), instruction.id
