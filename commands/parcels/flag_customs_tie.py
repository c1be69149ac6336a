"""A declaration, its order and its receipt of payment have not come to tie: somebody must look (domain §3.2, 9610)."""

from __future__ import annotations

from collections.abc import Iterator
from typing import Literal

from pydantic import Field

from commands.contradictions import break_once
from commands.fields import RawText
from commands.order_command import OrderCommand
from commands.parcels.customs_tie import KIND, Difference, payment_differs
from commands.rules import Rules
from ledger.events.event import Event
from ledger.ids import Id
from ledger.streams.orders.order import Order

Mismatch = Literal["no_payment", "payment_unequal", "shared_declaration", "not_declared"]


class FlagCustomsTie(OrderCommand, name="flag_customs_tie"):
    """Asked by a timer, for what only time or another order shows. Nothing to do where the three tie by now.

    `declaration_no` is empty for parcels that left without one.
    """

    parcel_ids: tuple[Id, ...] = Field(min_length=1)
    declaration_no: RawText = ""
    mismatch: Mismatch


def decide(command: FlagCustomsTie, order: Order, rules: Rules) -> Iterator[Event]:
    for parcel_id in command.parcel_ids:
        if differs := _differs(command, order, parcel_id):
            about, expected, actual = differs
            yield from break_once(
                order.breaks,
                kind=KIND,
                expected=expected,
                actual=actual,
                refs={
                    "order_id": command.order_id,
                    "parcel_id": parcel_id,
                    "declaration_no": command.declaration_no,
                    "about": about,
                },
                at=command.decided_at,
            )


def _differs(command: FlagCustomsTie, order: Order, parcel_id: str) -> Difference | None:
    match command.mismatch:
        case "shared_declaration":
            return command.mismatch, "a declaration of its own", f"{command.declaration_no} of several orders"
        case "not_declared":
            parcel = order.parcels.of(parcel_id)
            declared = parcel is None or parcel.declarations
            return None if declared else (command.mismatch, "an export declaration", "a parcel that left without one")
    return payment_differs(order)
