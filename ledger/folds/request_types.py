"""The types of after-sales request that units allow at an instant.

Decisions and the buyer's screen use the same function.
"""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime
from typing import Literal, get_args

from ledger.folds.after_sales import UnitLock
from ledger.policies.return_window import ReturnWindow

RequestType = Literal["unshipped", "return_refund", "not_received"]
REQUEST_TYPES: tuple[RequestType, ...] = get_args(RequestType)  # in order of preference


@dataclass(frozen=True, slots=True)
class RequestTypes:
    """The types of request that units which have left allow at an instant.

    `offered` are the types that the buyer's screen shows; a request without a type gets the first of them. `granted`
    are the types that a request may name. `closes_at` is the end of the return window; None if there is no end, or no
    signature yet.
    """

    offered: tuple[RequestType, ...]
    granted: tuple[RequestType, ...]
    closes_at: datetime | None = None

    @property
    def closed_at(self) -> datetime | None:
        """Returns when the return window closed, or None if it did not."""
        return None if "return_refund" in self.granted else self.closes_at


def request_types(lock: UnitLock, window: ReturnWindow | None, at: datetime) -> RequestTypes:
    """Returns the types for units whose lock is over or does not bind. `window` counts from the signature.

    A buyer may always deny a receipt by naming `not_received`, and a person decides. The screen offers this only if
    the signature has no evidence that the lock accepts.
    """
    signed_at = lock.signed_at(at)
    if signed_at is None:
        return RequestTypes(("not_received",), ("not_received",))
    closes_at = window.closes_at(signed_at) if window else None
    if closes_at and at >= closes_at:
        return RequestTypes((), ("not_received",), closes_at)
    both: tuple[RequestType, ...] = ("return_refund", "not_received")
    return RequestTypes(both if lock.is_deemed(at) else ("return_refund",), both, closes_at)
