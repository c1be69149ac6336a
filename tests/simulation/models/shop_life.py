"""A merchant's orders and the platform's finance, living through random months on one ledger."""

from __future__ import annotations

from collections import defaultdict
from contextlib import suppress
from datetime import timedelta
from typing import Any, cast

from commands.accounting.post_fx_revaluation import MONETARY
from commands.settlement.issue_statement import IssueStatement
from ledger.actors import Actor
from ledger.calendar_months import last_day, month_after, month_before, month_of
from ledger.events.statements import SettlementStatementIssued
from ledger.fx import CNY, Rate
from ledger.ids import payouts_stream, periods_stream, revaluation_stream, statements_stream
from ledger.log.rows import Recorded
from ledger.money import Money
from ledger.refusals.catalogue import REFUSALS, Refusal
from ledger.streams.payouts import Payouts
from ledger.streams.periods import Periods
from ledger.streams.statements import Statements
from ledger.streams.stream import Stream
from projections.balances.statements import Cut, Statement, lines_of
from tests.ledger.journal.rules.test_orders import ACTIONS as OF_GOODS
from tests.ledger.journal.rules.test_orders import OPEN_MARKETS, Sale
from tests.simulation.models.money_life import OF_MONEY, MoneyLife
from tests.simulation.models.recorded_scenario import RecordedScenario
from tests.simulation.models.unmatched_life import OF_UNMATCHED_REFUNDS, UnmatchedLife
from tests.support.buses import IMPORTER, LONG_AGO, PLATFORM, Desk, publish_programme
from tests.support.given import FINANCE, NOW, PARTNER
from tests.support.orders import OrderScenario, after_days
from tests.support.periods import TwoPeopleClose
from tests.support.sales import OWNER, merchant_ready

MERCHANT_ID = "M-1"
APPROVER = Actor(kind="platform", id="ann", role="finance")
OF_ORDERS = OF_GOODS + OF_MONEY
OF_THE_SHOP = (
    "sell", "sell", "sell", "sell", "come back", "come back", "provider batch",
    "cut", "cut", "pay out", "pay out", "bank takes", "bank pays", "bank fails", "bank returns", "cancel payout",
    "new account", "hold money", "end hold", "write off", "goodwill", "adjust", "partner paid", "tax remitted",
    "convert", "revalue", "close", "close", "reopen", "late freight", "weeks pass", *OF_UNMATCHED_REFUNDS,
)  # fmt: skip


class ShopOrder(MoneyLife):
    """One of the merchant's orders; all of them share the shop's days."""

    def __init__(self, shop: ShopLife, order_id: str, sale: Sale) -> None:
        self._shop, self._order_id = shop, order_id
        super().__init__(sale)

    @property
    def day(self) -> int:
        return self._shop.day

    @day.setter
    def day(self, day: int) -> None:
        self._shop.day = max(self._shop.day, day)

    def read_on(self) -> None:
        """Reads the events that others recorded."""
        self._recorded.read_on()

    def send_the_rest(self) -> None:
        for line_id in self.order.lines:
            if left := self.order.free(line_id):
                self._send(**{line_id: left})

    def _begin(self, _: list[Rate]) -> OrderScenario:
        self._recorded = RecordedScenario(self._shop.desk, self._order_id)
        return self._recorded


class ShopLife:
    """Takes the shop through random steps, one a day, and then to the end of all its money."""

    def __init__(self, desk: Desk, sales: list[Sale]) -> None:
        self.desk, self.day, self.names = desk, 0, 0
        self.closing = TwoPeopleClose(desk.ledger, desk.bus)
        self.issued: list[tuple[SettlementStatementIssued, Statement]] = []
        self._ready(sales)
        self.orders = [ShopOrder(self, f"O-{n}", sale) for n, sale in enumerate(sales)]
        self.unmatched_refunds = UnmatchedLife(desk, self.orders, MERCHANT_ID)

    def step(self, action: str, which: int, qty: int) -> None:
        if action in OF_ORDERS:
            self.orders[which % len(self.orders)].step(action, which, qty)
            return
        self.day += 1
        self.desk.clock.now = after_days(self.day)
        if action in OF_UNMATCHED_REFUNDS:
            self.unmatched_refunds.step(action, which, qty, day=self.day)
        else:
            getattr(self, "_" + action.replace(" ", "_"))(which, qty)

    def finish(self) -> None:
        """Every order ends, every hold, and the merchant is paid as often as there is something to pay."""
        self.unmatched_refunds.finish(day=self.day)
        for order in self.orders:
            order.finish()
        self.day += 1
        self.desk.clock.now = after_days(self.day)
        for _ in range(2):
            self._bank_pays()
            for n in range(len(self.payouts.holds)):
                self._end_hold(n, 1)
            self._cut()
            self._pay_out()
        self._bank_pays()

    @property
    def rows(self) -> list[Recorded]:
        """The whole log, book by book."""
        reader = self.desk.ledger.reader
        return [row for book, head in reader.heads().items() for row in (reader.read(book, 0, head) if head else ())]

    @property
    def payouts(self) -> Payouts:
        return cast(Payouts, self._remembered(Payouts(payouts_stream(MERCHANT_ID)), book=self._book))

    @property
    def periods(self) -> Periods:
        return cast(Periods, self._remembered(Periods(periods_stream()), book=0))

    @property
    def _book(self) -> int:
        return self.desk.ledger.directory.books_of([MERCHANT_ID])[MERCHANT_ID]

    def _remembered(self, stream: Stream, *, book: int) -> Stream:
        for row in self.desk.ledger.reader.read_stream(book, stream.name):
            stream.apply(row.event)
        return stream

    def _ready(self, sales: list[Sale]) -> None:
        publish_programme(self.desk)
        reported: dict[str, Any] = {"key": "markets", "content": OPEN_MARKETS.model_dump(mode="json")}
        self.desk.expect("publish_policy", actor=IMPORTER, at=LONG_AGO, effective_from=LONG_AGO, **reported)
        merchant_ready(self.desk, MERCHANT_ID, express=True)
        for n in range(max(len(sale.lines) for sale in sales)):
            names = {"merchant_id": MERCHANT_ID, "product_id": f"SKU-{n}"}
            self.desk.expect("submit_product", actor=OWNER, category_id="home", **names)
            self.desk.expect("approve_product", actor=PLATFORM, **names)
        rates = {(rate.base, rate.as_of): rate for sale in sales for rate in sale.book_rates}
        commands = [
            self.desk.command("record_fx_rate", actor=IMPORTER, at=NOW, pair=rate.pair, rate=rate.value, kind="book",
                              provider="test", as_of=rate.as_of)
            for rate in rates.values()
        ]  # fmt: skip
        assert {outcome.status for outcome in self.desk.bus.submit(commands)} <= {"recorded"}

    def _ask(self, name: str, *, by: Actor = FINANCE, **reported: Any) -> str:
        """Submits the command and returns a status, or the code of its refusal."""
        outcome = self.desk.ask(name, actor=by, **reported)
        assert outcome.status != "refused" or outcome.code in REFUSALS
        return outcome.code or outcome.status

    def _of_merchant(self, name: str, *, by: Actor = FINANCE, **reported: Any) -> str:
        return self._ask(name, by=by, merchant_id=MERCHANT_ID, **reported)

    def _name(self) -> str:
        self.names += 1
        return f"N-{self.names}"

    def _sell(self, which: int, _: int) -> None:
        """An order is sent whole, signed for and released."""
        order = self.orders[which % len(self.orders)]
        with suppress(Refusal):
            order.send_the_rest()
            order.step("settle", which, 1)

    def _come_back(self, which: int, qty: int) -> None:
        """Goods are returned at the merchant's cost after it was paid for them."""
        self._pay_out()
        self._bank_pays()
        self.orders[which % len(self.orders)].step("return", which - which % 2, qty)

    def _provider_batch(self, which: int, qty: int) -> None:
        """A batch's own fee, and what rounding left of its lines."""
        reported = {"psp": "stripe", "batch_ref": self._name(), "digest": "d", "line_count": qty}
        cash = {"orders_cash": Money(which, CNY), "cash": Money(which + 1 - qty - 100, CNY)}
        fees = [{"psp_ref": "account", "amount": Money(100, CNY)}]
        self._ask("report_psp_batch", by=PARTNER, **reported, **cash, fees=fees)

    def _cut(self, *_: int) -> None:
        """The next statement, as a settlement run cuts it: from where the last one ended to the book's head."""
        upto, run = self.desk.ledger.reader.heads()[self._book], self._name()
        known = cast(Statements, self._remembered(Statements(statements_stream(MERCHANT_ID)), book=self._book)).last
        cut = Cut(MERCHANT_ID, known.upto_position, known.closing) if known else Cut(MERCHANT_ID)
        statement = self.statement(cut, upto)
        self._ask(
            "start_settlement_run", run_id=run, cut_off=self.desk.clock(), positions=self.desk.ledger.reader.heads()
        )
        asked = IssueStatement(
            id=self._name(), actor=FINANCE, merchant_id=MERCHANT_ID, statement_id=run, run_id=run, book=self._book,
            after_position=cut.after, upto_position=upto, period_from=known.period_to if known else None,
            period_to=self.desk.clock(), opening=cut.opening, totals=statement.totals, closing=statement.closing,
            lines_hash=statement.lines_hash,
        )  # fmt: skip
        (outcome,) = self.desk.bus.submit([asked])
        assert outcome.status == "recorded", outcome
        (row,) = self.desk.ledger.reader.read(self._book, outcome.first - 1, 1)
        self.issued.append((cast(SettlementStatementIssued, row.event), statement))

    def statement(self, cut: Cut, upto: int) -> Statement:
        """Returns the statement that the log gives between two positions of the merchant's book."""
        rows = self.desk.ledger.reader.read(self._book, cut.after, upto - cut.after) if upto > cut.after else []
        lines = tuple(line for row in rows if row.entry for line in lines_of(row, MERCHANT_ID))
        return Statement(MERCHANT_ID, self._book, cut.after, upto, cut.opening, lines)

    def _pay_out(self, *_: int) -> None:
        self._of_merchant("initiate_payout", payout_id=self._name())

    def _bank_takes(self, *_: int) -> None:
        if payout := self.payouts.in_flight:
            self._of_merchant("submit_payout", payout_id=payout.id)

    def _bank_pays(self, *_: int) -> None:
        if payout := self.payouts.in_flight:
            self._of_merchant("report_payout_paid", by=PARTNER, payout_id=payout.id, bank_ref=self._name())

    def _bank_fails(self, which: int, _: int) -> None:
        self._bank_says("report_payout_failed", which)

    def _bank_returns(self, which: int, _: int) -> None:
        self._bank_says("report_payout_returned", which)

    def _bank_says(self, name: str, which: int) -> None:
        """Reports a bank fact about any payout so far: facts come in any order, and twice."""
        if known := list(self.payouts.payouts):
            payout_id = known[-1 - which % len(known)]
            self._of_merchant(name, by=PARTNER, payout_id=payout_id, code="AC04", bank_ref=self._name())

    def _cancel_payout(self, *_: int) -> None:
        if payout := self.payouts.in_flight:
            self._of_merchant("cancel_payout", payout_id=payout.id, reason="asked")

    def _new_account(self, *_: int) -> None:
        account: dict[str, Any] = {"account_ref": self._name()}
        self._of_merchant("register_payout_account", by=OWNER, bank_code="ICBC", **account)
        self._of_merchant("verify_payout_account", **account)

    def _hold_money(self, which: int, _: int) -> None:
        self._of_merchant("hold_settlement", hold_id=self._name(), amount=f"CNY {which + 1}.07", reason="inquiry")

    def _end_hold(self, which: int, qty: int) -> None:
        holds = [hold for hold in self.payouts.holds.values() if hold.amount]
        if holds:
            hold = holds[which % len(holds)]
            self._of_merchant("release_hold", hold_id=hold.id, amount=Money(max(1, hold.amount.minor // qty), CNY))

    def _write_off(self, which: int, _: int) -> None:
        amount = Money(max(1, self._owed() // (1 + which % 3)), CNY)
        self._of_merchant("write_off_merchant_debt", by=APPROVER, amount=str(amount))

    def _owed(self) -> int:
        """Returns the merchant's debt in fen."""
        guard = self.desk.ledger.reader.accounts(self._book, [MERCHANT_ID]).get(MERCHANT_ID)
        return max(0, -guard.available) if guard else 0

    def _goodwill(self, which: int, _: int) -> None:
        """The platform gives the merchant something."""
        self._adjusted("5160", "2120", Money(which + 1, CNY), merchant_id=MERCHANT_ID)

    def _adjust(self, which: int, _: int) -> None:
        self._adjusted("5130", "1010", Money(which + 1, CNY))

    def _adjusted(self, debit: str, credit: str, amount: Money, **named: Any) -> None:
        named["adjustment_id"] = self._name()
        lines = [
            {"account": debit, "side": "debit", "amount": str(amount)},
            {"account": credit, "side": "credit", "amount": str(amount)},
        ]
        day: dict[str, Any] = {}
        if amount.minor % 3 == 0:
            day["accounting_date"] = (self.desk.clock() - timedelta(days=20)).date().isoformat()
        self._ask("post_adjustment", by=APPROVER, lines=lines, **named, **day)

    def _partner_paid(self, which: int, _: int) -> None:
        self._ask("record_partner_invoice_paid", partner="sf", payment_ref=self._name(), amount=f"CNY {which + 1}.11")

    def _tax_remitted(self, which: int, _: int) -> None:
        currency = self.orders[which % len(self.orders)].currency
        reported: dict[str, Any] = {
            "authority": "office",
            "payment_ref": self._name(),
            "amount": Money(which + 1, currency),
        }
        self._ask("record_tax_remitted", market="US", **reported)

    def _convert(self, which: int, _: int) -> None:
        sold = Money(which + 1, self.orders[which % len(self.orders)].currency)
        self._ask("record_bank_fx_converted", bank_ref=self._name(), sold=sold, bought=Money(7 * (which + 1), CNY))
        self._bank_charges(which, sold.currency)

    def _bank_charges(self, which: int, currency: str) -> None:
        """For converting, in CNY or in what was sold; now and then it gives a charge back."""
        amount = Money(which + 1 if which % 5 == 0 else -which - 1, currency if which % 2 else CNY)
        reported: dict[str, Any] = {"account": "A-1", "statement_id": self._name(), "entry_ref": "1", "amount": amount}
        reported |= {"matched_to": "bank_charge", "expected": amount, "value_date": self.desk.clock().date()}
        self._ask("report_bank_entry", by=PARTNER, **reported)

    def _revalue(self, *_: int) -> None:
        period = month_before(month_of(after_days(self.day).date()))
        posted = len(self.desk.ledger.reader.read_stream(0, revaluation_stream(period))) // 2
        reported: dict[str, Any] = {"period": period, "includes": posted, "positions": self.desk.ledger.reader.heads()}
        self._ask("post_fx_revaluation", balances=list(self._foreign(period)), **reported)

    def _foreign(self, period: str) -> Any:
        sums: defaultdict[tuple[str, str, str], list[int]] = defaultdict(lambda: [0, 0])
        for row in self.rows:
            for line in row.lines if row.accounting_date <= last_day(period) else ():
                if line["account"] in MONETARY and line["currency"] != CNY:
                    held = sums[line["account"], line.get("psp", ""), line["currency"]]
                    held[0], held[1] = held[0] + line["amount"], held[1] + line["base"]
        for (account, psp, currency), (amount, base) in sorted(sums.items()):
            if amount or base:
                balance = {"balance": Money(amount, currency), "carried": Money(base, CNY)}
                yield {"account": account, "psp": psp or None} | balance

    def _close(self, *_: int) -> None:
        last = self.periods.last_closed
        self.closing.close(month_after(last) if last else "2025-04", approver=APPROVER)

    def _reopen(self, which: int, _: int) -> None:
        if which % 2 and (last := self.periods.last_closed):
            self.closing.reopen(last, approver=APPROVER)

    def _late_freight(self, which: int, qty: int) -> None:
        """A charge of weeks ago that is reported today."""
        order = self.orders[which % len(self.orders)]
        reported = {"parcel_id": "P-1", "partner": "sf", "charge_ref": self._name(), "amount": f"CNY {which + 1}.03"}
        then = after_days(self.day - 10 * qty)
        order.scenario.submit(
            "record_logistics_charge", by=PARTNER, at=after_days(self.day), occurred_at=then, **reported
        )

    def _weeks_pass(self, *_: int) -> None:
        self.day += 20
