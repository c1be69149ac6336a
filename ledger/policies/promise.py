"""The delivery promise a merchant makes for the leg to the transfer warehouse."""

from __future__ import annotations

from datetime import datetime, timedelta
from typing import Literal

from ledger.policies.policy import Policy


class Promise(Policy, key="promise"):
    """What must have happened within `window` of the order (statement 19); lateness is flagged, never charged."""

    milestone: Literal["merchant_dispatched", "warehouse_received"]
    window: timedelta
    warn_undispatched_after: timedelta

    def promised_by(self, placed_at: datetime) -> datetime:
        """The deadline of an order placed at `placed_at`."""
        return placed_at + self.window
