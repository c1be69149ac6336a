"""The excess of lost disputes, divided again after another dispute or a refund of the same units was undone."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import fields
from datetime import datetime

from commands.rules import Rules
from commands.settlement.releases import closed_at_once, kept_fees, released
from ledger.events.disputes import DisputeExcessReopened, DisputeLost
from ledger.events.event import Event
from ledger.money import Money, split, total
from ledger.policies.liability import Liability
from ledger.streams.amounts.dispute_shares import loss, shared
from ledger.streams.orders.order import Order
from ledger.streams.units.unit_bearers import bearer_of, dispute_cause


def excess_divided(order: Order, freed: Money, rules: Rules, *, at: datetime) -> Iterator[Event]:
    """Yields shares of what lost disputes took more than there was, up to `freed` money of the buyer, which was undone;
    and the release of units that the platform bears."""
    before = order
    for dispute in order.disputes:
        if dispute.lost and dispute.lost.amount.currency == freed.currency:
            events = list(_divided(order, dispute.lost, freed, rules, at))
            yield from events
            for event in events:
                order = order.after(event)
                freed -= shared(event) if isinstance(event, DisputeLost) else freed * 0
    if order is not before:
        yield from released(order, closed_at_once(order, rules, at=at), rules, at=at)


def _divided(order: Order, lost: DisputeLost, freed: Money, rules: Rules, at: datetime) -> Iterator[Event]:
    amount = min(freed, lost.amount - shared(lost))
    if amount.minor <= 0:
        return
    names = ("merchant_id", "order_id", "dispute_id", "payment_id", "capture_ref", "psp")
    reopened = DisputeExcessReopened(
        **{name: getattr(lost, name) for name in names},
        amount=amount,
        carried=_carried(lost, amount),
        reopened_at=at,
    )
    policy, cause, later = rules.policy(Liability), dispute_cause(lost.reason), order.after(reopened)
    parts = loss(
        later,
        later.disputes.by_id[lost.dispute_id],
        kept_fees(order, rules),
        amount=amount,
        carried=reopened.carried,
        bearer=lambda line: bearer_of(order, line.parcel_id, cause=cause, reason=lost.reason, policy=policy),
    )
    if parts.lines or parts.owed or parts.unallocated or parts.charges:
        yield reopened
        shares = {field.name: getattr(parts, field.name) for field in fields(parts)}
        shares |= {"liability_version": rules.used[Liability.key], "amount": amount, "carried": reopened.carried}
        yield lost.model_copy(update=shares)


def _carried(lost: DisputeLost, amount: Money) -> Money:
    """Returns the part of the platform's expense for `amount` of the excess."""
    platforms = [line.buyer_amount for line in lost.lines if not line.is_merchants(lost.liability)]
    borne = lost.amount - shared(lost) + total(platforms, amount.currency)
    return split(lost.expense, [amount.minor, (borne - amount).minor])[0]
