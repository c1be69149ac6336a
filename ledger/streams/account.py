"""A merchant's payable-now money as the log's guard keeps it: what a payout may rest on."""

from __future__ import annotations

from ledger.fx import CNY
from ledger.money import Money
from ledger.streams.stream import Stream


class MerchantAccount(Stream):
    """The guard `account/<merchant>`: its version, and the sums of 2120, 2130 and 2140 (CNY, credit positive)."""

    def __init__(
        self, name: str, *, version: int = 0, available: int = 0, on_hold: int = 0, in_transit: int = 0
    ) -> None:
        super().__init__(name)
        self.version = version
        self.available = Money(available, CNY)
        self.on_hold = Money(on_hold, CNY)
        self.in_transit = Money(in_transit, CNY)

    def move(self, *, available: int, on_hold: int, in_transit: int) -> None:
        """One more command whose entries touch these accounts; fen, credit positive."""
        self.available += Money(available, CNY)
        self.on_hold += Money(on_hold, CNY)
        self.in_transit += Money(in_transit, CNY)
        self.version += 1
