"""The three pictures of the README: the flow of an order, the flow of money, and the architecture.

`python -m service.docs_from_code` writes them; account titles come from the chart of accounts.
"""

from __future__ import annotations

from collections.abc import Callable

from ledger.journal.accounts import CHART
from service.docs_from_code.diagram import Arrow, Box, picture


def order_flow() -> str:
    """`docs/pictures/order.svg`."""
    boxes = [
        Box("placed", 0, 0, "Order placed", ("list price in CNY, reference", "price in the buyer's currency")),
        Box("captured", 1, 0, "Payment captured", ("the provider has taken", "the buyer's money")),
        Box("dispatched", 2, 0, "Parcel dispatched", ("transfer warehouse, customs,", "carrier: every milestone")),
        Box("signed", 3, 0, "Parcel signed for", ("or deemed signed", "by a policy")),
        Box("expired", 0, 1, "Order expired", ("no money came in time",)),
        Box("cancelled", 1, 1, "Units cancelled", ("before dispatch",)),
        Box("lost", 2, 1, "Parcel lost or sent back", ("a claim on the partner",)),
        Box("return", 3, 1, "Return", ("goods go back", "to the merchant")),
        Box("released", 4, 0, "Money released", ("less the service fee",), look="strong"),
        Box("statement", 4, 1, "Statement", ("of a settlement run",), look="strong"),
        Box("payout", 4, 2, "Payout paid", ("to the merchant's", "bank account"), look="strong"),
        Box(
            "refund", 1, 2, "Refund case", ("requested, approved in rounds by different people,",
            "paid by a refund attempt at the provider"), span=3, look="strong",
        ),
        Box("dispute", 0, 2, "Dispute", ("after the capture: opened,", "answered, won or lost"), look="strong"),
        Box(
            "reports", 0, 3, "At any time, in any order",
            ("Reports of providers, carriers and banks are recorded as they come."
            " Where one contradicts the ledger, a break is opened for people to close.",), span=5, look="note",
        ),
    ]  # fmt: skip
    arrows = [
        Arrow("placed", "captured"), Arrow("captured", "dispatched"), Arrow("dispatched", "signed"),
        Arrow("signed", "released"), Arrow("released", "statement"), Arrow("statement", "payout"),
        Arrow("placed", "expired"), Arrow("captured", "cancelled"), Arrow("dispatched", "lost"),
        Arrow("signed", "return"), Arrow("cancelled", "refund"), Arrow("lost", "refund"), Arrow("return", "refund"),
    ]  # fmt: skip
    return picture("Flow of an order: from its placement to the merchant's payout, and its refunds", boxes, arrows)


def money_flow() -> str:
    """`docs/pictures/money.svg`."""
    boxes = [
        Box("buyer", 0, 0, "Buyer", ("pays USD, HKD, MOP …",), look="outside"),
        _account("receivable", 1, 0, "1110"),
        _account("bank", 2, 0, "1020"),
        Box("provider", 3, 0, "Payment provider", ("settles, less its fees (5130)",), look="outside"),
        _account("unapplied", 0, 1, "2220"),
        _account("pending", 1, 1, "2110", look="strong"),
        _account("available", 2, 1, "2120", look="strong"),
        _account("transit", 3, 1, "2140", look="strong"),
        _account("margin", 0, 2, "4210"),
        _account("fee", 1, 2, "4110"),
        _account("refunds", 2, 2, "2210", more=("before the release: from 2110",)),
        Box("merchant", 3, 2, "Merchant's bank account", ("receives CNY",), look="outside"),
    ]
    arrows = [
        Arrow("buyer", "receivable", "capture"), Arrow("receivable", "bank", "settlement"),
        Arrow("provider", "bank"), Arrow("buyer", "unapplied", "capture"), Arrow("unapplied", "pending", "allocation"),
        Arrow("pending", "available", "release"), Arrow("available", "transit", "payout"),
        Arrow("transit", "merchant", "paid"), Arrow("pending", "fee", "release: fee"),
        Arrow("available", "refunds", "refund"), Arrow("unapplied", "margin", "difference to the list price"),
    ]  # fmt: skip
    return picture("Flow of money: from the buyer's payment to the merchant's payout, by account", boxes, arrows)


def architecture() -> str:
    """`docs/pictures/architecture.svg`."""
    boxes = [
        Box("people", 0, 0, "People", ("finance, support,", "operators"), look="outside"),
        Box("partners", 1, 0, "Partners", ("providers, banks, carriers:", "files and signed webhooks"), look="outside"),
        Box("timers", 2, 0, "Timers", ("submit what falls due",), look="outside"),
        Box("readers", 3, 0, "Downstream services", ("read JSON over HTTP",), look="outside"),
        Box(
            "in", 0, 1, "service: ways in", ("command line, importers, adapters, timers:",
            "each turns its input into commands"), span=3,
        ),
        Box("out", 3, 1, "service: questions", ("command line and HTTP", "ask the read models")),
        Box(
            "commands", 0, 2, "commands", ("decide(command, state, rules) returns events or a refusal;",
            "one bus runs every command, many at a time"), span=3, look="strong",
        ),
        Box(
            "projections", 3, 2, "projections", ("read models, folded from events;", "rebuilt at any time"),
            look="strong",
        ),
        Box(
            "ledger", 0, 3, "ledger: the log on PostgreSQL",
            ("books of events at positions 1, 2, 3 … without a gap; nothing is ever changed;",
            "an event that moves money is stored together with its balanced journal entry"),
            span=4, look="strong",
        ),
    ]  # fmt: skip
    arrows = [
        Arrow("people", "in"), Arrow("partners", "in"), Arrow("timers", "in"), Arrow("in", "commands", "commands"),
        Arrow("commands", "ledger", "one append a book"), Arrow("ledger", "projections", "events"),
        Arrow("projections", "out", "rows"), Arrow("out", "readers", "answers"),
    ]  # fmt: skip
    return picture("Architecture: commands decide, the ledger remembers, projections show", boxes, arrows)


def _account(key: str, column: int, row: int, code: str, *, more: tuple[str, ...] = (), look: str = "box") -> Box:
    return Box(key, column, row, code, (CHART[code].title, *more), look=look)


PICTURES: dict[str, Callable[[], str]] = {
    "pictures/order.svg": order_flow,
    "pictures/money.svg": money_flow,
    "pictures/architecture.svg": architecture,
}
