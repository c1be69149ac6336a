"""What a decision may look at besides its own stream: policies and rates in force, guarded streams, the account."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from datetime import date, datetime
from typing import TypeVar, cast

from ledger.fx import Rate, RateKind
from ledger.ids import account_guard, merchant_stream, product_stream
from ledger.policies.policy import Policy
from ledger.policies.reference import Reference
from ledger.streams.account import MerchantAccount
from ledger.streams.merchants import Merchant
from ledger.streams.products import Product
from ledger.streams.stream import Stream

P = TypeVar("P", bound=Policy)


class Rules:
    """One decision's view of everything else. Remembers which policy versions it was asked for: events store them."""

    def __init__(
        self,
        *,
        at: datetime,
        reference: Reference,
        loaded: Mapping[str, Stream],
        open_day: Callable[[], date] = lambda: date.min,
    ) -> None:
        self.at = at
        self._open_day = open_day
        self._reference = reference
        self._loaded = loaded
        self.used: dict[str, int] = {}

    @property
    def open_day(self) -> date:
        """The first open accounting day of the book."""
        return self._open_day()

    def policy(self, kind: type[P]) -> P:
        """The policy of this kind in force at the decision. Raises `PolicyNotEffective`."""
        content, version = self._reference.policy(kind, self.at)
        self.used[kind.key] = version
        return content

    def policy_then(self, kind: type[P], at: datetime) -> P:
        """The policy that was in force at an earlier instant, as when the order was placed or a case opened."""
        content, version = self._reference.policy(kind, at)
        self.used[kind.key] = version
        return content

    def policy_version(self, kind: type[P], version: int) -> P:
        """A version that was stamped on the order when it was placed."""
        self.used[kind.key] = version
        return self._reference.version(kind, version, at=self.at)

    def rate(self, currency: str, kind: RateKind, on: date) -> Rate:
        """CNY for one unit of `currency`: the last rate of that kind on or before the day. Raises `RateMissing`."""
        return self._reference.rate(currency, kind, on)

    def merchant(self, merchant_id: str) -> Merchant:
        return cast(Merchant, self._loaded[merchant_stream(merchant_id)])

    def product(self, merchant_id: str, product_id: str) -> Product:
        return cast(Product, self._loaded[product_stream(merchant_id, product_id)])

    def account(self, merchant_id: str) -> MerchantAccount:
        """The merchant's money that can be paid now; only for commands that read `account/<merchant>`."""
        return cast(MerchantAccount, self._loaded[account_guard(merchant_id)])
