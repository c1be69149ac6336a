"""Questions about access from outside: accounts and their tokens."""

from __future__ import annotations

from datetime import datetime
from functools import partial
from typing import TYPE_CHECKING, Any

from service.questions.parameters import Parameter
from service.questions.question import ADMINS, Question
from service.tables import tables

if TYPE_CHECKING:
    from service.questions.asked import Asked


def _accounts(asked: Asked) -> Any:
    from projections.access.access_accounts import accounts

    return asked.page(partial(accounts, asked.views))


def _tokens(asked: Asked) -> Any:
    from projections.access.access_accounts import tokens

    return asked.page(partial(tokens, asked.views, account=asked["account"]))


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
)
