"""A merchant's payable-now money as the log's guard keeps it: what a payout may rest on."""

from __future__ import annotations

from ledger.fx import CNY
from ledger.money import Money
from ledger.streams.stream import Stream


class MerchantAccount(Stream):
    """The guard `account/<merchant>`: its version, the sums of 2120, 2130 and 2140 (CNY, credit positive), and what
    open cases and disputes may still take of them."""

    def __init__(
        self,
        name: str,
        *,
        version: int = 0,
        available: int = 0,
        on_hold: int = 0,
        in_transit: int = 0,
        in_open_cases: int = 0,
    ) -> None:
        super().__init__(name)
        self.version = version
        self.available = Money(available, CNY)
        self.on_hold = Money(on_hold, CNY)
        self.in_transit = Money(in_transit, CNY)
        self.in_open_cases = Money(in_open_cases, CNY)

    def move(self, *, available: int, on_hold: int, in_transit: int, in_open_cases: int) -> None:
        """One more command that changes them; fen, credit positive."""
        self.available += Money(available, CNY)
        self.on_hold += Money(on_hold, CNY)
        self.in_transit += Money(in_transit, CNY)
        self.in_open_cases += Money(in_open_cases, CNY)
        self.version += 1
