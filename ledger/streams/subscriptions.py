"""The stream of one subscription: who subscribes to what, and the decisions about its place."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime
from functools import singledispatchmethod
from typing import Any

from ledger.events.subscriptions import (
    DeliverySettings,
    ParkedEventReplayed,
    ParkedEventSkipped,
    SubscriptionChanged,
    SubscriptionCreated,
    SubscriptionPaused,
    SubscriptionResumed,
    SubscriptionRetired,
    SubscriptionRewound,
    WantedEvents,
    WebhookSecretRotated,
)
from ledger.sealed import Sealed
from ledger.streams.stream import Stream

PlaceEvent = SubscriptionRewound | ParkedEventReplayed | ParkedEventSkipped


@dataclass(frozen=True, slots=True)
class PlaceDecision:
    """A decision that changes a place, and its version in the stream. The deliveries of each book carry it out once."""

    version: int
    event: PlaceEvent


class Subscription(Stream):
    """The stream `subscription/<id>`."""

    def __init__(self, name: str) -> None:
        super().__init__(name)
        self.created: SubscriptionCreated | None = None
        self.wanted: WantedEvents | None = None
        self.settings: DeliverySettings | None = None
        self.paused: SubscriptionPaused | None = None
        self.retired = False
        self.decisions: list[PlaceDecision] = []
        self._rotations: list[WebhookSecretRotated] = []

    @property
    def access_account(self) -> str | None:
        return self.created.owner if self.created else None

    @property
    def state(self) -> str:
        if self.created is None:
            return "never created"
        return "retired" if self.retired else "paused" if self.paused else "active"

    @property
    def is_open(self) -> bool:
        return self.created is not None and not self.retired

    def secrets_at(self, now: datetime) -> Sequence[Sealed[str]]:
        """Returns the secrets that sign webhooks at this time, the newest first."""
        before = zip(self._rotations, self._rotations[1:], strict=False)
        ending = [each.secret for each, next_ in before if now < next_.previous_ends_at]
        return [each.secret for each in self._rotations[-1:]] + ending[::-1]

    @singledispatchmethod
    def evolve(self, event: Any) -> None:
        """Applies one event to the state."""

    @evolve.register
    def _(self, event: SubscriptionCreated) -> None:
        self.created, self.wanted, self.settings = event, event.wanted, event.settings

    @evolve.register
    def _(self, event: SubscriptionChanged) -> None:
        self.wanted, self.settings = event.wanted, event.settings

    @evolve.register
    def _(self, event: SubscriptionPaused) -> None:
        self.paused = event

    @evolve.register
    def _(self, event: SubscriptionResumed) -> None:
        self.paused = None

    @evolve.register
    def _(self, event: SubscriptionRetired) -> None:
        self.retired = True

    @evolve.register
    def _(self, event: WebhookSecretRotated) -> None:
        self._rotations.append(event)

    @evolve.register(SubscriptionRewound)
    @evolve.register(ParkedEventReplayed)
    @evolve.register(ParkedEventSkipped)
    def _(self, event: PlaceEvent) -> None:
        self.decisions.append(PlaceDecision(self.version + 1, event))
