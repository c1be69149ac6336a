"""Keeps bodies and items that could not become reports, whole and sealed, as notes for people."""

from __future__ import annotations

from collections.abc import Mapping
from hashlib import sha256

from commands.command import Command
from commands.limits import kept_text
from commands.unmatched.report_unmatched_fact import ReportUnmatchedFact
from ledger.actors import Actor, Source
from ledger.canonical import canonical, digest
from ledger.ids import derived_id
from service.adapters.bodies import describe, whole_text

ITEM_UNREAD = "item_unread"  # the kind of a note of what nobody can use


def unmapped(body: bytes, provider: str, event_id: str = "") -> list[Command]:
    """Returns a note of a body that names no parcel: whole and sealed, with its codes unsealed.

    Raises `PayloadNotUnderstood` if the body is neither JSON nor XML.
    """
    described = describe(body, provider)
    key = str(described["sha256"])
    note = ReportUnmatchedFact(
        id=f"{provider}.{key[:40]}",
        actor=partner_actor(provider),
        source=Source(system=provider, external_id=kept_text(event_id)),
        system=provider,
        reference=key[:32],
        kind="carrier_payload",
        body=described,
        details=whole_text(body),
    )
    return [note]


def kept_raw(body: bytes, sender: str, *, kind: str, refs: Mapping[str, str]) -> Command:
    """Returns a note with a body that became no report, whole and sealed, for people; `refs` give the reason."""
    key = sha256(body).hexdigest()
    return ReportUnmatchedFact(
        id=derived_id(kind, sender, key[:32], digest(canonical(refs))[:8]),
        actor=partner_actor(sender),
        source=Source(system=sender),
        system=sender,
        reference=key[:32],
        kind=kind,
        refs={name: kept_text(value) for name, value in refs.items()},
        body={"sha256": key},
        details=whole_text(body),
    )


def partner_actor(provider: str) -> Actor:
    """Returns the partner as the actor of what it reports."""
    return Actor(kind="partner", id=provider, role="service")
