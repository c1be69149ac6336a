"""An amount that a partner is to pay or take under one reference, and the amount that came."""

from __future__ import annotations

from dataclasses import dataclass

from ledger.money import Money


@dataclass(frozen=True, slots=True)
class Expectation:
    """One expected amount and the amount that came, in one currency and with the same signs. `expected` is the sum of
    parts, one for each fact; `outstanding` is the sum of the parts for which no amount came that equals the part
    exactly."""

    kind: str
    reference: str
    expected: Money
    actual: Money
    outstanding: Money | None = None
    over_is_a_break: bool = False  # if false, another kind of break covers an excess

    @property
    def is_short(self) -> bool:
        """True if an amount came that covers a part only partly."""
        left = self.expected - self.actual
        return bool(self.actual) and abs(self.actual.minor) < abs(self.expected.minor) and left != self.outstanding

    @property
    def is_over(self) -> bool:
        """True if more came than was expected, and no other break covers the excess."""
        return self.over_is_a_break and abs(self.actual.minor) > abs(self.expected.minor)
