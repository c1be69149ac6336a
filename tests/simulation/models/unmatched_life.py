"""Money of no order living through random months: routed, given back, failed, come back, and settled in the end."""

from __future__ import annotations

from collections.abc import Sequence
from itertools import permutations
from typing import Any, Protocol

from commands.unmatched.match_payment import Part
from ledger.ids import unmatched_stream
from ledger.money import Money, split
from ledger.refusals.catalogue import REFUSALS
from ledger.streams.orders.order import Order
from ledger.streams.payable_refund import UnmatchedRefund
from ledger.streams.reference_data import UnmatchedItem
from ledger.streams.refund_attempt import RefundAttempt
from service.unmatched.fact_matches import unmatched_item
from service.unmatched.payment_matches import PaymentMatcher
from tests.support.buses import Desk
from tests.support.given import FINANCE, PARTNER
from tests.support.orders import OrderScenario, after_days, capture
from tests.support.payments import rate, settled_line, settles

PSP = "stripe"
OF_UNMATCHED_REFUNDS = (
    "unmatched capture", "unmatched capture", "route unmatched", "unmatched back", "unmatched back", "unmatched paid",
    "unmatched unpaid",
    "unmatched anew", "unmatched fails", "unmatched settled", "unmatched disputed", "unmatched muddle",
)  # fmt: skip


class KnownOrder(Protocol):
    """An order of the shop, as money that may turn out to be its own sees it."""

    @property
    def currency(self) -> str: ...

    @property
    def order(self) -> Order: ...

    @property
    def scenario(self) -> OrderScenario: ...

    def read_on(self) -> None: ...


class UnmatchedLife:
    """The captures of a shop that nobody knows the order of. Facts of them come in any order, and twice."""

    def __init__(self, desk: Desk, orders: Sequence[KnownOrder], merchant_id: str) -> None:
        self.desk, self.orders, self._merchant_id = desk, orders, merchant_id
        self.refs: list[str] = []
        self._names = 0

    def step(self, action: str, which: int, qty: int, *, day: int) -> None:
        self._day = day
        if action == "unmatched capture":
            self._capture(which, qty)
        elif self.refs:
            getattr(self, "_" + action.replace(" ", "_"))(self._item(which), which, qty)

    def finish(self, *, day: int) -> None:
        """Each of them goes to an order, or back to its payer, or never was; and the provider settles all of it."""
        self._day = day
        for n in range(len(self.refs)):
            if not self._item(n).refunds and not self._item(n).has_failed and not self._item(n).is_matched:
                self._route_unmatched(self._item(n), n, 1)
            item = self._item(n)
            if not item.is_of_orders and not item.has_failed:
                self._ask("refund_unmatched_funds", item, refund_id=self._name(), reason="nobody_ordered")
            for refund in self._item(n).refunds.values():
                self._pay(refund, n)
            self._unmatched_settled(self._item(n), 0, 1)

    @property
    def among_the_unmatched_items(self) -> list[UnmatchedItem]:
        return [self._item(n) for n in range(len(self.refs))]

    def _pay(self, refund: UnmatchedRefund, n: int) -> None:
        refund_id = refund.decided.refund_id
        if refund.unsubmitted:
            self._ask("submit_unmatched_refund", self._item(n), refund_id=refund_id)
        open_ = self._item(n).refunds[refund_id]
        for each in [one for one in open_.attempts.values() if one.state == "submitted"]:
            self._says("succeeded", self._item(n), each)

    def _capture(self, which: int, qty: int) -> None:
        currency = self.orders[which % len(self.orders)].currency
        self.refs.append(self._name())
        amount = Money(1 + which * qty, currency)
        self.desk.ask("report_unmatched_payment", actor=PARTNER, amount=amount, psp=PSP, capture_ref=self.refs[-1])

    def _route_unmatched(self, item: UnmatchedItem, which: int, qty: int) -> None:
        """To one order of its currency, or over some; now and then one of them has other money of that name."""
        if item.is_matched or item.refunds or item.has_failed:
            return
        takes = [order for order in self.orders if order.currency == item.to_match.currency]
        takes = [order for order in takes if not self._has(order, item)]
        chosen, others = takes[:qty], takes[qty:]
        if not chosen:
            return
        if which % 3 == 0 and item.to_match.minor > 1 and (others or len(chosen) == 1):
            self._has_another(chosen[-1], item)
        self._matched(item, chosen)
        left = self._item_of(_ref(item))
        if not left.is_matched and left.taken:
            self._matched(left, others[:1])

    def _matched(self, item: UnmatchedItem, orders: Sequence[KnownOrder]) -> None:
        amount = item.to_match
        shares = split(amount, [1] * len(orders)) if amount.minor >= len(orders) else [amount]
        names = [{"merchant_id": self._merchant_id, "order_id": order.order.order_id} for order in orders]
        parts = [Part(**named, amount=share) for named, share in zip(names, shares, strict=False)]
        matcher = PaymentMatcher(self.desk.ledger, self.desk.bus)
        matched = matcher.match(PSP, _ref(item), parts, actor=FINANCE, id=self._name())
        assert matched.status == "recorded", matched
        for order in orders:
            order.read_on()

    def _has(self, order: KnownOrder, item: UnmatchedItem) -> bool:
        return _ref(item) in order.order.payments.captures

    def _has_another(self, order: KnownOrder, item: UnmatchedItem) -> None:
        amount = str(item.to_match + item.to_match)
        reported = capture(_ref(item), amount, payment_id="PAY-unmatched")
        order.scenario.submit("report_payment_captured", by=PARTNER, at=after_days(self._day), **reported)

    def _unmatched_back(self, item: UnmatchedItem, _: int, qty: int) -> None:
        if item.captured:
            part = Money(max(1, item.captured.minor // qty), item.captured.currency)
            self._ask("refund_unmatched_funds", item, refund_id=self._name(), amount=part, reason="nobody_ordered")

    def _unmatched_paid(self, item: UnmatchedItem, which: int, _: int) -> None:
        self._of_an_attempt("succeeded", item, which)

    def _unmatched_unpaid(self, item: UnmatchedItem, which: int, _: int) -> None:
        self._of_an_attempt("failed", item, which)

    def _of_an_attempt(self, what: str, item: UnmatchedItem, which: int) -> None:
        attempts = [one for refund in item.refunds.values() for one in refund.attempts.values()]
        if attempts:
            self._says(what, item, attempts[which % len(attempts)], days_ago=which % 4)

    def _says(self, what: str, item: UnmatchedItem, attempt: RefundAttempt, *, days_ago: int = 0) -> None:
        then = after_days(max(0, self._day - days_ago))
        reported = {"outcome": what, "attempt_id": attempt.attempt_id, "amount": attempt.amount, "code": "closed"}
        self._ask("report_unmatched_refund_outcome", item, at=then, **reported)

    def _unmatched_muddle(self, item: UnmatchedItem, which: int, _: int) -> None:
        """It is on its way back; in some order that fails, is done after all, and the capture turns out to be none."""
        self._unmatched_back(item, which, 1)
        for fact in list(permutations(("unpaid", "paid", "fails")))[which % 6]:
            self._day += 1
            getattr(self, f"_unmatched_{fact}")(self._item_of(_ref(item)), 0, 1)

    def _unmatched_anew(self, item: UnmatchedItem, which: int, _: int) -> None:
        if names := list(item.refunds):
            self._ask("submit_unmatched_refund", item, refund_id=names[which % len(names)])

    def _unmatched_fails(self, item: UnmatchedItem, which: int, _: int) -> None:
        if which % 3 == 0 and item.captured:  # rare: it ends most of what could happen afterwards
            self._ask("report_unmatched_capture_failed", item, amount=item.captured, code="nsf")

    def _unmatched_settled(self, item: UnmatchedItem, which: int, qty: int) -> None:
        """A batch with a part, or all, of everything that is still to be settled of it."""
        if item.is_no_orders:
            left = [(kind, ref, each.left) for (kind, ref, _), each in item.receivables.items.items()]
            self._settle(item, [(kind, ref, _part(amount, qty)) for kind, ref, amount in left], which)

    def _unmatched_disputed(self, item: UnmatchedItem, which: int, _: int) -> None:
        """The provider took it for a dispute, and gave it back."""
        if item.is_no_orders and item.captured:
            name = self._name()
            self._settle(item, [("dispute", name, -item.captured)], which)
            self._settle(item, [("dispute", name, item.captured)], which)

    def _settle(self, item: UnmatchedItem, parts: list[tuple[str, str, Money]], which: int) -> None:
        lines = []
        for n, (kind, reference, amount) in enumerate(parts):
            if amount:
                sums = {"gross": str(amount), "fee": str(amount * 0), "net": str(amount)}
                given = rate(_value(amount.currency, which), base=amount.currency)
                about = {"kind": kind, "psp_ref": f"t-{n}", "rate": given}
                lines.append(settled_line(reference, **sums) | about)
        if lines:
            self._ask("report_unmatched_settlement", item, **settles(*lines, batch_ref=self._name()))

    def _ask(self, name: str, item: UnmatchedItem, **reported: Any) -> None:
        """Submits the command and returns a status, or one of our refusals."""
        about = {"psp": PSP, "capture_ref": _ref(item)}
        outcome = self.desk.ask(name, actor=PARTNER if name.startswith("report") else FINANCE, **(reported | about))
        assert outcome.status != "refused" or outcome.code in REFUSALS

    def _item(self, which: int) -> UnmatchedItem:
        return self._item_of(self.refs[which % len(self.refs)])

    def _item_of(self, capture_ref: str) -> UnmatchedItem:
        item = unmatched_item(self.desk.ledger, PSP, capture_ref)
        assert item.name == unmatched_stream(PSP, capture_ref)
        return item

    def _name(self) -> str:
        self._names += 1
        return f"S-{self._names}"


def _ref(item: UnmatchedItem) -> str:
    return item.name.split("/")[-1]


def _part(amount: Money, of: int) -> Money:
    return Money(amount.minor // of if amount.minor > 0 else -(-amount.minor // of), amount.currency)


def _value(currency: str, which: int) -> str:
    """CNY for one of the currency, a little different for each `which`."""
    return f"{'0.05' if currency == 'JPY' else '7.'}{15 + which:04}"
