"""Refunds of one payment for two orders come to the same money and the same breaks in any order of the messages."""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterator, Sequence
from itertools import count, permutations
from pathlib import Path
from typing import Any

import pytest

from commands.unmatched.match_payment import Part
from ledger.money import Money
from service.automation.unmatched_facts import WaitingFacts
from service.unmatched.payment_matches import PaymentMatcher
from tests.service.unmatched.test_provider_facts import FINANCE, Wire
from tests.support.buses import open_desk, publish_programme
from tests.support.sales import BUYER, merchant_ready, order_data

ACCOUNTS = ("1110", "2110", "2210", "2220")
Message = dict[str, Any]
_names = count(1)


class Checkout:
    """One charge of USD 38.88 that pays for two orders, in a ledger that had others before."""

    def __init__(self, wire: Wire, *, asked: bool) -> None:
        self.wire, self.name = wire, next(_names)
        self.orders = [f"O-{self.name}-{n}" for n in (1, 2)]
        for order in self.orders:
            wire.desk.expect("place_order", actor=BUYER, **order_data(order))
        wire.captured(f"ch_{self.name}", amount=3888)
        self._before = self._money()
        if asked:
            self.matched()
            for order in self.orders:
                about = {"merchant_id": "M-1", "order_id": order, "refund_id": f"R-{order}"}
                wire.desk.expect("cancel_order", actor=BUYER, reason="changed_mind", **about)
                wire.desk.expect("submit_refund", **about)

    def matched(self) -> None:
        parts = [Part(merchant_id="M-1", order_id=order, amount=Money(1944, "USD")) for order in self.orders]
        matcher = PaymentMatcher(self.wire.desk.ledger, self.wire.desk.bus)
        matcher.match("stripe", f"ch_{self.name}", parts, actor=FINANCE, id=f"r-{self.name}")

    def reported(self, messages: Sequence[Message | None]) -> tuple[Any, ...]:
        """Returns the money that the messages add (None: the charge is matched with its orders), and the open items."""
        for message in messages:
            if message is None:
                self.matched()
            else:
                self._report(**message)
            self.wire.app.catch_up()
            WaitingFacts(self.wire.app).sweep()
        self.wire.app.catch_up()
        added = Counter(self._money())
        added.subtract(self._before)
        opened = [event for event in self.wire.events("break.opened") if any(o in str(event) for o in self.orders)]
        return dict(added), sorted(event.kind for event in opened), self.wire.waiting()

    def _report(self, refund: int, amount: int, status: str, *, of: int | None = None) -> None:
        said: Message = {"charge": f"ch_{self.name}", "amount": amount, "status": status}
        if of is not None:
            said["metadata"] = {"attempt_id": f"R-{self.orders[of]}.1"}
        type = "refund.failed" if status == "failed" else "refund.updated"
        self.wire.submit(type, "refund", f"re_{self.name}_{refund}", **said)

    def _money(self) -> dict[str, int]:
        return {account: self.wire.usd(account) for account in ACCOUNTS}


def refund(n: int, status: str, *, amount: int = 1944, of: int | None = None) -> Message:
    return {"refund": n, "amount": amount, "status": status, "of": of}


WHOLE = refund(1, "succeeded", amount=3888)
SCENARIOS: dict[str, tuple[bool, tuple[Message | None, ...]]] = {
    "one refund of each order": (True, (refund(1, "succeeded", of=0), refund(2, "succeeded", of=1))),
    "one of the two fails later, without our name": (
        True,
        (refund(1, "succeeded", of=0), refund(2, "succeeded", of=1), refund(2, "failed")),
    ),
    "one refund of the whole": (True, (WHOLE,)),
    "one refund of the whole, said twice": (True, (WHOLE, WHOLE)),
    "one refund of the whole that fails later": (True, (WHOLE, refund(1, "failed", amount=3888))),
    "one refund of the whole that nobody asked for": (False, (None, WHOLE)),
}


@pytest.fixture
def wire(database_url: str, tmp_path: Path) -> Iterator[Wire]:
    with open_desk(database_url, tmp_path) as desk:
        publish_programme(desk)
        merchant_ready(desk)
        yield Wire(desk)


@pytest.mark.parametrize("scenario", SCENARIOS)
def test_shared_refunds_come_to_the_same_in_any_order(wire: Wire, scenario: str) -> None:
    asked, messages = SCENARIOS[scenario]
    found = [Checkout(wire, asked=asked).reported(order) for order in permutations(messages)]
    assert [each for each in found if each != found[0]] == []
    assert found[0][2] == [], "nothing waits for a person to say which order it concerns"


def test_a_refund_of_the_whole_pays_what_each_order_owes(wire: Wire) -> None:
    money, breaks, _ = Checkout(wire, asked=True).reported([WHOLE])
    assert (money["1110"], money["2210"], breaks) == (-3888, 0, [])


def test_a_refund_of_half_that_names_no_order_waits_for_a_person(wire: Wire) -> None:
    _, breaks, waiting = Checkout(wire, asked=True).reported([refund(1, "succeeded")])
    assert (breaks, waiting) == ([], ["psp_refund"])
