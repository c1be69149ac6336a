"""Questions about access from outside: accounts, their tokens, and subscriptions with their deliveries."""

from __future__ import annotations

from datetime import datetime
from functools import partial
from typing import TYPE_CHECKING, Any

from service.questions.parameters import MERCHANT, Parameter
from service.questions.question import ADMINS, Question, Readers
from service.tables import tables

if TYPE_CHECKING:
    from ledger.streams.subscriptions import Subscription
    from service.questions.asked import Asked
    from service.questions.reader import Reader


def _accounts(asked: Asked) -> Any:
    from projections.access.access_accounts import accounts

    return asked.page(partial(accounts, asked.views))


def _tokens(asked: Asked) -> Any:
    from projections.access.access_accounts import tokens

    return asked.page(partial(tokens, asked.views, account=asked["account"]))


def _subscriptions(asked: Asked) -> Any:
    from service.subscription_list import listed, merchant_of_events

    def is_wanted(each: Subscription) -> bool:
        return asked["merchant"] in (None, merchant_of_events(each)) and _is_shown(each, asked.reader)

    return asked.page(partial(listed, asked.app, is_wanted))


def _subscription(asked: Asked) -> Any:
    from service.subscription_list import details, subscription_of

    found = subscription_of(asked.app, asked["id"])
    return details(asked.app, found) if found and _is_shown(found, asked.reader) else None


def _deliveries(asked: Asked) -> Any:
    from service.subscription_list import subscription_of
    from service.webhook_attempts import attempts_of

    id, engine = asked["subscription"], asked.app.ledger.engine
    found = subscription_of(asked.app, id)
    if found is None or not _is_shown(found, asked.reader):
        return None
    return asked.page(lambda *, limit, after: attempts_of(engine, id, before=after, limit=limit))


def _is_shown(subscription: Subscription, reader: Reader | None) -> bool:
    """True if the reader may see it: an admin and an auditor see all, others those of their account, and a merchant's
    accounts those of each other."""
    if reader is None or reader.role in ADMINS.any:
        return True
    created = subscription.created
    assert created, "only those that were created are asked about"
    return created.owner == reader.account_id or (reader.merchant is not None and created.scope == reader.merchant)


_SUBSCRIBERS = Readers(ADMINS.any, frozenset({"finance", "support", "service", "merchant"}))

QUESTIONS = (
    Question(
        name="accounts",
        group="access",
        path="/accounts",
        says="List access accounts: people and services that may reach the ledger over HTTP, with their roles and "
        "scope.\n\nThey are not accounts of the chart; `trial-balance` shows those.",
        find=_accounts,
        answer="projections.access.access_accounts:AccountRow",
        readers=ADMINS,
        views=("access_accounts",),
        folds=True,
        key={"account_id": str},
        table=tables.ACCESS_ACCOUNTS,
    ),
    Question(
        name="tokens",
        group="access",
        path="/tokens",
        says="List access tokens without their secrets: account, role, end, and day of last use.",
        find=_tokens,
        answer="projections.access.access_accounts:TokenRow",
        readers=ADMINS,
        views=("access_accounts",),
        own_parameters=(Parameter(name="account", says="Only tokens of this account.", filter="access_account"),),
        folds=True,
        key={"account_id": str, "created_at": datetime, "token_id": str},
        table=tables.ACCESS_TOKENS,
    ),
    Question(
        name="subscriptions",
        group="access",
        path="/subscriptions",
        says="List subscriptions to the log: what each delivers, how far it is behind, and what waits.\n\nOthers than"
        " admins and auditors see those of their own account.",
        find=_subscriptions,
        answer="service.subscription_list:SubscriptionRow",
        readers=_SUBSCRIBERS,
        own_parameters=(MERCHANT.saying("Only subscriptions to the events of this merchant."),),
        key={"subscription_id": str},
        table=tables.SUBSCRIPTIONS,
        without_times="It shows how far deliveries are now; the place of a subscription is kept without its past.",
    ),
    Question(
        name="subscription",
        group="access",
        path="/subscriptions/{id}",
        says="Show one subscription: its choice and limits, its place, the members of its group, and parked events.",
        find=_subscription,
        answer="service.subscription_list:SubscriptionDetails",
        readers=_SUBSCRIBERS,
        noun="Subscription",
        without_times="It shows how far deliveries are now; the place of a subscription is kept without its past.",
        own_parameters=(Parameter(name="id", says="Id of the subscription.", argument=True, required=True),),
    ),
    Question(
        name="deliveries",
        group="access",
        path="/subscriptions/{subscription}/deliveries",
        says="List the attempts to deliver a subscription's events to its webhook, the newest first.\n\nEach has the"
        " status of the answer, or the reason why there was none; attempt 0 is a test. They are kept for seven days."
        " Others than admins and auditors see those of their own account's subscriptions.",
        find=_deliveries,
        answer="service.webhook_attempts:LoggedAttempt",
        readers=_SUBSCRIBERS,
        noun="Subscription",
        without_times="An attempt never changes.",
        own_parameters=(Parameter(name="subscription", says="Id of the subscription.", argument=True, required=True),),
        key={"attempted_at": datetime, "book": int, "position": int},
        table=tables.DELIVERIES,
    ),
)
