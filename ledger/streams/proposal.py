"""A proposal that one person makes and another decides."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Generic, Literal, TypeVar

ProposalState = Literal["proposed", "approved", "rejected"]
T = TypeVar("T")


@dataclass(slots=True)
class Proposal(Generic[T]):
    """What was proposed, by the event that says so, and what became of it."""

    event: T
    state: ProposalState = "proposed"

    @property
    def is_open(self) -> bool:
        return self.state == "proposed"
