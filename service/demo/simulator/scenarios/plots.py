"""The list of plots and their frequencies."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from dataclasses import dataclass
from random import Random

from service.demo.simulator.scenarios import (
    after_sales,
    customs,
    disputes,
    last_mile,
    order_changes,
    payments,
    races,
    scenarios,
    warehouse,
)
from service.demo.simulator.scenarios.order_steps import Scenario
from service.demo.simulator.step import Step


@dataclass(frozen=True, slots=True)
class Plot:
    """A plot. `weight` is its share in thousandths of the orders, 0 if it occurs once. `express` requires merchants
    with Express Refund on or off; `units` is the least number of units; `market` and `day` of the month are given if
    they matter.
    """

    weight: int
    submit: Callable[[Scenario], Iterator[Step]]
    express: bool | None = None
    units: int = 1
    market: str = ""
    day: int | None = None


PLOTS = (
    Plot(500, scenarios.delivered),
    Plot(75, scenarios.held_by_customs),
    Plot(65, scenarios.collected_after_an_attempt),
    Plot(75, scenarios.in_two_parcels),
    Plot(25, scenarios.captured_before_the_order),
    Plot(20, scenarios.reported_twice_by_the_provider),
    Plot(35, scenarios.cancelled_after_payment),
    Plot(25, scenarios.cancelled_unpaid),
    Plot(25, scenarios.declined),
    Plot(35, after_sales.refunded_before_dispatch, express=True),
    Plot(10, after_sales.waiting_for_two_rounds, express=False),
    Plot(10, after_sales.approved_in_two_rounds, express=False),
    Plot(8, after_sales.rejected_in_the_second_round, express=False),
    Plot(6, after_sales.withdrawn, express=False),
    Plot(3, after_sales.scanned_after_the_refund, express=True),
    Plot(12, after_sales.returned_with_the_goods),
    Plot(10, after_sales.returned_without_the_goods),
    Plot(4, after_sales.never_sent_back),
    Plot(1, after_sales.never_sent_back_and_disputed),
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
    Plot(2, order_changes.of_a_market_that_is_not_open),
    Plot(2, order_changes.of_a_product_out_of_the_pool),
    Plot(2, order_changes.at_a_quote_that_has_expired),
    Plot(1, order_changes.with_a_wrong_total),
    Plot(4, order_changes.cancelled_in_part, units=2),
    Plot(3, order_changes.sent_to_another_address),
    Plot(6, payments.captured_in_parts),
    Plot(5, payments.paid_in_two_payments),
    Plot(4, payments.voided),
    Plot(2, payments.captured_after_the_hold_lapsed),
    Plot(1, payments.captured_after_cancelling),
    Plot(1, payments.captured_for_no_order),
    Plot(3, payments.captured_twice),
    Plot(2, payments.capture_failed_before_dispatch),
    Plot(1, payments.capture_failed_after_dispatch),
    Plot(0, payments.capture_failed_while_a_refund_was_on_its_way),
    Plot(0, payments.captured_in_a_currency_without_a_rate),
    Plot(1, payments.captured_at_another_amount),
    Plot(1, payments.refunded_twice_by_the_provider),
    Plot(2, disputes.inquiry_closed),
    Plot(2, disputes.chargeback_won),
    Plot(2, disputes.chargeback_lost_by_the_merchant),
    Plot(2, disputes.chargeback_lost_by_the_platform),
    Plot(1, disputes.second_stage_won),
    Plot(8, warehouse.late_to_the_warehouse),
    Plot(4, warehouse.never_dispatched),
    Plot(4, warehouse.in_domestic_transit),
    Plot(2, warehouse.rejected_at_the_warehouse),
    Plot(2, warehouse.at_the_wrong_warehouse),
    Plot(5, warehouse.consolidated, units=2),
    Plot(4, warehouse.split, units=2),
    Plot(1, warehouse.scanned_as_a_parcel_of_nobody),
    Plot(1, warehouse.by_a_number_used_twice, units=2),
    Plot(8, warehouse.reported_out_of_order),
    Plot(4, customs.detained_then_closed),
    Plot(1, customs.declared_twice),
    Plot(1, customs.declared_without_a_payment),
    Plot(1, customs.declared_at_another_amount),
    Plot(1, customs.not_declared_at_all),
    Plot(1, customs.rejected_then_declared_anew),
    Plot(1, customs.refused_and_destroyed),
    Plot(1, customs.refused_and_sent_back),
    Plot(1, customs.with_a_duty_the_buyer_did_not_cover, market="US"),
    Plot(2, last_mile.returned_to_sender),
    Plot(6, last_mile.with_words_nobody_knows),
    Plot(1, last_mile.signed_by_a_clock_ahead),
    Plot(1, last_mile.signed_although_lost),
    Plot(1, last_mile.found_before_the_refund),
    Plot(2, last_mile.lost_and_compensated),
    Plot(1, last_mile.lost_and_denied),
    Plot(1, last_mile.broken_and_destroyed),
    Plot(0, last_mile.deemed_signed, day=24),
    Plot(1, last_mile.reported_of_an_order_that_stands),
    Plot(0, last_mile.assessed_weeks_ahead, market="US", day=20),
    Plot(3, races.asked_while_locked),
    Plot(1, races.asked_twice_at_once, express=False),
    Plot(1, races.approved_while_it_is_withdrawn, express=False),
    Plot(1, races.approved_by_the_wrong_people, express=False),
    Plot(1, races.dispatched_after_the_refund, express=True),
)
_WEIGHTS = [plot.weight for plot in PLOTS]


def plot_of(random: Random, number: int) -> Plot:
    """Returns the plot of a month's order by its number. Each plot occurs once before chance decides."""
    if number <= len(PLOTS):
        return PLOTS[number - 1]
    (plot,) = random.choices(PLOTS, _WEIGHTS)
    return plot
