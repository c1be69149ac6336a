"""Given what happened to an order, then what its buyer sees."""

from __future__ import annotations

import json
from collections.abc import Iterable
from datetime import timedelta
from typing import Any, get_args

import pytest

from ledger.events.event import Event
from ledger.events.logistics import LogisticsClaimAccepted, LogisticsClaimFiled
from ledger.events.milestones import MILESTONES
from ledger.events.orders import OrderCancelled, OrderLineCancelled
from ledger.events.parcels import DutyAssessed, LogisticsChargeRecorded, ParcelsConsolidated
from ledger.events.platform import PolicyPublished
from ledger.events.refunds import RefundWithdrawn, ReturnShipped
from ledger.ledger import Ledger
from ledger.policies.after_sales_lock import AfterSalesLock
from ledger.policies.defaults import default_policies
from ledger.policies.policy import Policy
from projections.engine.rebuild import verify
from projections.engine.views import Views
from projections.engine.worker import ProjectionWorker
from projections.tracking.answer import Headline, OrderTracking, ParcelTracking
from projections.tracking.customer_tracking import CustomerTracking
from projections.tracking.tables import ORDERS, PARCELS, TIMELINE
from projections.tracking.texts import MILESTONE_TEXTS, ORDER_TEXTS
from projections.tracking.tracking import AmbiguousOrder, track
from tests.support.given import BUYER, RATES, cny, published, usd
from tests.support.parcels import (
    ORDER,
    PAID,
    PLACED,
    asked_back,
    at,
    dispatched,
    fact,
    packed,
    refunded,
    signed,
)
from tests.support.view_history import History, recordable

LOCK = next(d.policy for d in default_policies() if isinstance(d.policy, AfterSalesLock))
SENT = (*PAID, packed(A=2), dispatched())
DELIVERED_MILESTONES = [
    "created", "dispatched", "received_at_warehouse", "export_declared", "export_released", "departed", "arrived",
    "import_presented", "import_released", "out_for_delivery", "signed_for",
]  # fmt: skip
WAY = tuple(
    fact(milestone, hours=12 * n, location="Shenzhen") for n, milestone in enumerate(DELIVERED_MILESTONES[2:-1], 1)
)


class Shop:
    """Records events of orders into book 1, policies into book 0, and asks the view."""

    def __init__(self, ledger: Ledger, views: Views) -> None:
        self.ledger, self.views = ledger, views
        self.history = History(ledger)
        self.worker = ProjectionWorker(ledger.engine, ledger.reader, CustomerTracking())

    def publish(self, policy: Policy) -> None:
        event = published(policy)
        assert isinstance(event, PolicyPublished)
        self.record([event], stream=f"policy/{policy.key}", book=0)

    def record(
        self, events: Iterable[Event], *, stream: str = "order/M-1/O-1", book: int = 1, caught_up: bool = True
    ) -> None:
        self.history.record(
            book,
            [recordable(event, stream=stream, occurred_at=at(-2)) for event in events],
        )
        if caught_up:
            self.worker.catch_up()

    def order(self) -> OrderTracking:
        found = track(self.views, "O-1")
        assert found is not None
        return found

    def parcel(self, *events: Event) -> ParcelTracking:
        """The one parcel after these events of a paid order."""
        self.record((*PAID, *events))
        (parcel,) = self.order().parcels
        return parcel


@pytest.fixture
def shop(ledger: Ledger, views: Views) -> Shop:
    shop = Shop(ledger, views)
    shop.publish(LOCK)
    return shop


def test_an_order_nobody_has_heard_of_is_none(shop: Shop) -> None:
    assert track(shop.views, "O-9") is None


def test_a_placed_order_waits_for_payment(shop: Shop) -> None:
    shop.record([PLACED])
    assert (shop.order().status, shop.order().text) == ("placed", "Waiting for payment")


def test_a_buyer_sees_the_title_that_was_shown(shop: Shop) -> None:
    shop.record(PAID)
    assert [line.title for line in shop.order().lines] == ["Product A", "Product B"]


def test_a_parcel_names_its_items(shop: Shop) -> None:
    (item,) = shop.parcel(packed(A=2)).items
    assert (item.line_id, item.title, item.qty) == ("A", "Product A", 2)


def test_a_delivered_parcel_shows_both_legs_and_customs(shop: Shop) -> None:
    parcel = shop.parcel(packed(), dispatched(), *WAY, signed(hours=200))
    assert [entry.milestone for entry in parcel.timeline] == DELIVERED_MILESTONES


def test_the_timeline_is_in_the_order_things_happened(shop: Shop) -> None:
    parcel = shop.parcel(signed(hours=200), *reversed(WAY), dispatched(), packed())
    assert [entry.milestone for entry in parcel.timeline] == DELIVERED_MILESTONES


def test_a_late_scan_does_not_move_a_parcel_back(shop: Shop) -> None:
    parcel = shop.parcel(packed(), fact("departed", hours=48, location="Hong Kong"), dispatched())
    assert (parcel.milestone, parcel.stage, parcel.location) == ("departed", "line_haul", "Hong Kong")


def test_a_lost_parcel_says_so(shop: Shop) -> None:
    assert shop.parcel(packed(), dispatched(), fact("lost", hours=99)).text == "Lost on the way"


def test_a_found_parcel_is_where_it_was(shop: Shop) -> None:
    parcel = shop.parcel(packed(), fact("departed", hours=9), fact("lost", hours=20), fact("found", hours=30))
    assert parcel.milestone == "departed"


def test_a_consolidation_stands_in_the_timeline_of_every_parcel(shop: Shop) -> None:
    together = ParcelsConsolidated(
        order_id="O-1",
        from_parcels=("P-1", "P-2"),
        to_parcels=("P-3",),
        tracking_no="C-1",
        contents=(),
        happened_at=at(9),
    )
    shop.record((*PAID, packed(A=1), packed("P-2", A=1), together))
    shown = {p.parcel_id: [entry.milestone for entry in p.timeline][-1] for p in shop.order().parcels}
    assert shown == dict.fromkeys(("P-1", "P-2", "P-3"), "consolidated")


def test_a_parcel_may_be_heard_of_before_its_order(shop: Shop) -> None:
    shop.record([fact("departed", hours=1)])
    assert (shop.order().status, shop.order().parcels[0].milestone) == ("unplaced", "departed")


def test_a_parcel_is_late_once_its_promise_has_passed(shop: Shop) -> None:
    parcel = shop.parcel(packed(), dispatched())
    assert parcel.is_late(PLACED.promised_warehouse_by + timedelta(seconds=1))


def test_a_parcel_that_came_in_time_is_never_late(shop: Shop) -> None:
    parcel = shop.parcel(packed(), dispatched(), fact("received_at_warehouse", hours=24))
    assert not parcel.is_late(PLACED.promised_warehouse_by + timedelta(days=99))


def test_a_parcel_that_nobody_scanned_at_the_warehouse_was_there_before_it_went_on(shop: Shop) -> None:
    parcel = shop.parcel(packed(), dispatched(), fact("departed", hours=24))
    assert not parcel.is_late(PLACED.promised_warehouse_by + timedelta(days=99))


def test_a_parcel_let_pass_after_all_is_on_its_way(shop: Shop) -> None:
    way = (fact("import_refused", hours=90), fact("import_released", hours=120))
    assert shop.parcel(packed(), dispatched(), *way).milestone == "import_released"


def test_the_lock_ends_twenty_days_after_dispatch(shop: Shop) -> None:
    assert shop.parcel(packed(), dispatched()).lock_ends_at == at(0) + timedelta(days=20)


def test_nothing_can_be_asked_while_the_lock_lasts(shop: Shop) -> None:
    parcel = shop.parcel(packed(), dispatched())
    assert not parcel.after_sales(at(0) + timedelta(days=19, hours=23)).allowed


def test_an_unsigned_parcel_can_be_claimed_at_the_very_instant_the_lock_ends(shop: Shop) -> None:
    parcel = shop.parcel(packed(), dispatched())
    assert parcel.after_sales(at(0) + timedelta(days=20)).options == ("not_received",)


def test_a_signed_parcel_can_be_returned_at_once(shop: Shop) -> None:
    parcel = shop.parcel(packed(), dispatched(), signed(hours=100))
    assert parcel.after_sales(at(100)).options == ("return_refund",)


def test_the_lock_is_that_of_the_version_the_order_was_placed_under(shop: Shop) -> None:
    stricter = LOCK.model_copy(update={"window": timedelta(days=30)})
    event = published(stricter, version=2)
    shop.record([event], stream=f"policy/{LOCK.key}", book=0)
    assert shop.parcel(packed(), dispatched()).lock_ends_at == at(0) + timedelta(days=20)


def test_a_lock_by_the_order_ends_with_its_last_parcel(ledger: Ledger, views: Views) -> None:
    shop = Shop(ledger, views)
    shop.publish(LOCK.model_copy(update={"scope": "order"}))
    shop.record((*PAID, packed(A=1), packed("P-2", A=1), dispatched(), dispatched("P-2", hours=48, tracking_no="SF-2")))
    assert {parcel.lock_ends_at for parcel in shop.order().parcels} == {at(48) + timedelta(days=20)}


def test_a_parcel_under_review_offers_nothing_more(shop: Shop) -> None:
    parcel = shop.parcel(packed(), dispatched(), signed(hours=90), asked_back(A=2, parcel_id="P-1"))
    assert parcel.after_sales(at(100)).options == ()


def test_a_withdrawn_case_is_no_review(shop: Shop) -> None:
    withdrawn = RefundWithdrawn(**ORDER, refund_id="R-1", by=BUYER, reason="keeps_it")
    parcel = shop.parcel(packed(), dispatched(), signed(hours=90), asked_back(A=1, parcel_id="P-1"), withdrawn)
    assert parcel.after_sales(at(100)).allowed


def test_a_refunded_parcel_offers_nothing_more(shop: Shop) -> None:
    parcel = shop.parcel(packed(A=2), dispatched(), signed(hours=90), *refunded(A=2, parcel_id="P-1"))
    assert not parcel.after_sales(at(100)).allowed


def test_paid_units_that_were_not_sent_can_be_asked_back(shop: Shop) -> None:
    shop.record(SENT)
    assert shop.order().after_sales().options == ("unshipped",)


def test_units_that_were_sent_are_not_unshipped(shop: Shop) -> None:
    shop.record(SENT)
    assert [line.unshipped for line in shop.order().lines] == [0, 1]


def test_what_the_warehouse_turned_away_is_unshipped_again(shop: Shop) -> None:
    shop.record((*SENT, fact("rejected_at_warehouse", hours=30)))
    assert shop.order().lines[0].unshipped == 2


def test_refunded_units_are_not_unshipped(shop: Shop) -> None:
    shop.record((*PAID, *refunded(A=1)))
    assert shop.order().lines[0].unshipped == 1


def test_units_cancelled_before_payment_are_not_unshipped(shop: Shop) -> None:
    cancelled = OrderLineCancelled(order_id="O-1", line_id="A", qty=1, reason="changed_mind", by="buyer")
    shop.record((PLACED, cancelled))
    assert shop.order().lines[0].unshipped == 1


def test_a_cancelled_order_offers_nothing(shop: Shop) -> None:
    shop.record((*PAID, OrderCancelled(order_id="O-1", reason="changed_mind", by="buyer", cancelled_at=at(0))))
    assert not shop.order().after_sales().allowed


def test_two_merchants_may_use_one_order_id(shop: Shop) -> None:
    shop.record([PLACED])
    shop.record([PLACED.model_copy(update={"merchant_id": "M-2"})], stream="order/M-2/O-1", book=2)
    with pytest.raises(AmbiguousOrder, match="M-1, M-2"):
        track(shop.views, "O-1")


def test_a_named_merchant_makes_an_order_unambiguous(shop: Shop) -> None:
    shop.record([PLACED])
    shop.record([PLACED.model_copy(update={"merchant_id": "M-2"})], stream="order/M-2/O-1", book=2)
    found = track(shop.views, "O-1", merchant="M-2")
    assert found is not None
    assert found.merchant == "M-2"


def test_no_row_holds_a_cny_amount_or_a_partner(shop: Shop) -> None:
    """Not even one that a fact named: carriers, warehouses, tracking numbers and raw codes stay in the log."""
    reported = fact(
        "departed", hours=9, carrier="CargoStar", raw_code="EMC", reason="on schedule", location="CargoStar hub"
    )
    shop.record((*PAID, packed(warehouse_id="W-77"), dispatched(tracking_no="SF-99"), reported, *refunded(B=1)))
    stored = json.dumps([_every_row(shop, table.name) for table in (ORDERS, PARCELS, TIMELINE)])
    assert "Product A" in stored, "the rows are there to be searched"
    found = [word for word in ("CNY", "CargoStar", "EMC", "W-77", "SF-99", "minor", "500") if word in stored]
    assert found == []


OF_CLAIM: dict[str, Any] = {**ORDER, "parcel_id": "P-1", "partner": "cargo_star", "claim_id": "C-1"}
OF_INVOICE: dict[str, Any] = {**ORDER, "parcel_id": "P-1", "partner": "cargo_star", "market": "US"}
VALUED: dict[str, Any] = {"amount": usd("1.00"), "book_rate": RATES[1], "base": cny("7.18")}
NAMED_BY_INVOICES = [
    LogisticsChargeRecorded(
        **OF_INVOICE, **VALUED, charge_ref="ch-1", invoice_ref="inv-1", kind="freight", charged_at=at(900)
    ),
    DutyAssessed(
        **OF_INVOICE, **VALUED, assessment_ref="du-1", invoice_ref="inv-1", kind="duty", borne_by="platform",
        declared_value=usd("10.00"), from_buyer=usd("0.00"), from_buyer_base=cny("0.00"), fx=cny("0.00"),
        assessed_at=at(900),
    ),
    LogisticsClaimFiled(**OF_CLAIM, amount=usd("1.00"), reason="lost", evidence_ref="e-1", filed_at=at(900)),
    LogisticsClaimAccepted(**OF_CLAIM, **VALUED, accepted_at=at(900)),
    ReturnShipped(
        **ORDER, refund_id="R-1", return_id="R-1.return", carrier="CargoStar", tracking_no="T-1", happened_at=at(900)
    ),
]  # fmt: skip


@pytest.mark.parametrize(
    "named_by",
    [dispatched().model_copy(update={"carrier": "CargoStar"}), fact("arrived", hours=30, carrier="cargostar-air"),
     packed(warehouse_id="Cargo-Star"), *NAMED_BY_INVOICES],
)  # fmt: skip
@pytest.mark.parametrize("is_reported_first", [True, False])
def test_a_place_says_nobody_who_had_the_parcel_whoever_reported_it(
    shop: Shop, named_by: Event, *, is_reported_first: bool
) -> None:
    reported = fact("departed", hours=9, carrier="dhl", location="CargoStar hub, Leipzig (DHL)")
    happened = (named_by, reported) if is_reported_first else (reported, named_by)
    parcel = shop.parcel(*PAID, *happened)
    assert "hub, Leipzig" in {entry.location for entry in parcel.timeline}
    assert "cargo" not in "".join(entry.location for entry in parcel.timeline).lower() + parcel.location.lower()


def test_events_taken_one_by_one_or_all_at_once_give_the_same_rows(shop: Shop) -> None:
    happened = (*PAID, packed(A=2), *reversed(WAY), dispatched(), fact("lost", hours=50), fact("found", hours=60),
                *refunded(B=1), signed(hours=200))  # fmt: skip
    for event in happened:
        shop.record([event])
    assert verify(shop.ledger.engine, CustomerTracking()).count == 0


def test_every_milestone_has_its_words() -> None:
    assert MILESTONE_TEXTS.keys() == MILESTONES.keys()


def test_every_status_of_an_order_has_its_words() -> None:
    assert ORDER_TEXTS.keys() == set(get_args(Headline))


def _every_row(shop: Shop, table: str) -> list[str]:
    with shop.ledger.engine.connect() as connection:
        (name,) = connection.exec_driver_sql(
            "SELECT relname FROM pg_class c JOIN pg_namespace n ON n.oid = c.relnamespace"
            f" WHERE n.nspname = 'views' AND relkind = 'r' AND relname LIKE '{table}%%'"
        ).scalars()
        return [str(row[0]) for row in connection.exec_driver_sql(f'SELECT t::text FROM views."{name}" t')]


def headline(shop: Shop, *events: Event) -> str:
    shop.record((*PAID, *events))
    return shop.order().headline


def test_an_order_that_has_not_left_is_paid(shop: Shop) -> None:
    assert headline(shop, packed(A=2)) == "confirmed"


def test_an_order_of_which_a_part_has_left_says_so(shop: Shop) -> None:
    assert headline(shop, packed(A=2), dispatched()) == "partly_sent"


def test_an_order_whose_parcels_all_travel_is_on_its_way(shop: Shop) -> None:
    assert headline(shop, packed(A=2, B=1), dispatched()) == "on_its_way"


def test_an_order_that_was_signed_for_is_delivered(shop: Shop) -> None:
    assert headline(shop, packed(A=2, B=1), dispatched(), signed(hours=90)) == "delivered"


def test_a_delivered_part_is_reported(shop: Shop) -> None:
    second = dispatched("P-2", tracking_no="SF-2")
    assert headline(shop, packed(A=2), dispatched(), packed("P-2", B=1), second, signed(hours=90)) == "partly_delivered"


def test_a_lost_parcel_is_a_problem_of_the_order(shop: Shop) -> None:
    assert headline(shop, packed(A=2, B=1), dispatched(), fact("lost", hours=50)) == "problem"


def test_what_was_refunded_says_nothing_of_the_rest(shop: Shop) -> None:
    assert headline(shop, *refunded(B=1), packed(A=2), dispatched(), signed(hours=90)) == "delivered"


def test_an_order_of_which_all_was_refunded_is_refunded(shop: Shop) -> None:
    assert headline(shop, *refunded(A=2, B=1)) == "refunded"
