"""One order under random commands and facts, against a model that tells the same rules a second time."""

from __future__ import annotations

import os
from datetime import datetime, timedelta
from typing import Any

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

from ledger.refusals import Refusal
from ledger.who import Actor
from tests.simulation.order_model import OK, OrderModel
from tests.support.given import BUYER, NOW, PARTNER, PLATFORM, SYSTEM
from tests.support.orders import OrderStory, line

SEED = int(os.environ.get("REDLEDGER_TEST_SEED", "20250421"))
EXAMPLES = int(os.environ.get("REDLEDGER_TEST_EXAMPLES", "250"))
QUANTITIES = {"A": 3, "B": 2}
PRICES = {"A": (25_00, 180_00), "B": (19_44, 140_00)}
PEOPLE = (
    Actor(kind="merchant", id="mei", role="merchant"),
    Actor(kind="platform", id="mei", role="platform_cs"),
    Actor(kind="platform", id="ping", role="platform_cs"),
    Actor(kind="platform", id="fang", role="finance"),
    BUYER,
)
AHEAD = some.sampled_from((0, 0, 0, 1))  # of the round that is next
LINES, UNITS, WHICH = some.sampled_from(sorted(QUANTITIES)), some.integers(1, 3), some.integers(0, 9)


class OrderMachine(RuleBasedStateMachine):
    """Every rule asks the order and the model the same, and both must give the same answer."""

    @initialize(express=some.booleans())
    def place(self, express: bool) -> None:
        self.story = OrderStory(express=express)
        self.model = OrderModel(QUANTITIES, PRICES, express=express)
        self.names = 0
        lines = [line("A", 3, "CNY 180.00", "USD 25.00"), line("B", 2, "CNY 140.00", "USD 19.44")]
        self.story.paid(lines=lines, list_total="CNY 820.00", buyer_total="USD 113.88")

    @rule(line_id=LINES, qty=UNITS)
    def send_and_deliver(self, line_id: str, qty: int) -> None:
        parcels = len(self.model.ways)
        self.send(line_id=line_id, qty=qty)
        if len(self.model.ways) > parcels:
            self.something_happens_to_a_parcel(which=parcels, fact="signed")

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
        self.release()

    @rule(line_id=LINES, qty=UNITS)
    def send(self, line_id: str, qty: int) -> None:
        parcel = self._name("P")
        items = [{"line_id": line_id, "qty": qty}]
        answer = self._ask("create_parcel", parcel_id=parcel, items=items, warehouse_id="W-1")
        if answer == OK:
            answer = self._ask("dispatch_parcel", parcel_id=parcel, carrier="SF", tracking_no=f"T-{parcel}")
        self._same(answer, self.model.send(parcel, line_id, qty))

    @precondition(lambda self: self.model.ways)
    @rule(which=WHICH, fact=some.sampled_from(("accepted", "signed", "lost", "refused")))
    def something_happens_to_a_parcel(self, which: int, fact: str) -> None:
        parcel = self._pick(self.model.ways, which)
        way = self.model.ways[parcel]
        if way.signed is not None or way.lost or way.refused:
            return
        match fact:
            case "accepted":
                told = {"milestone": "received_at_warehouse", "warehouse_id": "W-1"}
                way.accepted = self._ask("report_tracking", by=PARTNER, parcel_id=parcel, **told) == OK
            case "signed":
                self._ask("report_signature", by=PARTNER, parcel_id=parcel)
                way.signed = self.model.now
            case "lost":
                way.lost = self._ask("report_loss", by=PARTNER, parcel_id=parcel) == OK
            case "refused":
                told = {"milestone": "import_refused"}
                way.refused = self._ask("report_tracking", by=PARTNER, parcel_id=parcel, **told) == OK

    @rule(line_id=LINES, qty=UNITS)
    def ask_for_a_refund(self, line_id: str, qty: int) -> None:
        case_id, lines = self._name("R"), [{"line_id": line_id, "qty": qty}]
        told: dict[str, Any] = {"refund_id": case_id, "reason": "changed_mind", "lines": lines}
        self._same(self._ask("request_refund", by=BUYER, **told), self.model.request(case_id, line_id, qty))

    @precondition(lambda self: self.model.cases)
    @rule(which=WHICH, ahead=AHEAD, actor=some.sampled_from(PEOPLE), back=some.booleans())
    def approve(self, which: int, ahead: int, actor: Actor, back: bool) -> None:
        case_id = self._case(which, "open")
        n = len(self.model.cases[case_id].approvers) + 1 + ahead
        told: dict[str, Any] = {"refund_id": case_id, "round": n, "return_required": back}
        answer = self._ask("approve_refund", by=actor, return_by=self.at, **told)
        self._same(answer, self.model.approve(case_id, n, actor.id, actor.role, back=back))

    @precondition(lambda self: any(case.state == "open" for case in self.model.cases.values()))
    @rule(which=some.integers(1, 9), back=some.booleans())
    def approve_by_who_may(self, which: int, back: bool) -> None:
        case = self.model.cases[self._case(which, "open")]
        first_of_two = case.kind == "unshipped" and not case.approvers
        self.approve(which=which, ahead=0, actor=PEOPLE[0 if first_of_two else 2], back=back)

    @precondition(lambda self: self.model.cases)
    @rule(which=WHICH, ahead=AHEAD, actor=some.sampled_from(PEOPLE))
    def reject(self, which: int, ahead: int, actor: Actor) -> None:
        case_id = self._case(which, "open")
        n = len(self.model.cases[case_id].approvers) + 1 + ahead
        told: dict[str, Any] = {"refund_id": case_id, "round": n, "reason": "no_evidence"}
        answer = self._ask("reject_refund", by=actor, **told)
        self._same(answer, self.model.reject(case_id, n, actor.id, actor.role))

    @precondition(lambda self: self.model.cases)
    @rule(which=WHICH)
    def withdraw(self, which: int) -> None:
        case_id = self._case(which, "open")
        self._same(self._ask("withdraw_refund", by=BUYER, refund_id=case_id), self.model.withdraw(case_id))

    @precondition(lambda self: self.model.ways)
    @rule(which=WHICH, lost=some.booleans(), told=some.sampled_from(("", "end", "accepted and end")))
    def refund_a_parcel(self, which: int, lost: bool, told: str) -> None:
        """Out of the blue, or after what it is refunded for."""
        if "accepted" in told:
            self.something_happens_to_a_parcel(which=which, fact="accepted")
        if "end" in told:
            self.something_happens_to_a_parcel(which=which, fact="lost" if lost else "refused")
        self._refund_a_parcel(which, lost=lost)

    def _refund_a_parcel(self, which: int, *, lost: bool) -> None:
        parcel, case_id = self._pick(self.model.ways, which), self._name("R")
        way = self.model.ways[parcel]
        told: dict[str, Any] = {"parcel_id": parcel, "refund_id": case_id}
        if lost:
            answer = self._ask("refund_lost_parcel", by=PLATFORM, **told)
            expected = self.model.refund_parcel(case_id, parcel, way.lost, "PARCEL_NOT_LOST")
        else:
            answer = self._ask("refund_refused_parcel", by=PLATFORM, reason="missing_partner_documents", **told)
            expected = self.model.refund_parcel(case_id, parcel, way.refused, "PARCEL_NOT_REFUSED")
        self._same(answer, expected)

    @precondition(lambda self: any(case.state == "goods" for case in self.model.cases.values()))
    @rule(which=WHICH)
    def goods_come_back(self, which: int) -> None:
        case_id = self._case(which, "goods")
        self._ask("report_return_received", by=PARTNER, refund_id=case_id)
        self.model.goods_back(case_id)

    @precondition(lambda self: any(case.state == "goods" for case in self.model.cases.values()))
    @rule(which=WHICH)
    def goods_never_come(self, which: int) -> None:
        case_id = self._case(which, "goods")
        self._same(self._ask("expire_return", refund_id=case_id), self.model.goods_never_came(case_id))

    @precondition(lambda self: self.model.cases)
    @rule(which=WHICH)
    def pay_back(self, which: int) -> None:
        case_id = self._case(which, "approved")
        self._same(self._ask("submit_refund", refund_id=case_id), self.model.submit(case_id))
        for submission in list(self.story.order.cases[case_id].submissions.values()):
            names = {"psp": "stripe", "submission_id": submission.submission_id, "psp_refund_ref": f"re-{case_id}"}
            told = {"outcome": "succeeded", "amount": str(submission.amount), **names}
            self._same(self._ask("report_refund_outcome", by=PARTNER, **told), OK)

    @rule()
    def release(self) -> None:
        answer = self._ask("release_settlement")
        assert (answer == OK) == self.model.release(), answer

    @invariant()
    def quantities_agree(self) -> None:
        for line_id in QUANTITIES if hasattr(self, "story") else ():
            units, book = self.model.of(line_id), self.story.order.lines[line_id]
            assert book.refunded == sum(1 for unit in units if unit.refunded)
            assert self.story.order.unshipped(line_id) == len(self.model.unsent(line_id))
            case, expected = self.story.order.open_case_on(line_id), self.model.pending_on(line_id)
            assert (case.id if case else None) == (expected.id if expected else None)

    @invariant()
    def money_is_conserved(self) -> None:
        """What the buyer is owed, and what the merchant has with the fees it paid, to the cent and the fen."""
        if hasattr(self, "story"):
            assert -self.story.balance("2210", "USD") == self.model.owed_to_buyer()
            merchants = sum(self.story.balance(account) for account in ("2110", "2120", "4110", "4120"))
            assert -merchants == self.model.merchants_gross()

    @property
    def at(self) -> datetime:
        return NOW + timedelta(minutes=self.model.now)

    def _ask(self, name: str, *, by: Actor = SYSTEM, **told: Any) -> str:
        try:
            self.story.tell(name, by=by, at=self.at, **told)
        except Refusal as refusal:
            return refusal.code
        return OK

    def _case(self, which: int, state: str) -> str:
        """Mostly a case that is in this state, where there is one."""
        fitting = {name: case for name, case in self.model.cases.items() if case.state == state}
        return self._pick(fitting if fitting and which else self.model.cases, which)

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
