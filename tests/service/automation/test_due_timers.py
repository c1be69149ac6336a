"""Timers for holds, money without an order, returns, deemed signatures and unmatched plans."""

from collections.abc import Iterator
from datetime import timedelta
from pathlib import Path

import pytest

from commands.unmatched.match_payment import MatchPayment
from ledger.actors import Actor
from projections.engine.views import Views
from projections.tracking.customer_tracking import CustomerTracking
from projections.tracking.tracking_numbers import TrackingNumbers
from projections.worklists.declarations import Declarations
from projections.worklists.due_dates import DueDates
from service.app import App
from service.automation.deemed_signatures import DeemedSignatures
from service.automation.expired_returns import ExpiredReturns
from service.automation.lapsed_authorisations import LapsedAuthorizations
from service.automation.match_plans import MatchPlans
from service.automation.unallocated_captures import UnallocatedCaptures
from service.automation.unmatched_scans import UnmatchedScans
from service.automation.unpaid_orders import UnpaidOrders
from service.automation.untied_declarations import UntiedDeclarations
from service.loops.timer import Timer
from service.settings import Settings
from tests.support.buses import IMPORTER, LONG_AGO, Desk, open_desk, publish_programme
from tests.support.sales import BUYER, CARRIER, PROVIDER, merchant_ready, order_data, paid, sent, signed

ORDER = {"merchant_id": "M-1", "order_id": "O-1"}
MONEY = {"payment_id": "pay-1", "psp": "stripe", "amount": "USD 19.44", **ORDER}
SERVICE_DESK = Actor(kind="platform", id="cs", role="platform_cs")
FINANCE = Actor(kind="platform", id="fang", role="finance")


class Shop:
    """A merchant that sells, and timers that look at its ledger."""

    def __init__(self, desk: Desk) -> None:
        self.desk = desk
        self.app = App(Settings(), desk.ledger, desk.bus, Views(desk.ledger.engine, desk.ledger.reader), desk.clock)

    def look(self, timer: type[Timer]) -> int:
        """Returns the events that one look of a new timer records."""
        self.app.catch_up([DueDates(), CustomerTracking(), TrackingNumbers(), Declarations()])
        return timer(self.app).sweep()

    def recorded(self, event: str) -> int:
        with self.desk.ledger.engine.connect() as connection:
            found = connection.exec_driver_sql("SELECT count(*) FROM log.events WHERE type = %s", (event,))
            return int(found.scalar_one())

    def refusals(self) -> list[str]:
        with self.desk.ledger.engine.connect() as connection:
            return [code for (code,) in connection.exec_driver_sql("SELECT code FROM log.outcomes WHERE code <> ''")]


@pytest.fixture
def shop(database_url: str, tmp_path: Path) -> Iterator[Shop]:
    with open_desk(database_url, tmp_path) as desk:
        publish_programme(desk)
        merchant_ready(desk)
        yield Shop(desk)


def authorised(shop: Shop) -> None:
    until = shop.desk.clock.now + timedelta(days=7)
    shop.desk.expect("report_payment_authorised", actor=PROVIDER, expires_at=until, **MONEY)


def captured(shop: Shop, amount: str = "USD 19.44") -> None:
    reported = MONEY | {"amount": amount}
    shop.desk.expect("report_payment_captured", actor=PROVIDER, capture_ref="ch-1", **reported)


def returning(shop: Shop) -> None:
    """Goods that are to be on their way back within twenty days."""
    paid(shop.desk)
    sent(shop.desk)
    signed(shop.desk)
    shop.desk.clock.forward(days=1)
    case = {"refund_id": "R-1", **ORDER}
    shop.desk.expect("request_refund", actor=BUYER, reason="damaged", **case)
    by = shop.desk.clock.now + timedelta(days=20)
    shop.desk.expect("approve_refund", actor=SERVICE_DESK, round=1, return_required=True, return_by=by, **case)


def under_way(shop: Shop, **terms: str) -> None:
    """A parcel of an order under a lock policy with these terms."""
    content = {"mode": "earlier_of", "window": "P20D", "signature_evidence": ["recipient"], **terms}
    after = LONG_AGO + timedelta(days=1)
    reported = {"key": "after_sales_lock", "content": content, "effective_from": after}
    shop.desk.expect("publish_policy", actor=IMPORTER, at=after, **reported)
    paid(shop.desk)
    sent(shop.desk)


def test_a_hold_lapses_when_no_late_word_of_a_capture_can_come_any_more(shop: Shop) -> None:
    authorised(shop)
    shop.desk.clock.forward(days=10)
    assert shop.look(LapsedAuthorizations) == 1
    assert shop.recorded("payment.authorization_expired") == 1


def test_a_hold_that_has_just_ended_is_left_alone(shop: Shop) -> None:
    authorised(shop)
    shop.desk.clock.forward(days=7, hours=1)
    assert shop.look(LapsedAuthorizations) == 0


def test_a_hold_that_was_captured_does_not_lapse(shop: Shop) -> None:
    authorised(shop)
    captured(shop)
    shop.desk.clock.forward(days=11)
    assert shop.look(LapsedAuthorizations) == 0


def test_what_is_left_of_a_hold_lapses(shop: Shop) -> None:
    authorised(shop)
    captured(shop, "USD 9.44")
    shop.desk.clock.forward(days=11)
    assert shop.look(LapsedAuthorizations) == 1
    assert shop.recorded("break.opened") == 0


def test_a_hold_lapses_once_however_often_timers_look(shop: Shop) -> None:
    authorised(shop)
    shop.desk.clock.forward(days=11)
    assert [shop.look(LapsedAuthorizations) for _ in range(2)] == [1, 0]


def test_money_whose_order_has_not_come_in_half_an_hour_is_flagged(shop: Shop) -> None:
    captured(shop)
    shop.desk.clock.forward(minutes=30)
    assert shop.look(UnallocatedCaptures) == 1
    assert shop.recorded("break.opened") == 1


def test_money_may_wait_a_little_for_its_order(shop: Shop) -> None:
    captured(shop)
    shop.desk.clock.forward(minutes=29)
    assert shop.look(UnallocatedCaptures) == 0
    assert shop.refusals() == []


def test_money_whose_order_has_come_is_not_asked_about(shop: Shop) -> None:
    captured(shop)
    shop.desk.expect("place_order", actor=BUYER, **order_data())
    shop.desk.clock.forward(hours=1)
    assert shop.look(UnallocatedCaptures) == 0
    assert shop.refusals() == []


def test_money_that_stays_too_little_for_its_order_is_flagged(shop: Shop) -> None:
    shop.desk.expect("place_order", actor=BUYER, **order_data())
    captured(shop, "USD 9.44")
    shop.desk.clock.forward(hours=1)
    assert shop.look(UnallocatedCaptures) == 1
    assert shop.recorded("break.opened") == 1
    assert shop.look(UnallocatedCaptures) == 0


def test_two_timers_flag_money_once(shop: Shop) -> None:
    captured(shop)
    shop.desk.clock.forward(hours=1)
    shop.app.catch_up([DueDates()])
    assert [UnallocatedCaptures(shop.app).sweep() for _ in range(2)] == [1, 0]


def test_a_return_that_was_not_sent_in_time_expires(shop: Shop) -> None:
    returning(shop)
    shop.desk.clock.forward(days=20)
    assert shop.look(ExpiredReturns) == 1
    assert shop.recorded("return.expired") == 1


def test_a_return_has_until_its_last_instant(shop: Shop) -> None:
    returning(shop)
    shop.desk.clock.now += timedelta(days=20) - timedelta(milliseconds=1)
    assert shop.look(ExpiredReturns) == 0


def test_goods_on_their_way_back_do_not_expire(shop: Shop) -> None:
    returning(shop)
    shop.desk.expect(
        "report_return_shipped", actor=CARRIER, refund_id="R-1", carrier="usps", tracking_no="RT-1", **ORDER
    )
    shop.desk.clock.forward(days=30)
    assert shop.look(ExpiredReturns) == 0
    assert shop.refusals() == []


def test_a_parcel_is_deemed_signed_for_where_the_policy_says_so(shop: Shop) -> None:
    under_way(shop, deemed_signature_after="P30D")
    shop.desk.clock.forward(days=30)
    assert shop.look(DeemedSignatures) == 1
    assert shop.recorded("parcel.deemed_signed") == 1


def test_a_parcel_is_not_deemed_signed_for_before_its_time(shop: Shop) -> None:
    under_way(shop, deemed_signature_after="P30D")
    shop.desk.clock.forward(days=29, hours=23)
    assert shop.look(DeemedSignatures) == 0
    assert shop.refusals() == []


def test_by_default_nothing_is_deemed_signed_for(shop: Shop) -> None:
    under_way(shop)
    shop.desk.clock.forward(days=400)
    assert shop.look(DeemedSignatures) == 0
    assert shop.refusals() == []


def test_a_plan_of_the_unmatched_items_that_was_cut_off_is_carried_out(shop: Shop) -> None:
    note = {"psp": "psp", "capture_ref": "c1", "amount": "USD 69.44"}
    shop.desk.expect("report_unmatched_payment", actor=PROVIDER, refs={"checkout": "C-7"}, **note)
    parts = [{"merchant_id": "M-1", "order_id": "O-9"}]
    plan = {"psp": "psp", "capture_ref": "c1", "parts": parts}
    shop.desk.expect(MatchPayment.name, actor=FINANCE, **plan)
    shop.desk.clock.forward(minutes=2)
    assert [shop.look(MatchPlans) for _ in range(2)] == [1, 0]
    assert shop.recorded("unmatched.fact_matched") == 1


def unpaid(shop: Shop) -> None:
    shop.desk.expect("place_order", actor=BUYER, **order_data())


def test_an_order_nobody_paid_is_closed_when_its_time_is_over(shop: Shop) -> None:
    unpaid(shop)
    shop.desk.clock.forward(days=3)
    assert [shop.look(UnpaidOrders) for _ in range(2)] == [1, 0]
    assert shop.recorded("order.expired") == 1


def test_a_paid_order_is_not_asked_about(shop: Shop) -> None:
    paid(shop.desk)
    shop.desk.clock.forward(days=4)
    assert (shop.look(UnpaidOrders), shop.refusals()) == (0, [])


def test_an_order_whose_capture_failed_after_all_is_closed_when_its_time_is_over(shop: Shop) -> None:
    paid(shop.desk)
    failed = ORDER | {"payment_id": "pay-O-1", "psp": "stripe", "capture_ref": "ch-O-1", "amount": "USD 19.44"}
    shop.desk.expect("report_payment_failed", actor=PROVIDER, code="fraudulent", **failed)
    shop.desk.clock.forward(days=4)
    assert (shop.look(UnpaidOrders), shop.recorded("order.expired")) == (1, 1)


def test_an_order_is_asked_about_again_when_its_hold_has_lapsed(shop: Shop) -> None:
    unpaid(shop)
    authorised(shop)
    shop.desk.clock.forward(days=6)
    assert shop.look(UnpaidOrders) == 0
    shop.desk.clock.forward(days=5)
    assert [shop.look(LapsedAuthorizations), shop.look(UnpaidOrders)] == [1, 1]
    assert shop.refusals() == ["PAYMENT_UNDER_WAY"]


def test_a_scan_that_was_reported_before_the_hand_over_reaches_its_parcel(shop: Shop) -> None:
    scan = {"system": "post", "reference": "s-1", "kind": "tracking", "refs": {"tracking_no": "SFO-1"}}
    shop.desk.expect("report_unmatched_fact", actor=CARRIER, body={"milestone": "signed_for"}, **scan)
    assert shop.look(UnmatchedScans) == 0
    paid(shop.desk)
    sent(shop.desk)
    assert (shop.look(UnmatchedScans), shop.recorded("parcel.signed_for")) == (1, 1)


def departed(shop: Shop, *, declaration: str = "", order_id: str = "O-1") -> None:
    """A parcel on its way out of the country."""
    names: dict[str, object] = {"merchant_id": "M-1", "order_id": order_id, "parcel_id": f"{order_id}-1"}
    reported = names | {"actor": CARRIER}
    paid(shop.desk, order_id)
    sent(shop.desk, order_id)
    if declaration:
        number = {"customs_mode": "9610", "declaration_no": declaration}
        shop.desk.expect("report_tracking", milestone="export_declared", **reported, **number)
    shop.desk.expect("report_tracking", milestone="departed", **reported)


def test_a_parcel_that_left_without_a_declaration_is_flagged_once_a_day_has_gone(shop: Shop) -> None:
    departed(shop)
    shop.desk.clock.forward(hours=23)
    assert shop.look(UntiedDeclarations) == 0
    shop.desk.clock.forward(hours=1)
    assert [shop.look(UntiedDeclarations), shop.look(UntiedDeclarations)] == [1, 0]
    assert shop.recorded("break.opened") == 1


def test_one_declaration_for_two_orders_is_flagged_in_both(shop: Shop) -> None:
    departed(shop, declaration="沪 0001/2025")
    departed(shop, declaration="沪 0001/2025", order_id="O-2")
    shop.desk.clock.forward(days=1)
    assert shop.look(UntiedDeclarations) == 2


def test_what_ties_is_not_flagged(shop: Shop) -> None:
    departed(shop, declaration="D-1")
    shop.desk.clock.forward(days=9)
    assert shop.look(UntiedDeclarations) == 0
