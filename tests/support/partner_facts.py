"""Facts of partners as commands, with the references that a test gives."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Mapping, Sequence
from dataclasses import dataclass
from typing import Any

from commands.command import Command
from ledger.streams.reference_data import UnmatchedItem
from projections.reconciliation.psp_references import PspReference
from projections.tracking.tracking_numbers import NumberedParcel
from service.partner_facts.facts import PartnerFact
from service.partner_facts.payments import Order, ProviderFact
from service.partner_reports.table import PROVIDER_REPORTS, commands_of

Lookup = Callable[[str], Sequence[NumberedParcel]]


@dataclass(frozen=True)
class Known:
    """References of nothing, but for these parcels."""

    lookup: Lookup = lambda _: ()
    is_whole: bool = True

    def named(self, psp: str, name: str) -> Sequence[PspReference]:  # noqa: ARG002
        return ()

    def unmatched(self, psp: str, capture_ref: str) -> UnmatchedItem | None:  # noqa: ARG002
        return None

    def parcels(self, tracking_no: str) -> Sequence[NumberedParcel]:
        return self.lookup(tracking_no)


def command_of(fact: ProviderFact, order: Order | None) -> Command:
    """The report of a fact to this order, or its unmatched item."""
    return PROVIDER_REPORTS[type(fact)].command(fact, order)


def commands_for(facts: Iterable[PartnerFact], lookup: Lookup = lambda _: ()) -> list[Command]:
    return [command for fact in facts for command in commands_of(fact, Known(lookup))]


def commands_from(module: Any, body: bytes, lookup: Lookup = lambda _: (), *signed: Mapping[str, str] | str) -> Any:
    """The commands of a carrier's body, which `module` reads."""
    return commands_for(module.facts_from(body, *signed), lookup)
