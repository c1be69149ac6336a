"""Acceptance scenarios 1, 8 and 9 of the domain (§4.5) and others like them, whole, on a real ledger.

Scenarios 2 and 3 stand in `test_payment_scenarios.py`, 4 to 7 with the commands they are about.
"""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterator
from concurrent.futures import ThreadPoolExecutor
from datetime import UTC, date, datetime
from pathlib import Path
from threading import Barrier
from typing import Any

import pytest

from ledger.actors import Actor
from ledger.events.periods import AccountingPeriodClosed
from ledger.events.settlement import ReconciliationBreakOpened
from ledger.events.statements import SettlementStatementIssued
from ledger.ids import periods_stream, statements_stream
from ledger.money import Money
from ledger.trial_balance import Balance, trial_balance_hash
from projections.accounting.books_of_account import turnover_balance
from projections.audit.audit_trail import AuditTrail
from projections.balances.balances import AsOf, balances
from projections.balances.payouts import payouts
from projections.balances.statements import StatementLine, issued_again
from projections.engine.rebuild import verify
from projections.registry import PROJECTIONS
from service.app import App
from service.automation.returned_payouts import ReturnedPayouts
from service.finance.settlement_run import RunSummary, settle
from tests.support.buses import IMPORTER, Desk, open_desk, publish_programme
from tests.support.given import cny
from tests.support.periods import TwoPeopleClose
from tests.support.sales import BUYER, CARRIER, OWNER, PROVIDER, QUOTE, merchant_ready, order_data, released
from tests.support.shops import app_of

SERVICE_DESK = Actor(kind="platform", id="cs", role="platform_cs")
APPROVER = Actor(kind="platform", id="ann", role="finance")
BANK = Actor(kind="partner", id="bank", role="service")
ORDER: dict[str, Any] = {"merchant_id": "M-1", "order_id": "O-1"}


class Shop:
    """A merchant, its orders and runs, and what the books say."""

    def __init__(self, desk: Desk) -> None:
        self.desk = desk
        self.app: App = app_of(desk)

    def sell(self, *lines: tuple[str, int, int], order: str = "O-1") -> None:
        """An order with these lines (id, units, fen a unit), placed and paid."""
        reported = [_line(*each) for each in lines]
        totals = {name: sum((each[unit] * each["qty"] for each in reported[1:]), reported[0][unit] * reported[0]["qty"])
                  for name, unit in (("list_total", "unit_list"), ("buyer_total", "unit_reference"))}  # fmt: skip
        names = {"merchant_id": "M-1", "order_id": order}
        self.desk.expect("place_order", actor=BUYER, **{**order_data(order), "lines": reported, **totals})
        capture = {"payment_id": f"pay-{order}", "psp": "stripe", "capture_ref": f"ch-{order}"}
        self.desk.expect("report_payment_captured", actor=PROVIDER, amount=totals["buyer_total"], **capture, **names)

    def send(self, parcel_id: str, **qty: int) -> None:
        items = [{"line_id": line_id, "qty": n} for line_id, n in qty.items()]
        parcel = {**ORDER, "parcel_id": parcel_id}
        self.desk.expect("create_parcel", actor=OWNER, items=items, warehouse_id="WH-1", **parcel)
        self.desk.expect("dispatch_parcel", actor=OWNER, carrier="sf", tracking_no=f"SF{parcel_id}", **parcel)

    def sign(self, parcel_id: str) -> None:
        self.desk.expect("report_signature", actor=CARRIER, parcel_id=parcel_id, evidence_kind="recipient", **ORDER)

    def give_back(self, refund_id: str, **asked: Any) -> None:
        """The buyer asks, customer service says yes."""
        self.desk.expect("request_refund", actor=BUYER, refund_id=refund_id, reason="damaged", **asked, **ORDER)
        self.desk.expect("approve_refund", actor=SERVICE_DESK, refund_id=refund_id, round=1, **ORDER)

    def run(self, run_id: str) -> RunSummary:
        self.desk.clock.forward(days=7, minutes=1)
        return settle(self.app, run_id)

    def bank_pays(self) -> None:
        (on_its_way,) = payouts(self._caught_up().views, state="initiated")
        about = {"merchant_id": "M-1", "payout_id": on_its_way.payout_id, "bank_ref": "B-1"}
        self.desk.expect("report_payout_paid", actor=BANK, amount=on_its_way.amount, **about)

    def books(self) -> dict[str, int]:
        """CNY by account over all books, debit positive; accounts at nothing are left out."""
        rows = turnover_balance(self._caught_up().views).rows
        sums: Counter[str] = Counter()
        for row in rows:
            sums[row.account] += row.closing_base.minor
        return {account: base for account, base in sums.items() if base}

    def available(self) -> int:
        """Returns the merchant's available money in fen, negative if the merchant owes it."""
        (found,) = balances(self._caught_up().views, merchants=["M-1"]).merchants
        return found.available.minor - found.due_from_merchant.minor

    def statements(self) -> list[tuple[SettlementStatementIssued, tuple[StatementLine, ...]]]:
        book = self.desk.ledger.directory.book_of("M-1")
        rows = self.desk.ledger.reader.read_stream(book, statements_stream("M-1"))
        issued = [event for row in rows if isinstance(event := row.event, SettlementStatementIssued)]
        return [(event, issued_again(self._caught_up().views, event).lines) for event in issued]

    def breaks(self) -> list[tuple[str, str]]:
        """Returns the kind of each break, and the state that the fact contradicts."""
        rows = self.desk.ledger.reader.read_stream(self.desk.ledger.directory.book_of("M-1"), "order/M-1/O-1")
        opened = [row.event for row in rows if isinstance(row.event, ReconciliationBreakOpened)]
        return [(event.kind, event.refs["about"]) for event in opened]

    def _caught_up(self) -> App:
        self.app.catch_up()
        return self.app


def _line(line_id: str, qty: int, fen: int) -> dict[str, Any]:
    unit, (shape,) = Money(fen, "CNY"), order_data()["lines"]
    return {**shape, "line_id": line_id, "qty": qty, "unit_list": unit, "unit_reference": QUOTE.convert_back(unit)}


@pytest.fixture
def shop(database_url: str, tmp_path: Path) -> Iterator[Shop]:
    with open_desk(database_url, tmp_path) as desk:
        publish_programme(desk)
        merchant_ready(desk)
        yield Shop(desk)


@pytest.fixture
def paid_out(shop: Shop) -> Shop:
    """Line A (2 × CNY 180.00) and B (CNY 140.00) sold, released and paid out: CNY 475.00."""
    shop.sell(("A", 2, 18_000), ("B", 1, 14_000))
    shop.send("P-1", A=2, B=1)
    shop.sign("P-1")
    assert shop.run("R-1").paid == cny("475.00")
    shop.bank_pays()
    return shop


def foots(event: SettlementStatementIssued, lines: tuple[StatementLine, ...]) -> bool:
    return event.opening.minor + sum(line.net.minor for line in lines) == event.closing.minor


class TestScenario1:
    """A refund after the payout."""

    def test_the_merchant_owes_it_and_the_run_pays_nothing(self, paid_out: Shop) -> None:
        paid_out.give_back("R-B", lines=[{"line_id": "B", "qty": 1}])
        summary = paid_out.run("R-2")
        assert (summary.payouts, summary.paid) == (0, cny("0.00"))
        books = paid_out.books()
        assert (books["2120"], books["4120"], paid_out.available()) == (133_00, 7_00, -133_00)

    def test_the_next_sale_makes_up_for_it_and_the_rest_is_paid(self, paid_out: Shop) -> None:
        paid_out.give_back("R-B", lines=[{"line_id": "B", "qty": 1}])
        paid_out.run("R-2")
        released(paid_out.desk, "O-2", list_minor=26_000)
        assert paid_out.available() == 114_00
        assert paid_out.run("R-3").paid == cny("114.00")

    def test_its_statements_tile_foot_and_name_every_line(self, paid_out: Shop) -> None:
        paid_out.give_back("R-B", lines=[{"line_id": "B", "qty": 1}])
        paid_out.run("R-2")
        released(paid_out.desk, "O-2", list_minor=26_000)
        paid_out.run("R-3")
        reported = paid_out.statements()
        assert [[(line.kind, line.net.minor) for line in lines] for _, lines in reported] == [
            [("sale", 342_00), ("sale", 133_00)],
            [("payout", -475_00), ("refund", -133_00)],
            [("sale", 247_00)],
        ]
        assert all(foots(event, lines) for event, lines in reported)
        assert [event.closing.minor for event, _ in reported] == [475_00, -133_00, 114_00]


class TestScenario8:
    """A payout that comes back after it was paid."""

    @pytest.fixture
    def returned(self, paid_out: Shop) -> Shop:
        (paid,) = payouts(paid_out.app.views, merchant="M-1")
        about = {"merchant_id": "M-1", "payout_id": paid.payout_id, "bank_ref": "B-2", "code": "AC04"}
        paid_out.desk.expect("report_payout_returned", actor=BANK, **about)
        paid_out.app.catch_up()
        ReturnedPayouts(paid_out.app).sweep()
        return paid_out

    def test_the_money_is_back_and_available(self, returned: Shop) -> None:
        assert "1010" not in returned.books()
        assert returned.available() == 475_00

    def test_the_payout_is_returned_and_the_account_disabled(self, returned: Shop) -> None:
        book = returned.desk.ledger.directory.book_of("M-1")
        assert returned.desk.ledger.reader.read_stream(book, "merchant/M-1")[-1].type.endswith("account_disabled")
        assert [each.state for each in payouts(returned.app.views, merchant="M-1")] == ["returned"]

    def test_the_next_run_pays_nobody_without_a_verified_account(self, returned: Shop) -> None:
        assert returned.run("R-2").refused == {"PAYOUT_ACCOUNT_NOT_VERIFIED": 1}

    def test_the_statement_shows_both_lines_and_foots(self, returned: Shop) -> None:
        returned.run("R-2")
        event, lines = returned.statements()[-1]
        assert [(line.kind, line.net.minor) for line in lines] == [("payout", -475_00), ("payout_returned", 475_00)]
        assert foots(event, lines)
        assert event.opening == event.closing == cny("475.00")

    def test_an_account_that_two_people_checked_is_paid(self, returned: Shop) -> None:
        account = {"merchant_id": "M-1", "account_ref": "acct-new"}
        returned.desk.expect("register_payout_account", actor=OWNER, bank_code="CMB", **account)
        returned.desk.expect("verify_payout_account", **account)
        assert returned.run("R-2").paid == cny("475.00")


class TestScenario9:
    """A closed month stays what it was, whatever comes late, and every view can be made again."""

    LAST_DAY = date(2025, 3, 31)

    @pytest.fixture
    def closed(self, shop: Shop) -> Shop:
        """March is closed on 2 April; then a capture of 31 March is reported."""
        clock = shop.desk.clock
        clock.now = datetime(2025, 3, 30, 8, tzinfo=UTC)
        shop.sell(("A", 1, 18_000))
        clock.now = datetime(2025, 4, 2, 8, tzinfo=UTC)
        TwoPeopleClose(shop.desk.ledger, shop.desk.bus).close("2025-03", approver=APPROVER)
        late = {"payment_id": "pay-9", "psp": "stripe", "capture_ref": "ch-9", "amount": "USD 69.44"}
        names = {"merchant_id": "M-1", "order_id": "O-9"}
        happened_at = datetime(2025, 3, 31, 8, tzinfo=UTC)
        shop.desk.expect("report_payment_captured", actor=PROVIDER, at=happened_at, **late, **names)
        shop.app.catch_up()
        return shop

    def test_the_last_day_is_as_it_was_closed_although_more_of_it_was_reported_since(self, closed: Shop) -> None:
        event = closed.desk.ledger.reader.read_stream(0, periods_stream())[-1].event
        assert isinstance(event, AccountingPeriodClosed)
        now = turnover_balance(closed.app.views, AsOf(as_of=self.LAST_DAY)).rows
        found = {(row.account, row.currency): Balance(row.closing.minor, row.closing_base.minor) for row in now}
        assert trial_balance_hash(found, upto=self.LAST_DAY, positions=event.positions) == event.trial_balance_hash

    def test_what_came_late_stands_in_april_and_is_flagged(self, closed: Shop) -> None:
        row = closed.desk.ledger.reader.read_stream(closed.desk.ledger.directory.book_of("M-1"), "order/M-1/O-9")[0]
        table = closed.app.views.read(AuditTrail(), lambda opened: opened.generation.stored_name(AuditTrail.tables[0]))
        with closed.desk.ledger.engine.connect() as connection:
            found = connection.exec_driver_sql(
                f"SELECT late, accounting_date FROM {table} WHERE book = %s AND position = %s", (row.book, row.position)
            ).one()
        assert (found.late, found.accounting_date, row.occurred_at.day) == (True, date(2025, 4, 1), 31)

    def test_every_view_made_again_from_the_first_event_is_the_same(self, closed: Shop) -> None:
        differing = {name: verify(closed.desk.ledger.engine, view).count for name, view in PROJECTIONS.items()}
        assert differing == dict.fromkeys(PROJECTIONS, 0)


class TestOthersLikeThem:
    def test_of_an_order_in_two_parcels_only_the_signed_one_is_paid(self, shop: Shop) -> None:
        shop.sell(("A", 3, 9_999))
        shop.send("P-1", A=2)
        shop.send("P-2", A=1)
        shop.sign("P-1")
        assert shop.run("R-1").paid.minor == 199_98 - 10_00
        shop.bank_pays()
        shop.sign("P-2")
        # The fee of all three is CNY 15.00: what the first two took is subtracted from it.
        assert shop.run("R-2").paid.minor == 99_99 - 5_00
        assert "2110" not in shop.books()

    def test_a_refund_at_another_rate_takes_the_same_cny_back_and_the_drift_is_the_platforms(self, shop: Shop) -> None:
        shop.sell(("A", 1, 14_000))
        shop.send("P-1", A=1)
        shop.sign("P-1")
        rate = {"pair": "USD/CNY", "rate": "7.3000", "kind": "book", "provider": "test"}
        day = shop.desk.clock().date()
        shop.desk.expect("record_fx_rate", actor=IMPORTER, at=shop.desk.clock(), as_of=day, **rate)
        shop.give_back("R-1")
        books = shop.books()
        # USD 19.44 came in at 7.1800 and is owed at 7.3000; the quote's margin is taken back with the sale.
        assert (books["2210"], books["5210"]) == (-141_91, 141_91 - 139_58)
        assert not {"2110", "2120", "4210"} & books.keys()

    def test_many_partial_refunds_of_one_line_leave_not_a_cent(self, shop: Shop) -> None:
        shop.sell(("A", 7, 3_333))
        shop.send("P-1", A=7)
        shop.sign("P-1")
        shop.desk.clock.forward(days=7, minutes=1)
        shop.desk.expect("release_settlement", **ORDER)
        for n in range(7):
            shop.give_back(f"R-{n}", lines=[{"line_id": "A", "qty": 1}])
        books = shop.books()
        assert books["4110"] == -books["4120"]
        assert not {"2110", "2120", "4210"} & books.keys()
        # USD 4.63 at 7.1800 is CNY 33.2434: seven of them carry two fen less than their sum, which is no merchant's.
        assert (books["1110"], books["2210"], books["5210"]) == (232_70, -232_68, -2)

    def test_a_chargeback_after_the_payout_is_made_up_for_by_the_next_sale(self, paid_out: Shop) -> None:
        dispute = {"dispute_id": "dp-1", "psp": "stripe", "capture_ref": "ch-O-1"}
        about = {"amount": "USD 19.44", "reason": "product_unacceptable", "lines": [{"line_id": "B", "qty": 1}]}
        paid_out.desk.expect("report_dispute_opened", actor=PROVIDER, **about, **dispute, **ORDER)
        paid_out.desk.expect("report_dispute_lost", actor=PROVIDER, **dispute, **ORDER)
        assert paid_out.available() == -133_00
        released(paid_out.desk, "O-2", list_minor=26_000)
        assert paid_out.run("R-2").paid == cny("114.00")

    def test_a_chargeback_that_is_won_leaves_what_it_held_back_to_the_next_run(self, paid_out: Shop) -> None:
        dispute = {"dispute_id": "dp-1", "psp": "stripe", "capture_ref": "ch-O-2"}
        order = {"merchant_id": "M-1", "order_id": "O-2"}
        released(paid_out.desk, "O-2", list_minor=26_000)
        about = {"amount": "USD 36.11", "reason": "fraudulent"}
        paid_out.desk.expect("report_dispute_opened", actor=PROVIDER, **about, **dispute, **order)
        assert paid_out.run("R-2").refused == {"INSUFFICIENT_AVAILABLE": 1}
        paid_out.desk.expect("report_dispute_won", actor=PROVIDER, **dispute, **order)
        assert paid_out.run("R-3").paid == cny("247.00")

    def test_a_parcel_that_is_found_again_moves_no_money(self, shop: Shop) -> None:
        shop.sell(("A", 1, 14_000))
        shop.send("P-1", A=1)
        reported = {"parcel_id": "P-1", **ORDER}
        shop.desk.expect(
            "report_tracking", actor=CARRIER, milestone="received_at_warehouse", warehouse_id="WH-1", **reported
        )
        shop.desk.expect("report_loss", actor=CARRIER, **reported)
        shop.desk.expect("refund_lost_parcel", actor=SERVICE_DESK, refund_id="R-1", **reported)
        lost = shop.books()
        shop.sign("P-1")
        # Two contradictions: the carrier's own two words of the parcel, and a buyer who has both goods and money.
        # Either comes without the other: a loss nobody refunded yet, a refund of a parcel that was found meanwhile.
        kind = "fact_contradicts_state"
        assert (shop.books(), shop.breaks()) == (lost, [(kind, "lost"), (kind, "refunded")])
        assert (lost["2120"], lost["5150"]) == (-133_00, 139_58)

    @pytest.mark.parametrize("round_", range(3))
    def test_of_two_refunds_that_race_for_one_unit_one_is_paid(
        self, paid_out: Shop, tmp_path: Path, round_: int
    ) -> None:
        url = paid_out.desk.ledger.engine.url.render_as_string(hide_password=False)
        gate = Barrier(2)
        with open_desk(url, tmp_path, now=paid_out.desk.clock()) as other, ThreadPoolExecutor(2) as both:

            def ask(desk: Desk, refund_id: str) -> str:
                gate.wait()
                lines = [{"line_id": "B", "qty": 1}]
                asked: dict[str, Any] = {"refund_id": refund_id, "reason": "damaged", "lines": lines}
                return desk.ask("request_refund", id=f"{refund_id}-{round_}", actor=BUYER, **asked, **ORDER).status

            racing = [both.submit(ask, desk, id_) for desk, id_ in ((paid_out.desk, "R-a"), (other, "R-b"))]
            assert sorted(each.result() for each in racing) == ["recorded", "refused"]
        for refund_id in ("R-a", "R-b"):
            paid_out.desk.ask("approve_refund", actor=SERVICE_DESK, refund_id=refund_id, round=1, **ORDER)
        assert paid_out.available() == -133_00
