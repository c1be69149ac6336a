"""Providers report at least once and in any order: facts of the same times come to the same money.

REDLEDGER_TEST_SEED and REDLEDGER_TEST_EXAMPLES choose other tellings, and how many.
"""

from __future__ import annotations

import os
from collections.abc import Iterable, Sequence
from contextlib import suppress
from datetime import date
from typing import Any, NamedTuple

import pytest
from hypothesis import given, note, seed, settings
from hypothesis import strategies as some

from commands.bus.decided_events import decided
from commands.rules import Rules
from commands.settlement import report_psp_batch
from commands.settlement.report_psp_batch import ReportPspBatch
from ledger.fx import Rate
from ledger.journal.posting import post
from ledger.refusals.catalogue import Refusal
from ledger.streams.registry import blank
from ledger.streams.stream import Stream
from tests.support.given import BUYER, PARTNER, PLATFORM, RATES, ask, reference_of
from tests.support.orders import OrderScenario, after_days, basket, capture
from tests.support.payments import HELD, OF_DISPUTE, rate, settled_line, settles

pytestmark = pytest.mark.slow

SEED = int(os.environ.get("REDLEDGER_TEST_SEED", "20250423"))
EXAMPLES = int(os.environ.get("REDLEDGER_TEST_EXAMPLES", "120"))
ACCOUNTS = ("1110", "2110", "2210", "2220", "5140")
DAYS = 5
DAILY = (*RATES, *(Rate("USD", "CNY", f"7.1{n}00", "book", "test", date(2025, 4, 1 + n)) for n in range(1, DAYS + 1)))


class Fact(NamedTuple):
    """A provider's report in the words of a command, and the day on which it happened."""

    command: str
    data: dict[str, Any]
    day: int = 0

    @property
    def comes_back(self) -> bool:
        return self.data.get("outcome") in ("failed", "reversed")


AUTHORISED = Fact("report_payment_authorised", HELD)
CAPTURED = Fact("report_payment_captured", capture())
IN_PART = Fact("report_payment_captured", capture("cap-1", "USD 40.00"))
VOIDED = Fact("report_payment_voided", HELD)
REST_VOIDED = Fact("report_payment_voided", HELD | {"amount": "USD 29.44"})
LAPSED = Fact("report_authorisation_expired", HELD)
FAILED = Fact("report_payment_failed", capture() | {"code": "R01"})
PAID_ANEW = Fact("report_payment_captured", capture("cap-2"))


def outcome(said: str, **other: str) -> Fact:
    reported = {"outcome": said, "amount": "USD 69.44", "attempt_id": "R-1.1", "psp": "stripe"}
    return Fact("report_refund_outcome", reported | {"psp_refund_ref": "re-1"} | other)


CAPTURES = (
    (AUTHORISED, CAPTURED, VOIDED),
    (AUTHORISED, IN_PART, REST_VOIDED),
    (AUTHORISED, CAPTURED, LAPSED),
    (CAPTURED, VOIDED),
    (AUTHORISED, CAPTURED, FAILED),
    (CAPTURED, FAILED),
    (CAPTURED, FAILED, PAID_ANEW),
)
OUTCOMES = (
    (outcome("succeeded"),),
    (outcome("succeeded"), outcome("failed")),
    (outcome("succeeded"), outcome("reversed")),
    (outcome("succeeded"), outcome("failed", psp_refund_ref="")),
    (outcome("succeeded"), outcome("failed"), outcome("reversed")),
)
PAID_ANEW_BY_THE_PROVIDER = (
    (outcome("succeeded"), outcome("reversed"), outcome("succeeded")),
    (outcome("succeeded"), outcome("failed"), outcome("succeeded"), outcome("succeeded")),
)
FAILED_MEANWHILE = tuple(
    (*scenario, FAILED) for scenario in (*OUTCOMES, (outcome("failed"),), (outcome("failed"), outcome("succeeded")))
)
_days = some.integers(0, DAYS - 1)


@some.composite
def report_orders(draw: some.DrawFn, scenarios: Sequence[tuple[Fact, ...]]) -> tuple[list[Fact], list[Fact]]:
    """The facts of a scenario, each on some day, as they happened; and as they are reported: in any order, some
    again."""
    scenario = draw(some.sampled_from(scenarios))
    dated = [fact._replace(day=draw(_days)) for fact in scenario]
    again = draw(some.lists(some.sampled_from(dated), max_size=4))
    return sorted(dated, key=lambda fact: (fact.day, fact.comes_back)), draw(some.permutations(dated + again))


def submit(scenario: OrderScenario, fact: Fact) -> None:
    scenario.submit(fact.command, by=PARTNER, at=after_days(fact.day), **fact.data)


def balances(scenario: OrderScenario, *, facts: Iterable[Fact] = ()) -> dict[str, tuple[int, int]]:
    """In dollars, and what they stand at. Where the money is said to have come back on two days it is booked at the
    rate of the one that is reported first: what the provider owes us and what the rate made of it come to the same."""
    facts = list(facts)
    found = {account: (scenario.balance(account, "USD"), scenario.base(account)) for account in ACCOUNTS}
    if len({fact.day for fact in facts if fact.comes_back}) > 1 or are_several_payments(facts):
        dollars, base = found["1110"]
        found["1110"] = dollars, base + scenario.base("5210")
    return found


def are_several_payments(facts: Iterable[Fact]) -> bool:
    """Returns True if the reports are about several payments of one refund. A reversed payment is booked unless a later
    payment was known.
    """
    return len([fact for fact in facts if fact.data.get("outcome") == "succeeded"]) > 1


def paid_for(facts: Iterable[Fact]) -> OrderScenario:
    scenario = OrderScenario(rates=DAILY)
    scenario.submit("place_order", **basket())
    for fact in facts:
        submit(scenario, fact)
    return scenario


def is_captured_before_it_ends(facts: Iterable[Fact]) -> bool:
    """Returns True if every capture happened while the issuer held the money."""
    ended = [fact.day for fact in facts if fact.command in (VOIDED.command, LAPSED.command)]
    return not ended or all(fact.day < min(ended) for fact in facts if fact.command == CAPTURED.command)


@seed(SEED)
@settings(max_examples=EXAMPLES, deadline=None)
@given(report_orders(CAPTURES))
def test_a_payment_comes_to_the_same_money_in_whatever_order_it_is_reported(
    reported: tuple[list[Fact], list[Fact]],
) -> None:
    note(f"seed {SEED}")
    happened, as_reported = reported
    in_order, out_of_order = paid_for(happened), paid_for(as_reported)
    if balances(in_order) != balances(out_of_order):
        assert not is_captured_before_it_ends(happened), "what was captured in time is an ordinary capture"
        assert out_of_order.breaks(), "money that stands elsewhere, and no break is opened"


def refunded(facts: Iterable[Fact], *, meanwhile: str = "") -> OrderScenario:
    """An order refunded at once; after each fact somebody tries to pay what failed in another way."""
    scenario = OrderScenario(express=True, rates=DAILY)
    scenario.submit("place_order", **basket())
    scenario.submit("report_payment_captured", **capture())
    scenario.submit("request_refund", by=BUYER, refund_id="R-1", reason="changed_mind")
    scenario.submit("submit_refund", refund_id="R-1")
    for fact in facts:
        submit(scenario, fact)
        pay_otherwise(scenario, meanwhile)
    return scenario


@seed(SEED + 3)
@settings(max_examples=EXAMPLES, deadline=None)
@given(report_orders(FAILED_MEANWHILE))
def test_a_refund_of_a_capture_that_failed_comes_to_the_same_money(reported: tuple[list[Fact], list[Fact]]) -> None:
    """The platform loses the amount that the buyer finally has, and no other liability remains."""
    note(f"seed {SEED + 3}")
    happened, as_reported = reported
    in_order, out_of_order = refunded(happened), refunded(as_reported)
    assert balances(out_of_order, facts=happened) == balances(in_order, facts=happened)
    lost = out_of_order.balance("5140", "USD")
    assert (out_of_order.balance("2210", "USD"), out_of_order.base("2210")) == (0, 0)
    assert lost == -out_of_order.balance("1110", "USD"), "the loss is what the provider took and nobody gave"


def unmatched_refunds(*said: str) -> tuple[Fact, ...]:
    """Draws a provider's reports about a refund that nobody requested."""
    return tuple(outcome(word, attempt_id="nobodys", amount="USD 5.00", psp_refund_ref="re-9") for word in said)


UNMATCHED_REFUNDS = tuple(
    unmatched_refunds(*said)
    for said in (("succeeded",), ("failed",), ("succeeded", "failed"), ("succeeded", "reversed"))
)


@seed(SEED + 4)
@settings(max_examples=EXAMPLES, deadline=None)
@given(report_orders(UNMATCHED_REFUNDS))
def test_a_refund_nobody_asked_for_comes_to_the_same_money_and_to_somebody_who_looks(
    reported: tuple[list[Fact], list[Fact]],
) -> None:
    note(f"seed {SEED + 4}")
    happened, as_reported = reported
    in_order, out_of_order = paid_for([CAPTURED, *happened]), paid_for([CAPTURED, *as_reported])
    assert balances(out_of_order) == balances(in_order)
    assert sorted(out_of_order.breaks()) == sorted(in_order.breaks()) != []
    if out_of_order.balance("2210", "USD") == 0:
        assert out_of_order.base("2210") == 0, "nothing is left of it in CNY either"


def pay_otherwise(scenario: OrderScenario, meanwhile: str) -> None:
    with suppress(Refusal):
        if meanwhile == "anew":
            scenario.submit("submit_refund", refund_id="R-1")
        elif meanwhile == "by the bank":
            reported = {"refund_id": "R-1", "method": "bank_transfer", "reference": "TR"}
            scenario.submit("pay_refund_by_alternative", by=PLATFORM, **reported)


@seed(SEED + 1)
@settings(max_examples=EXAMPLES, deadline=None)
@given(report_orders(OUTCOMES + PAID_ANEW_BY_THE_PROVIDER))
def test_a_refund_comes_to_the_same_money_in_whatever_order_it_is_reported(
    reported: tuple[list[Fact], list[Fact]],
) -> None:
    note(f"seed {SEED + 1}")
    happened, as_reported = reported
    assert balances(refunded(as_reported), facts=happened) == balances(refunded(happened), facts=happened)


@seed(SEED + 2)
@settings(max_examples=EXAMPLES, deadline=None)
@given(report_orders(OUTCOMES), some.sampled_from(["anew", "by the bank"]))
def test_a_refund_paid_in_another_way_meanwhile_comes_to_the_same_money(
    reported: tuple[list[Fact], list[Fact]], meanwhile: str
) -> None:
    note(f"seed {SEED + 2}")
    happened, as_reported = reported
    in_order = refunded(happened, meanwhile=meanwhile)
    out_of_order = refunded(as_reported, meanwhile=meanwhile)
    for scenario in (in_order, out_of_order):
        on_its_way = [s for s in scenario.order.cases["R-1"].attempts.values() if s.state == "submitted"]
        for attempt in on_its_way:
            names = {"attempt_id": attempt.attempt_id, "psp_refund_ref": "re-2"}
            submit(scenario, outcome("succeeded", **names)._replace(day=DAYS))
    if balances(in_order, facts=happened) != balances(out_of_order, facts=happened):
        assert any(fact.comes_back for fact in happened[:-1]), "the last word was that it came back"
        assert "double_refund" in out_of_order.breaks() + in_order.breaks(), "paid twice, and no break is opened"


def settles_line(batch_ref: str, *lines: dict[str, Any], **other: Any) -> Fact:
    return Fact("report_psp_settlement", settles(*lines, batch_ref=batch_ref, **other))


CHARGE = settled_line("cap-1", "USD 69.44", "USD 2.31", "USD 67.13")
CHARGE_IN_HKD = settled_line("cap-1", "USD 69.44", "HKD 15.00", "HKD 523.00") | {"rate": rate("0.9150", "HKD")}
FIRST_PART = settled_line("cap-1", "USD 40.00", "USD 1.00", "USD 39.00", psp_ref="t-1")
LAST_PART = settled_line("cap-1", "USD 29.44", "USD 1.00", "USD 28.44", psp_ref="t-2", at="7.0900")
GIVEN_BACK = settled_line("re-1", "USD -69.44", "USD 0.00", "USD -69.44", kind="refund", at="7.1400")
DISPUTED = settled_line("dp-1", "USD -69.44", "USD 15.00", "USD -84.44", kind="dispute")
WON = settled_line("dp-1", "USD 69.44", "USD 0.00", "USD 69.44", kind="dispute", at="7.1600")


def whole(batch_ref: str, *, cash: str, **other: Any) -> Fact:
    """The batch itself: what its lines come to, and what the bank got of it."""
    reported = {"psp": "stripe", "batch_ref": batch_ref, "digest": batch_ref, "line_count": 2, "orders_cash": cash}
    return Fact("report_psp_batch", reported | {"cash": cash} | other)


ACCOUNT_FEE = {"psp_ref": "fee-1", "amount": "USD 5.00", "rate": rate("7.1500")}
BATCHES = (
    (CAPTURED, settles_line("po-1", CHARGE), whole("po-1", cash="CNY 479.98")),
    (
        CAPTURED,
        settles_line("po-1", CHARGE),
        whole("po-1", cash="CNY 444.22", orders_cash="CNY 479.98", fees=[ACCOUNT_FEE]),
    ),
    (CAPTURED, settles_line("po-1", CHARGE), whole("po-1", cash="CNY 479.97", orders_cash="CNY 479.98")),
    (CAPTURED, settles_line("po-1", CHARGE), whole("po-1", cash="CNY 470.00", orders_cash="CNY 479.98")),
    (CAPTURED, settles_line("po-1", CHARGE_IN_HKD), whole("po-1", cash="CNY 478.55", deposit="HKD 523.00")),
    (
        CAPTURED,
        *(settles_line("po-1", FIRST_PART), whole("po-1", cash="CNY 278.85")),
        *(settles_line("po-2", LAST_PART), whole("po-2", cash="CNY 201.64")),
    ),
)
WITHDRAWN = Fact("report_dispute_funds_withdrawn", OF_DISPUTE | {"amount": "USD 69.44"})
DISPUTE_FEE = Fact("report_dispute_fee", OF_DISPUTE | {"amount": "USD 15.00"})
SETTLED = (
    (CAPTURED, settles_line("po-1", CHARGE)),
    (CAPTURED, settles_line("po-1", CHARGE_IN_HKD)),
    (CAPTURED, settles_line("po-1", FIRST_PART), settles_line("po-2", LAST_PART)),
    (CAPTURED, settles_line("po-1", CHARGE), WITHDRAWN, DISPUTE_FEE, settles_line("po-2", DISPUTED)),
    (CAPTURED, WITHDRAWN, DISPUTE_FEE, settles_line("po-1", CHARGE, DISPUTED)),
)
IN_SETTLEMENT = ("1010", "1020", "1110", "1120", "2110", "2210", "2220", "5130", "5140", "5210", "5290")
BATCH_ORDER = ("report_payment_captured", "report_psp_settlement", "report_psp_batch")


class Batches:
    """The provider's batches beside an order: streams of their own, of one ledger with it."""

    def __init__(self, facts: Iterable[Fact]) -> None:
        self.scenario, self.streams, self._reference = (
            OrderScenario(rates=DAILY),
            dict[str, Stream](),
            reference_of(rates=DAILY),
        )
        self.scenario.submit("place_order", **basket())
        for n, fact in enumerate(facts):
            if fact.command == "report_psp_batch":
                self._submit(fact, n)
            else:
                submit(self.scenario, fact)

    def _submit(self, fact: Fact, n: int) -> None:
        command = ask(ReportPspBatch, by=PARTNER, at=after_days(fact.day), id=f"batch-{n}", **fact.data)
        stream = self.streams.setdefault(command.stream, blank(command.stream))
        rules = Rules(at=command.decided_at, reference=self._reference, loaded={})
        for event in decided(report_psp_batch.decide, command, stream, rules):
            stream.apply(event)
            if entry := post(event):
                self.scenario.entries.append(entry)

    @property
    def breaks(self) -> list[str]:
        known = [each for stream in self.streams.values() for each in stream.known_breaks.values()]
        return open_breaks(self.scenario) + sorted(each.opened.kind for each in known if each.is_open)


@seed(SEED + 7)
@settings(max_examples=EXAMPLES // 3, deadline=None)
@given(report_orders(BATCHES))
def test_batches_come_to_the_same_books_and_breaks_in_whatever_order_they_are_reported(
    reported: tuple[list[Fact], list[Fact]],
) -> None:
    """A batch may come before its lines, before the capture, or after both, and more than once."""
    note(f"seed {SEED + 7}")
    happened, as_reported = reported
    in_order = Batches(sorted(happened, key=lambda fact: BATCH_ORDER.index(fact.command)))
    out_of_order = Batches(as_reported)
    assert all_books(out_of_order.scenario) == all_books(in_order.scenario)
    assert out_of_order.breaks == in_order.breaks


def all_books(scenario: OrderScenario) -> dict[str, tuple[int, int, int]]:
    """In dollars, in Hong Kong dollars, and what all of it stands at."""
    return {
        account: (scenario.balance(account, "USD"), scenario.balance(account, "HKD"), scenario.base(account))
        for account in IN_SETTLEMENT
    }


def open_breaks(scenario: OrderScenario) -> list[str]:
    return sorted(known.opened.kind for known in scenario.order.known_breaks.values() if known.is_open)


@seed(SEED + 5)
@settings(max_examples=EXAMPLES, deadline=None)
@given(report_orders(SETTLED))
def test_what_providers_settle_comes_to_the_same_books_in_whatever_order_it_is_reported(
    reported: tuple[list[Fact], list[Fact]],
) -> None:
    """A line may come before its capture, the withdrawal of its dispute, or the dispute's fee, and more than once."""
    note(f"seed {SEED + 5}")
    happened, as_reported = reported
    happened = sorted(happened, key=lambda fact: fact.command == "report_psp_settlement")
    in_order, out_of_order = paid_for(happened), paid_for(as_reported)
    assert all_books(out_of_order) == all_books(in_order)
    assert out_of_order.balance("1110", "HKD") == 0
    assert open_breaks(out_of_order) == open_breaks(in_order)


GIVEN_BACK_AND_SETTLED = (
    (outcome("succeeded"), settles_line("po-1", CHARGE, GIVEN_BACK)),
    (outcome("succeeded"), settles_line("po-1", CHARGE), settles_line("po-2", GIVEN_BACK | {"reference": "R-1.1"})),
)


@seed(SEED + 6)
@settings(max_examples=EXAMPLES, deadline=None)
@given(report_orders(GIVEN_BACK_AND_SETTLED))
def test_a_refund_that_is_settled_before_it_is_reported_comes_to_the_same_books(
    reported: tuple[list[Fact], list[Fact]],
) -> None:
    note(f"seed {SEED + 6}")
    happened, as_reported = reported
    happened = sorted(happened, key=lambda fact: fact.command == "report_psp_settlement")
    in_order, out_of_order = refunded(happened), refunded(as_reported)
    assert all_books(out_of_order) == all_books(in_order)
    assert (out_of_order.balance("1110", "USD"), out_of_order.base("1110")) == (0, 0)
    assert open_breaks(out_of_order) == open_breaks(in_order)
