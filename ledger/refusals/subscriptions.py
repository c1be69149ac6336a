"""Refusals about subscriptions."""

from __future__ import annotations

from ledger.refusals.refusal import Refusal


class SubscriptionExists(
    Refusal, code="SUBSCRIPTION_EXISTS", remedy="Choose another id, or change this one (change_subscription)."
):
    """Subscription {subscription_id} is {state}. An id is used once."""

    subscription_id: str
    state: str


class SubscriptionNotActive(
    Refusal,
    code="SUBSCRIPTION_NOT_ACTIVE",
    remedy="Check the id, or create a subscription (create_subscription).",
):
    """Subscription {subscription_id} is {state}."""

    subscription_id: str
    state: str


class EventTypeUnknown(
    Refusal,
    code="EVENT_TYPE_UNKNOWN",
    remedy="Choose a type from the document of events, or a beginning such as parcel.* for several.",
):
    """No event is called {type}."""

    type: str


class OrderNeedsMerchant(Refusal, code="ORDER_NEEDS_MERCHANT", remedy="Name the merchant of the order too."):
    """Order {order} is named without its merchant. Several merchants may use one order id."""

    order: str


class PositionUnusable(
    Refusal,
    code="POSITION_UNUSABLE",
    remedy="Give a position token that this ledger has issued, or a time that is past.",
):
    """The place cannot be used ({reason})."""

    reason: str


class SubscriptionWithoutWebhook(
    Refusal, code="SUBSCRIPTION_WITHOUT_WEBHOOK", remedy="Create a subscription with a `url` (create_subscription)."
):
    """Subscription {subscription_id} has no endpoint: its members lease its events."""

    subscription_id: str


class DeliveryFixed(
    Refusal,
    code="DELIVERY_FIXED",
    remedy="Give a `url` if its delivery is webhook, and none if it is lease; or create another subscription.",
):
    """The delivery of subscription {subscription_id} is {delivery}, and it cannot be changed."""

    subscription_id: str
    delivery: str
