"""Every question about money takes both times, at every entrance; a new one has to say why not."""

from __future__ import annotations

from service.questions.registry import QUESTIONS

BOTH = {"as_of", "as_known_at"}
# Which months are closed is about no accounting day. Whose turn it is to decide, what keeps a refund, where parcels
# are, and whether papers tie is of now: what cases may take is asked of `balances`, what is owed to buyers of
# `exposure`, by both times.
ONLY_AS_KNOWN = {"periods"}
OF_NOW = {"approvals", "overdue", "unsent-refunds", "declarations", "parked"}
# These say where an order's parcels are, one thing by its id or the statements of one run, what has a reference, what
# was recorded when, how the ledger is, or who has access to it.
NO_QUESTIONS_OF_MONEY = {
    "track",
    "run-statements",
    "search",
    "audit",
    "status",
    "accounts",
    "refused-commands",
    "tokens",
    "generations",
    "view-lags",
    "automation",
    "next-releases",  # of now: a past one is an event
    "subscriptions",
    "deliveries",
    "subscription",
    *(name for name in QUESTIONS if name.startswith("show ")),
}


def test_every_money_question_takes_both_times() -> None:
    lacking = {}
    for name in QUESTIONS.keys() - OF_NOW - NO_QUESTIONS_OF_MONEY:
        times = {"as_known_at"} if name in ONLY_AS_KNOWN else BOTH
        lacking[name] = times - {parameter.name for parameter in QUESTIONS[name].parameters}
    assert {name: times for name, times in lacking.items() if times} == {}
