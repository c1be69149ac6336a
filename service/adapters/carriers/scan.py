"""What every provider's payload comes down to: scans of a tracking number, in the provider's words and ours."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from dataclasses import dataclass, replace
from datetime import datetime
from typing import Literal

from commands.report_tracking import TrackedMilestone
from ledger.events.shipment import EvidenceKind

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


def delivered_once(scans: Iterable[Scan], *, is_delivered: bool | None = None) -> list[Scan]:
    """A parcel is signed for once: of several such scans the last one counts, and none while the carrier denies it.

    The settlement clock starts at a signature, so a doubtful one is only noted.
    """
    found = list(scans)
    claims = [scan for scan in found if scan.milestone == "signed_for"]
    last = max(claims, key=_instant, default=None) if is_delivered is not False else None
    return [scan if scan not in claims or scan is last else replace(scan, milestone="noted") for scan in found]


def place(*parts: object) -> str:
    """A location out of whatever parts of it are there."""
    return ", ".join(dict.fromkeys(part.strip() for part in parts if isinstance(part, str) and part.strip()))[:500]


def _instant(scan: Scan) -> tuple[bool, str]:
    return scan.happened_at is not None, scan.happened_at.isoformat() if scan.happened_at else ""


Scans = Sequence[Scan]
