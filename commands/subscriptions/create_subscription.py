"""Creating a subscription."""

from __future__ import annotations

from collections.abc import Iterator, Mapping

from commands.rules import Rules
from commands.subscriptions.subscription_command import DefiningCommand, PositionToken, place
from ledger.events.event import Event
from ledger.events.subscriptions import SubscriptionCreated
from ledger.ids import Id, access_account_stream
from ledger.log.places import Places
from ledger.refusals.access import AccessAccountNotOpen
from ledger.refusals.catalogue import RoleNotAllowed
from ledger.refusals.subscriptions import SubscriptionExists
from ledger.streams.subscriptions import Subscription

FIRST, END = "first", "now"


class CreateSubscription(DefiningCommand, name="create_subscription"):
    """Creates a subscription of an account, by default your own. The service keeps its place, and delivers each event
    until it is acknowledged. Only an admin creates one of another account.

    It begins at `start`: `first` is the first event of the ledger, `now` the end of the log, and a position token the
    place of that token.
    """

    account_id: Id | None = None
    start: PositionToken = END

    @property
    def owner(self) -> str:
        return self.account_id or self.actor.id

    @property
    def reads(self) -> tuple[str, ...]:
        return (access_account_stream(self.owner),)

    @property
    def access_account(self) -> str:
        return self.owner


def decide(command: CreateSubscription, subscription: Subscription, rules: Rules) -> Iterator[Event]:
    if subscription.created:
        raise SubscriptionExists(subscription_id=command.subscription_id, state=subscription.state)
    account, places = rules.access_account(command.owner), rules.places
    if account.opened is None or account.closed:
        raise AccessAccountNotOpen(account_id=command.owner, state=account.state)
    role, scope = account.opened.roles[0], account.opened.scope  # people of the platform read alike in all their roles
    if role == "buyer":
        raise RoleNotAllowed(role=role, needed="the platform's or merchant")
    yield SubscriptionCreated(
        subscription_id=command.subscription_id,
        owner=command.owner,
        role=role,
        scope=scope,
        delivery="webhook" if command.url else "lease",
        wanted=command.wanted_by(scope, places),
        settings=command.settings(),
        start={} if command.start == FIRST else place(lambda: _start(command.start, places)),
        created_by=command.actor,
        created_at=command.decided_at,
    )


def _start(start: str, places: Places) -> Mapping[int, int]:
    return places.end() if start == END else places.of_token(start)
