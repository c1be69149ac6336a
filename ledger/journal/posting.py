"""The one place where money meets accounts: from an event to its balanced entry (domain §3.4, P1–P27)."""

from __future__ import annotations

from collections.abc import Iterable

from ledger.events.event import Event
from ledger.fx import CNY
from ledger.journal.charges import check_charges
from ledger.journal.entry import Entry, Line
from ledger.journal.rule import rule
from ledger.journal.rules import (
    adjustments,
    bank,
    buyer_funds,
    disputes,
    logistics,
    orders,
    payouts,
    platform,
    psp_settlement,
    unmatched,
)
from ledger.limits import LARGEST_NUMBER
from ledger.refusals.finance import AmountTooLarge

# The imports register the rules.
RULES = (adjustments, bank, buyer_funds, disputes, logistics, orders, payouts, platform, psp_settlement, unmatched)


def post(event: Event) -> Entry | None:
    """Returns the journal entry of the event, or None if it moves no money. Uses the event's own fields only.

    Raises `MerchantChargeNotAllowed` for an entry that takes from a merchant a charge that no merchant pays, and
    `AmountTooLarge` for an amount or base beyond 2^53 - 1 minor units.
    """
    draft = rule(event)
    if draft is None or not draft.lines:
        return None
    check_charges(draft.lines)
    _check_size(draft.lines)
    return Entry(tuple(draft.lines))


def _check_size(lines: Iterable[Line]) -> None:
    for line in lines:
        for minor, currency in ((line.amount, line.currency), (line.base, CNY)):
            if abs(minor) > LARGEST_NUMBER:
                most = str(LARGEST_NUMBER)
                raise AmountTooLarge(amount=str(minor), currency=currency, account=line.account, most=most)
