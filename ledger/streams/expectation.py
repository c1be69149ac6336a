"""What a partner is to pay or take under one reference, beside what has come of it."""

from __future__ import annotations

from dataclasses import dataclass

from ledger.money import Money


@dataclass(frozen=True, slots=True)
class Expectation:
    """One expected amount and what came of it, in the same currency and signs."""

    kind: str
    reference: str
    expected: Money
    actual: Money

    @property
    def is_short(self) -> bool:
        """True if a part has come, and the rest has not."""
        return bool(self.actual) and abs(self.actual.minor) < abs(self.expected.minor)
