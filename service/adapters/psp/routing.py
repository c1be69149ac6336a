"""Providers' messages to the orders they are about: as they say themselves, else as their references are known."""

from __future__ import annotations

from collections.abc import Sequence

from commands.outcome import Outcome
from projections.psp_references import orders_of
from service.adapters.psp.facts import ProviderFact
from service.app import App


def record_facts(app: App, facts: Sequence[ProviderFact]) -> list[Outcome]:
    """Record each fact where it belongs; what no order is known for goes to the inbox. Told again, nothing changes."""
    known: dict[tuple[str, str], tuple[str, str]] = {}
    for psp in sorted({fact.psp for fact in facts}):
        names = sorted({name for fact in facts if fact.psp == psp and not fact.order for name in fact.names})
        for found in orders_of(app.views, psp, names) if names else ():
            known.setdefault((psp, found.reference), (found.merchant, found.order_id))
    commands = []
    for fact in facts:
        found_by_name = (known.get((fact.psp, name)) for name in fact.names)
        commands.append(fact.command(fact.order or next((order for order in found_by_name if order), None)))
    return app.bus.submit(commands)
