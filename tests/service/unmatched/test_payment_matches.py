"""Unmatched money finds its orders, resumable, and never stands twice."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Iterator
from pathlib import Path

import pytest

from commands.unmatched.match_payment import Part
from ledger.actors import Actor
from ledger.money import Money
from service.unmatched.payment_matches import PaymentMatcher
from tests.support.buses import Desk, open_desk, publish_programme
from tests.support.faults import failing

FINANCE = Actor(kind="platform", id="fang", role="finance")
PSP = Actor(kind="partner", id="psp", role="service")
BOTH = (
    Part(merchant_id="M-1", order_id="O-1", amount=Money.of("50.00", "USD")),
    Part(merchant_id="M-2", order_id="O-2"),
)


@pytest.fixture
def desk(database_url: str, tmp_path: Path) -> Iterator[Desk]:
    with open_desk(database_url, tmp_path) as desk:
        publish_programme(desk)
        note(desk)
        yield desk


@pytest.fixture
def matcher(desk: Desk) -> PaymentMatcher:
    return PaymentMatcher(desk.ledger, desk.bus)


def note(desk: Desk) -> None:
    desk.expect(
        "report_unmatched_payment", actor=PSP, psp="psp", capture_ref="c1", amount="USD 69.44", refs={"checkout": "C-7"}
    )


def capture(desk: Desk, amount: str) -> None:
    """The provider reports the same capture again, now with an order's name."""
    desk.ask(
        "report_payment_captured", actor=PSP, merchant_id="M-1", order_id="O-1", payment_id="PAY-1", psp="psp",
        capture_ref="c1", amount=amount,
    )  # fmt: skip


def balances(desk: Desk, book: int | None = None) -> dict[str, tuple[int, int]]:
    """Amount and base by account, zero ones left out, of one book or of all."""
    sums: defaultdict[str, list[int]] = defaultdict(lambda: [0, 0])
    for number in desk.ledger.reader.heads() if book is None else [book]:
        for row in desk.ledger.reader.read(number, 0, 1000):
            for line in row.lines:
                sums[line["account"]][0] += line["amount"]
                sums[line["account"]][1] += line["base"]
    return {account: (amount, base) for account, (amount, base) in sums.items() if amount or base}


def test_a_capture_is_split_over_the_orders_of_a_checkout(desk: Desk, matcher: PaymentMatcher) -> None:
    matcher.match("psp", "c1", BOTH, actor=FINANCE, id="route-1")
    assert balances(desk) == {"1110": (6944, 49858), "2220": (-6944, -49858)}


def test_book_0_has_nothing_of_it_afterwards(desk: Desk, matcher: PaymentMatcher) -> None:
    matcher.match("psp", "c1", BOTH, actor=FINANCE, id="route-1")
    assert balances(desk, book=0) == {}


def test_the_orders_take_it_in_at_the_rate_of_the_day_it_happened(desk: Desk, matcher: PaymentMatcher) -> None:
    desk.clock.forward(days=5)
    desk.expect("record_fx_rate", pair="USD/CNY", rate="7.3000", kind="book", provider="test", as_of="2025-04-05")
    matcher.match("psp", "c1", BOTH, actor=FINANCE, id="route-1")
    assert balances(desk)["1110"] == (6944, 49858)


def test_matching_again_changes_nothing(desk: Desk, matcher: PaymentMatcher) -> None:
    matcher.match("psp", "c1", BOTH, actor=FINANCE, id="route-1")
    heads = desk.ledger.reader.heads()
    matcher.carry_out("psp", "c1")
    assert desk.ledger.reader.heads() == heads


def test_a_plan_that_was_cut_off_is_carried_out_later(desk: Desk, matcher: PaymentMatcher) -> None:
    parts = [{"merchant_id": "M-1", "order_id": "O-1"}]
    desk.expect("match_payment", actor=FINANCE, psp="psp", capture_ref="c1", parts=parts)
    matcher.carry_out("psp", "c1")
    assert balances(desk, book=0) == {}


def test_money_an_order_does_not_take_stays_unmatched(desk: Desk, matcher: PaymentMatcher) -> None:
    capture(desk, "USD 10.00")
    matcher.match("psp", "c1", BOTH, actor=FINANCE, id="route-1")
    assert balances(desk, book=0) == {"1110": (5000, 35900), "2220": (-5000, -35900)}


def test_an_order_that_heard_of_its_part_before_does_not_take_it_twice(desk: Desk, matcher: PaymentMatcher) -> None:
    capture(desk, "USD 50.00")
    matcher.match("psp", "c1", BOTH, actor=FINANCE, id="route-1")
    assert balances(desk)["1110"] == (6944, 49858)


def test_a_refused_plan_reports_to_nobody(desk: Desk, matcher: PaymentMatcher) -> None:
    too_much = [Part(merchant_id="M-1", order_id="O-1", amount=Money.of("70.00", "USD"))]
    assert matcher.match("psp", "c1", too_much, actor=FINANCE, id="route-1").code == "ALLOCATION_EXCEEDS_CAPTURE"
    assert balances(desk, book=0)["1110"] == (6944, 49858)


def test_an_order_whose_report_fails_leaves_the_plan_to_be_carried_out(desk: Desk, matcher: PaymentMatcher) -> None:
    with failing("report_payment_captured", lambda command: command.id.endswith("O-2")):
        assert matcher.match("psp", "c1", BOTH, actor=FINANCE, id="route-1").status == "fault"
    assert balances(desk, book=0) != {}
    matcher.carry_out("psp", "c1")
    assert balances(desk) == {"1110": (6944, 49858), "2220": (-6944, -49858)}
    assert balances(desk, book=0) == {}
