"""Timers over terms read what changed or fell due since their last look, and miss nothing for it."""

from __future__ import annotations

from collections.abc import Iterator
from datetime import timedelta
from pathlib import Path

import pytest

from service.automation.deemed_signatures import DeemedSignatures
from service.automation.missing_lines import MissingLines
from service.automation.overdue_answers import Stuck
from service.automation.untied_declarations import UntiedDeclarations
from service.finance.reconciliation import GRACE_DAYS
from service.loops.timer import Timer
from tests.service.automation.test_reads_of_timers import held, read_by
from tests.support.buses import IMPORTER, LONG_AGO, Desk, open_desk, publish_programme
from tests.support.faults import failing
from tests.support.given import FINANCE, PARTNER
from tests.support.payments import settled_line, settles
from tests.support.sales import BUYER, CARRIER, PROVIDER, merchant_ready, paid, released, sent
from tests.support.shops import app_of


@pytest.fixture
def desk(database_url: str, tmp_path: Path) -> Iterator[Desk]:
    with open_desk(database_url, tmp_path) as desk:
        publish_programme(desk)
        merchant_ready(desk)
        yield desk


def look(timer: Timer) -> int:
    timer.app.catch_up()
    return timer.sweep()


class TestMissingLines:
    def test_lines_that_stay_missing_are_read_once_a_day(self, desk: Desk) -> None:
        provider_reports(desk, "O-1")
        timer = MissingLines(app_of(desk))
        before = read_by(desk, timer)
        for number in range(2, 8):
            paid(desk, f"O-{number}")
            sent(desk, f"O-{number}")
            charged(desk, f"O-{number}")
        desk.clock.forward(days=31)
        assert (look(timer), read_by(desk, timer)) == (12, before)

    def test_bank_entries_that_stay_missing_are_read_once_a_day(self, desk: Desk) -> None:
        bank_shows_something(desk)
        timer = MissingLines(app_of(desk))
        before = read_by(desk, timer)
        for number in range(6):
            invoice_paid(desk, f"INV-{number}")
        desk.clock.forward(days=GRACE_DAYS + 1)
        assert (look(timer), read_by(desk, timer)) == (12, before)  # the entries, and the charges that nobody reported

    def test_a_capture_that_is_reported_long_after_it_happened_is_missing_at_once(self, desk: Desk) -> None:
        provider_reports(desk, "O-1")
        timer = MissingLines(app_of(desk))
        look(timer)
        about = {"merchant_id": "M-1", "order_id": "O-2", "payment_id": "pay-2", "psp": "stripe", "capture_ref": "ch-2"}
        long_ago = desk.clock() - timedelta(days=GRACE_DAYS + 1)
        desk.expect("report_payment_captured", actor=PROVIDER, at=long_ago, amount="USD 19.44", **about)
        assert look(timer) == 1

    def test_an_invoice_is_compared_again_with_all_its_charges_after_a_further_one(self, desk: Desk) -> None:
        paid(desk)
        sent(desk)
        charged(desk, "O-1", invoice_ref="INV-1", charge_ref="first")
        invoice_paid(desk, "INV-1", "INV-2")
        timer = MissingLines(app_of(desk))
        early = look(timer)
        charged(desk, "O-1", invoice_ref="INV-2", charge_ref="second")
        charged(desk, "O-1", invoice_ref="INV-2", charge_ref="third")
        assert (early, look(timer)) == (0, 1)

    def test_the_first_statement_in_a_currency_shows_what_has_been_missing(self, desk: Desk) -> None:
        released(desk)
        desk.expect("initiate_payout", merchant_id="M-1", payout_id="P-1")
        desk.clock.forward(days=GRACE_DAYS + 1)
        timer = MissingLines(app_of(desk))
        early = look(timer)
        bank_shows_something(desk)
        assert (early, look(timer)) == (0, 1)

    def test_the_first_report_of_a_provider_shows_what_has_been_missing(self, desk: Desk) -> None:
        paid(desk, "O-2")
        desk.clock.forward(days=GRACE_DAYS + 1)
        timer = MissingLines(app_of(desk))
        early = look(timer)
        provider_reports(desk, "O-1")
        assert (early, look(timer)) == (0, 1)

    def test_a_line_whose_flag_failed_is_flagged_when_its_time_has_come(self, desk: Desk) -> None:
        provider_reports(desk, "O-1")
        paid(desk, "O-2")
        desk.clock.forward(days=GRACE_DAYS + 1)
        timer = MissingLines(app_of(desk))
        with failing("flag_missing_line", lambda _: True):
            assert look(timer) == 0
        desk.clock.forward(seconds=5)
        assert look(timer) == 1


class TestUntiedDeclarations:
    def test_declarations_that_do_not_agree_are_read_once(self, desk: Desk) -> None:
        timer = UntiedDeclarations(app_of(desk))
        before = read_by(desk, timer)
        for number in range(6):
            departed(desk, f"O-{number}")
        desk.clock.forward(days=1)
        assert (look(timer), read_by(desk, timer)) == (6, before)

    def test_a_parcel_is_flagged_when_its_departure_is_a_day_old(self, desk: Desk) -> None:
        timer = UntiedDeclarations(app_of(desk))
        departed(desk, "O-1")
        early = look(timer)
        desk.clock.forward(days=1)
        assert (early, look(timer)) == (0, 1)

    def test_an_order_is_flagged_when_another_one_comes_onto_its_declaration(self, desk: Desk) -> None:
        timer = UntiedDeclarations(app_of(desk))
        departed(desk, "O-1", declaration="D-1")
        desk.clock.forward(days=1)
        early = look(timer)
        departed(desk, "O-2", declaration="D-1")
        desk.clock.forward(days=1)
        assert (early, look(timer)) == (0, 2)

    def test_an_order_is_flagged_when_its_payment_failed_after_all(self, desk: Desk) -> None:
        timer = UntiedDeclarations(app_of(desk))
        departed(desk, "O-1", declaration="D-1")
        desk.clock.forward(days=1)
        early = look(timer)
        about = {"merchant_id": "M-1", "order_id": "O-1", "payment_id": "pay-O-1", "psp": "stripe"}
        failed = about | {"capture_ref": "ch-O-1", "amount": "USD 19.44", "code": "fraudulent"}
        desk.expect("report_payment_failed", actor=PROVIDER, **failed)
        assert (early, look(timer)) == (0, 1)


class TestDeemedSignatures:
    def test_parcels_under_way_are_read_once(self, desk: Desk) -> None:
        deeming(desk)
        timer = DeemedSignatures(app_of(desk))
        before = read_by(desk, timer)
        for number in range(6):
            paid(desk, f"O-{number}")
            sent(desk, f"O-{number}")
        assert read_by(desk, timer) == before

    def test_a_parcel_is_deemed_signed_for_when_its_time_has_passed(self, desk: Desk) -> None:
        deeming(desk)
        timer = DeemedSignatures(app_of(desk))
        paid(desk)
        sent(desk)
        early = look(timer)
        desk.clock.forward(days=30)
        assert (early, look(timer)) == (0, 1)

    def test_a_parcel_that_was_reported_long_after_its_dispatch_is_deemed_signed_for_at_once(self, desk: Desk) -> None:
        deeming(desk)
        timer = DeemedSignatures(app_of(desk))
        paid(desk)
        look(timer)
        desk.clock.forward(days=31)
        look(timer)
        about = {"merchant_id": "M-1", "order_id": "O-1", "parcel_id": "P-1", "carrier": "sf", "tracking_no": "SF-1"}
        long_ago = desk.clock() - timedelta(days=30)
        desk.expect("report_dispatch", actor=CARRIER, at=long_ago, items=[{"line_id": "L1", "qty": 1}], **about)
        assert look(timer) == 1

    def test_lost_parcels_are_read_once(self, desk: Desk) -> None:
        deeming(desk)
        timer = DeemedSignatures(app_of(desk))
        before = read_by(desk, timer)
        for number in range(6):
            paid(desk, f"O-{number}")
            sent(desk, f"O-{number}")
            about = {"merchant_id": "M-1", "order_id": f"O-{number}", "parcel_id": f"O-{number}-1"}
            desk.expect("report_loss", actor=CARRIER, **about)
        desk.clock.forward(days=30)
        assert (look(timer), read_by(desk, timer)) == (0, before)


class TestStuck:
    def test_what_stays_stuck_is_read_once(self, desk: Desk) -> None:
        timer = Stuck(app_of(desk))
        before = read_by(desk, timer)
        for number in range(6):
            refund_submitted(desk, f"O-{number}")
            capture_requested(desk, f"Q-{number}")
        desk.clock.forward(days=6)
        assert (look(timer), read_by(desk, timer)) == (12, before)

    def test_a_refund_and_a_capture_are_stuck_once_they_have_waited_long_enough(self, desk: Desk) -> None:
        timer = Stuck(app_of(desk))
        refund_submitted(desk, "O-1")
        capture_requested(desk, "Q-1")
        early = look(timer)
        desk.clock.forward(days=6)
        assert (early, look(timer)) == (0, 2)


def refund_submitted(desk: Desk, order_id: str) -> None:
    paid(desk, order_id)
    about = {"merchant_id": "M-1", "order_id": order_id, "refund_id": "R-1"}
    desk.expect("cancel_order", actor=BUYER, reason="changed_mind", **about)
    desk.expect("submit_refund", **about)


def capture_requested(desk: Desk, order_id: str) -> None:
    about = held(desk, order_id, days=7)
    desk.expect("capture_payment", **{name: about[name] for name in ("merchant_id", "order_id", "payment_id")})


def provider_reports(desk: Desk, order_id: str) -> None:
    """An order whose capture the provider has settled."""
    paid(desk, order_id)
    reported = settles(settled_line(f"ch-{order_id}", "USD 19.44", "USD 0.00", "USD 19.44"), batch_ref=f"po-{order_id}")
    desk.expect("report_psp_settlement", actor=PROVIDER, merchant_id="M-1", order_id=order_id, **reported)


def bank_shows_something(desk: Desk) -> None:
    entry = {"account": "ICBC-1", "statement_id": "S-1", "entry_ref": "1", "amount": "CNY 1.00"}
    met = {"matched_to": "claim", "expected": "CNY 1.00", "reference": "CL-1", "value_date": desk.clock().date()}
    desk.expect("report_bank_entry", actor=PROVIDER, **entry, **met)


def charged(desk: Desk, order_id: str, *, invoice_ref: str = "", charge_ref: str = "") -> None:
    about = {"merchant_id": "M-1", "order_id": order_id, "parcel_id": f"{order_id}-1", "partner": "sf"}
    names = {"charge_ref": charge_ref or f"c-{order_id}", "invoice_ref": invoice_ref or f"INV-{order_id}"}
    desk.expect("record_logistics_charge", actor=PARTNER, amount="CNY 10.00", **names, **about)


def invoice_paid(desk: Desk, *invoice_refs: str) -> None:
    about = {"partner": "sf", "payment_ref": f"pay-{invoice_refs[0]}", "invoice_refs": invoice_refs}
    desk.expect("record_partner_invoice_paid", actor=FINANCE, amount="CNY 20.00", **about)


def departed(desk: Desk, order_id: str, *, declaration: str = "") -> None:
    """A parcel on its way out of the country."""
    paid(desk, order_id)
    sent(desk, order_id)
    about = {"actor": CARRIER, "merchant_id": "M-1", "order_id": order_id, "parcel_id": f"{order_id}-1"}
    if declaration:
        number = {"customs_mode": "9610", "declaration_no": declaration}
        desk.expect("report_tracking", milestone="export_declared", **about, **number)
    desk.expect("report_tracking", milestone="departed", **about)


def deeming(desk: Desk) -> None:
    """A policy that deems parcels signed for 30 days after their dispatch."""
    after = LONG_AGO + timedelta(days=1)
    content = {"mode": "earlier_of", "window": "P20D", "signature_evidence": ["recipient"]}
    content["deemed_signature_after"] = "P30D"
    said = {"key": "after_sales_lock", "content": content, "effective_from": after}
    desk.expect("publish_policy", actor=IMPORTER, at=after, **said)
