"""The question about webhooks: the attempts to deliver the events of a subscription."""

from __future__ import annotations

from datetime import datetime
from typing import TYPE_CHECKING, Any

from service.questions.parameters import Parameter
from service.questions.question import ADMINS, Question, Readers
from service.tables import tables

if TYPE_CHECKING:
    from service.questions.asked import Asked


def _deliveries(asked: Asked) -> Any:
    from service.subscriptions.subscriptions import Subscriptions
    from service.webhooks.attempt_log import AttemptLog

    subscription, reader = asked["subscription"], asked.reader
    is_owners = reader is not None and reader.role not in ADMINS.any
    Subscriptions(asked.app).found(subscription, reader if is_owners else None)
    log = AttemptLog(asked.app.ledger.engine)
    return asked.page(lambda *, limit, after: log.page(subscription, before=after, limit=limit))


QUESTIONS = (
    Question(
        name="deliveries",
        group="access",
        path="/subscriptions/{subscription}/deliveries",
        says="List the attempts to deliver a subscription's events to its webhook, the newest first.\n\nEach has the"
        " status of the answer, or the reason why there was none; attempt 0 is a test. They are kept for seven days."
        " Others than admins and auditors see those of their own account's subscriptions.",
        find=_deliveries,
        answer="service.webhooks.attempt_log:LoggedAttempt",
        readers=Readers(ADMINS.any, frozenset({"finance", "support", "service", "merchant"})),
        noun="Subscription",
        without_times="An attempt never changes.",
        own_parameters=(Parameter(name="subscription", says="Id of the subscription.", argument=True, required=True),),
        key={"attempted_at": datetime, "book": int, "position": int},
        table=tables.DELIVERIES,
    ),
)
