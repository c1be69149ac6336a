"""When a merchant's pending money is released."""

from __future__ import annotations

from datetime import datetime

from ledger.deadlines import later
from ledger.instants import Duration
from ledger.policies.policy import Policy


class Release(Policy, key="release"):
    """Sign-off plus `after_signature`, unless a case or dispute is open on the line.

    `platform_borne_at_once`: a line closed at the platform's cost is released at once, since no signature will come.
    """

    after_signature: Duration
    platform_borne_at_once: bool = True
    blocked_by_open_case: bool = True

    def due_at(self, signed_at: datetime) -> datetime:
        """When a line signed for at `signed_at` falls due."""
        return later(signed_at, self.after_signature)
