"""The time limits for requesting a return of signed goods, and for sending them back."""

from __future__ import annotations

from datetime import datetime

from ledger.deadlines import later
from ledger.instants import Duration
from ledger.policies.policy import Policy


class ReturnWindow(Policy, key="return_window"):
    """The window after signature; null if the reviewer decides (statement 30 sets no end).

    `send_back_within` counts from the approval of a return, if the reviewer sets no other time.
    """

    window: Duration | None = None
    send_back_within: Duration | None = None

    def closes_at(self, signed_at: datetime) -> datetime | None:
        """Returns the first instant that is too late; None if there is no end."""
        return later(signed_at, self.window) if self.window is not None else None

    def return_by(self, approved_at: datetime) -> datetime | None:
        """Returns the time by which the goods must be on their way back; None if there is no limit."""
        return later(approved_at, self.send_back_within) if self.send_back_within is not None else None
