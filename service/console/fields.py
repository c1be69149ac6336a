"""Values as the fields of a form have them."""

from __future__ import annotations

from datetime import datetime

from ledger.accounting_days import ACCOUNTING_ZONE
from ledger.deadlines import in_zone


def local_instant(at: datetime) -> str:
    """Returns the instant to the second, in the zone of the accounting day and without naming it."""
    return f"{in_zone(at, ACCOUNTING_ZONE):%Y-%m-%dT%H:%M:%S}"
