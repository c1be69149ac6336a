"""The one place where money meets accounts: an event in, its balanced journal entry out (domain §3.4, P1–P27)."""

from __future__ import annotations

from collections.abc import Iterable

from ledger.canonical import LAST_SAFE
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
from ledger.refusals.finance import AmountTooLarge

# Importing them registers their rules.
RULES = (adjustments, bank, buyer_funds, disputes, logistics, orders, payouts, platform, psp_settlement, unmatched)


def post(event: Event) -> Entry | None:
    """The entry that is stored beside the event. Looks nothing up and converts nothing: the event holds it all.

    Raises `MerchantChargeNotAllowed` for an entry that takes from a merchant what no merchant pays, whatever the event,
    and `AmountTooLarge` for one whose amounts, multiplied by a rate, no stored number holds exactly.
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
            if abs(minor) > LAST_SAFE:
                raise AmountTooLarge(amount=str(minor), currency=currency, account=line.account, most=str(LAST_SAFE))
