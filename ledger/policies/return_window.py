"""Until when a signed-for line may be returned."""

from __future__ import annotations

from datetime import datetime, timedelta

from ledger.policies.policy import Policy


class ReturnWindow(Policy, key="return_window"):
    """A window after signature; none where the reviewer decides (statement 30 names no end)."""

    window: timedelta | None = None

    def closes_at(self, signed_at: datetime) -> datetime | None:
        """The first instant at which it is too late; None where it never is."""
        return signed_at + self.window if self.window is not None else None
