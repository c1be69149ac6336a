"""The available money of a merchant, as the log's guard keeps it. Payouts are decided on it."""

from __future__ import annotations

from ledger.fx import CNY
from ledger.money import Money
from ledger.streams.stream import Stream


class MerchantAccount(Stream):
    """The guard `account/<merchant>`: its version, the balances of 2120, 2130 and 2140, and the sum that open cases and
    disputes may still take. All amounts are CNY, credit positive."""

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
        """Applies one command that changes the balances; amounts in fen, credit positive."""
        self.available += Money(available, CNY)
        self.on_hold += Money(on_hold, CNY)
        self.in_transit += Money(in_transit, CNY)
        self.in_open_cases += Money(in_open_cases, CNY)
        self.version += 1
