"""The merchant's delivery promise for the leg to the transfer warehouse."""

from __future__ import annotations

from datetime import datetime
from typing import Literal

from ledger.deadlines import earlier, later
from ledger.instants import Duration
from ledger.policies.policy import Policy


class Promise(Policy, key="promise"):
    """The milestone that must be reached within `window` of the order (statement 19). Late orders are marked, never
    charged.
    """

    milestone: Literal["merchant_dispatched", "warehouse_received"]
    window: Duration
    warn_undispatched_after: Duration

    def promised_by(self, placed_at: datetime) -> datetime:
        """Returns the promised time of an order that was placed at `placed_at`."""
        return later(placed_at, self.window)

    def warn_at(self, placed_at: datetime, promised_by: datetime) -> datetime:
        """Returns the time to warn about an order that is not dispatched. A shorter promise is warned as long before
        its end.
        """
        usual = later(placed_at, self.warn_undispatched_after)
        time_left = self.window - self.warn_undispatched_after
        return max(placed_at, min(usual, earlier(promised_by, time_left)))
