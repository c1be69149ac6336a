"""An order's money: whatever happens to it, in the end nothing is left between the parties."""

from contextlib import suppress
from dataclasses import dataclass
from datetime import date, timedelta
from decimal import Decimal
from typing import Any

import pytest
from hypothesis import HealthCheck, settings
from hypothesis import given as for_any
from hypothesis import strategies as some

from ledger.events.refunds import RefundApproved, RefundAutoApproved, ReturnExpired
from ledger.events.settlement import SettlementReleased
from ledger.fx import Rate
from ledger.money import Money, split, total
from ledger.policies.markets import Market, Markets
from ledger.refusals.catalogue import Refusal
from tests.support.given import BUYER, MERCHANT, NOW, PARTNER, PLATFORM
from tests.support.orders import OrderScenario, after_days, basket, capture, line

pytestmark = pytest.mark.slow

DAYS = 30
CURRENCIES = {
    "US": "USD",
    "HK": "HKD",
    "MO": "MOP",
    "JP": "JPY",
    "KW": "KWD",
}  # by market: of no, two and three decimals
QUOTES = {"USD": "7.2000", "HKD": "0.9240", "MOP": "0.8971", "JPY": "0.0480", "KWD": "23.5000"}
OPEN_MARKETS = Markets(markets={market: Market(currency=currency) for market, currency in CURRENCIES.items()})
ACTIONS = (
    "send", "sign", "settle", "lose", "return", "part", "goods back", "express", "cancel", "pay back", "reverse",
    "alternative",
)  # fmt: skip
STEPS = some.lists(
    some.tuples(some.sampled_from(ACTIONS), some.integers(0, 99), some.integers(1, 3)), min_size=15, max_size=30
)


@dataclass(frozen=True, slots=True)
class Sale:
    """A random order: units and CNY prices by line, buyer-paid charges, captures by weight, daily rates."""

    lines: tuple[tuple[int, int], ...]  # qty, unit list in fen
    charges: tuple[int, ...]  # cents: shipping, tax
    weights: tuple[int, ...]
    rates: tuple[int, ...]  # what the quote is worth at the book rate of each day, in 1/10,000
    market: str = "US"
    pays_late: bool = False  # the last capture comes when it comes

    @property
    def currency(self) -> str:
        return CURRENCIES[self.market]

    @property
    def quote(self) -> Rate:
        return Rate(self.currency, "CNY", QUOTES[self.currency], "reference", "test", date(2025, 3, 1))

    @property
    def book_rates(self) -> list[Rate]:
        """A rate a day; the pataca has none of its own and follows the Hong Kong dollar by its peg."""
        base = "HKD" if self.currency == "MOP" else self.currency
        values = [Decimal(QUOTES[base]) * share / 10_000 for share in self.rates]
        return [
            Rate(base, "CNY", f"{value:.6f}", "book", "test", NOW.date() + timedelta(days=day))
            for day, value in enumerate(values)
        ]


SALES = some.builds(
    Sale,
    lines=some.lists(some.tuples(some.integers(2, 6), some.integers(50, 99_999)), min_size=1, max_size=3).map(tuple),
    charges=some.lists(some.integers(0, 2_000), max_size=2).map(tuple),
    weights=some.lists(some.integers(1, 9), min_size=1, max_size=4).map(tuple),
    rates=some.lists(some.integers(8_500, 11_500), min_size=DAYS, max_size=DAYS).map(tuple),
    market=some.sampled_from(list(CURRENCIES)),
    pays_late=some.sampled_from([False, False, True]),
)


class Life:
    """Takes a random order through random steps, one a day, and then to its end."""

    def __init__(self, sale: Sale) -> None:
        self.currency = sale.currency
        self.products = [f"SKU-{n}" for n in range(len(sale.lines))]
        self.scenario = self._begin(sale.book_rates)
        self.day = 0
        self.names = 0
        self._place(sale)

    def _begin(self, rates: list[Rate]) -> OrderScenario:
        return OrderScenario(express=True, rates=rates, products=self.products, policies=(OPEN_MARKETS,))

    def step(self, action: str, which: int, qty: int) -> None:
        self.day += 1
        line_id = self._line(which)
        lines = [{"line_id": line_id, "qty": qty}]
        with suppress(Refusal):
            match action:
                case "send":
                    self._send(**{line_id: qty})
                case "sign" | "lose":
                    self._parcel_ends(action, which)
                case "return":
                    self._refund_and_approve(lines, "platform" if which % 2 else "merchant")
                case "part":
                    self._refund_a_part(lines, which)
                case "goods back":
                    self._return_the_goods(lines, which)
                case "alternative":
                    self._pay_from_the_bank()
                case "express":
                    self._submit("request_refund", by=BUYER, refund_id=self._name(), reason="changed_mind", lines=lines)
                case "cancel":
                    self._submit(
                        "cancel_order", by=MERCHANT, reason="out_of_stock", lines=lines, refund_id=self._name()
                    )
                case "settle":
                    self._sign_for_everything()
                    self.day += 7
                    self._submit("release_settlement")
                case "pay back" | "reverse":
                    self._pay_back(come_back=action == "reverse")

    def finish(self) -> None:
        """Send and sign for what is left, release it, and pay back what is owed."""
        self.day += 1
        for line_id in self.scenario.order.lines:
            if left := self.scenario.order.free(line_id):
                self._send(**{line_id: left})
        self._decide_open_cases()
        self._sign_for_everything()
        self.day += 7
        with suppress(Refusal):
            self._submit("release_settlement")
        self._pay_back(come_back=False)

    def _place(self, sale: Sale) -> None:
        lines, list_total, buyer_total = [], Money(0, "CNY"), Money(0, self.currency)
        for n, (qty, unit) in enumerate(sale.lines):
            unit_list = Money(unit, "CNY")
            unit_reference = sale.quote.convert_back(unit_list)
            lines.append(line(str(n), qty, str(unit_list), str(unit_reference)))
            list_total, buyer_total = list_total + unit_list * qty, buyer_total + unit_reference * qty
        charges = []
        for kind, cents in zip(("shipping", "tax"), sale.charges, strict=False):
            amount = Money(cents, self.currency)
            charges.append({"type": kind, "amount": str(amount), "borne_by": "buyer"})
            buyer_total = buyer_total + amount
        reported = {"lines": lines, "charges": charges, "list_total": str(list_total), "buyer_total": str(buyer_total)}
        self._submit("place_order", **basket(**reported, market=sale.market, reference_rate=sale.quote))
        for n, part in enumerate(self._paid_at_once(sale, split(buyer_total, sale.weights))):
            if part:
                self._submit("report_payment_captured", **capture(f"cap-{n}", str(part)))

    def _paid_at_once(self, _: Sale, parts: list[Money]) -> list[Money]:
        return parts

    def _send(self, **qty: int) -> None:
        self.names += 1
        self.scenario.sent(f"P-{self.names}", at=after_days(self.day), **qty)

    def _parcel_ends(self, action: str, which: int) -> None:
        parcels = [parcel for parcel in self.scenario.order.parcels if not parcel.signature and not parcel.lost_at]
        if not parcels:
            return
        parcel_id = parcels[which % len(parcels)].parcel_id
        if action == "sign":
            self._submit("report_signature", parcel_id=parcel_id)
            return
        if which % 3:
            self._submit("report_tracking", parcel_id=parcel_id, milestone="departed")
        self._submit("report_loss", by=PARTNER, parcel_id=parcel_id)
        self._submit("refund_lost_parcel", by=PLATFORM, parcel_id=parcel_id, refund_id=self._name())

    def _sign_for_everything(self) -> None:
        for parcel in list(self.scenario.order.parcels):
            if not parcel.signature:
                self._submit("report_signature", parcel_id=parcel.parcel_id)

    def _decide_open_cases(self) -> None:
        for n, case in enumerate(list(self.scenario.order.cases.values())):
            if case.is_open and n % 2:
                self._submit("approve_refund", by=PLATFORM, refund_id=case.id, round=1)
            elif case.is_open:
                self._submit("reject_refund", by=PLATFORM, refund_id=case.id, round=1, reason="no_evidence")

    def _refund_and_approve(self, lines: list[dict[str, Any]], liability: str) -> None:
        """A return or a claim of what has left; the lock is the platform's to ignore."""
        name = self._name()
        self._submit("request_refund", by=PLATFORM, refund_id=name, reason="broken", lines=lines)
        if self.scenario.order.cases[name].is_open:
            self._submit("approve_refund", by=PLATFORM, refund_id=name, round=1, liability=liability)

    def _refund_a_part(self, lines: list[dict[str, Any]], which: int) -> None:
        name = self._name()
        self._submit("request_refund", by=PLATFORM, refund_id=name, reason="broken", lines=lines)
        case = self.scenario.order.cases[name]
        if case.is_open:
            amount = Money(max(1, case.amount.minor * which // 100), self.currency)
            cut = [{"line_id": case.lines[0].line_id, "amount": str(amount)}]
            liability = "platform" if which % 3 == 0 else "merchant"
            self._submit("approve_refund", by=PLATFORM, refund_id=name, round=1, liability=liability, lines=cut)

    def _return_the_goods(self, lines: list[dict[str, Any]], which: int) -> None:
        """In full or in part, received or never sent."""
        case_id = self._ask_goods_back(lines, which)
        if self.scenario.order.cases[case_id].awaits_goods:
            self._submit("report_return_received" if which % 4 else "expire_return", refund_id=case_id)

    def _ask_goods_back(self, lines: list[dict[str, Any]], which: int) -> str:
        """Approves a refund, in full or in part, that waits for the goods."""
        name = self._name()
        self._submit("request_refund", by=PLATFORM, refund_id=name, reason="broken", lines=lines)
        case = self.scenario.order.cases[name]
        if not case.is_open:
            return name
        amount = Money(max(1, case.amount.minor * (1 + which) // 100), self.currency)
        reported: dict[str, Any] = {"round": 1, "return_required": True, "return_by": after_days(self.day)}
        reported |= {"liability": "platform" if which % 3 == 0 else "merchant"}
        reported |= {"lines": [{"line_id": case.lines[0].line_id, "amount": str(amount)}]} if which % 2 else {}
        self._submit("approve_refund", by=PLATFORM, refund_id=name, **reported)
        return name

    def _pay_from_the_bank(self) -> None:
        for case in list(self.scenario.order.cases.values()):
            if case.state == "approved" and case.unsubmitted:
                reported = {"method": "bank_transfer", "reference": "TR"}
                self._submit("pay_refund_by_alternative", by=PLATFORM, refund_id=case.id, **reported)

    def _pay_back(self, *, come_back: bool) -> None:
        for case in list(self.scenario.order.cases.values()):
            if case.state == "approved" and case.unsubmitted:
                self._submit("submit_refund", refund_id=case.id)
            for attempt in list(case.attempts.values()):
                if attempt.state == "submitted":
                    self._outcome(attempt.attempt_id, "succeeded", attempt.amount)
                    if come_back:
                        self._outcome(attempt.attempt_id, "reversed", attempt.amount)

    def _outcome(self, attempt_id: str, outcome: str, amount: Money) -> None:
        names = {"psp": "stripe", "attempt_id": attempt_id, "psp_refund_ref": f"re-{attempt_id}"}
        self._submit("report_refund_outcome", by=PARTNER, outcome=outcome, amount=str(amount), **names)

    def _line(self, which: int) -> str:
        return list(self.scenario.order.lines)[which % len(self.products)]

    def _name(self) -> str:
        self.names += 1
        return f"R-{self.names}"

    def _submit(self, name: str, **reported: Any) -> None:
        self.scenario.submit(name, **{"at": after_days(self.day)} | reported)


@settings(max_examples=150, deadline=None, suppress_health_check=[HealthCheck.too_slow])
@for_any(sale=SALES, steps=STEPS)
def test_whatever_happens_to_an_order_nothing_is_left_between_the_parties(
    sale: Sale, steps: list[tuple[str, int, int]]
) -> None:
    life = Life(sale)
    for step in steps:
        life.step(*step)
    life.finish()
    scenario = life.scenario
    assert scenario.order.completed or scenario.order.cancelled
    assert scenario.balance("2110") == 0
    for account in ("2210", "2220"):
        assert (scenario.balance(account, scenario.order.currency), scenario.base(account)) == (0, 0), account
    assert scenario.balance("2120") == -_merchants_due(scenario)
    _shipping_is_kept_or_given_back_whole(scenario)
    _tax_is_kept_with_the_goods(scenario)


@settings(max_examples=150, deadline=None, suppress_health_check=[HealthCheck.too_slow])
@for_any(sale=SALES, steps=STEPS)
def test_the_parts_of_an_order_add_up_to_its_fee_and_base(sale: Sale, steps: list[tuple[str, int, int]]) -> None:
    life = Life(sale)
    for step in steps:
        life.step(*step)
    life.finish()
    books = life.scenario.order.lines.values()
    kept = sum(book.gross_released.minor - book.gross_taken_back.minor for book in books)
    assert sum(book.fee_charged.minor - book.fee_back.minor for book in books) == (kept * 500 + 5_000) // 10_000
    for book in books:
        if book.allocated and book.merchant_paid == book.allocated.amount.minor:
            assert book.base_back == book.allocated.base


def _merchants_due(scenario: OrderScenario) -> int:
    """Invariant 3 of the design: list allocated − net fees − merchant-borne refunds at list."""
    allocated = scenario.order.payments.allocation
    assert allocated is not None
    fees = sum(event.fee.minor for event in scenario.events if isinstance(event, SettlementReleased))
    off = {event.refund_id for event in scenario.events if isinstance(event, ReturnExpired)}
    approvals = [
        event
        for event in scenario.events
        if isinstance(event, RefundApproved | RefundAutoApproved) and event.refund_id not in off
    ]
    fees -= sum(event.money.fee_back.minor for event in approvals)
    taken = sum(
        total([line.from_pending, line.from_available, line.fee_back], "CNY").minor
        for event in approvals
        for line in event.lines
    )
    return allocated.list_total.minor - fees - taken


def _charged(scenario: OrderScenario, kind: str) -> tuple[int, int]:
    """Returns the part of a charge that the buyer paid, and its CNY base."""
    allocated = scenario.order.payments.allocation
    assert allocated is not None
    found = [charge for charge in allocated.charges if charge.type == kind]
    return sum(charge.amount.minor for charge in found), sum(charge.base.minor for charge in found)


def _shipping_is_kept_or_given_back_whole(scenario: OrderScenario) -> None:
    amount, base = _charged(scenario, "shipping")
    kept = scenario.balance("4220", scenario.order.currency), scenario.base("4220")
    assert kept in ((-amount, -base), (0, 0))
    if all(book.live == book.refunded for book in scenario.order.lines.values()):
        assert kept == (0, 0)


def _tax_is_kept_with_the_goods(scenario: OrderScenario) -> None:
    """The share of tax that went back equals the share of the goods' money, to the cent; the base too, after the last
    of them.
    """
    allocated = scenario.order.payments.allocation
    assert allocated is not None
    goods = sum(line.amount.minor for line in allocated.lines)
    cases = [case for case in scenario.order.cases.values() if case.given]
    back = sum(line.buyer_amount.minor for case in cases for line in case.approved_lines)
    amount, base = _charged(scenario, "tax")
    kept = amount - (2 * amount * back + goods) // (2 * goods)
    assert scenario.balance("2320", scenario.order.currency) == -kept
    assert scenario.base("2320") == -base if not back else (back < goods or scenario.base("2320") == 0)
