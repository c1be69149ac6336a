"""What a partner is to pay or take under one reference, beside what has come of it."""

from __future__ import annotations

from dataclasses import dataclass

from ledger.money import Money


@dataclass(frozen=True, slots=True)
class Expectation:
    """One expected amount and what came of it, in the same currency and signs. `outstanding` is the sum of the parts,
    one for each fact that made it owed, that nothing came for exactly."""

    kind: str
    reference: str
    expected: Money
    actual: Money
    outstanding: Money | None = None
    over_is_a_break: bool = False  # else what is beyond it has a break of its own

    @property
    def is_short(self) -> bool:
        """True if something has come that leaves a fact settled in part."""
        left = self.expected - self.actual
        return bool(self.actual) and abs(self.actual.minor) < abs(self.expected.minor) and left != self.outstanding

    @property
    def is_over(self) -> bool:
        """True if more has come than was expected, and no other break says so."""
        return self.over_is_a_break and abs(self.actual.minor) > abs(self.expected.minor)
