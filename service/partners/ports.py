"""The interfaces that a payment provider and a bank must implement."""

from __future__ import annotations

from dataclasses import dataclass, field
from typing import Literal, Protocol

from projections.reconciliation.instructions import Instruction


class AnswerUnknown(Exception):
    """The partner may or may not have acted: the connection broke or timed out. The instruction is sent again under the
    same id.
    """


@dataclass(frozen=True, slots=True)
class Answer:
    """A partner's answer. `pending`: ask again later. `reference` is the partner's id of the transaction, `code` the
    reason of a failure.
    """

    state: Literal["done", "pending", "failed"]
    reference: str = ""
    code: str = ""


class PaymentProvider(Protocol):
    """A payment provider. It carries out an `Instruction.key` once, and answers a repetition in the same way."""

    def capture(self, instruction: Instruction) -> Answer: ...
    def void(self, instruction: Instruction) -> Answer: ...
    def refund(self, instruction: Instruction) -> Answer: ...


class Bank(Protocol):
    """A bank. A payout id has at most 35 characters, the length of an ISO 20022 end-to-end id."""

    def pay(self, instruction: Instruction) -> Answer: ...


@dataclass(frozen=True, slots=True)
class Partners:
    """The partners by name. Instructions for a provider that is not here wait."""

    bank: Bank | None = None
    providers: dict[str, PaymentProvider] = field(default_factory=dict)
    any_provider: PaymentProvider | None = None

    def provider(self, psp: str) -> PaymentProvider | None:
        return self.providers.get(psp, self.any_provider)
