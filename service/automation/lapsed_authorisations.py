"""Reports that an authorisation has expired, if the provider did not report it."""

from __future__ import annotations

from datetime import datetime, timedelta

from commands.command import Command
from commands.payments.report_authorisation_expired import ReportAuthorisationExpired
from ledger.ids import command_id, merchant_of, order_of
from ledger.money import Money
from projections.worklists.due_dates import DueDate
from service.loops.timer import TIMER, DueDateTimer

# A capture made in time may be reported late. After a reported expiry it would be set aside.
_WEBHOOKS_MAY_TAKE = timedelta(days=3)


class LapsedAuthorizations(DueDateTimer):
    """Acts three days after the authorisation ended, and reports the instant at which it ended."""

    name = "lapsed_authorizations"
    kind = "authorization"
    every = timedelta(minutes=1)

    def due_by(self, now: datetime) -> datetime | None:
        return now - _WEBHOOKS_MAY_TAKE

    def command(self, due: DueDate, by: datetime) -> Command:  # noqa: ARG002
        facts, order = due.facts, order_of(due.stream) or ""
        left = facts["held"] - facts["captured"].get(facts["currency"], 0)
        return ReportAuthorisationExpired(
            id=command_id("lapsed", due.stream, due.subject, str(due.changed_at)),
            actor=TIMER,
            occurred_at=due.at,
            merchant_id=merchant_of(due.stream) or "",
            order_id=order,
            payment_id=due.subject,
            psp=facts["psp"],
            psp_ref=facts["psp_ref"],
            amount=Money(left, facts["currency"]),
            expires_at=due.at,
        )
