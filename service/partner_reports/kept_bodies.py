"""Keeps bodies and items that could not become reports, whole and sealed, as unmatched items for people."""

from __future__ import annotations

from collections.abc import Iterator
from hashlib import sha256

from commands.command import Command
from commands.limits import kept_text
from commands.unmatched.report_unmatched_fact import ReportUnmatchedFact
from ledger.actors import Actor, Source
from ledger.canonical import canonical, digest
from ledger.ids import derived_id
from service.formats.bodies import whole_text
from service.partner_facts.bodies import BodyUnmapped, BodyUnread
from service.partner_reports.references import References


def unmapped(fact: BodyUnmapped, known: References) -> Iterator[Command]:  # noqa: ARG001
    """Yields the unmatched item of a body that names no parcel: whole and sealed, with its codes unsealed."""
    key = str(fact.described["sha256"])
    yield ReportUnmatchedFact(
        id=f"{fact.sender}.{key[:40]}",
        actor=partner_actor(fact.sender),
        source=Source(system=fact.sender, external_id=kept_text(fact.message_id)),
        system=fact.sender,
        reference=key[:32],
        kind="carrier_payload",
        body=dict(fact.described),
        details=dict(fact.whole),
    )


def unread(fact: BodyUnread, known: References | None = None) -> Iterator[Command]:  # noqa: ARG001
    """Yields the unmatched item of a body that became no report, whole and sealed."""
    key = sha256(fact.body).hexdigest()
    yield ReportUnmatchedFact(
        id=derived_id(fact.kind, fact.sender, key[:32], digest(canonical(dict(fact.refs)))[:8]),
        actor=partner_actor(fact.sender),
        source=Source(system=fact.sender),
        system=fact.sender,
        reference=key[:32],
        kind=fact.kind,
        refs={name: kept_text(value) for name, value in fact.refs.items()},
        body={"sha256": key},
        details=whole_text(fact.body),
    )


def partner_actor(provider: str) -> Actor:
    """Returns the partner as the actor of what it reports."""
    return Actor(kind="partner", id=provider, role="service")
