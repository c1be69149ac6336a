"""What a payment provider and a bank must be able to do for us, whoever they are."""

from __future__ import annotations

from dataclasses import dataclass, field
from typing import Literal, Protocol

from projections.reconciliation.instructions import Instruction


class AnswerUnknown(Exception):
    """The partner may have done it or not: the line broke, or time ran out. It is asked again under the same id."""


@dataclass(frozen=True, slots=True)
class Answer:
    """`pending` means ask again later. `reference` is the partner's own name of what it did, `code` why it did not."""

    state: Literal["done", "pending", "failed"]
    reference: str = ""
    code: str = ""


class PaymentProvider(Protocol):
    """Whatever is asked twice under one `Instruction.key` is done once, and answered the same."""

    def capture(self, instruction: Instruction) -> Answer: ...
    def void(self, instruction: Instruction) -> Answer: ...
    def refund(self, instruction: Instruction) -> Answer: ...


class Bank(Protocol):
    """A payout's id has at most 35 characters, so that it can be the end-to-end id of ISO 20022."""

    def pay(self, instruction: Instruction) -> Answer: ...


@dataclass(frozen=True, slots=True)
class Partners:
    """Who carries out what: providers by the name that payments call them; what nobody serves waits."""

    bank: Bank | None = None
    providers: dict[str, PaymentProvider] = field(default_factory=dict)
    any_provider: PaymentProvider | None = None

    def provider(self, psp: str) -> PaymentProvider | None:
        return self.providers.get(psp, self.any_provider)
