"""One order under random commands and facts, against a model that follows the same rules written a second time."""

from __future__ import annotations

import os
from collections import Counter
from datetime import datetime, timedelta
from typing import Any

import pytest
from hypothesis import HealthCheck, seed, settings
from hypothesis import strategies as some
from hypothesis.stateful import (
    RuleBasedStateMachine,
    initialize,
    invariant,
    precondition,
    rule,
    run_state_machine_as_test,
)

from ledger.actors import Actor
from ledger.refusals.catalogue import Refusal
from ledger.streams.units.units import OrderUnits
from tests.simulation.models.order_model import OrderModel
from tests.simulation.models.refund_model import OK, Dispute
from tests.simulation.models.unit_model import Kind
from tests.support.given import BUYER, FINANCE, MERCHANT, NOW, PARTNER, PLATFORM, PROPOSER, SYSTEM
from tests.support.orders import OrderScenario, line

pytestmark = pytest.mark.slow

SEED = int(os.environ.get("REDLEDGER_TEST_SEED", "20250421"))
EXAMPLES = int(os.environ.get("REDLEDGER_TEST_EXAMPLES", "100"))
QUANTITIES = {"A": 3, "B": 2}
PRICES = {"A": (25_00, 180_00), "B": (19_44, 140_00)}
PEOPLE = (
    MERCHANT,
    Actor(kind="platform", id="mei", role="platform_cs"),
    Actor(kind="platform", id="ping", role="platform_cs"),
    Actor(kind="platform", id="fang", role="finance"),
    BUYER,
)
OUTCOMES = some.sampled_from(("succeeded", "succeeded", "failed", "reversed"))
DAYS = some.sampled_from((3, 0, None))  # to send the goods back
CENTS = some.sampled_from((None, None, None, 7_77, 1, 19_43))  # a part of a price
BEARERS = some.sampled_from((None, None, "platform", "merchant"))
AHEAD = some.sampled_from((0, 0, 0, 1))  # of the round that is next
FACTS: dict[str, tuple[str, dict[str, Any]]] = {
    "accepted": ("report_tracking", {"milestone": "received_at_warehouse", "warehouse_id": "W-1"}),
    "refused": ("report_tracking", {"milestone": "import_refused"}),
    "damaged": ("report_tracking", {"milestone": "damaged"}),
    "returned": ("report_tracking", {"milestone": "returning_to_sender"}),
    "found": ("report_tracking", {"milestone": "found"}),
    "lost": ("report_loss", {}),
    "signed": ("report_signature", {"evidence_kind": "recipient"}),  # what names nobody depends on the other facts
}
ENDS = {
    "lost": "refund_lost_parcel",
    "refused": "refund_refused_parcel",
    "damaged": "refund_damaged_parcel",
    "returned": "refund_returned_parcel",
}
STAGES = ("inquiry", "chargeback")
LATE = some.sampled_from((0, 0, 90, 3 * 1440))  # minutes
LINES, UNITS, WHICH = some.sampled_from(sorted(QUANTITIES)), some.integers(1, 3), some.integers(0, 9)


class OrderMachine(RuleBasedStateMachine):
    """Every rule asks the order and the model the same, and both must give the same answer."""

    @initialize(express=some.booleans())
    def place(self, express: bool) -> None:
        self.scenario = OrderScenario(express=express)
        self.model = OrderModel(QUANTITIES, PRICES, express=express)
        self.names = self.answers = 0
        lines = [line("A", 3, "CNY 180.00", "USD 25.00"), line("B", 2, "CNY 140.00", "USD 19.44")]
        self.scenario.paid(lines=lines, list_total="CNY 820.00", buyer_total="USD 113.88")

    @precondition(lambda self: any(map(self.model.unsent, QUANTITIES)))
    @rule(line_id=LINES, qty=UNITS)
    def send_and_deliver(self, line_id: str, qty: int) -> None:
        parcels = len(self.model.ways)
        self.send(line_id=line_id, qty=qty)
        if len(self.model.ways) > parcels:
            self.something_happens_to_a_parcel(which=parcels, fact="signed")

    @precondition(lambda self: any(way.signed is not None for way in self.model.ways.values()))
    @rule(
        which=WHICH, qty=UNITS, kind=some.sampled_from(("return_refund", None)), days=DAYS, cents=CENTS, bearer=BEARERS
    )
    def ask_and_be_granted(
        self, which: int, qty: int, kind: Kind, days: int | None, cents: int | None, bearer: str | None
    ) -> None:
        """Requests and gets a refund of signed units: all of them, or a number of them."""
        cases, ways = len(self.model.cases), self.model.ways
        signed = [unit.line for unit in self.model.units if unit.live and unit.parcel and ways[unit.parcel].signed]
        line_id = signed[which % len(signed)] if signed else "A"
        self.ask_for_a_refund(line_id=line_id, qty=min(qty, signed.count(line_id) or 1), kind=kind)
        if len(self.model.cases) > cases:
            self._grant(list(self.model.cases)[-1], days, cents, bearer)

    @rule(hours=some.sampled_from((1, 24, 72)))
    def time_passes(self, hours: int) -> None:
        self.model.now += hours * 60

    @precondition(lambda self: self.model.edges())
    @rule(which=WHICH, a_minute_short=some.booleans())
    def a_deadline_is_near(self, which: int, a_minute_short: bool) -> None:
        """The buyer and the timer ask at the very minute, or one before."""
        edge, line_id = self.model.edges()[which % len(self.model.edges())]
        self.model.now = edge - a_minute_short
        self.ask_for_a_refund(line_id=line_id, qty=1)
        for case in list(self.model.cases.values()):
            self._same(self._ask("expire_return", refund_id=case.id), self.model.goods_never_came(case.id))
        self.release()

    @precondition(lambda self: any(map(self.model.unsent, QUANTITIES)))
    @rule(line_id=LINES, qty=UNITS)
    def send(self, line_id: str, qty: int) -> None:
        parcel = self._name("P")
        items = [{"line_id": line_id, "qty": qty}]
        answer = self._ask("create_parcel", parcel_id=parcel, items=items, warehouse_id="W-1")
        if answer == OK:
            answer = self._ask("dispatch_parcel", parcel_id=parcel, carrier="SF", tracking_no=f"T-{parcel}")
        self._same(answer, self.model.send(parcel, line_id, qty))

    @precondition(lambda self: self.model.ways)
    @rule(which=WHICH, fact=some.sampled_from(sorted(FACTS)), late=LATE)
    def something_happens_to_a_parcel(self, which: int, fact: str, late: int = 0) -> None:
        """Facts come in any order, and a signature may be heard of days later."""
        parcel = self._pick(self.model.ways, which)
        way = self.model.ways[parcel]
        if fact == "signed" and way.signed is not None:
            return
        happened = max(way.sent, self.model.now - late)
        command, reported = FACTS[fact]
        occurred_at = NOW + timedelta(minutes=happened)
        self._same(self._ask(command, by=PARTNER, parcel_id=parcel, occurred_at=occurred_at, **reported), OK)
        way.submit(fact, happened)

    @rule(line_id=LINES, qty=UNITS, kind=some.sampled_from((None, None, None, "return_refund", "not_received")))
    def ask_for_a_refund(self, line_id: str, qty: int, kind: Kind = None) -> None:
        case_id, lines = self._name("R"), [{"line_id": line_id, "qty": qty}]
        reported: dict[str, Any] = {"refund_id": case_id, "reason": "changed_mind", "lines": lines, "type": kind}
        self._same(self._ask("request_refund", by=BUYER, **reported), self.model.request(case_id, line_id, qty, kind))

    @precondition(lambda self: self.model.any_case("open"))
    @rule(which=WHICH, ahead=AHEAD, actor=some.sampled_from(PEOPLE), days=DAYS)
    def approve(self, which: int, ahead: int, actor: Actor, days: int | None) -> None:
        self._approve(self._case(which, "open"), ahead, actor, days)

    def _approve(
        self,
        case_id: str,
        ahead: int,
        actor: Actor,
        days: int | None,
        *,
        cents: int | None = None,
        bearer: str | None = None,
    ) -> None:
        """`days`: the goods are to come back within so many; `cents`: so much of what is asked and no more.

        Who bore a part of a price bears the rest of it: what both have paid for is reported in `test_return_refund`.
        """
        case = self.model.cases[case_id]
        if case.kind != "unshipped" and self.model.is_shared(case.units[0].line, "merchant"):  # whoever else bears it
            bearer = "platform"
        n = len(case.approvers) + 1 + ahead
        reported: dict[str, Any] = {"refund_id": case_id, "round": n, "return_required": days is not None}
        reported["liability"] = bearer
        if days is not None:
            reported["return_by"] = self.at + timedelta(days=days)
        if cents is not None:
            reported["lines"] = [{"line_id": case.units[0].line, "amount": f"USD {cents / 100:.2f}"}]
        return_by = None if days is None else self.model.now + days * 1440
        expected = self.model.approve(case_id, n, actor.id, actor.role, return_by=return_by, part=cents, bearer=bearer)
        self._same(self._ask("approve_refund", by=actor, **reported), expected)

    @precondition(lambda self: self.model.any_case("open"))
    @rule(which=some.integers(1, 9), days=DAYS, cents=CENTS, bearer=BEARERS)
    def approve_by_who_may(self, which: int, days: int | None, cents: int | None, bearer: str | None) -> None:
        self._grant(self._case(which, "open"), days, cents, bearer)

    def _grant(self, case_id: str, days: int | None, cents: int | None, bearer: str | None) -> None:
        """By who may; only where the order says so a part."""
        case = self.model.cases[case_id]
        cents = cents if self.model.can_be_cut(case_id) else None
        first_of_two = case.kind == "unshipped" and not case.approvers
        actor, days = PEOPLE[0 if first_of_two else 2], None if cents else days
        self._approve(case_id, 0, actor, days, cents=cents, bearer=bearer)

    @precondition(lambda self: self.model.any_case("open"))
    @rule(which=WHICH, ahead=AHEAD, actor=some.sampled_from(PEOPLE))
    def reject(self, which: int, ahead: int, actor: Actor) -> None:
        case_id = self._case(which, "open")
        n = len(self.model.cases[case_id].approvers) + 1 + ahead
        reported: dict[str, Any] = {"refund_id": case_id, "round": n, "reason": "no_evidence"}
        answer = self._ask("reject_refund", by=actor, **reported)
        self._same(answer, self.model.reject(case_id, n, actor.id, actor.role))

    @precondition(lambda self: self.model.any_case("open"))
    @rule(which=WHICH, actor=some.sampled_from((BUYER, BUYER, MERCHANT, PLATFORM)))
    def withdraw(self, which: int, actor: Actor) -> None:
        case_id = self._case(which, "open")
        expected = self.model.withdraw(case_id, actor.kind)
        self._same(self._ask("withdraw_refund", by=actor, refund_id=case_id), expected)

    @precondition(lambda self: self.model.ways)
    @rule(which=WHICH, end=some.sampled_from(sorted(ENDS)), reported=some.sampled_from(("", "end", "accepted and end")))
    def refund_a_parcel(self, which: int, end: str, reported: str) -> None:
        """Out of the blue, or after what it is refunded for."""
        if "accepted" in reported:
            self.something_happens_to_a_parcel(which=which, fact="accepted")
        if "end" in reported:
            self.something_happens_to_a_parcel(which=which, fact=end)
        parcel, case_id = self._pick(self.model.ways, which), self._name("R")
        line_id = next(unit.line for unit in self.model.units if unit.parcel == parcel)
        if self.model.is_shared(line_id, "platform" if self.model.ways[parcel].was_ours else "merchant"):
            return
        why = {"reason": "missing_partner_documents"} if end == "refused" else {}
        answer = self._ask(ENDS[end], by=PLATFORM, parcel_id=parcel, refund_id=case_id, **why)
        self._same(answer, self.model.refund_parcel(case_id, parcel, end))

    @precondition(lambda self: len(self.model.ways) > 1)
    @rule(line_id=LINES, stage=some.sampled_from((0, 1, 1)), platform_bears=some.booleans(), most=UNITS)
    def the_issuer_asks(self, line_id: str, stage: int, platform_bears: bool, most: int = 3) -> None:
        """A dispute about what is open of a line, or some of it, or its next stage."""
        live = [unit for unit in self.model.of(line_id) if unit.live]
        value = min(self.model.value(live), PRICES[line_id][0] * most)
        dispute = self.model.disputes.get(line_id) or Dispute(line_id, min(most, len(live)), value, "")
        if not dispute.amount:
            return
        self.model.disputes[line_id] = dispute
        reason = "not_received" if platform_bears else "product_unacceptable"
        lines, amount = [{"line_id": line_id, "qty": dispute.qty}], f"USD {dispute.amount / 100:.2f}"
        reported = {"stage": STAGES[stage], "reason": reason, "lines": lines, "amount": amount}
        self._same(self._ask("report_dispute_opened", by=PARTNER, **self._of_dispute(line_id), **reported), OK)
        dispute.reported(stage, reason, self.model.now, set(self.model.cases))
        case = self.model.pending_on(line_id)
        if case and case.state == "open":
            self._grant(case.id, None, None, None)  # an inquiry is best answered so; anything more comes first

    @precondition(lambda self: self.model.disputes)
    @rule(which=WHICH, won=some.sampled_from((False, False, True)), anew=some.booleans())
    def the_issuer_decides(self, which: int, won: bool, anew: bool) -> None:
        line_id = self._pick(self.model.disputes, which)
        if anew:
            self.the_issuer_asks(line_id=line_id, stage=1, platform_bears=won)
        if won:
            self._same(self._ask("report_dispute_won", by=PARTNER, **self._of_dispute(line_id)), OK)
            self.model.dispute_won(line_id)
        elif self.model.can_be_lost(line_id):
            self._same(self._ask("report_dispute_lost", by=PARTNER, **self._of_dispute(line_id)), OK)
            self.model.dispute_lost(line_id)

    @precondition(lambda self: self.model.any_case("goods"))
    @rule(which=WHICH)
    def goods_come_back(self, which: int) -> None:
        case_id = self._case(which, "goods")
        self._ask("report_return_received", by=PARTNER, refund_id=case_id)
        self.model.goods_back(case_id)
        self.release()

    @precondition(lambda self: self.model.any_case("goods"))
    @rule(which=WHICH, a_minute_short=some.booleans())
    def the_time_to_send_back_is_over(self, which: int, a_minute_short: bool) -> None:
        case_id = self._case(which, "goods")
        self.model.now = max(self.model.now, self.model.cases[case_id].return_by - a_minute_short)
        self._same(self._ask("expire_return", refund_id=case_id), self.model.goods_never_came(case_id))

    @precondition(lambda self: self.model.any_case("goods"))
    @rule(which=WHICH)
    def goods_are_sent_back(self, which: int) -> None:
        case_id = self._case(which, "goods")
        reported = {"refund_id": case_id, "carrier": "usps", "tracking_no": f"B-{case_id}"}
        self._same(self._ask("report_return_shipped", by=PARTNER, **reported), OK)
        self.model.cases[case_id].shipped = True

    @precondition(lambda self: self.model.any_case("goods"))
    @rule(which=WHICH)
    def goods_never_come(self, which: int) -> None:
        case_id = self._case(which, "goods")
        self._same(self._ask("expire_return", refund_id=case_id), self.model.goods_never_came(case_id))

    @precondition(lambda self: self.model.any_case("approved", "goods"))
    @rule(which=WHICH)
    def submit(self, which: int) -> None:
        case_id = self._case(which, "approved")
        self._same(self._ask("submit_refund", refund_id=case_id), self.model.submit(case_id))
        assert list(self.scenario.order.cases[case_id].attempts) == list(self.model.cases[case_id].attempts)

    @precondition(lambda self: self.model.any_case("approved", "goods"))
    @rule(which=WHICH, by=some.sampled_from((FINANCE, FINANCE, FINANCE, MERCHANT)), alone=some.booleans())
    def pay_another_way(self, which: int, by: Actor, alone: bool) -> None:
        case_id = self._case(which, "approved")
        reported = {"refund_id": case_id, "method": "bank_transfer", "reference": f"TR-{case_id}"}
        answer = self._ask("pay_refund_by_alternative", by=by, proposer=by if alone else PROPOSER, **reported)
        self._same(answer, self.model.pay_otherwise(case_id, by.kind, same_person=alone))

    @precondition(lambda self: self.model.any_case("approved"))
    @rule(which=some.integers(1, 9), outcomes=some.lists(OUTCOMES, min_size=1, max_size=3), otherwise=some.booleans())
    def a_refund_is_paid_with_trouble(self, which: int, outcomes: list[str], otherwise: bool) -> None:
        """Submitted, answered, submitted again, and the first answer turns out to be another."""
        for n, outcome in enumerate(outcomes):
            self.submit(which=which)
            case_id = self._case(which, "approved")
            if self.model.cases[case_id].attempts:
                self._answer(case_id, n // 2, outcome, again=False)
        if otherwise:
            self.pay_another_way(which=which, by=FINANCE, alone=False)

    @precondition(lambda self: any(case.attempts for case in self.model.cases.values()))
    @rule(which=WHICH, n=WHICH, outcome=OUTCOMES, again=some.sampled_from((False, False, False, True)))
    def the_provider_answers(self, which: int, n: int, outcome: str, again: bool) -> None:
        """Also twice, late, and under another name of its own for what it pays once more."""
        case_id = self._pick({name: case for name, case in self.model.cases.items() if case.attempts}, which)
        self._answer(case_id, n, outcome, again=again)

    def _answer(self, case_id: str, n: int, outcome: str, *, again: bool) -> None:
        attempt_id = self._pick(self.model.cases[case_id].attempts, n)
        attempt, ref = self.model.cases[case_id].attempts[attempt_id], f"re-{attempt_id}-{again:d}"
        reported = {"attempt_id": attempt_id, "psp_refund_ref": ref, "outcome": outcome}
        amount = f"USD {attempt.amount / 100:.2f}"
        self.answers += 1  # each happens later than the one before: that is what they are judged by
        at = self.at + timedelta(microseconds=self.answers)
        self._same(self._ask("report_refund_outcome", by=PARTNER, at=at, psp="stripe", amount=amount, **reported), OK)
        self.model.provider_answers(case_id, attempt_id, outcome, ref)

    @rule()
    def release(self) -> None:
        answer = self._ask("release_settlement")
        assert (answer == OK) == self.model.release(), answer

    @invariant()
    def quantities_agree(self) -> None:
        for line_id in QUANTITIES if hasattr(self, "scenario") else ():
            units, book = self.model.of(line_id), self.scenario.order.lines[line_id]
            assert book.refunded == sum(1 for unit in units if unit.refunded)
            assert self.scenario.order.unshipped(line_id) == len(self.model.unsent(line_id))
            released = sum(place.kept_releases for place in book.places.values())
            assert released == self.model.released(line_id)
            places = OrderUnits(self.scenario.order).of(line_id)
            free = Counter(unit.parcel for unit in self.model.free(line_id))
            assert {at.parcel_id: at.free for at in places if at.free} == free
            disputed = Counter(unit.parcel for unit in self.model.disputed(line_id))
            assert {at.parcel_id: at.at_stake for at in places if at.at_stake} == disputed

    @invariant()
    def money_is_conserved(self) -> None:
        """The buyer's claims, the merchant's money and the fees add up, to the cent and the fen."""
        if hasattr(self, "scenario"):
            assert -self.scenario.balance("2210", "USD") == self.model.owed_to_buyer()
            merchants = sum(self.scenario.balance(account) for account in ("2110", "2120", "4110", "4120"))
            assert -merchants == self.model.merchants_gross()
            assert self.scenario.breaks().count("double_refund") == len(self.model.double_refunds)

    @property
    def at(self) -> datetime:
        return NOW + timedelta(minutes=self.model.now)

    def _ask(self, name: str, *, by: Actor = SYSTEM, **reported: Any) -> str:
        try:
            self.scenario.submit(name, by=by, **{"at": self.at} | reported)
        except Refusal as refusal:
            return refusal.code
        return OK

    def _case(self, which: int, state: str) -> str:
        """Mostly a case that is in this state, where there is one."""
        fitting = {name: case for name, case in self.model.cases.items() if case.state == state}
        return self._pick(fitting if fitting and which else self.model.cases, which)

    @staticmethod
    def _of_dispute(line_id: str) -> dict[str, Any]:
        return {"dispute_id": f"D-{line_id}", "psp": "stripe", "capture_ref": "cap-1"}

    def _same(self, answer: str, expected: str) -> None:
        assert answer == expected, f"the order says {answer}, the model {expected}"

    def _name(self, prefix: str) -> str:
        self.names += 1
        return f"{prefix}-{self.names:03d}"

    @staticmethod
    def _pick(named: dict[str, Any], which: int) -> str:
        return list(named)[which % len(named)]


def test_an_order_answers_as_its_rules_say_whatever_is_asked_of_it() -> None:
    terms = settings(
        max_examples=EXAMPLES, stateful_step_count=40, deadline=None, suppress_health_check=list(HealthCheck)
    )
    try:
        run_state_machine_as_test(seed(SEED)(OrderMachine), settings=terms)
    except Exception as failure:
        failure.add_note(f"REDLEDGER_TEST_SEED={SEED}")
        raise
