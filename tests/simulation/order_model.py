"""The rules of one order, told a second time and as simply as possible: units one by one, no ledger, no shared code.

Times are minutes since the order was placed. The model says which answer a command gets and what is then true.
"""

from __future__ import annotations

from dataclasses import dataclass, field

LOCK, RELEASE = 20 * 1440, 7 * 1440
OK = "OK"


@dataclass
class Unit:
    """One piece of one line: where it is, and what became of its money."""

    line: str
    parcel: str | None = None
    refunded: str = ""  # merchant or platform: who paid for it
    released: bool = False
    case: str | None = None  # the pending case that is about it

    @property
    def live(self) -> bool:
        return not self.refunded


@dataclass
class Way:
    """A parcel: since when it is on its way, accepted, signed for, lost."""

    sent: int
    accepted: bool = False
    signed: int | None = None
    lost: bool = False
    refused: bool = False


@dataclass
class ModelCase:
    """A case from request to verdict: open, goods (waiting for them), approved or closed."""

    id: str
    kind: str
    units: list[Unit]
    rounds: int
    state: str = "open"
    approvers: list[str] = field(default_factory=list)
    bearer: str = ""
    owed: int = 0  # to the buyer, in cents
    paid: int = 0


class OrderModel:
    """One order of several lines. `prices` are unit prices in cents and fen by line."""

    def __init__(self, quantities: dict[str, int], prices: dict[str, tuple[int, int]], *, express: bool) -> None:
        self.units = [Unit(line) for line, qty in quantities.items() for _ in range(qty)]
        self.prices, self.express, self.now = prices, express, 0
        self.ways: dict[str, Way] = {}
        self.cases: dict[str, ModelCase] = {}

    def edges(self) -> list[tuple[int, str]]:
        """The instants at which an answer may change by itself, each with its line."""
        edges = set()
        for unit in self.units:
            if unit.parcel:
                way = self.ways[unit.parcel]
                edges.add((way.sent + LOCK if way.signed is None else way.signed + RELEASE, unit.line))
        return sorted(edge for edge in edges if edge[0] > self.now)

    def of(self, line: str) -> list[Unit]:
        return [unit for unit in self.units if unit.line == line]

    def unsent(self, line: str) -> list[Unit]:
        """Live units with the merchant."""
        return [unit for unit in self.of(line) if unit.live and unit.parcel is None]

    def pending_on(self, line: str) -> ModelCase | None:
        pending = (case for case in self.cases.values() if case.state in ("open", "goods"))
        return next((case for case in pending if any(unit.line == line for unit in case.units)), None)

    def send(self, parcel: str, line: str, qty: int) -> str:
        """What packing and dispatching so many come to."""
        there, refunded = self.unsent(line), [u for u in self.of(line) if u.refunded and u.parcel is None]
        if qty > len(there):
            return "LINE_ALREADY_REFUNDED" if qty <= len(there) + len(refunded) else "QTY_EXCEEDS_REMAINING"
        if any(unit.case for unit in there):
            return "REFUND_PENDING_ON_LINE"
        for unit in there[:qty]:
            unit.parcel = parcel
        self.ways[parcel] = Way(self.now)
        return OK

    def request(self, case_id: str, line: str, qty: int) -> str:
        """What a buyer's request for so many comes to."""
        if self.pending_on(line):
            return "CASE_ALREADY_OPEN"
        if qty <= len(self.unsent(line)):
            self._open(case_id, "unshipped", self.unsent(line)[:qty], rounds=0 if self.express else 2)
            if self.express:
                self._approve(self.cases[case_id], "merchant", back=False)
            return OK
        sent = [unit for unit in self.of(line) if unit.live and unit.parcel]
        signed = [unit for unit in sent if self._way(unit).signed is not None]
        waited = [unit for unit in sent if unit not in signed and self.now >= self._way(unit).sent + LOCK]
        for kind, units in (("return_refund", signed), ("not_received", waited)):
            if len(units) >= qty:
                self._open(case_id, kind, sorted(units, key=lambda unit: unit.parcel or "")[:qty], rounds=1)
                return OK
        locked = len(sent) > len(signed) + len(waited)
        enough = qty <= len(self.unsent(line)) + len(sent)
        return "AFTER_SALES_LOCKED" if locked and enough else "REFUND_EXCEEDS_REMAINING"

    def approve(self, case_id: str, n: int, person: str, role: str, *, back: bool) -> str:
        """What a reviewer's yes comes to; `back`: the goods come back first."""
        refusal = self._review(case_id, n, person, role)
        if refusal != OK:
            return refusal
        case = self.cases[case_id]
        case.approvers.append(person)
        if n == case.rounds:
            bearer = "platform" if case.kind == "not_received" else "merchant"
            self._approve(case, bearer, back=back and case.kind == "return_refund")
        return OK

    def reject(self, case_id: str, n: int, person: str, role: str) -> str:
        refusal = self._review(case_id, n, person, role)
        if refusal == OK:
            self._close(self.cases[case_id])
        return refusal

    def withdraw(self, case_id: str) -> str:
        if self.cases[case_id].state != "open":
            return "CASE_CLOSED"
        self._close(self.cases[case_id])
        return OK

    def refund_parcel(self, case_id: str, parcel: str, happened: bool, not_so: str) -> str:
        """A refund that the platform starts for a whole parcel."""
        units = [unit for unit in self.units if unit.parcel == parcel]
        if not happened:
            return not_so
        if any(self.pending_on(unit.line) for unit in units):
            return "CASE_ALREADY_OPEN"
        live = [unit for unit in units if unit.live]
        if not live:
            return "LINE_ALREADY_REFUNDED"
        way = self.ways[parcel]
        self._open(case_id, "platform_initiated", live, rounds=0)
        self._approve(self.cases[case_id], "platform" if way.accepted or way.refused else "merchant", back=False)
        return OK

    def goods_back(self, case_id: str) -> None:
        case = self.cases[case_id]
        if case.state == "goods":
            case.state = "approved"
            self._settle(case)

    def goods_never_came(self, case_id: str) -> str:
        case = self.cases[case_id]
        if case.state == "expired":
            return OK
        if case.state != "goods":
            return "RETURN_NOT_AUTHORIZED"
        for unit in case.units:
            unit.refunded = ""
        case.owed = 0
        self._close(case)
        case.state = "expired"
        return OK

    def submit(self, case_id: str) -> str:
        case = self.cases[case_id]
        answers = {"open": "REFUND_NOT_APPROVED", "closed": "CASE_CLOSED", "expired": "CASE_CLOSED"}
        if case.state != "approved":
            return answers.get(case.state, "RETURN_NOT_RECEIVED")
        if case.paid == case.owed:
            return "ALREADY_SUBMITTED"
        case.paid = case.owed
        return OK

    def release(self) -> bool:
        """Whether anything is released."""
        due = [unit for unit in self.units if self._is_due(unit) and self.pending_on(unit.line) is None]
        for unit in due:
            unit.released = True
        return bool(due)

    def owed_to_buyer(self) -> int:
        """What was approved and not paid, in cents."""
        return sum(case.owed - case.paid for case in self.cases.values())

    def merchants_gross(self) -> int:
        """The list price of everything the merchant has not given back, in fen."""
        return sum(self.prices[unit.line][1] for unit in self.units if unit.refunded != "merchant")

    def _is_due(self, unit: Unit) -> bool:
        if unit.released or unit.refunded == "merchant":
            return False
        signed = self._way(unit).signed if unit.parcel else None
        return unit.refunded == "platform" or (signed is not None and self.now >= signed + RELEASE)

    def _way(self, unit: Unit) -> Way:
        assert unit.parcel is not None
        return self.ways[unit.parcel]

    def _review(self, case_id: str, n: int, person: str, role: str) -> str:
        case = self.cases[case_id]
        if case.state != "open":
            return "CASE_CLOSED"
        if n != len(case.approvers) + 1:
            return "WRONG_ROUND"
        if person in case.approvers:
            return "SAME_APPROVER"
        needed = "merchant" if case.kind == "unshipped" and n == 1 else "platform_cs"
        return OK if role == needed else "ROLE_NOT_ALLOWED"

    def _open(self, case_id: str, kind: str, units: list[Unit], *, rounds: int) -> None:
        self.cases[case_id] = ModelCase(case_id, kind, units, rounds)
        for unit in units:
            unit.case = case_id

    def _close(self, case: ModelCase) -> None:
        case.state = "closed"
        for unit in case.units:
            unit.case = None

    def _approve(self, case: ModelCase, bearer: str, *, back: bool) -> None:
        case.bearer, case.state = bearer, "goods" if back else "approved"
        case.owed = sum(self.prices[unit.line][0] for unit in case.units)
        for unit in case.units:
            unit.refunded = bearer
        if not back:
            self._settle(case)

    def _settle(self, case: ModelCase) -> None:
        """Units at the platform's cost are released at once."""
        for unit in case.units:
            unit.case = None
            unit.released = unit.released or case.bearer == "platform"
