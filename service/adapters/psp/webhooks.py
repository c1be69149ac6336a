"""Providers' webhook bodies as facts: signed, or refused."""

from __future__ import annotations

from collections.abc import Mapping
from datetime import datetime
from typing import Any

from service.adapters.carriers.bodies import read_json
from service.adapters.psp.adyen_notifications import items_of, read_notifications
from service.adapters.psp.facts import ProviderFact, Unreadable
from service.adapters.psp.signatures import expect_adyen_signatures, expect_stripe_signature
from service.adapters.psp.stripe_events import read_event, read_fees


def stripe_facts(body: bytes, headers: Mapping[str, str], secret: str, *, now: datetime) -> list[ProviderFact]:
    """The facts of one event: a dispute's money comes with its fee.

    Raises `SignatureDoesNotMatch`, `PayloadNotUnderstood`.
    """
    expect_stripe_signature(body, headers, secret, now=now)
    event = _read(body, "Stripe")
    fact = read_event(event)
    return [fact, *read_fees(event, fact)]


def adyen_facts(body: bytes, key: str) -> list[ProviderFact]:
    """The facts of the notifications of one body. Raises `SignatureDoesNotMatch`, `PayloadNotUnderstood`."""
    content = _read(body, "Adyen")
    expect_adyen_signatures(items_of(content), key)
    return list(read_notifications(content))


def _read(body: bytes, sender: str) -> Mapping[str, Any]:
    content = read_json(body, sender)
    if not isinstance(content, dict):
        raise Unreadable(f"{sender} sends an object, and this is a {type(content).__name__}.")
    return content
