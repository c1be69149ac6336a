"""When a merchant's pending money is released."""

from __future__ import annotations

from datetime import datetime

from ledger.deadlines import later
from ledger.instants import Duration
from ledger.policies.policy import Policy


class Release(Policy, key="release"):
    """Sign-off plus `after_signature`, but for units that an open case or dispute is about.

    `platform_borne_at_once`: units refunded at the platform's cost are released at once, since no signature will come.
    """

    after_signature: Duration
    platform_borne_at_once: bool = True
    blocked_by_open_case: bool = True

    def due_at(self, signed_at: datetime) -> datetime:
        """When units signed for at `signed_at` fall due."""
        return later(signed_at, self.after_signature)
