"""Webhooks of a subscription: addresses of endpoints, secrets that are never in clear, and tests."""

from __future__ import annotations

from base64 import b64encode
from datetime import timedelta
from typing import Any

import pytest
from pydantic import ValidationError

from commands.subscriptions.change_subscription import ChangeSubscription
from commands.subscriptions.rotate_webhook_secret import RotateWebhookSecret
from commands.subscriptions.send_test_webhook import SendTestWebhook
from ledger.actors import Actor
from ledger.events.subscriptions import (
    SubscriptionChanged,
    SubscriptionCreated,
    WebhookSecretRotated,
    WebhookTestRequested,
)
from ledger.refusals.catalogue import ScopeNotAllowed
from ledger.refusals.subscriptions import DeliveryFixed, SubscriptionWithoutWebhook
from ledger.sealed import Sealed
from ledger.streams.subscriptions import Subscription
from tests.commands.subscriptions.test_subscriptions import CREATED, FAY, MAY, SETTINGS, before, creating
from tests.support.given import NOW, ask

URL = "https://shop.example/hook"
HOOK = CREATED.model_copy(update={"delivery": "webhook", "settings": SETTINGS.model_copy(update={"url": URL})})


def secret(size: int = 32) -> str:
    return f"whsec_{b64encode(b'x' * size).decode()}"


def rotating(by: Actor = FAY, **about: Any) -> RotateWebhookSecret:
    return ask(RotateWebhookSecret, by=by, **{"subscription_id": "stock", "secret": secret()} | about)


def moving() -> ChangeSubscription:
    return ask(ChangeSubscription, by=FAY, subscription_id="stock", url="https://shop.example/other")


def rotated(name: str, *, after: timedelta, overlap: timedelta) -> WebhookSecretRotated:
    at = NOW + after
    value = Sealed[str](subject=name, box="AAAA")
    about = {"subscription_id": "stock", "secret": value, "rotated_by": FAY, "rotated_at": at}
    return WebhookSecretRotated.model_validate(about | {"previous_ends_at": at + overlap})


def test_a_subscription_with_an_address_is_delivered_as_webhooks() -> None:
    created = before().when(creating(url=URL)).event(SubscriptionCreated)
    assert (created.delivery, created.settings.url) == ("webhook", URL)


@pytest.mark.parametrize(
    "url",
    [
        "https://shop.example/hook?key=a%20b&x=1",
        "https://shop.example:8443/",
        "http://10.0.0.7/hook",
        "https://[2606:4700::1111]/hook",
        "https://xn--fiq228c.example/~hook",
    ],
)
def test_an_endpoint_is_an_address_of_http(url: str) -> None:
    assert creating(url=url).url == url


@pytest.mark.parametrize(
    "url",
    [
        "",
        "shop.example/hook",
        "ftp://shop.example/hook",
        "file:///etc/passwd",
        "https://shop.example",
        "https:///hook",
        "https://me:secret@shop.example/hook",
        "https://shop.example@10.0.0.1/hook",
        "https://shop.example/hook#part",
        "https://shop.example/a b",
        "https://shop.example/\r\nX: y",
        "https://shop.example/hook\n",
        "https://shop.example:99999/hook",
        "https://shop.example:0/hook",
        "https://shop.example:port/hook",
        "https://[::1/hook",
        "https://商店.example/hook",
        "https://shop.example/" + "x" * 2_000,
    ],
)
def test_what_is_no_address_of_an_endpoint_is_refused(url: str) -> None:
    with pytest.raises(ValidationError):
        creating(url=url)


def test_an_address_changes_and_a_delivery_does_not() -> None:
    assert before(HOOK).when(moving()).event(SubscriptionChanged).settings.url == moving().url
    before(CREATED).when(moving()).then_refused(DeliveryFixed, delivery="lease")
    leasing = ask(ChangeSubscription, by=FAY, subscription_id="stock")
    before(HOOK).when(leasing).then_refused(DeliveryFixed, delivery="webhook")


def test_the_secret_before_signs_until_the_overlap_ends() -> None:
    found = before(HOOK).when(rotating(overlap_h=2)).event(WebhookSecretRotated)
    assert found.previous_ends_at == found.rotated_at + timedelta(hours=2)


def test_a_secret_is_not_shown() -> None:
    assert secret() not in repr(rotating())


@pytest.mark.parametrize("text", ["", "whsec_", "secret", secret(23), secret(65), secret()[6:], secret() + "!"])
def test_what_is_no_secret_of_standard_webhooks_is_refused(text: str) -> None:
    with pytest.raises(ValidationError):
        rotating(secret=text)


def test_a_subscription_that_is_leased_has_no_secret_and_no_test() -> None:
    before(CREATED).when(rotating()).then_refused(SubscriptionWithoutWebhook)
    testing = ask(SendTestWebhook, by=FAY, subscription_id="stock")
    before(CREATED).when(testing).then_refused(SubscriptionWithoutWebhook)
    before(HOOK).when(testing).then(WebhookTestRequested)


def test_nobody_rotates_the_secret_of_another_account() -> None:
    before(HOOK).when(rotating(MAY)).then_refused(ScopeNotAllowed)


def test_each_secret_signs_until_its_own_overlap_ends() -> None:
    hour = timedelta(hours=1)
    subscription = Subscription("subscription/stock")
    assert list(subscription.secrets_at(NOW)) == []
    for event in (
        HOOK,
        rotated("a", after=0 * hour, overlap=24 * hour),
        rotated("b", after=1 * hour, overlap=10 * hour),
        rotated("c", after=2 * hour, overlap=2 * hour),
    ):
        subscription.apply(event)
    signing = {h: [each.subject for each in subscription.secrets_at(NOW + h * hour)] for h in (3, 4, 5, 11)}
    assert signing == {3: ["c", "b", "a"], 4: ["c", "a"], 5: ["c", "a"], 11: ["c"]}
