"""The rest of a capture that an order of a checkout did not take is planned anew, and no part is taken twice."""

from __future__ import annotations

import os
import random
from collections.abc import Callable, Iterator, Sequence
from contextlib import suppress
from pathlib import Path
from typing import cast

import pytest

from commands.bus.bus import Bus
from commands.bus.outcome import Outcome
from commands.command import Command
from commands.unmatched.match_payment import Part
from ledger.events.payments import PaymentCaptured
from ledger.money import Money
from service.unmatched.items import PartNotTaken, match, waiting
from service.unmatched.payment_matches import PaymentMatcher
from tests.service.unmatched.test_payment_matches import BOTH, FINANCE, PSP, balances, capture, note
from tests.support.buses import Desk, open_desk, publish_programme
from tests.support.sales import merchant_ready, order_data
from tests.support.shops import app_of

SEED = int(os.environ.get("REDLEDGER_TEST_SEED", "20250424"))
SCENARIOS = int(os.environ.get("REDLEDGER_TEST_EXAMPLES", "25"))
CAPTURED = 69_44


@pytest.fixture
def desk(database_url: str, tmp_path: Path) -> Iterator[Desk]:
    with open_desk(database_url, tmp_path) as desk:
        publish_programme(desk)
        yield desk


@pytest.fixture
def matcher(desk: Desk) -> PaymentMatcher:
    return PaymentMatcher(desk.ledger, desk.bus)


def part(order_id: str, amount: Money | None = None) -> Part:
    return Part(merchant_id=f"M-{order_id[2]}", order_id=order_id, amount=amount)


def stuck(desk: Desk, matcher: PaymentMatcher) -> None:
    """O-1 has a capture of that name of another amount; O-2 takes its USD 19.44, and USD 50.00 are left."""
    note(desk)
    capture(desk, "USD 10.00")
    matcher.match("psp", "c1", BOTH, actor=FINANCE, id="route-1")


def taken(desk: Desk, capture_ref: str = "c1") -> dict[str, int]:
    """Returns the parts of a capture that each order recorded."""
    found: dict[str, int] = {}
    for book in desk.ledger.reader.heads():
        for row in desk.ledger.reader.read(book, 0, 100_000):
            if isinstance(row.event, PaymentCaptured) and row.event.capture_ref == capture_ref:
                assert row.event.order_id not in found, "an order has a capture once"
                found[row.event.order_id] = row.event.amount.minor
    return found


def test_what_was_not_taken_goes_to_another_order(desk: Desk, matcher: PaymentMatcher) -> None:
    stuck(desk, matcher)
    assert matcher.match("psp", "c1", [part("O-3")], actor=FINANCE, id="route-2").status == "recorded"
    assert taken(desk) == {"O-1": 10_00, "O-2": 19_44, "O-3": 50_00}
    assert balances(desk, book=0) == {}
    assert balances(desk)["1110"][0] == CAPTURED + 10_00


@pytest.mark.parametrize(
    "asked",
    [[("O-2", 0)], [("O-3", 69_44)], [("O-3", 50_01)], [("O-3", 49_99)], [("O-3", 50_00), ("O-4", 0)]],
    ids=["it has its part", "all of it again", "a cent more", "a cent less", "nothing left"],
)
def test_no_more_is_planned_than_was_left(desk: Desk, matcher: PaymentMatcher, asked: list[tuple[str, int]]) -> None:
    stuck(desk, matcher)
    parts = [part(order, Money(minor, "USD") if minor else None) for order, minor in asked]
    assert matcher.match("psp", "c1", parts, actor=FINANCE, id="route-2").code == "ALLOCATION_EXCEEDS_CAPTURE"
    assert taken(desk) == {"O-1": 10_00, "O-2": 19_44}


def test_money_that_is_matched_in_part_is_not_given_back_beside_it(desk: Desk, matcher: PaymentMatcher) -> None:
    stuck(desk, matcher)
    back = desk.ask("refund_unmatched_funds", psp="psp", capture_ref="c1", refund_id="U-1", reason="no_order")
    assert (back.code, back.facts["state"]) == ("ITEM_ALREADY_MATCHED", "matched in part")


def test_the_answer_to_a_match_names_what_is_left(desk: Desk) -> None:
    for n in (1, 2):
        merchant_ready(desk, f"M-{n}")
        desk.expect("place_order", **order_data(f"O-{n}", f"M-{n}"))
    note(desk)
    capture(desk, "USD 10.00")
    app = app_of(desk)
    app.catch_up()
    with pytest.raises(PartNotTaken, match=r"USD 50\.00 is left"):
        match(app, "psp", "c1", BOTH, actor=FINANCE)
    app.catch_up()
    (found,) = waiting(app)
    assert (found.state, str(found.amount), str(found.base)) == ("matched_in_part", "USD 50.00", "CNY 359.00")


class CutOffError(Exception):
    """The process was killed."""


class Interrupted:
    """A bus that somebody else is quicker on, or whose process is killed: at its n-th submission, before or after."""

    def __init__(self, bus: Bus, n: int, then: Callable[[], None], *, after: bool) -> None:
        self._bus, self._left, self._then, self._after = bus, n, then, after

    def submit(self, commands: Sequence[Command]) -> list[Outcome]:
        self._left -= 1
        if self._left == 0 and not self._after:
            self._then()
        outcomes = self._bus.submit(list(commands))
        if self._left == 0 and self._after:
            self._then()
        return outcomes


def killed() -> None:
    raise CutOffError


def test_the_parts_add_up_in_whatever_way_they_are_planned_interrupted_and_repeated(desk: Desk) -> None:
    """Orders that cannot take their part, routers that overtake each other, and kills between any two commits."""
    chance = random.Random(SEED)
    for n in range(SCENARIOS):
        _Scenario(desk, chance, f"c{n}").submit()


class _Scenario:
    """One capture, planned until all of it is taken; the fourth order always can."""

    def __init__(self, desk: Desk, chance: random.Random, ref: str) -> None:
        self.desk, self.chance, self.ref, self.why = desk, chance, ref, f"seed {SEED}, {ref}"
        self.orders = [f"O-{n}-{ref}" for n in (1, 2, 3, 4)]
        self.stubborn = {order for order in self.orders[:3] if chance.random() < 0.5}
        self.honest = PaymentMatcher(desk.ledger, desk.bus)

    def submit(self) -> None:
        self.desk.expect("report_unmatched_payment", actor=PSP, psp="psp", capture_ref=self.ref, amount="USD 69.44")
        for order in sorted(self.stubborn):
            names = {"merchant_id": f"M-{order[2]}", "order_id": order, "capture_ref": self.ref}
            reported = {"payment_id": "P", "psp": "psp", "amount": "USD 1.00"}
            self.desk.expect("report_payment_captured", actor=PSP, **names, **reported)
        left = CAPTURED
        for attempt in range(4):
            if left:
                self.plan(attempt, left)
                left = CAPTURED - sum(self.has().values())
                assert left >= 0, self.why
        assert left == 0, self.why
        assert balances(self.desk, book=0) == {}, self.why

    def has(self) -> dict[str, int]:
        return {order: minor for order, minor in taken(self.desk, self.ref).items() if order not in self.stubborn}

    def plan(self, attempt: int, left: int) -> None:
        free = [order for order in self.orders[:3] if order not in self.has()]
        names = self.chance.sample(free, self.chance.randint(1, len(free))) if attempt < 3 and free else self.orders[3:]
        cuts = sorted(self.chance.sample(range(1, left), len(names) - 1))
        amounts = [b - a for a, b in zip([0, *cuts], [*cuts, left], strict=True)]
        parts = [part(name, Money(amount, "USD")) for name, amount in zip(names, amounts, strict=True)]
        for _ in range(self.chance.randint(1, 3)):
            then = self.chance.choice([killed, self.overtake])
            bus = Interrupted(self.desk.bus, self.chance.randint(1, 4), then, after=self.chance.random() < 0.5)
            with suppress(CutOffError):
                router = PaymentMatcher(self.desk.ledger, cast("Bus", bus))
                router.match("psp", self.ref, parts, actor=FINANCE, id=f"{self.ref}-{attempt}")
        self.honest.match("psp", self.ref, parts, actor=FINANCE, id=f"{self.ref}-{attempt}")

    def overtake(self) -> None:
        self.honest.carry_out("psp", self.ref)
