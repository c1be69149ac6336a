"""The time at which a merchant's pending money is released."""

from __future__ import annotations

from datetime import datetime

from ledger.deadlines import later
from ledger.instants import Duration
from ledger.policies.policy import Policy


class Release(Policy, key="release"):
    """Units are released `after_signature` after the parcel was signed for, unless an open case or dispute covers them.

    `platform_borne_at_once`: units that were refunded at the platform's cost are released at once, because no signature
    will come.
    """

    after_signature: Duration
    platform_borne_at_once: bool = True
    blocked_by_open_case: bool = True

    def due_at(self, signed_at: datetime) -> datetime:
        """Returns the time at which units that were signed for at `signed_at` are due."""
        return later(signed_at, self.after_signature)
