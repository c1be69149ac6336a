"""What every provider's payload comes down to: scans of a tracking number, in the provider's words and ours."""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass, replace
from datetime import datetime
from typing import Literal

from commands.parcels.report_tracking import TrackedMilestone
from ledger.events.deliveries import GOING_BACK, NAMES_THE_RECIPIENT
from ledger.events.parcels import EvidenceKind

Reached = TrackedMilestone | Literal["signed_for", "lost"]
Doubt = Literal["", "zone_assumed", "time_assumed", "time_unknown"]


@dataclass(frozen=True, slots=True)
class Scan:
    """One scan. `milestone` is `noted` where none of ours fits; `happened_at` is None where nobody said when."""

    provider: str
    carrier: str
    tracking_no: str
    milestone: Reached
    happened_at: datetime | None
    raw_code: str
    doubt: Doubt = ""  # about the time: read as UTC, or as midnight
    location: str = ""
    text: str = ""
    evidence_kind: EvidenceKind = "unspecified"
    event_id: str = ""  # the provider's own, of the delivery this came in


def undelivered(scans: Iterable[Scan]) -> list[Scan]:
    """The scans of a parcel that the carrier says is not delivered: a delivery among them is recorded without
    effect."""
    return [replace(scan, milestone="noted") if scan.milestone == "signed_for" else scan for scan in scans]


def at_the_sender(scans: Iterable[Scan]) -> list[Scan]:
    """The scans of a parcel that the carrier says goes back. Its return may be missing among them: a delivery that
    names no recipient ended at the sender."""
    found = list(scans)
    if any(is_return(scan) for scan in found):
        return found
    return [
        replace(scan, milestone="returned_to_sender")
        if scan.milestone == "signed_for" and scan.evidence_kind != NAMES_THE_RECIPIENT
        else scan
        for scan in found
    ]


def is_return(scan: Scan) -> bool:
    """True if the scan says that the parcel goes back, or is back."""
    return scan.milestone in GOING_BACK


def place(*parts: object) -> str:
    """A location out of whatever parts of it are there."""
    return ", ".join(dict.fromkeys(part.strip() for part in parts if isinstance(part, str) and part.strip()))[:500]
