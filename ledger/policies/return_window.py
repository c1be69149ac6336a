"""Until when a signed-for line may be returned, and how long its buyer has to send it back."""

from __future__ import annotations

from datetime import datetime

from ledger.deadlines import later
from ledger.instants import Duration
from ledger.policies.policy import Policy


class ReturnWindow(Policy, key="return_window"):
    """A window after signature; none where the reviewer decides (statement 30 names no end).

    `send_back_within` counts from the approval of a return, where the reviewer does not say until when.
    """

    window: Duration | None = None
    send_back_within: Duration | None = None

    def closes_at(self, signed_at: datetime) -> datetime | None:
        """The first instant at which it is too late; None where it never is."""
        return later(signed_at, self.window) if self.window is not None else None

    def return_by(self, approved_at: datetime) -> datetime | None:
        """Until when the goods are to be on their way back; None where there is no hurry."""
        return later(approved_at, self.send_back_within) if self.send_back_within is not None else None
