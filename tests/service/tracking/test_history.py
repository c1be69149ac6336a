"""An order's history: one step an event, what it changed, and the order as it stood."""

from collections.abc import Callable

import pytest

from projections.tracking.tracking import track
from service.app import App
from service.failures import ServiceFailure
from service.tracking.history import history_of
from service.tracking.tracking import reported

FindOrder = Callable[[str], str]


def test_there_is_a_step_for_every_event_of_the_order(month_app: App, an_order: FindOrder) -> None:
    steps = list(history_of(month_app.ledger, an_order("settlement.released")))
    assert [step.recorded.version for step in steps] == list(range(1, len(steps) + 1))


def test_a_step_shows_the_order_after_its_event_and_nothing_later(month_app: App, an_order: FindOrder) -> None:
    order = an_order("settlement.released")
    whole = list(history_of(month_app.ledger, order))
    for step in whole:
        (*_, last) = history_of(month_app.ledger, order, upto=step.recorded.version)
        assert last.state == step.state


def test_what_changed_is_just_what_differs_between_two_states(month_app: App, an_order: FindOrder) -> None:
    first, second, *_ = history_of(month_app.ledger, an_order("parcel.dispatched"))
    assert first.changed
    assert not set(first.changed.items()) & set(second.changed.items())


def test_a_dispatch_shows_what_became_of_the_parcel(month_app: App, an_order: FindOrder) -> None:
    steps = history_of(month_app.ledger, an_order("parcel.dispatched"))
    step = next(step for step in steps if step.recorded.type == "parcel.dispatched")
    assert "dispatched" in step.changed.values()


def test_no_path_of_a_state_shows_a_tuple(month_app: App, an_order: FindOrder) -> None:
    steps = history_of(month_app.ledger, an_order("payment.captured"))
    assert not [path for step in steps for path in step.changed if "(" in path]


def test_a_capture_shows_its_entry(month_app: App, an_order: FindOrder) -> None:
    steps = history_of(month_app.ledger, an_order("payment.captured"))
    entry = next(step.entry for step in steps if step.recorded.type == "payment.captured")
    assert {line["account"] for line in entry} == {"1110", "2220"}


def test_personal_values_stay_sealed(month_app: App, an_order: FindOrder) -> None:
    (placed, *_) = history_of(month_app.ledger, an_order("order.placed"))
    assert placed.state["placed"]["ship_to"] == "sealed"
    assert set(placed.event["ship_to"]) == {"box", "subject"}


def test_an_order_nobody_knows_has_no_history(month_app: App) -> None:
    with pytest.raises(ServiceFailure, match="O-nowhere"):
        list(history_of(month_app.ledger, "O-nowhere"))


def test_every_step_says_where_the_order_stands_on_three_axes(month_app: App, an_order: FindOrder) -> None:
    steps = list(history_of(month_app.ledger, an_order("settlement.released")))
    placed = next(step for step in steps if step.recorded.type == "order.placed")
    assert (placed.axes.fulfilment, placed.axes.after_sales) == ("unfulfilled", "none")
    assert (steps[-1].axes.payment, steps[-1].axes.fulfilment) == ("paid", "delivered")


def test_a_step_shows_what_the_buyer_saw_then(month_app: App, an_order: FindOrder) -> None:
    steps = history_of(month_app.ledger, an_order("parcel.dispatched"))
    step = next(step for step in steps if step.recorded.type == "parcel.dispatched")
    assert step.shown is not None
    (parcel,) = (each for each in step.shown["parcels"] if each["text"] == "Shipped by seller")
    assert parcel["after_sales"]["reason"] == "locked", "by the clock of that day"


def test_the_last_step_shows_what_the_view_shows(month_app: App, an_order: FindOrder) -> None:
    order = an_order("settlement.released")
    (*_, last) = history_of(month_app.ledger, order)
    found = track(month_app.views, order)
    assert found is not None
    assert last.shown == reported(found, last.recorded.occurred_at)


def test_a_step_in_detail_is_that_of_the_whole_history_and_the_others_keep_their_axes_and_entries(
    month_app: App, an_order: FindOrder
) -> None:
    order = an_order("settlement.released")
    whole = list(history_of(month_app.ledger, order))
    for number, step in enumerate(whole, 1):
        found = list(history_of(month_app.ledger, order, detail_of=number))
        assert found[number - 1] == step
        assert [(each.axes, each.entry) for each in found] == [(each.axes, each.entry) for each in whole]
        assert [each for each in found if each.state] == [step]
