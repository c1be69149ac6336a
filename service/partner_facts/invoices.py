"""Facts that carriers and customs agents invoice: the costs of parcels."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import date

from ledger.ids import derived_id
from ledger.money import Money
from service.partner_facts.bodies import UnreadItem
from service.partner_facts.files import FileName

Parcel = tuple[str, str, str]  # merchant, order, parcel


@dataclass(frozen=True, slots=True)
class InvoiceLine:
    """The cost of one parcel. `parcel` is None if only the tracking number is known."""

    line: int
    line_ref: str
    kind: str
    tracking_no: str
    parcel: Parcel | None
    amount: Money
    declared: Money | None
    borne_by: str
    charged_on: date


@dataclass(frozen=True, slots=True)
class Invoice:
    """One partner's invoice for many parcels."""

    invoice_ref: str
    lines: tuple[InvoiceLine, ...]
    amount: Money
    unread: tuple[UnreadItem, ...] = ()


@dataclass(frozen=True, slots=True)
class ParcelCostInvoiced:
    """A partner charges us for one parcel."""

    partner: str
    file: FileName
    invoice_ref: str
    line: InvoiceLine

    @property
    def ref(self) -> str:
        """Returns the charge's reference. Partners number the rows of every invoice from one: only the number with the
        invoice identifies a charge.
        """
        return derived_id(self.invoice_ref, self.line.line_ref)
