"""Parts of prices that issuers give and take back, while units are cancelled, sent, released, refunded and returned.

Once every dispute is won, each refunded unit is paid to the buyer in full and each other unit to the merchant, whatever
happened in between. REDLEDGER_TEST_SEED and REDLEDGER_TEST_EXAMPLES choose other histories, and how many.
"""

from __future__ import annotations

import os
from collections import Counter
from contextlib import suppress
from dataclasses import replace
from typing import Any

from hypothesis import HealthCheck, given, note, seed, settings
from hypothesis import strategies as some

from ledger.events.settlement import SettlementReleased
from ledger.refusals.catalogue import Refusal
from tests.ledger.journal.rules.test_orders import SALES, Sale
from tests.simulation.models.money_checks import (
    a_replay_remembers_the_same,
    lines_for_people,
    lines_taken,
    merchants_have_what_they_are_due,
    nothing_is_left,
    parts_add_up,
    the_books_say_what_is_remembered,
)
from tests.simulation.models.money_life import MoneyLife, NothingThere
from tests.support.given import FINANCE, PARTNER, PLATFORM
from tests.support.orders import after_days

SEED = int(os.environ.get("REDLEDGER_TEST_SEED", "20250611"))
EXAMPLES = int(os.environ.get("REDLEDGER_TEST_EXAMPLES", "60"))
OF_ISSUERS = (
    "give part", "give part", "take back", "await", "goods come", "goods do not come", "split", "hold line", "end hold",
)  # fmt: skip
ACTIONS = ("send", "sign", "settle", "lose", "return", "express", "cancel", *OF_ISSUERS)
STEPS = some.lists(
    some.tuples(some.sampled_from(ACTIONS), some.integers(0, 99), some.integers(1, 3)), min_size=8, max_size=30
)


class IssuersLife(MoneyLife):
    """An order of which issuers give back parts of prices, each taken back in the end."""

    def step(self, action: str, which: int, qty: int) -> None:
        if action in OF_ISSUERS:
            self.day += 1
            self._try("_" + action.replace(" ", "_"), which, qty)
        else:
            super().step(action, which, qty)

    def finish(self) -> None:
        self.day += 1
        for dispute in list(self.order.disputes):
            self._decide(dispute, won=True)
        for _ in list(self.order.holds.by_id):
            self._try("_end_hold", 0, 0)
        for n, case in enumerate(list(self.order.cases.values())):
            if case.awaits_goods:
                self._submit("report_return_received" if n % 2 else "expire_return", refund_id=case.id)
        super().finish()

    def _sign_for_everything(self) -> None:
        """A lost parcel is not found; what was not paid for yet is refunded."""
        for parcel in list(self.order.parcels):
            if not parcel.signature and parcel.lost_at is None:
                self._submit("report_signature", parcel_id=parcel.parcel_id)
            elif parcel.lost_at:
                self._try("_refund_lost", parcel.parcel_id)

    def _refund_lost(self, parcel_id: str) -> None:
        self._submit("refund_lost_parcel", by=PLATFORM, parcel_id=parcel_id, refund_id=self._name(), reason="lost")

    def _try(self, name: str, *about: Any) -> None:
        with suppress(Refusal, NothingThere):
            getattr(self, name)(*about)

    def _take_back(self, which: int, _: int) -> None:
        self._decide(self._dispute(which), won=True)

    def _await(self, which: int, qty: int) -> None:
        name, lines = self._name(), [{"line_id": self._line(which), "qty": qty}]
        self._submit("request_refund", by=PLATFORM, refund_id=name, reason="broken", lines=lines, type="return_refund")
        granted: dict[str, Any] = {"round": 1, "return_required": True, "return_by": after_days(self.day)}
        granted |= {"liability": "platform" if which % 3 == 0 else "merchant"}
        self._submit("approve_refund", by=PLATFORM, refund_id=name, **granted)

    def _goods_come(self, which: int, _: int) -> None:
        self._submit("report_return_received", refund_id=self._awaited(which))

    def _goods_do_not_come(self, which: int, _: int) -> None:
        self._submit("expire_return", refund_id=self._awaited(which))

    def _awaited(self, which: int) -> str:
        return str(self._one_of({case.id: case.id for case in self.order.cases.values() if case.awaits_goods}, which))

    def _split(self, which: int, _: int) -> None:
        """Half of each line of a parcel travels on in a parcel of its own, the rest in another."""
        parcels = {p.parcel_id: p for p in self.order.parcels if p.has_left and not p.signature and p.lost_at is None}
        parcel = self._one_of({name: each for name, each in parcels.items() if not each.went_into}, which)
        held = self.order.parcels.quantities(parcel.parcel_id)
        halves = ({line: qty // 2 for line, qty in held.items()}, {line: qty - qty // 2 for line, qty in held.items()})
        parts = [
            {"parcel_id": self._name(), "items": [{"line_id": line, "qty": qty} for line, qty in half.items() if qty]}
            for half in halves
            if any(half.values())
        ]
        self._submit("report_split", by=PARTNER, parcel_id=parcel.parcel_id, parts=parts)

    def _hold_line(self, which: int, _: int) -> None:
        line_id = self._line(which)
        self._submit("hold_line", by=FINANCE, line_id=line_id, hold_id=self._name(), reason="inquiry")

    def _end_hold(self, which: int, _: int) -> None:
        hold = self._one_of({each.id: each for each in self.order.holds.by_id.values() if each.amount}, which)
        self._submit("release_line_hold", by=FINANCE, hold_id=hold.id)


def units_are_paid_to_one_party_in_full(life: IssuersLife) -> None:
    """The buyer has the price of refunded units, and the merchant the list price of all that it did not bear."""
    buyers, released = Counter[str](), Counter[str]()
    for event in life.scenario.events:
        if isinstance(event, SettlementReleased):
            released[event.line_id] += event.gross.minor
        for line, sign in lines_taken(event):
            buyers[line.line_id] += sign * line.buyer_amount.minor
            released[line.line_id] -= sign * (line.from_available + line.fee_back + line.vat_back).minor
    for line_id, book in life.order.lines.items():
        if line_id in lines_for_people(life):
            continue
        assert buyers[line_id] == book.prices.buyer * book.refunded, line_id
        assert released[line_id] == book.prices.list * (book.live - book.merchant_borne), line_id


def live(sale: Sale, steps: list[tuple[str, int, int]]) -> IssuersLife:
    life = IssuersLife(replace(sale, pays_late=False))
    for step in steps:
        life.step(*step)
        the_books_say_what_is_remembered(life)
        merchants_have_what_they_are_due(life)
    return life


@seed(SEED)
@settings(max_examples=EXAMPLES, deadline=None, suppress_health_check=list(HealthCheck))
@given(sale=SALES, steps=STEPS)
def test_each_unit_is_paid_to_one_party_in_full_once_every_dispute_is_won(
    sale: Sale, steps: list[tuple[str, int, int]]
) -> None:
    note(f"seed {SEED}")
    life = live(sale, steps)
    parts_add_up(life)
    a_replay_remembers_the_same(life)
    life.finish()
    the_books_say_what_is_remembered(life)
    units_are_paid_to_one_party_in_full(life)
    nothing_is_left(life)
