"""Money of no order living through random months: routed, given back, failed, come back, and settled in the end."""

from __future__ import annotations

from collections.abc import Sequence
from itertools import permutations
from typing import TYPE_CHECKING, Any

from commands.unmatched.match_payment import Part
from ledger.ids import inbox_stream
from ledger.money import Money, split
from ledger.refusals.catalogue import REFUSALS
from ledger.streams.reference_data import InboxItem
from ledger.streams.unmatched_refunds import InboxRefund
from service.unmatched.fact_matches import inbox_item
from service.unmatched.payment_matches import InboxRouting
from tests.support.buses import Desk
from tests.support.given import FINANCE, PARTNER
from tests.support.orders import after_days, capture
from tests.support.payments import rate, settled_line, settles

if TYPE_CHECKING:
    from tests.simulation.models.shop_life import ShopOrder

PSP = "stripe"
OF_STRAYS = (
    "stray capture", "stray capture", "route stray", "stray back", "stray back", "stray paid", "stray unpaid",
    "stray anew", "stray fails", "stray settled", "stray disputed", "stray muddle",
)  # fmt: skip


class StrayLife:
    """The captures of a shop that nobody knows the order of. Facts of them come in any order, and twice."""

    def __init__(self, desk: Desk, orders: Sequence[ShopOrder], merchant_id: str) -> None:
        self.desk, self.orders, self._merchant_id = desk, orders, merchant_id
        self.refs: list[str] = []
        self._names = 0

    def step(self, action: str, which: int, qty: int, *, day: int) -> None:
        self._day = day
        if action == "stray capture":
            self._capture(which, qty)
        elif self.refs:
            getattr(self, "_" + action.replace(" ", "_"))(self._item(which), which, qty)

    def finish(self, *, day: int) -> None:
        """Each of them goes to an order, or back to its payer, or never was; and the provider settles all of it."""
        self._day = day
        for n in range(len(self.refs)):
            if not self._item(n).refunds and not self._item(n).has_failed and not self._item(n).is_routed:
                self._route_stray(self._item(n), n, 1)
            item = self._item(n)
            if not item.is_of_orders and not item.has_failed:
                self._ask("refund_unallocated_funds", item, refund_id=self._name(), reason="nobody_ordered")
            for refund in self._item(n).refunds.values():
                self._pay(refund, n)
            self._stray_settled(self._item(n), 0, 1)

    @property
    def in_the_inbox(self) -> list[InboxItem]:
        return [self._item(n) for n in range(len(self.refs))]

    def _pay(self, refund: InboxRefund, n: int) -> None:
        if refund.may_be_sent_anew:
            self._ask("submit_unallocated_refund", self._item(n), refund_id=refund.refund_id)
        open_ = self._item(n).refunds[refund.refund_id]
        for each in [one for one in open_.tries if one.state == "submitted"]:
            self._says("paid", self._item(n), open_, each.submission_id)

    def _capture(self, which: int, qty: int) -> None:
        currency = self.orders[which % len(self.orders)].currency
        self.refs.append(self._name())
        amount = Money(1 + which * qty, currency)
        self.desk.ask("note_unrouted_payment", actor=PARTNER, amount=amount, psp=PSP, capture_ref=self.refs[-1])

    def _route_stray(self, item: InboxItem, which: int, qty: int) -> None:
        """To one order of its currency, or over some; now and then one of them has other money of that name."""
        if item.is_routed or item.refunds or item.has_failed:
            return
        takes = [order for order in self.orders if order.currency == item.to_route.currency]
        takes = [order for order in takes if not self._has(order, item)]
        chosen, others = takes[:qty], takes[qty:]
        if not chosen:
            return
        if which % 3 == 0 and item.to_route.minor > 1 and (others or len(chosen) == 1):
            self._has_another(chosen[-1], item)
        self._routed(item, chosen)
        left = self._item_of(_ref(item))
        if not left.is_routed and left.taken:
            self._routed(left, others[:1])

    def _routed(self, item: InboxItem, orders: Sequence[ShopOrder]) -> None:
        amount = item.to_route
        shares = split(amount, [1] * len(orders)) if amount.minor >= len(orders) else [amount]
        names = [{"merchant_id": self._merchant_id, "order_id": order.order.order_id} for order in orders]
        parts = [Part(**named, amount=share) for named, share in zip(names, shares, strict=False)]
        routing = InboxRouting(self.desk.ledger, self.desk.bus)
        routed = routing.route(PSP, _ref(item), parts, actor=FINANCE, id=self._name())
        assert routed.status == "recorded", routed
        for order in orders:
            order.read_on()

    def _has(self, order: ShopOrder, item: InboxItem) -> bool:
        return _ref(item) in order.order.payments.captures

    def _has_another(self, order: ShopOrder, item: InboxItem) -> None:
        amount = str(item.to_route + item.to_route)
        told = capture(_ref(item), amount, payment_id="PAY-stray")
        order.story.tell("report_payment_captured", by=PARTNER, at=after_days(self._day), **told)

    def _stray_back(self, item: InboxItem, _: int, qty: int) -> None:
        if item.captured:
            part = Money(max(1, item.captured.minor // qty), item.captured.currency)
            self._ask("refund_unallocated_funds", item, refund_id=self._name(), amount=part, reason="nobody_ordered")

    def _stray_paid(self, item: InboxItem, which: int, _: int) -> None:
        self._of_a_try("paid", item, which)

    def _stray_unpaid(self, item: InboxItem, which: int, _: int) -> None:
        self._of_a_try("failed", item, which)

    def _of_a_try(self, what: str, item: InboxItem, which: int) -> None:
        tries = [(refund, one.submission_id) for refund in item.refunds.values() for one in refund.tries]
        if tries:
            self._says(what, item, *tries[which % len(tries)], days_ago=which % 4)

    def _says(self, what: str, item: InboxItem, refund: InboxRefund, submission_id: str, *, days_ago: int = 0) -> None:
        then = after_days(max(0, self._day - days_ago))
        told: dict[str, Any] = {"refund_id": refund.refund_id, "submission_id": submission_id, "amount": refund.amount}
        told |= {"code": "closed"} if what == "failed" else {}
        self._ask(f"report_unallocated_refund_{what}", item, at=then, **told)

    def _stray_muddle(self, item: InboxItem, which: int, _: int) -> None:
        """It is on its way back; in some order that fails, is done after all, and the capture turns out to be none."""
        self._stray_back(item, which, 1)
        for fact in list(permutations(("unpaid", "paid", "fails")))[which % 6]:
            self._day += 1
            getattr(self, f"_stray_{fact}")(self._item_of(_ref(item)), 0, 1)

    def _stray_anew(self, item: InboxItem, which: int, _: int) -> None:
        if names := list(item.refunds):
            self._ask("submit_unallocated_refund", item, refund_id=names[which % len(names)])

    def _stray_fails(self, item: InboxItem, which: int, _: int) -> None:
        if which % 3 == 0 and item.captured:  # rare: it ends most of what could happen afterwards
            self._ask("report_unrouted_capture_failed", item, amount=item.captured, code="nsf")

    def _stray_settled(self, item: InboxItem, which: int, qty: int) -> None:
        """A batch with a part, or all, of everything that is still to be settled of it."""
        if item.is_no_orders:
            left = [(kind, ref, each.left) for (kind, ref, _), each in item.receivables.items.items()]
            self._settle(item, [(kind, ref, _part(amount, qty)) for kind, ref, amount in left], which)

    def _stray_disputed(self, item: InboxItem, which: int, _: int) -> None:
        """The provider took it for a dispute, and gave it back."""
        if item.is_no_orders and item.captured:
            name = self._name()
            self._settle(item, [("dispute", name, -item.captured)], which)
            self._settle(item, [("dispute", name, item.captured)], which)

    def _settle(self, item: InboxItem, parts: list[tuple[str, str, Money]], which: int) -> None:
        lines = []
        for n, (kind, reference, amount) in enumerate(parts):
            if amount:
                sums = {"gross": str(amount), "fee": str(amount * 0), "net": str(amount)}
                given = rate(_value(amount.currency, which), base=amount.currency)
                about = {"kind": kind, "psp_ref": f"t-{n}", "rate": given}
                lines.append(settled_line(reference, **sums) | about)
        if lines:
            self._ask("report_unallocated_settlement", item, **settles(*lines, batch_ref=self._name()))

    def _ask(self, name: str, item: InboxItem, **told: Any) -> None:
        """Whatever becomes of it: a status, or a refusal that is one of ours."""
        about = {"psp": PSP, "capture_ref": _ref(item)}
        outcome = self.desk.ask(name, actor=PARTNER if name.startswith("report") else FINANCE, **(told | about))
        assert outcome.status != "refused" or outcome.code in REFUSALS

    def _item(self, which: int) -> InboxItem:
        return self._item_of(self.refs[which % len(self.refs)])

    def _item_of(self, capture_ref: str) -> InboxItem:
        item = inbox_item(self.desk.ledger, PSP, capture_ref)
        assert item.name == inbox_stream(PSP, capture_ref)
        return item

    def _name(self) -> str:
        self._names += 1
        return f"S-{self._names}"


def _ref(item: InboxItem) -> str:
    return item.name.split("/")[-1]


def _part(amount: Money, of: int) -> Money:
    return Money(amount.minor // of if amount.minor > 0 else -(-amount.minor // of), amount.currency)


def _value(currency: str, which: int) -> str:
    """CNY for one of the currency, a little different for each `which`."""
    return f"{'0.05' if currency == 'JPY' else '7.'}{15 + which:04}"
