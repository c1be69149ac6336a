"""Inputs of a decision beside its own stream: policies and rates in force, guarded streams, and the account."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from datetime import date, datetime
from typing import TypeVar, cast

from ledger.fx import Rate, RateKind
from ledger.ids import access_account_stream, account_guard, merchant_stream, product_stream
from ledger.log.places import Places
from ledger.policies.policy import Policy
from ledger.policies.reference import Reference
from ledger.streams.access import AccessAccount
from ledger.streams.account import MerchantAccount
from ledger.streams.merchants import Merchant
from ledger.streams.products import Product
from ledger.streams.stream import Stream

P = TypeVar("P", bound=Policy)


class Rules:
    """The inputs of one decision. It records the policy versions that the decision read, which events store."""

    def __init__(
        self,
        *,
        at: datetime,
        reference: Reference,
        loaded: Mapping[str, Stream],
        open_day: Callable[[], date] = lambda: date.min,
        places: Places | None = None,
    ) -> None:
        self.at = at
        self._open_day = open_day
        self._reference = reference
        self._loaded = loaded
        self._places = places
        self.used: dict[str, int] = {}

    @property
    def open_day(self) -> date:
        """The first open accounting day of the book."""
        return self._open_day()

    @property
    def places(self) -> Places:
        """The places in the log that tokens and instants mean."""
        assert self._places is not None, "the bus gives them to every decision"
        return self._places

    def policy(self, kind: type[P]) -> P:
        """Returns the policy in force at the decision. Raises `PolicyNotEffective`."""
        content, version = self._reference.policy(kind, self.at)
        self.used[kind.key] = version
        return content

    def policy_then(self, kind: type[P], at: datetime) -> P:
        """Returns the policy in force at an earlier instant, such as the order's or the case's."""
        content, version = self._reference.policy(kind, at)
        self.used[kind.key] = version
        return content

    def policy_version(self, kind: type[P], version: int) -> P:
        """Returns the version that was stamped on the order when it was placed."""
        self.used[kind.key] = version
        return self._reference.version(kind, version, at=self.at)

    def rate(self, currency: str, kind: RateKind, on: date) -> Rate:
        """Returns CNY for one unit of `currency`: the last rate of that kind up to the day. Raises `RateMissing`."""
        return self._reference.rate(currency, kind, on)

    def merchant(self, merchant_id: str) -> Merchant:
        return cast(Merchant, self._loaded[merchant_stream(merchant_id)])

    def product(self, merchant_id: str, product_id: str) -> Product:
        return cast(Product, self._loaded[product_stream(merchant_id, product_id)])

    def access_account(self, account_id: str) -> AccessAccount:
        """Returns the access account. The command must read its stream."""
        return cast(AccessAccount, self._loaded[access_account_stream(account_id)])

    def account(self, merchant_id: str) -> MerchantAccount:
        """Returns the merchant's available money. The command must read `account/<merchant>`."""
        return cast(MerchantAccount, self._loaded[account_guard(merchant_id)])
