"""The bearer of a refund for every place of units, cause and fault, under the default policy and under the opposite
policy.
"""

from __future__ import annotations

from collections.abc import Callable, Iterator
from contextlib import suppress
from functools import partial
from typing import Any, get_args

import pytest

from ledger.actors import Actor
from ledger.events.disputes import DisputeLost
from ledger.events.parcels import ParcelDeemedSigned
from ledger.events.refunds import RefundApproved
from ledger.events.settlement import SettlementReleased
from ledger.policies.defaults import default_policies
from ledger.policies.liability import POSSIBLE, Bearer, Cause, Fault, Liability, UnitPlace
from ledger.refusals.refusal import Refusal
from ledger.streams.units.unit_places import place_in, placed_units
from service.docs_from_code.liability import liability
from tests.support.given import BUYER, MERCHANT, PARTNER, PLATFORM
from tests.support.orders import OrderScenario, after_days
from tests.support.payments import OF_DISPUTE, opened

ORDINARY = next(default.policy for default in default_policies() if isinstance(default.policy, Liability))
_OTHER: dict[Bearer, Bearer] = {"merchant": "platform", "platform": "merchant"}
_FIELDS = (
    "before_warehouse",
    "after_warehouse",
    "dispute_not_received",
    "dispute_product_unacceptable",
    "dispute_other",
)
OPPOSITE = ORDINARY.model_copy(update={field: _OTHER[getattr(ORDINARY, field)] for field in _FIELDS})
LINE_B = [{"line_id": "B", "qty": 1}]
REASON = "a_word_of_theirs"


def unsent(scenario: OrderScenario) -> None:
    """B, which the others put in P-2 and send on, was never packed; A stays with the merchant in all of them."""


def to_warehouse(scenario: OrderScenario) -> None:
    scenario.sent("P-2", B=1)


def turned_back(scenario: OrderScenario) -> None:
    to_warehouse(scenario)
    tracked(scenario, "returning_to_sender", 3)


def in_custody(scenario: OrderScenario) -> None:
    to_warehouse(scenario)
    scenario.received("P-2", at=after_days(1))


def signed_for(scenario: OrderScenario) -> None:
    in_custody(scenario)
    scenario.signed("P-2", at=after_days(5))


def coming_back(scenario: OrderScenario) -> None:
    in_custody(scenario)
    tracked(scenario, "returning_to_sender", 3)


def tracked(scenario: OrderScenario, milestone: str, day: float, **data: Any) -> None:
    scenario.submit("report_tracking", by=PARTNER, parcel_id="P-2", milestone=milestone, at=after_days(day), **data)


PLACES: dict[UnitPlace, Callable[[OrderScenario], None]] = {
    "unsent": unsent,
    "to_warehouse": to_warehouse,
    "turned_back": turned_back,
    "in_custody": in_custody,
    "signed_for": signed_for,
    "coming_back": coming_back,
}


def cancelled(scenario: OrderScenario, reason: str) -> None:
    scenario.submit("cancel_order", reason=reason, refund_id="R-1", lines=LINE_B, at=after_days(6))


def refunded_before_dispatch(scenario: OrderScenario, reason: str) -> None:
    claim(scenario, reason, None)


def lost(scenario: OrderScenario, reason: str) -> None:
    scenario.submit("report_loss", by=PARTNER, parcel_id="P-2", at=after_days(6))
    parcel_refunded(scenario, "refund_lost_parcel", reason)


def damaged(scenario: OrderScenario, reason: str) -> None:
    tracked(scenario, "damaged", 6)
    parcel_refunded(scenario, "refund_damaged_parcel", reason)


def refused(scenario: OrderScenario, reason: str) -> None:
    tracked(scenario, "import_refused", 6)
    parcel_refunded(scenario, "refund_refused_parcel", reason)


def undeliverable(scenario: OrderScenario, reason: str) -> None:
    parcel_refunded(scenario, "refund_returned_parcel", reason)


def parcel_refunded(scenario: OrderScenario, command: str, reason: str) -> None:
    scenario.submit(command, by=PLATFORM, parcel_id="P-2", refund_id="R-1", reason=reason, at=after_days(25))


def claim(scenario: OrderScenario, reason: str, kind: str | None) -> None:
    data: dict[str, Any] = {"refund_id": "R-1", "reason": reason, "type": kind, "lines": LINE_B}
    scenario.submit("request_refund", by=BUYER, at=after_days(25), **data)
    for round in range(1, scenario.order.cases["R-1"].rounds_required + 1):
        scenario.submit("approve_refund", refund_id="R-1", round=round, at=after_days(26), by=reviewer(scenario))


def reviewer(scenario: OrderScenario) -> Actor:
    case = scenario.order.cases["R-1"]
    return MERCHANT if case.type == "unshipped" and case.next_round == 1 else PLATFORM


def disputed(scenario: OrderScenario, reason: str) -> None:
    scenario.submit("report_dispute_opened", **opened("USD 19.44", reason, lines=LINE_B))
    scenario.submit("report_dispute_lost", **OF_DISPUTE, at=after_days(25))


Asking = tuple[Cause, Callable[[OrderScenario, str], None], str]
ASKING: tuple[Asking, ...] = (
    ("cancelled", cancelled, REASON),
    ("cancelled", refunded_before_dispatch, REASON),
    ("lost", lost, REASON),
    ("damaged", damaged, REASON),
    ("refused", refused, REASON),
    ("undeliverable", undeliverable, REASON),
    ("returned", partial(claim, kind="return_refund"), REASON),
    ("not_received", partial(claim, kind="not_received"), REASON),
    ("not_received", disputed, "not_received"),
    ("product_unacceptable", disputed, "product_unacceptable"),
    ("other", disputed, REASON),
)


# What is reported with these causes moves the units: customs has only what the warehouse sent on, and what is lost is
# on its way back no longer.
MOVED: dict[tuple[Cause, UnitPlace], UnitPlace] = {
    ("refused", "to_warehouse"): "in_custody",
    ("refused", "turned_back"): "coming_back",
    ("lost", "turned_back"): "to_warehouse",
    ("lost", "coming_back"): "in_custody",
}


def combinations() -> Iterator[Any]:
    for cause, ask, reason in ASKING:
        name = getattr(ask, "__name__", "claimed")
        for place in PLACES if ask is not refunded_before_dispatch else ("unsent",):
            for fault in get_args(Fault):
                yield pytest.param(cause, ask, reason, place, fault, id=f"{cause}-{name}-{place}-{fault}")


def with_fault(policy: Liability, reason: str, fault: Fault) -> Liability:
    """The policy that finds this reason to be that fault."""
    faults = {
        "merchant_faults": (reason,) if fault == "merchant" else (),
        "platform_faults": (reason,) if fault == "platform" else (),
    }
    return policy.model_copy(update=faults)


def borne_by(scenario: OrderScenario) -> Bearer:
    """By the money: what the merchant has, or is to get, of the CNY 140.00 of B."""
    for event in reversed(scenario.events):
        if isinstance(event, RefundApproved | DisputeLost):
            (line,) = event.lines
            bearer: Bearer = "merchant" if line.is_merchants(event.liability) else "platform"
            assert (line.from_pending + line.from_available).minor == (140_00 if bearer == "merchant" else 0)
            return bearer
    raise AssertionError("nobody bears anything")


@pytest.mark.parametrize("policy", [ORDINARY, OPPOSITE], ids=["default", "opposite"])
@pytest.mark.parametrize(("cause", "ask", "reason", "place", "fault"), list(combinations()))
def test_the_commands_bear_out_the_table(
    cause: Cause,
    ask: Callable[[OrderScenario, str], None],
    reason: str,
    place: UnitPlace,
    fault: Fault,
    policy: Liability,
) -> None:
    rule = with_fault(policy, reason, fault)
    scenario = OrderScenario(policies=[rule]).paid()
    PLACES[place](scenario)
    assert place_in(scenario.order, None if place == "unsent" else "P-2") == place
    entries, place = len(scenario.entries), MOVED.get((cause, place), place)
    if place not in POSSIBLE[cause] or (place == "unsent" and isinstance(ask, partial)):  # no claim before dispatch
        with pytest.raises(Refusal):
            ask(scenario, reason)
        assert len(scenario.entries) == entries, "a refused request moves no money"
        return
    ask(scenario, reason)
    assert place == "unsent" or place_in(scenario.order, "P-2") == place
    assert borne_by(scenario) == rule.bearer(place, cause, fault)
    if place == "unsent":
        assert not releases_of_b(scenario), "what was never sent is never released"


def releases_of_b(scenario: OrderScenario) -> list[SettlementReleased]:
    with suppress(Refusal):
        scenario.submit("release_settlement", at=after_days(60))
    return [event for event in scenario.events if isinstance(event, SettlementReleased) and event.line_id == "B"]


def test_every_cause_and_every_place_is_walked() -> None:
    assert {cause for cause, _, _ in ASKING} == set(get_args(Cause)) == set(POSSIBLE)
    assert set(PLACES) == set(get_args(UnitPlace))


def test_the_document_says_what_the_function_says() -> None:
    rows = [line for line in liability().splitlines() if line.startswith("| `")]
    assert len(rows) == sum(len(places) for places in POSSIBLE.values())


@pytest.mark.parametrize("reason", ["not_received", "product_unacceptable", "fraudulent", "duplicate"])
def test_a_merchant_who_never_packed_bears_any_dispute(reason: str) -> None:
    scenario = OrderScenario().paid()
    scenario.submit("report_dispute_opened", **opened(reason=reason))
    scenario.submit("report_dispute_lost", **OF_DISPUTE)
    assert (scenario.balance("2110"), scenario.balance("2120"), scenario.base("5140")) == (0, 0, 0)
    assert (scenario.event(DisputeLost).liability, scenario.order.completed) == ("merchant", True)


def test_what_was_packed_and_never_handed_over_is_unsent() -> None:
    scenario = OrderScenario().paid()
    scenario.submit("create_parcel", parcel_id="P-1", items=[{"line_id": "A", "qty": 2}], warehouse_id="W-1")
    scenario.submit("report_dispute_opened", **opened(reason="not_received"))
    scenario.submit("report_dispute_lost", **OF_DISPUTE)
    assert (scenario.balance("2110"), scenario.balance("2120"), scenario.base("5140")) == (0, 0, 0)


def test_what_the_warehouse_turned_away_is_the_merchants_again() -> None:
    scenario = OrderScenario().paid().sent("P-2", B=1)
    tracked(scenario, "rejected_at_warehouse", 1, warehouse_id="W-1")
    disputed(scenario, "not_received")
    assert borne_by(scenario) == "merchant"


def test_a_dispute_of_units_in_several_places_is_shared() -> None:
    scenario = OrderScenario().paid().sent("P-2", B=1).received("P-2")
    scenario.submit("report_dispute_opened", **opened(reason="not_received"))
    scenario.submit("report_dispute_lost", **OF_DISPUTE)
    lost = scenario.event(DisputeLost)
    assert (lost.liability, {line.line_id: line.borne_by for line in lost.lines}) == (
        "shared",
        {"A": "merchant", "B": "platform"},
    )
    assert (scenario.balance("2110"), scenario.balance("2120"), scenario.base("5140")) == (0, -133_00, 139_58)


def test_a_line_of_which_one_unit_was_never_sent_is_shared() -> None:
    scenario = OrderScenario().paid().sent("P-1", A=1).received("P-1")
    scenario.submit("report_dispute_opened", **opened("USD 50.00", "not_received", lines=[{"line_id": "A", "qty": 2}]))
    scenario.submit("report_dispute_lost", **OF_DISPUTE)
    assert (scenario.balance("2120"), scenario.balance("2110")) == (-171_00, -140_00)


def test_a_shared_dispute_that_is_won_at_last_is_undone_to_the_cent() -> None:
    scenario = OrderScenario().paid().sent("P-2", B=1).received("P-2")
    scenario.submit("report_dispute_opened", **opened(reason="not_received"))
    scenario.submit("report_dispute_lost", **OF_DISPUTE)
    scenario.submit("report_dispute_opened", **opened(reason="not_received", stage="second_stage"), at=after_days(9))
    scenario.submit("report_dispute_won", **OF_DISPUTE, at=after_days(20))
    kept = scenario.balance("2110") + scenario.balance("2120") + scenario.balance("4110")
    assert (kept, scenario.base("5140"), scenario.balance("1110", "USD")) == (-500_00, 0, 69_44)
    assert [scenario.order.unshipped(line_id) for line_id in "AB"] == [2, 0]


def test_a_claim_of_units_in_several_places_is_shared() -> None:
    scenario = OrderScenario().paid().sent("P-1", A=2).sent("P-2", B=1).received("P-2")
    scenario.submit("request_refund", by=BUYER, refund_id="R-1", reason="not_received", at=after_days(25))
    scenario.submit("approve_refund", by=PLATFORM, refund_id="R-1", round=1, at=after_days(26))
    assert scenario.event(RefundApproved).liability == "shared"
    assert (scenario.balance("2110"), scenario.balance("2120"), scenario.base("5150")) == (0, -133_00, 139_58)
    assert scenario.order.completed


@pytest.mark.parametrize(("milestone", "word"), [("damaged", "damaged"), ("import_refused", "refused")])
def test_what_partners_reported_stands_above_what_the_issuer_calls_it(milestone: str, word: str) -> None:
    """Goods that we broke, or could not bring in, are not the merchant's because the buyer calls them unacceptable."""
    scenario = OrderScenario().paid()
    in_custody(scenario)
    tracked(scenario, milestone, 4)
    disputed(scenario, "product_unacceptable")
    assert borne_by(scenario) == "platform", word


def test_the_reason_that_customs_gave_is_the_merchants_fault_whatever_the_refund_is_called() -> None:
    scenario = OrderScenario().paid()
    in_custody(scenario)
    tracked(scenario, "import_refused", 4, reason="prohibited")
    tracked(scenario, "returning_to_sender", 5)
    undeliverable(scenario, "undeliverable")
    assert borne_by(scenario) == "merchant"


def test_a_refusal_at_customs_that_was_lifted_is_nobodys_fault() -> None:
    scenario = OrderScenario().paid()
    in_custody(scenario)
    tracked(scenario, "import_refused", 3, reason="prohibited")
    tracked(scenario, "import_released", 4)
    lost(scenario, "lost")
    assert borne_by(scenario) == "platform"


def test_a_reviewer_cannot_make_the_platform_pay_for_units_that_were_never_sent() -> None:
    scenario = OrderScenario().paid()
    scenario.submit("request_refund", by=BUYER, refund_id="R-1", reason="changed_mind", lines=LINE_B)
    scenario.submit("approve_refund", by=reviewer(scenario), refund_id="R-1", round=1)
    data: dict[str, Any] = {"refund_id": "R-1", "round": 2, "liability": "platform"}
    assert scenario.refusal("approve_refund", by=PLATFORM, **data).code == "UNSENT_IS_MERCHANTS"


def test_a_reviewer_may_find_that_it_was_the_platforms_fault() -> None:
    scenario = OrderScenario().paid()
    signed_for(scenario)
    scenario.submit("request_refund", by=BUYER, refund_id="R-1", reason="broken", lines=LINE_B, at=after_days(6))
    data: dict[str, Any] = {"refund_id": "R-1", "round": 1, "liability": "platform", "at": after_days(7)}
    scenario.submit("approve_refund", by=PLATFORM, **data)
    assert borne_by(scenario) == "platform"


class TestSignedParcels:
    """Cases s13c and s13j: a parcel that its recipient signed for is not lost."""

    def losing(self, *, lost_on: float, signed_on: float, loss_first: bool, **signature: Any) -> OrderScenario:
        """No warehouse has scanned the parcel: the signature proves that it passed through our custody."""
        scenario = OrderScenario().paid().sent(A=2, B=1)

        def loss() -> None:
            scenario.submit("report_loss", by=PARTNER, parcel_id="P-1", at=after_days(lost_on))

        def signed() -> None:
            data = {"evidence_kind": "recipient"} | signature
            scenario.submit("report_signature", by=PARTNER, parcel_id="P-1", at=after_days(signed_on), **data)

        for submit in (loss, signed) if loss_first else (signed, loss):
            submit()
        return scenario

    @pytest.mark.parametrize("loss_first", [True, False], ids=["loss reported first", "signature reported first"])
    @pytest.mark.parametrize("lost_on", [3, 8, 5], ids=["lost before", "lost after", "lost at that instant"])
    def test_it_is_not_refunded_as_lost_and_a_break_is_open(self, lost_on: float, loss_first: bool) -> None:
        scenario = self.losing(lost_on=lost_on, signed_on=5, loss_first=loss_first)
        entries = len(scenario.entries)
        refused = scenario.refusal(
            "refund_lost_parcel", by=PLATFORM, parcel_id="P-1", refund_id="R-1", at=after_days(9)
        )
        assert (refused.code, refused.facts["status"]) == ("PARCEL_NOT_LOST", "signed_for")
        assert len(scenario.entries) == entries
        assert "request_refund" in refused.next_step
        assert scenario.breaks() == ["fact_contradicts_state"]

    def test_it_is_released_as_signed_for(self) -> None:
        scenario = self.losing(lost_on=8, signed_on=5, loss_first=False)
        scenario.submit("release_settlement", at=after_days(12))
        assert (scenario.balance("2110"), scenario.balance("2120")) == (0, -475_00)

    def test_its_buyer_may_still_ask_for_a_return(self) -> None:
        scenario = self.losing(lost_on=8, signed_on=5, loss_first=False)
        scenario.submit("request_refund", by=BUYER, refund_id="R-1", reason="broken", at=after_days(9))
        assert scenario.order.cases["R-1"].type == "return_refund"

    def test_a_neighbours_signature_ends_the_loss_too(self) -> None:
        scenario = self.losing(lost_on=3, signed_on=5, loss_first=True, evidence_kind="neighbour")
        assert place_in(scenario.order, "P-1") == "signed_for"

    def test_a_signature_proves_our_custody(self) -> None:
        scenario = self.losing(lost_on=8, signed_on=5, loss_first=False)
        disputed(scenario, "not_received")
        assert borne_by(scenario) == "platform"

    def test_a_deemed_signature_does_not_end_a_loss(self) -> None:
        scenario = OrderScenario().paid().sent(A=2, B=1).received(at=after_days(1))
        deemed = ParcelDeemedSigned(order_id="O-1", parcel_id="P-1", signed_at=after_days(20), rule_version=1)
        scenario.order.apply(deemed)
        scenario.submit("report_loss", by=PARTNER, parcel_id="P-1", at=after_days(21))
        scenario.submit("refund_lost_parcel", by=PLATFORM, parcel_id="P-1", refund_id="R-1", at=after_days(22))
        assert scenario.event(RefundApproved).liability == "platform"


def test_units_of_a_line_are_counted_place_by_place() -> None:
    scenario = OrderScenario().paid().sent("P-1", A=1).received("P-1")
    units = [(part.parcel_id, part.qty, part.place) for part in placed_units(scenario.order, "A")]
    assert units == [("P-1", 1, "in_custody"), (None, 1, "unsent")]
