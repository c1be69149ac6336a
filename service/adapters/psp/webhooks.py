"""Reads providers' webhook bodies as facts. Unsigned bodies are refused."""

from __future__ import annotations

from collections.abc import Mapping
from collections.abc import Set as AbstractSet
from datetime import datetime
from typing import Any, NamedTuple

from pydantic_core import to_json

from commands.command import Command
from service.adapters.bodies import read_json
from service.adapters.psp.adyen_notifications import PSP as ADYEN
from service.adapters.psp.adyen_notifications import CaptureMode, items_of, read_notification
from service.adapters.psp.facts import ProviderFact, Unreadable
from service.adapters.psp.signatures import expect_stripe_signature, signed_by_adyen
from service.adapters.psp.stripe_events import PSP as STRIPE
from service.adapters.psp.stripe_events import read_event, read_further
from service.adapters.raw_bodies import kept_raw
from service.adapters.refused_bodies import PayloadNotUnderstood, SignatureDoesNotMatch


class ParsedBody(NamedTuple):
    """The facts of a signed body, and notes for people about the parts that could not be read."""

    facts: list[ProviderFact]
    not_understood: list[Command]


def stripe_facts(body: bytes, headers: Mapping[str, str], secret: str, *, now: datetime) -> ParsedBody:
    """Returns the facts of one event: a dispute with its fee, a refunded charge with its refunds.

    Raises `SignatureDoesNotMatch`, and `PayloadNotUnderstood` if the body is not a JSON object.
    """
    expect_stripe_signature(body, headers, secret, now=now)
    event, reported = _read(body, "Stripe"), ParsedBody([], [])
    try:
        reported.facts.append(read_event(event))
        reported.facts.extend(read_further(event, reported.facts[0]))
    except Unreadable as problem:
        reported.not_understood.append(kept_raw(body, STRIPE, kind="webhook_unread", refs={"reason": str(problem)}))
    return reported


def adyen_facts(body: bytes, key: str, mode: CaptureMode) -> ParsedBody:
    """Returns the facts of a body's notifications. An unreadable notification does not affect the others.

    Raises `SignatureDoesNotMatch` if no notification of the body is signed.
    """
    try:
        items = items_of(_read(body, "Adyen"))
    except PayloadNotUnderstood as problem:  # a body is not signed as a whole, only its notifications are
        raise SignatureDoesNotMatch(f"The body is not signed: {problem}") from None
    reported = ParsedBody([], [])
    signed = {id(item) for item in signed_by_adyen(items, key)}
    for item in items:
        try:
            reported.facts.append(read_notification(_signed(item, signed), mode))
        except Unreadable as problem:
            refs = {"reason": str(problem)}
            reported.not_understood.append(kept_raw(to_json(item), ADYEN, kind="webhook_unread", refs=refs))
    return reported


def _signed(item: Any, signed: AbstractSet[int]) -> Mapping[str, Any]:
    """Returns the notification if it is signed. Raises `Unreadable`."""
    if id(item) not in signed:
        raise Unreadable("it is not signed with our key, unlike other notifications of its body")
    found: Mapping[str, Any] = item
    return found


def _read(body: bytes, sender: str) -> Mapping[str, Any]:
    content = read_json(body, sender)
    if not isinstance(content, dict):
        raise Unreadable(f"{sender} sends an object, but this body is a {type(content).__name__}.")
    return content
