"""Every plot there is, and how often it is told."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from dataclasses import dataclass
from random import Random

from service.simulator import after_sales, stories
from service.simulator.catalogue import Merchant
from service.simulator.step import Step
from service.simulator.telling import Story


@dataclass(frozen=True, slots=True)
class Plot:
    """`weight` of 1,000 orders. `express`: only with merchants that have Express Refund on, or off."""

    weight: int
    tell: Callable[[Story], Iterator[Step]]
    express: bool | None = None

    def is_of(self, merchant: Merchant) -> bool:
        return self.express in (None, merchant.express)


PLOTS = (
    Plot(500, stories.delivered),
    Plot(75, stories.held_by_customs),
    Plot(65, stories.collected_after_an_attempt),
    Plot(75, stories.in_two_parcels),
    Plot(25, stories.captured_before_the_order),
    Plot(20, stories.told_twice_by_the_provider),
    Plot(35, stories.cancelled_after_payment),
    Plot(25, stories.cancelled_unpaid),
    Plot(25, stories.declined),
    Plot(35, after_sales.refunded_before_dispatch, express=True),
    Plot(10, after_sales.waiting_for_two_rounds, express=False),
    Plot(10, after_sales.approved_in_two_rounds, express=False),
    Plot(8, after_sales.rejected_in_the_second_round, express=False),
    Plot(6, after_sales.withdrawn, express=False),
    Plot(3, after_sales.scanned_after_the_refund, express=True),
    Plot(12, after_sales.returned_with_the_goods),
    Plot(10, after_sales.returned_without_the_goods),
    Plot(4, after_sales.never_sent_back),
    Plot(5, after_sales.returned_after_the_release),
    Plot(5, after_sales.return_rejected),
    Plot(6, after_sales.never_received),
    Plot(14, after_sales.lost_on_the_way),
    Plot(3, after_sales.lost_and_found),
    Plot(5, after_sales.without_partner_documents),
    Plot(4, after_sales.with_prohibited_goods),
    Plot(5, after_sales.damaged_on_the_way),
    Plot(6, after_sales.refund_failed_then_resubmitted, express=True),
    Plot(4, after_sales.refund_reversed_then_paid_from_the_bank, express=True),
)
_WEIGHTS = [plot.weight for plot in PLOTS]


def plot_of(random: Random, number: int) -> Plot:
    """The plot of a month's order by its number: each is told once before chance decides."""
    if number <= len(PLOTS):
        return PLOTS[number - 1]
    (plot,) = random.choices(PLOTS, _WEIGHTS)
    return plot
