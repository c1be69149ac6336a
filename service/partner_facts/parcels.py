"""Facts about parcels that carriers and tracking providers report: scans of a tracking number."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from dataclasses import dataclass, replace
from datetime import datetime
from typing import Literal

from ledger.events.deliveries import GOING_BACK, NAMES_THE_RECIPIENT
from ledger.events.milestones import TrackedMilestone
from ledger.events.parcels import EvidenceKind

Reached = TrackedMilestone | Literal["signed_for", "lost"]
Doubt = Literal["", "zone_assumed", "time_assumed", "time_unknown"]


@dataclass(frozen=True, slots=True)
class ParcelScanned:
    """One scan. `milestone` is `noted` if no milestone fits; `happened_at` is None if the time is not given."""

    provider: str
    carrier: str
    tracking_no: str
    milestone: Reached
    happened_at: datetime | None
    raw_code: str
    doubt: Doubt = ""  # about the time, if it is read as UTC or as midnight
    location: str = ""
    text: str = ""
    evidence_kind: EvidenceKind = "unspecified"
    event_id: str = ""  # the provider's id of the message


def undelivered(scans: Iterable[ParcelScanned]) -> list[ParcelScanned]:
    """Returns the scans of a parcel that the carrier says is not delivered. A delivery among them becomes `noted`."""
    return [replace(scan, milestone="noted") if scan.milestone == "signed_for" else scan for scan in scans]


def at_the_sender(scans: Iterable[ParcelScanned]) -> list[ParcelScanned]:
    """Returns the scans of a parcel that the carrier says is returned. A delivery without a recipient ended at the
    sender, even if no scan reports the return.
    """
    found = list(scans)
    if any(is_return(scan) for scan in found):
        return found
    return [
        replace(scan, milestone="returned_to_sender")
        if scan.milestone == "signed_for" and scan.evidence_kind != NAMES_THE_RECIPIENT
        else scan
        for scan in found
    ]


def with_own_status(scans: Sequence[ParcelScanned], own: ParcelScanned) -> list[ParcelScanned]:
    """Returns the scans, or the tracking's own status if there are none. An own status by which the parcel goes back is
    added to scans that report no return: it says that a delivery among them did not go to the recipient.
    """
    if not scans:
        return [own]
    return [*scans, own] if is_return(own) and not any(map(is_return, scans)) else list(scans)


def is_return(scan: ParcelScanned) -> bool:
    """Returns True if the scan says that the parcel goes back or is back."""
    return scan.milestone in GOING_BACK


def place(*parts: object) -> str:
    """Returns a location from the given parts; missing parts are left out."""
    return ", ".join(dict.fromkeys(part.strip() for part in parts if isinstance(part, str) and part.strip()))[:500]
