"""The menu of commands that take two people: submitted by `propose`, and decided again by `approve_proposal`."""

from __future__ import annotations

from commands.accounting import close_period, post_adjustment, reopen_period
from commands.authority import TWO_PEOPLE
from commands.command import Handler
from commands.parking import park_effect, park_item, unpark_effect, unpark_item
from commands.payouts import write_off_merchant_debt
from commands.policies import publish_policy, set_fee_schedule
from commands.refunds import pay_refund_by_alternative

PROPOSABLE: dict[str, Handler] = {
    "publish_policy": Handler(publish_policy.PublishPolicy, publish_policy.decide, TWO_PEOPLE),
    "set_fee_schedule": Handler(set_fee_schedule.SetFeeSchedule, set_fee_schedule.decide, TWO_PEOPLE),
    "pay_refund_by_alternative": Handler(
        pay_refund_by_alternative.PayRefundByAlternative, pay_refund_by_alternative.decide, TWO_PEOPLE
    ),
    "post_adjustment": Handler(post_adjustment.PostAdjustment, post_adjustment.decide, TWO_PEOPLE),
    "write_off_merchant_debt": Handler(
        write_off_merchant_debt.WriteOffMerchantDebt, write_off_merchant_debt.decide, TWO_PEOPLE
    ),
    "close_period": Handler(close_period.ClosePeriod, close_period.decide, TWO_PEOPLE),
    "reopen_period": Handler(reopen_period.ReopenPeriod, reopen_period.decide, TWO_PEOPLE),
    "park_effect": Handler(park_effect.ParkEffect, park_effect.decide, TWO_PEOPLE),
    "unpark_effect": Handler(unpark_effect.UnparkEffect, unpark_effect.decide, TWO_PEOPLE),
    "park_item": Handler(park_item.ParkItem, park_item.decide, TWO_PEOPLE),
    "unpark_item": Handler(unpark_item.UnparkItem, unpark_item.decide, TWO_PEOPLE),
}
