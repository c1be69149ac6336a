"""Settlement events in the shapes they were first stored in, and how each is lifted to its next version."""

from __future__ import annotations

from datetime import datetime
from typing import Any

from ledger.events.event import UPCASTS, Event
from ledger.ids import Id, PayoutId
from ledger.money import Money


class PayoutInitiatedV1(Event, name="payout.initiated", version=1):
    """Did not say which check of the account it rests on."""

    payout_id: PayoutId
    merchant_id: Id
    amount: Money
    account_ref: Id
    bank_ref: str = ""
    initiated_at: datetime


def _nothing_is_known_of_the_check(payload: dict[str, Any]) -> dict[str, Any]:
    return payload | {"account_verified_at": None}


UPCASTS["payout.initiated", 1] = _nothing_is_known_of_the_check
