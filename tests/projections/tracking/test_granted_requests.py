"""The buyer's screen and the decision agree about after-sales requests, for random orders under random policies."""

from __future__ import annotations

import os
from collections.abc import Collection
from datetime import datetime, timedelta
from typing import Any

import pytest
from hypothesis import HealthCheck, given, seed, settings
from hypothesis import strategies as some

from ledger.folds.request_types import REQUEST_TYPES
from ledger.policies.after_sales_lock import AfterSalesLock
from ledger.policies.return_window import ReturnWindow
from ledger.refusals.catalogue import Refusal
from projections.tracking.answer import AfterSales, OrderTracking
from projections.tracking.customer_tracking import CustomerTracking
from projections.tracking.past_answers import tracked_then
from tests.support.given import BUYER, MERCHANT, NOW, PARTNER, PLATFORM, published
from tests.support.orders import OrderScenario, after_days
from tests.support.recorded import as_recorded

pytestmark = pytest.mark.slow

SEED = int(os.environ.get("REDLEDGER_TEST_SEED", "20250421"))
EXAMPLES = int(os.environ.get("REDLEDGER_TEST_EXAMPLES", "60"))
PARCELS = {"P-1": "A", "P-2": "B"}
PRICES = {"A": "USD 50.00", "B": "USD 19.44"}

LOCKS = some.fixed_dictionaries(
    {
        "mode": some.sampled_from(["earlier_of", "latest_of", "until_signed", "by_evidence", "fixed"]),
        "window": some.sampled_from(["P10D", "P20D"]),
        "anchor": some.sampled_from(["merchant_dispatched", "warehouse_received", "departed"]),
        "scope": some.sampled_from(["parcel_line", "order"]),
        "signature_evidence": some.sampled_from([["recipient"], ["recipient", "neighbour"]]),
        "carriers_without_proof": some.sampled_from([[], ["SF"], ["usps"]]),
        "deemed_signature_after": some.sampled_from([None, "P15D"]),
    }
)
SCANS = some.sampled_from(["received_at_warehouse", "departed", "lost"])
DAYS = some.integers(0, 40).map(lambda days: days + 0.25)
PARCEL = some.sampled_from(sorted(PARCELS))
ANY_PARCEL = some.sampled_from([*sorted(PARCELS), "P-3", "P-4"])  # P-3 and P-4 are made by repacking
ACTS = some.lists(
    some.one_of(
        some.tuples(some.just("sign"), ANY_PARCEL, DAYS, some.sampled_from(["recipient", "neighbour", "locker"])),
        some.tuples(some.just("scan"), ANY_PARCEL, DAYS, SCANS),
        some.tuples(some.just("carry"), ANY_PARCEL, DAYS, some.sampled_from(["usps", "SF"])),
        some.tuples(some.just("send"), PARCEL, DAYS, some.just("SF")),
        some.tuples(some.just("ask"), PARCEL, DAYS, some.sampled_from(["open", "approve", "return", "reject"])),
        some.tuples(some.just("dispute"), PARCEL, DAYS, some.sampled_from(["open", "lost", "won"])),
        some.tuples(some.just("expire"), PARCEL, DAYS, some.just("")),
        some.tuples(some.just("deem"), ANY_PARCEL, DAYS, some.just("")),
        some.tuples(some.just("consolidate"), PARCEL, DAYS, some.just("")),
        some.tuples(some.just("split"), PARCEL, DAYS, some.sampled_from(["P-3", "P-4"])),
    ),
    max_size=12,
)
UNSENT = ("not_sent", "back_with_seller")  # such units are asked for on the order
SENT = some.sampled_from([("P-1", "P-2")] * 4 + [("P-1",), ()])


class Way:
    """One order with a line in each parcel, acted act by act; what is refused has not happened."""

    def __init__(self, lock: dict[str, Any], window: str | None, sent: Collection[str]) -> None:
        self.policies = (AfterSalesLock.model_validate(lock), ReturnWindow.model_validate({"window": window}))
        self.scenario = OrderScenario(policies=self.policies).paid()
        self.number = 0
        for parcel_id, line_id in PARCELS.items():
            items = [{"line_id": line_id, "qty": 2 if line_id == "A" else 1}]
            self.scenario.submit("create_parcel", parcel_id=parcel_id, items=items, warehouse_id="W-1")
            if parcel_id in sent:
                self._send(parcel_id, NOW, "SF")

    def act(self, act: tuple[str, str, float, str]) -> None:
        kind, parcel_id, days, what = act
        self.number += 1
        try:
            getattr(self, f"_{kind}")(parcel_id, after_days(days), what)
        except Refusal:
            return

    def tracking(self) -> OrderTracking:
        """The buyer's page."""
        policies = [published(policy, version=2) for policy in self.policies]
        followed = [each for each in self.scenario.events if isinstance(each, CustomerTracking.events)]
        tracking = tracked_then(as_recorded(followed), policies)  # type: ignore[arg-type]
        assert tracking is not None
        return tracking

    def reported(self, line_id: str, at: datetime) -> list[AfterSales]:
        """Returns the after-sales services that the buyer reads for the line, one for each parcel."""
        parcels = self.tracking().parcels
        return [p.after_sales_of(item, at) for p in parcels for item in p.items if item.line_id == line_id]

    def unsent(self, line_id: str) -> int:
        return next(line.unshipped for line in self.tracking().lines if line.line_id == line_id)

    def asked(self, line_id: str, at: datetime, kind: str | None, qty: int) -> str:
        """Returns the type of the case that a request for `qty` units opens, or the code of its refusal."""
        lines = [{"line_id": line_id, "qty": max(1, qty)}]
        reported: dict[str, Any] = {"refund_id": "R-LAST", "reason": "broken", "lines": lines, "type": kind}
        try:
            return str(self.scenario.decide("request_refund", by=BUYER, at=at, **reported)[0].type)  # type: ignore[attr-defined]
        except Refusal as refusal:
            return refusal.code

    def _sign(self, parcel_id: str, at: datetime, what: str) -> None:
        self.scenario.submit("report_signature", by=PARTNER, parcel_id=parcel_id, at=at, evidence_kind=what)

    def _scan(self, parcel_id: str, at: datetime, what: str) -> None:
        where = {"warehouse_id": "W-1"} if what == "received_at_warehouse" else {}
        if what == "lost":
            self.scenario.submit("report_loss", by=PARTNER, parcel_id=parcel_id, at=at)
        else:
            self.scenario.submit("report_tracking", by=PARTNER, parcel_id=parcel_id, at=at, milestone=what, **where)

    def _carry(self, parcel_id: str, at: datetime, what: str) -> None:
        self.scenario.submit(
            "report_tracking", by=PARTNER, parcel_id=parcel_id, at=at, milestone="arrived", carrier=what
        )

    def _send(self, parcel_id: str, at: datetime, what: str) -> None:
        reported = {"parcel_id": parcel_id, "carrier": what, "tracking_no": f"T-{parcel_id}"}
        self.scenario.submit("dispatch_parcel", at=at, **reported)  # type: ignore[arg-type]

    def _ask(self, parcel_id: str, at: datetime, what: str) -> None:
        refund_id, lines = f"R-{self.number}", [{"line_id": PARCELS[parcel_id], "qty": 1}]
        self.scenario.submit("request_refund", by=BUYER, at=at, refund_id=refund_id, reason="broken", lines=lines)
        case = self.scenario.order.cases[refund_id]
        if what == "reject":
            self.scenario.submit("reject_refund", by=PLATFORM, at=at, refund_id=refund_id, round=1, reason="no_fault")
        elif what != "open":
            for round_number in range(1, case.rounds_required + 1):
                who = MERCHANT if case.rounds_required == 2 and round_number == 1 else PLATFORM
                reported = {"refund_id": refund_id, "round": round_number, "return_by": at + timedelta(days=2)}
                self.scenario.submit("approve_refund", by=who, at=at, return_required=what == "return", **reported)

    def _dispute(self, parcel_id: str, at: datetime, what: str) -> None:
        dispute_id, line_id = f"D-{parcel_id}", PARCELS[parcel_id]
        named: dict[str, Any] = {"dispute_id": dispute_id, "psp": "stripe", "capture_ref": "cap-1"}
        lines = [{"line_id": line_id, "qty": 2 if line_id == "A" else 1}]
        about = {"amount": PRICES[line_id], "reason": "product_unacceptable", "lines": lines}
        self.scenario.submit("report_dispute_opened", by=PARTNER, at=at, **named, **about)
        if what != "open":
            self.scenario.submit(f"report_dispute_{what}", by=PARTNER, at=at, dispute_id=dispute_id, psp="stripe")

    def _deem(self, parcel_id: str, at: datetime, what: str) -> None:  # noqa: ARG002
        self.scenario.submit("deem_signed", at=at, parcel_id=parcel_id)

    def _consolidate(self, parcel_id: str, at: datetime, what: str) -> None:  # noqa: ARG002
        sources = sorted(PARCELS, reverse=parcel_id == "P-2")
        self.scenario.submit("report_consolidation", by=PARTNER, at=at, from_parcels=sources, to_parcel="P-3")

    def _split(self, parcel_id: str, at: datetime, what: str) -> None:
        parts = [{"parcel_id": what, "items": [{"line_id": PARCELS[parcel_id], "qty": 1}]}]
        self.scenario.submit("report_split", by=PARTNER, at=at, parcel_id=parcel_id, parts=parts)

    def _expire(self, parcel_id: str, at: datetime, what: str) -> None:  # noqa: ARG002
        waiting = [case.id for case in self.scenario.order.cases.values() if case.awaits_goods]
        for refund_id in waiting[:1]:
            self.scenario.submit("expire_return", at=at, refund_id=refund_id)


@seed(SEED)
@settings(max_examples=EXAMPLES, deadline=None, suppress_health_check=list(HealthCheck))
@given(lock=LOCKS, window=some.sampled_from([None, "P5D"]), sent=SENT, acts=ACTS, requested_at=DAYS)
def test_what_buyers_are_shown_is_what_asking_comes_to(
    lock: dict[str, Any],
    window: str | None,
    sent: tuple[str, ...],
    acts: list[tuple[str, str, float, str]],
    requested_at: float,
) -> None:
    way = Way(lock, window, sent)
    for act in acts:
        way.act(act)
    at = after_days(requested_at + 0.5)
    for line_id in PRICES:
        reported = [offer for offer in way.reported(line_id, at) if offer.reason not in UNSENT]
        for kind in ("return_refund", "not_received"):
            if qty := sum(offer.qty for offer in reported if kind in offer.options):
                assert way.asked(line_id, at, kind, qty) == kind, f"seed {SEED}: {line_id} is reported {reported}"
        if reported and not way.unsent(line_id):
            plainly = way.asked(line_id, at, None, 1)
            offered_first = {offer.options[0] for offer in reported if offer.allowed}
            preferred = next((kind for kind in REQUEST_TYPES if kind in offered_first), None)
            assert (plainly if plainly in REQUEST_TYPES else None) == preferred, (
                f"seed {SEED}: {line_id}: {plainly}, reported {reported}"
            )
        returnable = sum(offer.qty for offer in reported if "return_refund" in offer.options)
        assert way.asked(line_id, at, "return_refund", returnable + 1) != "return_refund", f"seed {SEED}: {reported}"


def test_what_was_not_sent_back_in_time_can_be_asked_for_again() -> None:
    lock = {"mode": "earlier_of", "window": "P20D", "signature_evidence": ["recipient"]}
    way = Way(lock, None, ("P-1", "P-2"))
    for act in (("sign", "P-2", 5, "recipient"), ("ask", "P-2", 6, "return"), ("expire", "P-2", 9, "")):
        way.act(act)
    assert [offer.options for offer in way.reported("B", after_days(10))] == [("return_refund",)]


LOCK = {"mode": "earlier_of", "window": "P20D", "signature_evidence": ["recipient"]}


@pytest.mark.parametrize("anchor", ["merchant_dispatched", "warehouse_received"])
def test_each_line_of_consolidated_parcels_is_shown_open_on_the_day_it_is_granted(anchor: str) -> None:
    way = Way(LOCK | {"anchor": anchor}, None, ("P-1",))
    way.act(("send", "P-2", 5, "SF"))
    way.act(("scan", "P-1", 0, "received_at_warehouse"))
    way.act(("scan", "P-2", 5, "received_at_warehouse"))
    way.act(("consolidate", "P-1", 6, ""))
    found = {
        line_id: [(way.reported(line_id, after_days(day))[0].allowed, way.asked(line_id, after_days(day), None, 1))
                  for day in (19, 21, 24, 26)]
        for line_id in PRICES
    }  # fmt: skip
    closed, open_ = (False, "AFTER_SALES_LOCKED"), (True, "not_received")
    assert found == {"A": [closed, open_, open_, open_], "B": [closed, closed, closed, open_]}


def test_units_of_a_split_parcel_keep_the_day_they_were_handed_over() -> None:
    way = Way(LOCK, None, ("P-1",))
    way.act(("split", "P-1", 6, "P-3"))
    way.act(("sign", "P-3", 8, "recipient"))
    assert {offer.options for offer in way.reported("A", after_days(21))} == {("return_refund",), ("not_received",)}


def test_a_deemed_signature_that_was_recorded_may_still_be_denied() -> None:
    way = Way(LOCK | {"deemed_signature_after": "P15D"}, None, ("P-1",))
    way.act(("deem", "P-1", 15, ""))
    assert [offer.options for offer in way.reported("A", after_days(16))] == [("return_refund", "not_received")]


@pytest.mark.parametrize("without_proof", ["SF", "dhl"])
def test_two_carriers_of_one_instant_are_ordered_alike_for_the_lock_and_the_screen(without_proof: str) -> None:
    way = Way(LOCK | {"mode": "by_evidence", "carriers_without_proof": [without_proof]}, None, ("P-1",))
    way.act(("carry", "P-1", 0, "dhl"))
    granted = way.asked("A", after_days(21), None, 1) == "not_received"
    assert way.reported("A", after_days(21))[0].allowed == granted


def test_two_cases_on_a_split_parcel_are_on_two_units() -> None:
    way = Way(LOCK, None, ("P-1",))
    way.act(("sign", "P-1", 5, "recipient"))
    way.act(("ask", "P-1", 6, "open"))
    way.act(("ask", "P-1", 7, "open"))
    way.act(("split", "P-1", 8, "P-3"))
    assert [offer.reason for offer in way.reported("A", after_days(9))] == ["under_review", "under_review"]


@pytest.mark.parametrize("act", [("split", "P-1", 8, "P-3"), ("consolidate", "P-1", 8, "")])
def test_units_of_an_expired_return_can_be_asked_for_again_where_repacking_brought_them(act: Any) -> None:
    way = Way(LOCK, None, ("P-1", "P-2"))
    way.act(("sign", "P-1", 5, "recipient"))
    way.act(("ask", "P-1", 6, "return"))
    way.act(act)
    way.act(("sign", "P-3", 8.5, "recipient"))
    way.act(("expire", "P-1", 9, ""))
    shown = sum(offer.qty for offer in way.reported("A", after_days(10)) if "return_refund" in offer.options)
    assert (shown, way.asked("A", after_days(10), "return_refund", 2)) == (2, "return_refund")
