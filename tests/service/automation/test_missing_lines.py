"""A line that a provider or bank does not show in time becomes a break that people own and close."""

from __future__ import annotations

from collections.abc import Iterator
from datetime import timedelta
from pathlib import Path
from typing import Any

import pytest

from commands.unmatched.match_payment import Part
from projections.balances.balances import AsOf
from service.app import App
from service.automation.missing_lines import MissingLines
from service.finance.reconciliation import GRACE_DAYS, Mismatch, mismatches
from service.unmatched.payment_matches import PaymentMatcher
from tests.support.buses import PLATFORM, Desk, open_desk, publish_programme
from tests.support.payments import settled_line, settles
from tests.support.sales import BUYER, PROVIDER, merchant_ready, order_data, paid, released
from tests.support.shops import app_of

ENTRY = {"account": "ICBC-1", "statement_id": "S-1", "entry_ref": "1", "amount": "CNY 1.00", "value_date": "2025-04-01"}
AMOUNTS = ("USD 19.44", "USD 0.00", "USD 19.44")


@pytest.fixture
def desk(database_url: str, tmp_path: Path) -> Iterator[Desk]:
    """A provider that has settled the first of two orders, and a payout that the bank should show."""
    with open_desk(database_url, tmp_path) as desk:
        publish_programme(desk)
        merchant_ready(desk)
        released(desk)
        paid(desk, "O-2")
        settle_line(desk, "O-1")
        desk.expect("initiate_payout", merchant_id="M-1", payout_id="P-1")
        yield desk


def settle_line(desk: Desk, order: str) -> None:
    reported = settles(settled_line(f"ch-{order}", *AMOUNTS), batch_ref=f"po-{order}")
    desk.expect("report_psp_settlement", actor=PROVIDER, merchant_id="M-1", order_id=order, **reported)


def bank_shows_something(desk: Desk) -> None:
    met = {"matched_to": "claim", "expected": "CNY 1.00", "reference": "CL-1"}
    desk.expect("report_bank_entry", actor=PROVIDER, **ENTRY, **met)


def app(desk: Desk) -> App:
    opened = app_of(desk)
    opened.catch_up()
    return opened


def look(desk: Desk) -> int:
    return MissingLines(app(desk)).sweep()


def late(desk: Desk) -> None:
    desk.clock.forward(days=GRACE_DAYS + 1)


def missing(desk: Desk, timepoint: AsOf | None = None) -> list[Mismatch]:
    found = mismatches(app(desk), timepoint) if timepoint else mismatches(app(desk))
    return [each for each in found if each.kind.endswith("_line_missing")]


def work(desk: Desk, name: str, found: Mismatch, **said: Any) -> None:
    desk.expect(name, in_stream=found.stream, break_id=found.break_id, **said)


def test_a_capture_that_no_report_settles_in_time_becomes_a_break(desk: Desk) -> None:
    late(desk)
    assert (look(desk), look(desk)) == (1, 0)
    (found,) = (each for each in missing(desk) if each.kind == "psp_line_missing")
    assert (found.stream, found.expected, found.actual) == ("order/M-1/O-2", "USD 19.44", "nothing")


def test_within_the_days_of_grace_nothing_is_missing(desk: Desk) -> None:
    bank_shows_something(desk)
    desk.clock.forward(days=GRACE_DAYS)
    assert (look(desk), missing(desk)) == (0, [])


def test_a_payout_that_no_statement_shows_becomes_a_break_once_statements_come_in(desk: Desk) -> None:
    late(desk)
    look(desk)
    bank_shows_something(desk)
    assert look(desk) == 1
    (found,) = (each for each in missing(desk) if each.kind == "bank_line_missing")
    assert (found.stream, found.expected) == ("payouts/M-1", "CNY -133.00")


def test_what_is_missing_is_listed_once_whether_it_was_flagged_or_not(desk: Desk) -> None:
    late(desk)
    before = missing(desk)
    look(desk)
    assert {each.break_id for each in missing(desk)} == {each.break_id for each in before}
    assert len(before) == len(missing(desk)) == 2


def test_a_line_that_is_flagged_is_as_old_as_it_was(desk: Desk) -> None:
    late(desk)
    before = {each.break_id: (each.since, each.age_days) for each in missing(desk)}
    look(desk)
    assert {each.break_id: (each.since, each.age_days) for each in missing(desk)} == before


def test_the_break_has_an_owner_and_is_closed_by_a_person_for_good(desk: Desk) -> None:
    late(desk)
    look(desk)
    (found,) = (each for each in missing(desk) if each.kind == "psp_line_missing")
    work(desk, "assign_break", found, owner="lin")
    assert [each.owner for each in missing(desk) if each.break_id == found.break_id] == ["lin"]
    work(desk, "resolve_break", found, resolution="written_off", reason="The provider lost it.")
    assert look(desk) == 0
    assert found.break_id not in {each.break_id for each in missing(desk)}


def test_a_report_that_comes_late_closes_no_break(desk: Desk) -> None:
    late(desk)
    look(desk)
    settle_line(desk, "O-2")
    assert [each.kind for each in missing(desk) if each.stream == "order/M-1/O-2"] == ["psp_line_missing"]


def test_what_was_closed_since_was_missing_on_the_days_before(desk: Desk) -> None:
    late(desk)
    look(desk)
    (found,) = (each for each in missing(desk) if each.kind == "psp_line_missing")
    day = desk.clock().date()
    desk.clock.forward(days=2)
    work(desk, "resolve_break", found, resolution="written_off", reason="The provider lost it.")
    assert found.break_id in {each.break_id for each in missing(desk, AsOf(as_of=day + timedelta(days=1)))}


def test_of_a_provider_that_reports_nothing_no_line_is_missing(desk: Desk) -> None:
    wechat = {"payment_id": "pay-3", "psp": "wechat", "capture_ref": "ch-3", "amount": "USD 19.44"}
    desk.expect("report_payment_captured", actor=PROVIDER, merchant_id="M-1", order_id="O-3", **wechat)
    late(desk)
    assert look(desk) == 1, "the capture of O-2 only"


def unmatched(desk: Desk, capture_ref: str = "ch-9") -> None:
    about = {"psp": "stripe", "capture_ref": capture_ref, "amount": "USD 19.44"}
    desk.expect("report_unmatched_payment", actor=PROVIDER, **about)


def unmatched_refunds(desk: Desk, timepoint: AsOf | None = None) -> list[tuple[str, str]]:
    found = missing(desk, timepoint) if timepoint else missing(desk)
    return [(each.stream, each.expected) for each in found if each.stream.startswith("unmatched/")]


def waits(desk: Desk) -> None:
    """The provider's line of the capture, whose report was read before anybody knew where the money belongs."""
    refs = {"batch_ref": "B-1", "kind": "charge", "reference": "ch-9"}
    desk.expect(
        "report_unmatched_fact",
        actor=PROVIDER,
        system="stripe",
        reference="bt-9",
        kind="psp_line_extra",
        refs=refs,
        body={},
    )


def test_a_capture_of_no_order_that_no_report_settles_is_missing_too(desk: Desk) -> None:
    unmatched(desk)
    late(desk)
    assert (look(desk), look(desk)) == (2, 0), "that of O-2, and this one"
    assert unmatched_refunds(desk) == [("unmatched/stripe/ch-9", "USD 19.44")]


def test_what_was_paid_back_of_no_order_is_missing_until_a_report_shows_it(desk: Desk) -> None:
    unmatched(desk)
    about = {"psp": "stripe", "capture_ref": "ch-9", "refund_id": "U-9"}
    desk.expect("refund_unmatched_funds", reason="nobody_ordered", **about)
    back = about | {"psp_refund_ref": "re-9", "amount": "USD 19.44", "outcome": "succeeded"}
    desk.expect("report_unmatched_refund_outcome", actor=PROVIDER, **back)
    late(desk)
    assert sorted(unmatched_refunds(desk)) == [
        ("unmatched/stripe/ch-9", "USD -19.44"),
        ("unmatched/stripe/ch-9", "USD 19.44"),
    ]
    charge = settles(settled_line("ch-9", *AMOUNTS), batch_ref="B-1")
    desk.expect("report_unmatched_settlement", actor=PROVIDER, capture_ref="ch-9", **charge)
    assert unmatched_refunds(desk) == [("unmatched/stripe/ch-9", "USD -19.44")]


@pytest.mark.parametrize("line_first", [True, False])
def test_a_capture_whose_line_waits_unmatched_was_shown(desk: Desk, line_first: bool) -> None:
    for submit in (waits, unmatched) if line_first else (unmatched, waits):
        submit(desk)
    late(desk)
    assert unmatched_refunds(desk) == []


def test_money_that_has_found_its_order_is_missing_there_only(desk: Desk) -> None:
    desk.expect("place_order", actor=BUYER, **order_data("O-3"))
    unmatched(desk)
    opened = app(desk)
    parts = [Part(merchant_id="M-1", order_id="O-3")]
    day = desk.clock().date()
    desk.clock.forward(days=GRACE_DAYS + 2)
    PaymentMatcher(opened.ledger, opened.bus).match("stripe", "ch-9", parts, actor=PLATFORM, id="route-9")
    desk.clock.forward(days=GRACE_DAYS + 1)
    found = missing(desk)
    assert [each.stream for each in found if each.reference == "stripe ch-9"] == ["order/M-1/O-3"]
    then = AsOf(as_of=day + timedelta(days=GRACE_DAYS + 1))
    assert unmatched_refunds(desk, then) == [("unmatched/stripe/ch-9", "USD 19.44")], (
        "of that day it is what was missing"
    )
