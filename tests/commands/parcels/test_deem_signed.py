"""A parcel nobody proved to be delivered, under a policy that deems it signed for."""

from datetime import timedelta
from typing import Any

from ledger.events.parcels import ParcelDeemedSigned
from ledger.events.refunds import RefundRequested
from ledger.policies.after_sales_lock import AfterSalesLock
from ledger.refusals.after_sales import NotDeemedSigned
from ledger.refusals.catalogue import ParcelNotFound, RoleNotAllowed
from tests.support.after_sales import asked
from tests.support.given import BUYER, PARTNER
from tests.support.orders import OrderScenario, after_days

TERMS = {"mode": "earlier_of", "window": "P20D", "signature_evidence": ["recipient"], "deemed_signature_after": "P30D"}
PARCEL: dict[str, Any] = {"parcel_id": "P-1"}


def sent(**terms: Any) -> OrderScenario:
    return OrderScenario(policies=[AfterSalesLock.model_validate(TERMS | terms)]).paid().sent(A=2, B=1)


def refused(scenario: OrderScenario, *, day: float, **reported: Any) -> Any:
    return scenario.refusal("deem_signed", at=after_days(day), **PARCEL | reported)


def test_by_default_nothing_is_deemed_signed_for() -> None:
    refusal = refused(OrderScenario().paid().sent(A=2, B=1), day=400)
    assert isinstance(refusal, NotDeemedSigned)
    assert refusal.deemed_at is None


def test_at_its_instant_a_parcel_is_deemed_signed_for() -> None:
    (deemed,) = sent().submit("deem_signed", at=after_days(30), **PARCEL)
    assert isinstance(deemed, ParcelDeemedSigned)
    assert (deemed.signed_at, deemed.rule_version) == (after_days(30), 2)


def test_a_millisecond_before_it_is_not() -> None:
    refusal = sent().refusal("deem_signed", at=after_days(30) - timedelta(milliseconds=1), **PARCEL)
    assert isinstance(refusal, NotDeemedSigned)
    assert refusal.deemed_at == after_days(30)


def test_the_merchants_money_falls_due_from_then_on() -> None:
    scenario = sent()
    scenario.submit("deem_signed", at=after_days(30), **PARCEL)
    scenario.submit("release_settlement", at=after_days(37))
    assert scenario.balance("2120") == -475_00


def test_what_is_deemed_signed_for_may_still_never_have_come() -> None:
    scenario = sent()
    scenario.submit("deem_signed", at=after_days(30), **PARCEL)
    asked(scenario, day=31, type="not_received")
    assert scenario.event(RefundRequested).type == "not_received"


def test_a_signed_parcel_is_not_deemed_to_be() -> None:
    assert sent().signed(at=after_days(9)).submit("deem_signed", at=after_days(30), **PARCEL) == []


def test_it_is_deemed_once() -> None:
    scenario = sent()
    scenario.submit("deem_signed", at=after_days(30), **PARCEL)
    assert scenario.submit("deem_signed", at=after_days(31), **PARCEL) == []


def test_a_lost_parcel_is_not_deemed_signed_for() -> None:
    scenario = sent()
    scenario.submit("report_loss", by=PARTNER, at=after_days(9), **PARCEL)
    assert isinstance(refused(scenario, day=30), NotDeemedSigned)


def test_a_proof_that_comes_later_counts_from_its_own_time() -> None:
    scenario = sent()
    scenario.submit("deem_signed", at=after_days(30), **PARCEL)
    scenario.signed(at=after_days(12))
    (journey, *_) = scenario.order.parcels.journeys("A")
    assert journey.signed_at == after_days(12)


def test_a_parcel_that_is_not_there_is_not_deemed_signed_for() -> None:
    assert isinstance(refused(OrderScenario().paid(), day=30), ParcelNotFound)


def test_a_buyer_does_not_deem() -> None:
    assert isinstance(refused(sent(), day=30, by=BUYER), RoleNotAllowed)


def test_consolidated_parcels_are_deemed_signed_when_the_time_of_the_last_has_passed() -> None:
    policy = AfterSalesLock.model_validate(TERMS)
    scenario = OrderScenario(policies=[policy]).paid().sent("P-1", A=2).sent("P-2", B=1, at=after_days(5))
    both = {"from_parcels": ["P-1", "P-2"], "to_parcel": "P-3"}
    scenario.submit("report_consolidation", by=PARTNER, at=after_days(6), **both)
    assert refused(scenario, day=34, parcel_id="P-3").deemed_at == after_days(35)
