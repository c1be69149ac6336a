"""The rules of one order, written a second time and as simply as possible: units one by one, no ledger, no shared code.

Times are minutes since the order was placed. The model says which answer a command gets and what is then true.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

from tests.simulation.models.refund_model import LOCK, OK, RELEASE, ModelCase, RefundAttempt, Taken, Unit, Way
from tests.simulation.models.unit_model import Kind, UnitModel


@dataclass
class OrderModel(UnitModel):
    """A model of an order: it predicts the outcome of each command, and the state of units and money after it."""

    def edges(self) -> list[tuple[int, str]]:
        """The instants at which an answer may change by itself, each with its line."""
        edges = {(case.return_by, case.units[0].line) for case in self.cases.values() if case.state == "goods"}
        for unit in self.units:
            if unit.parcel:
                way = self.ways[unit.parcel]
                edges.add((way.sent + LOCK if way.signed is None else way.signed + RELEASE, unit.line))
        return sorted(edge for edge in edges if edge[0] > self.now)

    def any_case(self, *states: str) -> bool:
        return any(case.state in states for case in self.cases.values())

    def send(self, parcel: str, line: str, qty: int) -> str:
        """Predicts the packing and dispatch of so many units."""
        there, refunded = self.unsent(line), [u for u in self.of(line) if u.refunded and u.parcel is None]
        if qty > len(there):
            return "LINE_ALREADY_REFUNDED" if qty <= len(there) + len(refunded) else "QTY_EXCEEDS_REMAINING"
        if qty > sum(1 for unit in there if unit.case is None):
            return "REFUND_PENDING_ON_LINE"
        for unit in [unit for unit in there if unit.case is None][:qty]:
            unit.parcel = parcel
        self.ways[parcel] = Way(self.now)
        return OK

    def request(self, case_id: str, line: str, qty: int, kind: Kind = None) -> str:
        """Predicts a buyer's request for so many units: one case, or one of each type if no type has enough units."""
        chosen = self._chosen(line, qty, kind)
        if isinstance(chosen, str):
            return chosen
        for n, (word, units) in enumerate(chosen):
            if (word != "unshipped" and not self.value(units)) or not self._fits(self.value(units)):
                for opened in [f"{case_id}.{word}" if m else case_id for m, (word, _) in enumerate(chosen[:n])]:
                    self._close(self.cases.pop(opened))
                return "REFUND_EXCEEDS_REMAINING"
            name = f"{case_id}.{word}" if n else case_id
            self._open(name, word, units, rounds=(0 if self.express else 2) if word == "unshipped" else 1)
        if chosen[0][0] == "unshipped" and self.express:
            self._approve(self.cases[case_id], None, back=False)
        return OK

    def approve(
        self,
        case_id: str,
        n: int,
        person: str,
        role: str,
        *,
        return_by: int | None = None,
        part: int | None = None,
        bearer: str | None = None,
    ) -> str:
        """Predicts a reviewer's approval. `return_by`: the goods come back first; `part`: so many cents and no more;
        `bearer`: the bearer that the reviewer names.
        """
        refusal, case = self._review(case_id, n, person, role), self.cases[case_id]
        if refusal == OK and self._claimed(case):
            return "DISPUTE_OPEN"
        if refusal == OK and n == case.rounds and case.kind == "unshipped" and bearer == "platform":
            return "UNSENT_IS_MERCHANTS"
        if refusal == OK and n == case.rounds and not self._fits(case.asked if part is None else part, beside=case_id):
            return "REFUND_EXCEEDS_REMAINING"
        if refusal == OK:
            case.approvers.append(person)
        if refusal == OK and n == case.rounds:
            case.return_by = return_by or 0
            self._approve(case, bearer, back=return_by is not None and case.kind == "return_refund", part=part)
        return refusal

    def bearer_at(self, parcel: str | None, kind: str) -> str:
        """Returns the bearer for units in this parcel, if no reviewer names one."""
        return self.ways[parcel].bearer(kind) if parcel else "merchant"

    def can_be_cut(self, case_id: str) -> bool:
        """Returns True if a part of the request can be granted: one unit that was sent, at its full price."""
        case = self.cases[case_id]
        whole = case.asked == self.prices[case.units[0].line][0]
        return case.state == "open" and case.kind != "unshipped" and len(case.units) == 1 and whole

    def reject(self, case_id: str, n: int, person: str, role: str) -> str:
        refusal = self._review(case_id, n, person, role)
        if refusal == OK:
            self._close(self.cases[case_id])
        return refusal

    def withdraw(self, case_id: str, by: str) -> str:
        if self.cases[case_id].state != "open":
            return "CASE_CLOSED"
        if by != "buyer":
            return "ROLE_NOT_ALLOWED"
        self._close(self.cases[case_id])
        return OK

    def refund_parcel(self, case_id: str, parcel: str, fact: str) -> str:
        """A refund that the platform starts for a whole parcel, for what happened to it."""
        units, way = [unit for unit in self.units if unit.parcel == parcel], self.ways[parcel]
        live = [unit for unit in self.free(units[0].line) if unit.parcel == parcel]
        if not way.ended_as(fact):
            return f"PARCEL_NOT_{fact.upper()}"
        if not live and any(unit.case for unit in units):
            return "CASE_ALREADY_OPEN"
        if not live and any(unit.parcel == parcel for unit in self.disputed(units[0].line)):
            return "DISPUTE_OPEN"
        if not live:
            return "LINE_ALREADY_REFUNDED"
        if not self._fits(self.value(live)):
            return "REFUND_EXCEEDS_REMAINING"
        self._open(case_id, "platform_initiated", live, rounds=0)
        self._approve(self.cases[case_id], None, back=False)
        return OK

    def goods_back(self, case_id: str) -> None:
        """They were signed for, so that the next release takes what the platform bears."""
        case = self.cases[case_id]
        if case.state == "goods":
            case.state = "approved"
            for unit in case.units:
                unit.case = None

    def goods_never_came(self, case_id: str) -> str:
        case = self.cases[case_id]
        if case.state != "goods":
            return OK if case.state == "expired" else "RETURN_NOT_AUTHORIZED"
        if self.now < case.return_by or case.shipped:
            return "RETURN_NOT_EXPIRED"
        self.take_back(case.units, case.taken)
        self._close(case)
        case.state, case.owed = "expired", 0
        return OK

    def payable(self, case_id: str) -> str:
        """Returns True if the buyer can get money for a case now, from a provider or in another way."""
        case = self.cases[case_id]
        answers = {"open": "REFUND_NOT_APPROVED", "closed": "CASE_CLOSED", "expired": "CASE_CLOSED"}
        if case.state != "approved":
            return answers.get(case.state, "RETURN_NOT_RECEIVED")
        if self._claimed(case):
            return "DISPUTE_OPEN"
        return OK if case.unsubmitted else "ALREADY_SUBMITTED"

    def submit(self, case_id: str) -> str:
        answer, case = self.payable(case_id), self.cases[case_id]
        through = sum(s.amount for each in self.cases.values() for s in each.attempts.values() if s.counts)
        if answer == OK and case.unsubmitted > self.total - through - self._claims():
            return "REFUND_EXCEEDS_REMAINING"
        if answer == OK:
            case.attempts[f"{case_id}.{len(case.attempts) + 1}"] = RefundAttempt(case.unsubmitted)
        return answer

    def pay_otherwise(self, case_id: str, by: str, *, same_person: bool) -> str:
        """Two people of the platform send the rest from the bank: one proposes, `by` approves, perhaps the same."""
        answer, case = self.payable(case_id), self.cases[case_id]
        if by != "platform" and (same_person or answer == OK):
            return "ROLE_NOT_ALLOWED"
        if same_person and answer == OK:
            return "MAKER_IS_CHECKER"
        if answer == OK:
            case.otherwise += case.unsubmitted
        return answer

    def provider_answers(self, case_id: str, attempt_id: str, outcome: str, ref: str) -> None:
        case = self.cases[case_id]
        if case.answered(case.attempts[attempt_id], outcome, ref):
            self.double_refunds.add(ref)

    def can_be_lost(self, line: str) -> bool:
        """Returns True if a lost dispute has one possible effect: it takes all open units of the line, and nothing else
        is owed.
        """
        dispute, live = self.disputes[line], [unit for unit in self.of(line) if unit.live]
        if any(self.is_shared(line, self.bearer_at(unit.parcel, dispute.reason)) for unit in live):
            return False
        owing = any(c.state == "goods" or (c.state == "approved" and c.unsubmitted) for c in self.cases.values())
        waiting = self.pending_on(line) or self.unsent(line) or owing
        return not waiting and len(live) <= dispute.qty and self.value(live) <= dispute.amount

    def is_shared(self, line: str, bearer: str) -> bool:
        """Returns True if the merchant would bear the rest of a price after the platform bore a part."""
        return bearer == "merchant" and line in self.borne_in_part

    def dispute_lost(self, line: str) -> None:
        dispute = self.disputes[line]
        if dispute.state == "lost":
            return
        dispute.state, dispute.closed_at = "lost", self.now
        if dispute.lost is None:
            dispute.lost = [unit for unit in self.of(line) if unit.live]
            dispute.taken = self._give(dispute.lost, dispute.reason)
        for each in self.quantities:
            self._release_what_is_borne(each)

    def dispute_won(self, line: str) -> None:
        dispute = self.disputes[line]
        if dispute.state != "won":
            dispute.state, dispute.closed_at = "won", self.now
            self.take_back(dispute.lost or [], dispute.taken)
            dispute.lost, dispute.taken = None, []

    def release(self) -> bool:
        """Returns True if something is released."""
        return sum(self._release(line) for line in self.quantities) > 0

    def released(self, line: str) -> int:
        """The units of a line whose price the merchant has, and has not given back."""
        return sum(spot.released for (of, _), spot in self.spots.items() if of == line)

    def owed_to_buyer(self) -> int:
        """Returns the approved and unpaid amount, less double payments, in cents."""
        return sum(case.owed - case.paid for case in self.cases.values())

    def merchants_gross(self) -> int:
        """The list price of everything the merchant has not given back, in fen; of parts their share, half up."""
        gross = sum(self.prices[unit.line][1] for unit in self.units)
        for (line, _), spot in self.spots.items():
            buyer, listed = self.prices[line]
            gross -= (2 * listed * spot.from_merchant + buyer) // (2 * buyer)
        return gross

    def take_back(self, units: list[Unit], taken: Taken) -> None:
        """The refund of these units is off, as if it had never been."""
        for spot, less, cents, released in taken:
            spot.part_paid, spot.from_merchant = spot.part_paid + less, spot.from_merchant - cents
            spot.released += released
        for unit in units:
            unit.refunded = ""

    def _review(self, case_id: str, n: int, person: str, role: str) -> str:
        case = self.cases[case_id]
        if role not in ("merchant", "platform_cs"):
            return "ROLE_NOT_ALLOWED"
        if case.state != "open":
            return "CASE_CLOSED"
        if n != len(case.approvers) + 1:
            return "WRONG_ROUND"
        if person in case.approvers:
            return "SAME_APPROVER"
        needed = "merchant" if case.kind == "unshipped" and n == 1 else "platform_cs"
        return OK if role == needed else "ROLE_NOT_ALLOWED"

    def _open(self, case_id: str, kind: str, units: list[Unit], *, rounds: int) -> None:
        places = [[u for u in units if u.parcel == parcel] for parcel in dict.fromkeys(u.parcel for u in units)]
        parts = [(len(here), self.value(here)) for here in places]
        self.cases[case_id] = ModelCase(case_id, kind, units, rounds, parts)
        for unit in units:
            unit.case = case_id

    def _close(self, case: ModelCase) -> None:
        case.state = "closed"
        for unit in case.units:
            unit.case = None

    def _approve(self, case: ModelCase, bearer: str | None, *, back: bool, part: int | None = None) -> None:
        case.state = "goods" if back else "approved"
        case.owed = case.asked if part is None else part
        places = dict.fromkeys((unit.line, unit.parcel) for unit in case.units) if part is None else {}
        pending = {place: self.unreleased(*place) for place in places}
        if part is None:
            case.taken = self._give(case.units, case.kind, bearer, [cents for _, cents in case.parts])
        else:
            bearer = bearer or self.bearer_at(case.units[0].parcel, case.kind)
            self.borne_in_part |= {case.units[0].line} if bearer == "platform" else set()
            spot = self._spot(case.units[0].line, case.units[0].parcel)
            spot.part_paid += part
            spot.from_merchant += part * (bearer == "merchant")
        if not back:
            self._settle(case, pending)

    def _give(self, units: list[Unit], kind: str, found: str | None = None, asked: Sequence[int] = ()) -> Taken:
        """The buyer gets what was `asked` by place, or these units' value, and `found` pays, or else who bears it where
        they lie. Of the merchant's, what is pending goes first."""
        taken = []
        for n, parcel in enumerate(dict.fromkeys(unit.parcel for unit in units)):
            here = [unit for unit in units if unit.parcel == parcel]
            bearer = found or self.bearer_at(parcel, kind)
            spot, value = self._spot(here[0].line, parcel), asked[n] if asked else self.value(here)
            less = min(spot.part_paid, max(0, self.prices[here[0].line][0] * len(here) - value))
            gone = min(max(0, len(here) - self.unreleased(here[0].line, parcel)), spot.released)
            cents, released = (value, gone) if bearer == "merchant" else (0, 0)
            taken.append((spot, less, cents, released))
        for spot, less, cents, released in taken:
            spot.part_paid, spot.from_merchant = spot.part_paid - less, spot.from_merchant + cents
            spot.released -= released
        for unit in units:
            unit.refunded = found or self.bearer_at(unit.parcel, kind)
        return taken

    def _settle(self, case: ModelCase, pending: dict[tuple[str, str | None], int]) -> None:
        """Releases at once the units that the platform pays for; `pending` are the units that were not released, by
        place.
        """
        for unit in case.units:
            unit.case = None
        for (line, parcel), before in pending.items():
            here = [unit for unit in case.units if (unit.line, unit.parcel) == (line, parcel)]
            if here[0].refunded == "platform":
                self._spot(line, parcel).released += min(len(here), before)

    def _release_what_is_borne(self, line: str) -> int:
        """Releases at once the units that the platform has paid for."""
        released = 0
        for parcel in [None, *self.ways]:
            spot = self._spot(line, parcel)
            here = [u for u in self.of(line) if u.parcel == parcel and u.case is None]
            borne = sum(1 for unit in here if unit.refunded == "platform")
            released += max(0, borne - spot.released)
            spot.released = max(borne, spot.released)
        return released

    def _release(self, line: str) -> int:
        released, disputed = self._release_what_is_borne(line), self.disputed(line)
        for parcel, way in self.ways.items():
            if way.signed is not None and self.now >= way.signed + RELEASE:
                spot = self._spot(line, parcel)
                here = [u for u in self.of(line) if u.parcel == parcel and u.refunded != "merchant" and u.case is None]
                due = sum(1 for unit in here if not any(unit is each for each in disputed))
                released += max(0, due - spot.released)
                spot.released = max(due, spot.released)
        return released
