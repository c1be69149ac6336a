"""The script of a plot: its steps, its people, and the names in its merchant's order."""

from __future__ import annotations

from collections import Counter
from collections.abc import Callable, Iterable, Iterator
from datetime import datetime
from random import Random
from typing import Any, NamedTuple

from ledger.actors import Actor
from ledger.ids import derived_id
from tests.fuzz.values import Values
from tests.support.buses import PLATFORM
from tests.support.given import PARTNER
from tests.support.payments import rate
from tests.support.sales import order_data

OWNER = Actor(kind="merchant", id="mei", role="merchant", scope="M-1")
SERVICE = Actor(kind="platform", id="cai", role="platform_cs")
FINANCE = Actor(kind="platform", id="fay", role="finance")
CHECKER = Actor(kind="platform", id="ann", role="finance")
BUYER = Actor(kind="buyer", id="bo", role="buyer", scope="B-1")


class Step(NamedTuple):
    """One command of a plot, asked so many days after the one before."""

    name: str
    data: dict[str, Any]
    actor: Actor = PLATFORM
    days: float = 0.0

    @property
    def by(self) -> Actor:
        """The actor; a merchant's person acts for the merchant of the data."""
        merchant = self.data.get("merchant_id")
        return self.actor.model_copy(update={"scope": merchant}) if self.actor.kind == "merchant" else self.actor

    def later(self, days: float) -> Step:
        return self._replace(days=days)


def by_two(command: str, data: dict[str, Any], stream: str, proposal_id: str) -> Iterator[Step]:
    """Fay proposes the command, and Ann approves it."""
    proposal = {"proposal_id": proposal_id, "command": command, "data": data, "reason": "asked"}
    yield Step("propose", proposal, FINANCE)
    yield Step("approve_proposal", {"in_stream": stream, "proposal_id": proposal_id}, CHECKER)


class Script:
    """One plot's names, and its merchant's and order's on every command."""

    def __init__(
        self,
        random: Random,
        values: Values,
        clock: Callable[[], datetime],
        books: Callable[[], Iterable[int]],
        recorded: Counter[str],
    ) -> None:
        self.random, self.values, self.clock, self.books, self.recorded = random, values, clock, books, recorded
        self.merchant_id, self.order_id = random.choice(("M-1", "M-2")), values.name("order")
        self.qty = random.choice((1, 2, 3))
        self.order = order_data(self.order_id, self.merchant_id, list_minor=random.randint(1, 99_999), qty=self.qty)
        self.amount = self.order["buyer_total"]
        self.capture_ref, self.parcel_id = values.name("capture"), values.name("parcel")

    def another(self) -> Script:
        """A script of another order."""
        return Script(self.random, self.values, self.clock, self.books, self.recorded)

    def either(self, *names: str) -> str:
        """One of these commands: often the one recorded least, so that none is left out."""
        if self.random.random() < 0.3:
            return self.random.choice(names)
        return min(names, key=lambda name: self.recorded[name])

    def of_order(self, name: str, actor: Actor = PLATFORM, /, **data: Any) -> Step:
        return self.of_merchant(name, actor, order_id=self.order_id, **data)

    def of_merchant(self, name: str, actor: Actor = PLATFORM, /, **data: Any) -> Step:
        return Step(name, {"merchant_id": self.merchant_id} | data, actor)

    def of_parcel(self, name: str, actor: Actor = PARTNER, /, **data: Any) -> Step:
        return self.of_order(name, actor, parcel_id=self.parcel_id, **data)

    def placed(self) -> Iterator[Step]:
        yield Step("place_order", self.order, BUYER)

    def captured(self, capture_ref: str = "") -> Step:
        reported = {
            "payment_id": f"pay-{self.order_id}",
            "psp": "stripe",
            "capture_ref": capture_ref or self.capture_ref,
        }
        return self.of_order("report_payment_captured", PARTNER, amount=self.amount, **reported)

    def paid(self) -> Iterator[Step]:
        yield from self.placed()
        yield self.captured()

    def sent(self) -> Iterator[Step]:
        yield from self.paid()
        items = [{"line_id": "L1", "qty": self.qty}]
        yield self.of_parcel("create_parcel", OWNER, items=items, warehouse_id="WH-1")
        reported = {"carrier": "sf", "tracking_no": f"SF{self.order_id}"}
        yield self.of_parcel("dispatch_parcel", OWNER, **reported)

    def signed(self) -> Iterator[Step]:
        yield from self.sent()
        yield self.of_parcel("report_signature", evidence_kind="recipient").later(2)

    def released(self) -> Iterator[Step]:
        yield from self.signed()
        yield self.of_order("release_settlement").later(8)

    def case(self, refund_id: str, **approval: Any) -> Iterator[Step]:
        """A case that is asked for and granted, by as many people as it takes."""
        yield self.of_order("request_refund", BUYER, refund_id=refund_id, reason="changed_mind")
        yield self.of_order("approve_refund", OWNER, refund_id=refund_id, round=1, **approval)
        for round_ in (1, 2):
            yield self.of_order("approve_refund", SERVICE, refund_id=refund_id, round=round_, **approval)

    def reported_back(self, refund_id: str, outcome: str) -> Step:
        """Reports the outcome of the refund's first attempt."""
        reported = {"psp": "stripe", "outcome": outcome, "amount": self.amount, "psp_refund_ref": f"re-{refund_id}"}
        return self.of_order("report_refund_outcome", PARTNER, attempt_id=derived_id(refund_id, "1"), **reported)

    def lines(self, **beside: Any) -> dict[str, Any]:
        """A provider's batch with one line about this order's capture."""
        line = {"psp_ref": self.values.name("line"), "kind": "charge", "reference": self.capture_ref}
        money = {"gross": self.amount, "fee": self.amount * 0, "net": self.amount}
        own = rate("7.2", self.amount.currency)
        return {
            "batch_ref": self.values.name("batch"),
            "lines": [line | money | {"rate": own} | beside],
            "psp": "stripe",
        }
