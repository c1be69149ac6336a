"""The calls of one endpoint's sender that read or write the database. They block, so they run in threads."""

from __future__ import annotations

from datetime import datetime, timedelta
from typing import NamedTuple

from commands.subscriptions.pause_subscription import PauseSubscription
from ledger.actors import Actor
from ledger.ids import command_id
from service.app import App
from service.failures import accepted
from service.feeds.cloud_events import merchant_event
from service.questions.presentation import instant_in_utc
from service.subscriptions.delivery_rows import DeliveryRows
from service.subscriptions.lease_call import DeliveredEvent
from service.subscriptions.subscriptions import Subscriptions
from service.webhooks.attempt_log import AttemptLog
from service.webhooks.endpoints import Endpoint
from service.webhooks.post import Attempt

SENDER = Actor(kind="system", id="webhooks")
GONE = "endpoint_gone"
_TESTED_WITHIN = timedelta(minutes=10)  # a test that waited for longer is not sent: nobody looks for it any more


class Message(NamedTuple):
    """One webhook: its id, which stays the same in every attempt, and its body."""

    id: str
    body: str


class EndpointCalls:
    """The deliveries of all endpoints, as one member of each group."""

    def __init__(self, app: App, member: str) -> None:
        self._app, self._member = app, member
        self._subscriptions = Subscriptions(app)
        self.log = AttemptLog(app.ledger.engine)

    def now(self) -> datetime:
        """Returns the time that signatures state."""
        return self._app.clock()

    def secrets(self, endpoint: Endpoint) -> list[str]:
        """Returns the secrets that sign now."""
        return list(endpoint.secrets(self._app.ledger, self._app.clock()))

    def lease(self, endpoint: Endpoint, most: int) -> list[DeliveredEvent]:
        """Leases up to `most` events. Raises as `Subscriptions.lease` does."""
        return list(self._subscriptions.lease(endpoint.id, self._member, most).events)

    def delivered(self, endpoint: Endpoint, event: DeliveredEvent, attempt: Attempt) -> None:
        """Acknowledges the event. Raises `NotHeld` if it was taken back."""
        self._note(endpoint, event, attempt)
        self._subscriptions.acknowledge(endpoint.id, self._member, [event.receipt])

    def failed(
        self, endpoint: Endpoint, event: DeliveredEvent, attempt: Attempt, retry_after: timedelta | None
    ) -> None:
        """Gives the event back until its next attempt, or parks it if there is none. Raises `NotHeld`."""
        self._note(endpoint, event, attempt)
        self._subscriptions.give_back(
            endpoint.id,
            self._member,
            [event.receipt],
            retry_after_s=retry_after.total_seconds() if retry_after else None,
            park=retry_after is None,
            reason=attempt.reason,
        )
        if attempt.is_gone:
            self._pause(endpoint, event)

    def release(self, endpoint: Endpoint, event: DeliveredEvent) -> None:
        """Gives an event back that there is no time to send under this lease."""
        self._subscriptions.give_back(
            endpoint.id, self._member, [event.receipt], retry_after_s=0.0, reason="no time was left to send it"
        )

    def leave(self, endpoint: Endpoint) -> None:
        """Leaves the group, so that another process delivers at once."""
        rows = DeliveryRows(self._app.ledger.engine, endpoint.id, endpoint.settings)
        rows.leave(self._member)

    def test_of(self, endpoint: Endpoint) -> Message | None:
        """Returns the test that is to be sent now, or None."""
        row = endpoint.test
        if row is None or self._app.clock() > row.recorded_at + _TESTED_WITHIN:
            return None
        if self.log.has(endpoint.id, row.book, row.position, since=row.recorded_at):
            return None
        about = {"subscription_id": endpoint.id, "requested_at": instant_in_utc(row.occurred_at)}
        return Message(row.event_id, merchant_event(self._app.ledger.identity.ledger_id, row, about, []))

    def tested(self, endpoint: Endpoint, attempt: Attempt) -> None:
        """Notes the result of the test."""
        assert endpoint.test, "it was sent"
        self.log.add(endpoint.id, endpoint.test.book, endpoint.test.position, number=0, attempt=attempt)

    def _note(self, endpoint: Endpoint, event: DeliveredEvent, attempt: Attempt) -> None:
        self.log.add(endpoint.id, event.row.book, event.row.position, number=event.attempt, attempt=attempt)

    def _pause(self, endpoint: Endpoint, event: DeliveredEvent) -> None:
        about = (str(event.row.book), str(event.row.position), str(event.receipt.lease))
        pausing = PauseSubscription(
            id=command_id("webhook_gone", endpoint.subscription.name, *about),
            actor=SENDER,
            subscription_id=endpoint.id,
            reason=GONE,
        )
        accepted(self._app.bus.submit([pausing])[0])
