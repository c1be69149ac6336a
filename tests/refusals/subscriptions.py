"""Causes of the refusals about subscriptions."""

from __future__ import annotations

from collections.abc import Callable

from ledger.refusals.catalogue import Refusal
from tests.commands.subscriptions.test_subscriptions import CREATED, RETIRED, before, creating, rewinding
from tests.commands.subscriptions.test_webhooks import moving, rotating

CAUSES: dict[str, Callable[[], Refusal | None]] = {
    "SUBSCRIPTION_EXISTS": lambda: before(CREATED).when(creating()).refusal,
    "SUBSCRIPTION_NOT_ACTIVE": lambda: before(CREATED, RETIRED).when(rewinding(token="T")).refusal,
    "EVENT_TYPE_UNKNOWN": lambda: before().when(creating(types=["payment.taken"])).refusal,
    "ORDER_NEEDS_MERCHANT": lambda: before().when(creating(order="O-1")).refusal,
    "SUBSCRIPTION_WITHOUT_WEBHOOK": lambda: before(CREATED).when(rotating()).refusal,
    "DELIVERY_FIXED": lambda: before(CREATED).when(moving()).refusal,
    "POSITION_UNUSABLE": lambda: before().when(creating(start="foreign")).refusal,
}
