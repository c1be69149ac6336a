"""What one simulated order consists of: its lines with both prices, its charges and totals."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime
from random import Random
from typing import Any

from commands.recording import accounting_day
from ledger.fx import CNY
from ledger.money import Money
from service.simulator.catalogue import Merchant
from service.simulator.people import LOCALES, Buyer
from service.simulator.rates import Rates

CURRENCIES = {"US": "USD", "HK": "HKD", "MO": "MOP"}
_SHIPPING = {"US": "5.99", "HK": "18.00", "MO": "20.00"}
_CHANNELS = ("post", "live_stream", "store")


@dataclass(frozen=True, slots=True)
class Basket:
    """An order before it is placed; `data` is what place_order asks for."""

    order_id: str
    merchant: Merchant
    buyer: Buyer
    placed_at: datetime
    data: dict[str, Any]
    total: Money

    @property
    def quantities(self) -> dict[str, int]:
        return {line["line_id"]: line["qty"] for line in self.data["lines"]}

    @property
    def names(self) -> dict[str, str]:
        """What every command about this order names."""
        return {"merchant_id": self.merchant.merchant_id, "order_id": self.order_id}


def make_basket(
    random: Random, order_id: str, merchant: Merchant, buyer: Buyer, rates: Rates, placed_at: datetime
) -> Basket:
    currency = CURRENCIES[buyer.market]
    rate = rates.reference(currency, accounting_day(placed_at))
    lines, list_total, total = [], Money(0, CNY), Money(0, currency)
    for number, product in enumerate(random.sample(merchant.products, random.choice((1, 1, 1, 2, 2, 3))), 1):
        qty, unit_list = random.choice((1, 1, 1, 2, 3)), Money(product.list_minor, CNY)
        unit_reference = rate.convert_back(unit_list)
        list_total, total = list_total + unit_list * qty, total + unit_reference * qty
        lines.append(
            {
                "line_id": f"L{number}",
                "product_id": product.product_id,
                "qty": qty,
                "unit_list": unit_list,
                "unit_reference": unit_reference,
                "title_source": product.title_source,
                "title_shown": product.shown(buyer.market),
                "locale": LOCALES[buyer.market],
                "translation_version": "1",
            }
        )
    charges = []
    if random.random() < 0.35:
        shipping = Money.of(_SHIPPING[buyer.market], currency)
        charges.append({"type": "shipping", "amount": shipping, "borne_by": "buyer"})
        total = total + shipping
    return Basket(
        order_id=order_id,
        merchant=merchant,
        buyer=buyer,
        placed_at=placed_at,
        total=total,
        data={
            "merchant_id": merchant.merchant_id,
            "order_id": order_id,
            "checkout_id": f"CO-{order_id}",
            "market": buyer.market,
            "buyer_ref": buyer.ref,
            "ship_to_ref": f"ADDR-{buyer.ref}",
            "ship_to": buyer.ship_to,
            "channel": _channel(random),
            "lines": lines,
            "charges": charges,
            "list_total": list_total,
            "buyer_total": total,
            "reference_rate": rate,
        },
    )


def _channel(random: Random) -> dict[str, str]:
    kind = random.choice(_CHANNELS)
    if kind == "store":
        return {"type": kind}
    return {"type": kind, "content_id": f"N-{random.randint(1, 400)}", "creator_id": f"C-{random.randint(1, 60)}"}
