"""Orders as commands make them: the worked example's order, and a scenario that runs commands one after the other."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Iterable, Mapping
from datetime import datetime, timedelta
from itertools import count
from typing import Any, TypeVar

from commands.bus.decided_events import decided
from commands.command import Command
from commands.menu import MENU
from commands.proposable import PROPOSABLE
from commands.rules import Rules
from ledger.actors import Actor
from ledger.events.event import Event
from ledger.events.merchants import ExpressRefundEnabled, MerchantEnrolled
from ledger.events.products import ProductExportApproved, ProductExportStatusEnabled, ProductSubmittedForExportReview
from ledger.events.settlement import ReconciliationBreakOpened
from ledger.fx import Rate
from ledger.ids import merchant_stream, order_stream, product_stream
from ledger.journal.entry import Entry
from ledger.journal.posting import post
from ledger.policies.policy import Policy
from ledger.refusals.catalogue import Refusal
from ledger.streams.orders.order import Order
from ledger.streams.registry import blank
from ledger.streams.stream import Stream
from tests.support.given import (
    FROM_THE_START,
    NOW,
    PLATFORM,
    PROPOSER,
    RATES,
    SYSTEM,
    ask,
    instant,
    published,
    reference_of,
    stream_of,
)

E = TypeVar("E", bound=Event)

NAMES: dict[str, Any] = {"merchant_id": "M-1", "order_id": "O-1"}
MARKETS = ("HK", "JP", "KW", "MO", "US")  # Japan and Kuwait where a test opens them: no decimals, and three
REFERENCE_USD: dict[str, Any] = {
    "base": "USD",
    "quote": "CNY",
    "value": "7.2000",
    "kind": "reference",
    "source": "test",
    "as_of": "2025-03-01",
}
ENROLLED = MerchantEnrolled(
    merchant_id="M-1", country="CN", markets=MARKETS, terms_version="1", reviewer=PLATFORM, effective_at=FROM_THE_START
)
EXPRESS = ExpressRefundEnabled(merchant_id="M-1", effective_at=FROM_THE_START)
_PAYMENT = {"payment_id": "PAY-1", "psp": "stripe"}


def in_the_pool(product_id: str, category_id: str = "home") -> tuple[Event, ...]:
    """A product that buyers everywhere can order."""
    product = {"merchant_id": "M-1", "product_id": product_id}
    return (
        ProductSubmittedForExportReview(
            **product, category_id=category_id, markets=MARKETS, auto_export=False, submitted_at=FROM_THE_START
        ),
        ProductExportApproved(
            **product,
            category_id=category_id,
            criteria_version="1",
            markets=MARKETS,
            reviewer=PLATFORM,
            approved_at=FROM_THE_START,
        ),
        ProductExportStatusEnabled(**product, effective_at=FROM_THE_START),
    )


def line(line_id: str, qty: int, unit_list: str, unit_reference: str) -> dict[str, Any]:
    return {
        "line_id": line_id,
        "product_id": f"SKU-{line_id}",
        "qty": qty,
        "unit_list": unit_list,
        "unit_reference": unit_reference,
        "title_source": f"商品{line_id}",
        "title_shown": f"Product {line_id}",
        "locale": "en-US",
    }


def basket(**other: Any) -> dict[str, Any]:
    """The data of the worked example's order: 2 × CNY 180.00 and 1 × CNY 140.00 at 7.2000 are USD 69.44."""
    data = {
        "checkout_id": "C-1",
        "market": "US",
        "buyer_ref": "B-1",
        "ship_to_ref": "S-1",
        "channel": {"type": "store"},
        "lines": [line("A", 2, "CNY 180.00", "USD 25.00"), line("B", 1, "CNY 140.00", "USD 19.44")],
        "list_total": "CNY 500.00",
        "buyer_total": "USD 69.44",
        "reference_rate": REFERENCE_USD,
    }
    return data | other


def capture(capture_ref: str = "cap-1", amount: str = "USD 69.44", **other: Any) -> dict[str, Any]:
    """The data of a report that a provider took the buyer's money."""
    return _PAYMENT | {"capture_ref": capture_ref, "amount": amount} | other


class OrderScenario:
    """One order from its first command on, with all the entries its events were given."""

    def __init__(
        self,
        *,
        express: bool = False,
        policies: Iterable[Policy] = (),
        rates: Iterable[Rate] = RATES,
        products: Iterable[str] = ("SKU-A", "SKU-B"),
        categories: Mapping[str, str] = {},
    ) -> None:
        self.order = Order(order_stream("M-1", "O-1"))
        self.events: list[Event] = []
        self.entries: list[Entry] = []
        merchant = (ENROLLED, EXPRESS) if express else (ENROLLED,)
        self._memory: dict[str, Stream] = {merchant_stream("M-1"): stream_of(merchant_stream("M-1"), merchant)}
        for product_id in products:
            name = product_stream("M-1", product_id)
            self._memory[name] = stream_of(name, in_the_pool(product_id, categories.get(product_id, "home")))
        self._reference = reference_of(policies, rates)
        self._numbers = count(1)

    def submit(self, name: str, /, *, by: Actor = SYSTEM, at: datetime | str = NOW, **data: Any) -> list[Event]:
        """Run one command about the order and remember what it came to. Raises its refusal.

        What takes two people is proposed first, by `proposer`.
        """
        if name in PROPOSABLE:
            return self._by_two(name, by=by, at=at, **data)
        return self._remember(self.decide(name, by=by, at=at, **data))

    def run(self, command: Command, *, at: datetime = NOW + timedelta(days=30)) -> list[Event]:
        """Runs a command, such as the report of a message, and remembers what it came to. Raises its refusal."""
        return self._remember(self._decided(command.stamped(at)))

    def _remember(self, events: list[Event]) -> list[Event]:
        for event in events:
            self.order.apply(event)
            if entry := post(event):
                self.entries.append(entry)
        self.events += events
        return events

    def _by_two(
        self, name: str, *, by: Actor, at: datetime | str, proposer: Actor = PROPOSER, **data: Any
    ) -> list[Event]:
        proposal_id = f"P-{next(self._numbers)}"
        asked = {"proposal_id": proposal_id, "command": name, "data": NAMES | data, "reason": "asked"}
        made = self.submit("propose", by=proposer, at=at, **asked)
        decided = {"in_stream": self.order.name, "proposal_id": proposal_id}
        return made + self.submit("approve_proposal", by=by, at=at, **decided)

    def decide(self, name: str, /, *, by: Actor = SYSTEM, at: datetime | str = NOW, **data: Any) -> list[Event]:
        """Returns the events that the command would record. Raises its refusal."""
        now = instant(at) if isinstance(at, str) else at
        command = ask(
            MENU[name].command,
            by=by,
            at=now,
            id=f"cmd-{next(self._numbers)}",
            **(data if data.keys() & {"proposal_id", "in_stream"} else NAMES | data),
        )
        return self._decided(command)

    def _decided(self, command: Command) -> list[Event]:
        loaded = {stream: self._memory.get(stream) or blank(stream) for stream in command.reads}
        rules = Rules(at=command.decided_at, reference=self._reference, loaded=loaded)
        return decided(MENU[command.name].decide_if_allowed, command, self.order, rules)

    def refusal(self, name: str, /, **reported: Any) -> Refusal:
        """The refusal of a command that must not pass."""
        try:
            events = self.submit(name, **reported)
        except Refusal as refusal:
            return refusal
        raise AssertionError(f"{name} was not refused: {events}")

    def breaks(self) -> list[str]:
        """The kinds of the breaks that were opened."""
        return [event.kind for event in self.events if isinstance(event, ReconciliationBreakOpened)]

    def event(self, kind: type[E]) -> E:
        """The last event of this kind."""
        return [event for event in self.events if isinstance(event, kind)][-1]

    def meanwhile(self, stream: str, event: Event) -> None:
        """Something happens in another stream that commands look at."""
        self._memory[stream].apply(event)

    def publish(self, policy: Policy, *, version: int) -> OrderScenario:
        """Another version of a policy, in force for what comes from now on."""
        self._reference.apply(published(policy, version=version), self._reference.position + 1)
        return self

    def record_rates(self, rates: Iterable[Rate]) -> OrderScenario:
        """These rates are known from now on."""
        self._reference = reference_of((), rates)
        return self

    def paid(self, **other: Any) -> OrderScenario:
        """The worked example's order, placed and paid."""
        self.submit("place_order", **basket(**other))
        self.submit("report_payment_captured", **capture(amount=str(other.get("buyer_total", "USD 69.44"))))
        return self

    def sent(self, parcel_id: str = "P-1", *, at: datetime | str = NOW, **qty: int) -> OrderScenario:
        """A parcel with these units leaves the merchant: `sent("P-2", A=1)`."""
        items = [{"line_id": line_id, "qty": n} for line_id, n in qty.items()]
        self.submit("create_parcel", parcel_id=parcel_id, items=items, warehouse_id="W-1", at=at)
        self.submit("dispatch_parcel", parcel_id=parcel_id, carrier="SF", tracking_no=f"T-{parcel_id}", at=at)
        return self

    def received(self, parcel_id: str = "P-1", *, at: datetime | str = NOW) -> OrderScenario:
        """The transfer warehouse accepts the parcel."""
        self.submit(
            "report_tracking", parcel_id=parcel_id, milestone="received_at_warehouse", at=at, warehouse_id="W-1"
        )
        return self

    def signed(self, parcel_id: str = "P-1", *, at: datetime | str = NOW) -> OrderScenario:
        """The buyer signs for the parcel."""
        self.submit("report_signature", parcel_id=parcel_id, evidence_kind="recipient", at=at)
        return self

    def balance(self, account: str, currency: str = "CNY") -> int:
        """An account's lines in one currency, debit positive, in minor units."""
        return self._sum(account)[currency][0]

    def base(self, account: str) -> int:
        """An account in CNY, debit positive, in fen."""
        return sum(base for _, base in self._sum(account).values())

    def _sum(self, account: str) -> defaultdict[str, tuple[int, int]]:
        sums: defaultdict[str, tuple[int, int]] = defaultdict(lambda: (0, 0))
        for entry in self.entries:
            for part in entry.lines:
                if part.account == account:
                    amount, base = sums[part.currency]
                    sums[part.currency] = amount + part.amount, base + part.base
        return sums


def after_days(days: float, start: datetime = NOW) -> datetime:
    return start + timedelta(days=days)
