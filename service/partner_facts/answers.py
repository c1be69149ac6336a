"""The fact that a partner gives as its answer to an instruction of ours."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import datetime
from typing import Any, Literal

from ledger.ids import kind_of
from ledger.money import Money


@dataclass(frozen=True, slots=True, kw_only=True)
class InstructionAnswered:
    """A partner has carried out our instruction, or could not, for the reason `code`.

    `stream` and `id` name the instruction, and `names` are the ids that it held, such as the payment's. `reference` is
    the partner's id of the transaction.
    """

    kind: Literal["capture", "void", "refund", "payout"]
    stream: str
    id: str
    partner: str
    amount: Money
    names: Mapping[str, Any]
    done: bool
    happened_at: datetime
    reference: str = ""
    code: str = ""

    @property
    def is_unmatched(self) -> bool:
        """True if the money belongs to no known order."""
        return kind_of(self.stream) == "unmatched"

    @property
    def moves_buyers_money(self) -> bool:
        """True if a provider has taken the buyer's money or paid it back."""
        return self.done and self.kind in ("capture", "refund")
