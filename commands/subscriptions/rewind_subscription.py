"""Moving the place of a subscription."""

from __future__ import annotations

from collections.abc import Iterator
from typing import Self

from pydantic import model_validator

from commands.rules import Rules
from commands.subscriptions.subscription_command import PositionToken, SubscriptionCommand, created, place
from ledger.events.event import Event
from ledger.events.subscriptions import SubscriptionRewound
from ledger.instants import Instant
from ledger.log.places import Places
from ledger.numbers import Count, Position
from ledger.refusals.finance import BookUnknown
from ledger.refusals.subscriptions import PositionUnusable
from ledger.streams.subscriptions import Subscription


class RewindSubscription(SubscriptionCommand, name="rewind_subscription"):
    """Moves the place of the subscription, back or ahead. Everything after the new place is delivered as new.

    The place is one of three: the `token` of a place; `recorded_from`, before all events that were recorded at this
    instant or later; or a `position` of one `book`, where the other books stay. Events in flight are taken back.
    Parked events after the new place are forgotten, since they are delivered again; those before it stay parked.
    """

    token: PositionToken | None = None
    recorded_from: Instant | None = None
    book: Count | None = None
    position: Position | None = None

    @model_validator(mode="after")
    def _names_one_place(self) -> Self:
        given = [self.token is not None, self.recorded_from is not None, self.book is not None]
        if sum(given) != 1 or (self.book is None) != (self.position is None):
            raise ValueError("give one place: token, or recorded_from, or book with position")
        return self


def decide(command: RewindSubscription, subscription: Subscription, rules: Rules) -> Iterator[Event]:
    created(subscription, command.subscription_id)
    yield SubscriptionRewound(
        subscription_id=command.subscription_id,
        positions=place(lambda: _positions(command, rules.places)),
        rewound_by=command.actor,
        rewound_at=command.decided_at,
    )


def _positions(command: RewindSubscription, places: Places) -> dict[int, int]:
    if command.token is not None:
        return dict(places.of_token(command.token))
    if command.recorded_from is not None:
        return dict(places.before(command.recorded_from))
    assert command.book is not None, "the command names one place"
    assert command.position is not None, "it comes with the book"
    heads = places.end()
    if command.book not in heads:
        raise BookUnknown(book=command.book)
    if command.position > heads[command.book]:
        raise PositionUnusable(reason=f"the last position of book {command.book} is {heads[command.book]}")
    return {command.book: command.position}
