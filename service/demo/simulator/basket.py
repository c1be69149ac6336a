"""The content of one simulated order: lines with both prices, charges and totals."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime
from random import Random
from typing import Any

from ledger.accounting_days import accounting_day
from ledger.fx import CNY, NO_CNY, Rate
from ledger.money import Money, half_up, total
from service.demo.simulator.catalogue import Merchant, Product
from service.demo.simulator.people import LOCALES, Buyer
from service.demo.simulator.rates import Rates

CURRENCIES = {"US": "USD", "HK": "HKD", "MO": "MOP"}
_SHIPPING = {"US": "5.99", "HK": "18.00", "MO": "20.00"}
_CHANNELS = ("post", "live_stream", "store")


@dataclass(frozen=True, slots=True)
class Basket:
    """An order before it is placed; `data` is the data of `place_order`."""

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
    def total_of_goods(self) -> Money:
        """Returns the buyer's price of the goods, without charges."""
        return total([line["unit_reference"] * line["qty"] for line in self.data["lines"]], self.total.currency)

    def back_with(self, goods: Money) -> Money:
        """Returns the refund for goods of this value: with their part of the tax, and with shipping if all goods are
        refunded.
        """
        charged = {charge["type"]: charge["amount"] for charge in self.data["charges"]}
        nothing = Money(0, goods.currency)
        tax = half_up(charged.get("tax", nothing).minor * goods.minor, self.total_of_goods.minor)
        shipping = charged.get("shipping", nothing) if goods == self.total_of_goods else nothing
        return goods + Money(tax, goods.currency) + shipping

    @property
    def names(self) -> dict[str, str]:
        """Returns the ids that every command about this order has."""
        return {"merchant_id": self.merchant.merchant_id, "order_id": self.order_id}


def make_basket(
    random: Random,
    order_id: str,
    *,
    merchant: Merchant,
    buyer: Buyer,
    rates: Rates,
    placed_at: datetime,
    units: int = 1,
) -> Basket:
    """Returns an order of one to three of the merchant's products at the day's reference prices, with at least `units`
    units.
    """
    currency = CURRENCIES[buyer.market]
    rate = rates.reference(currency, accounting_day(placed_at))
    products = random.sample(merchant.products, min(random.choice((1, 1, 1, 2, 2, 3)), len(merchant.products)))
    wanted = [random.choice((1, 1, 1, 2, 3)) for _ in products]
    wanted[0] += max(0, units - sum(wanted))
    bought = zip(products, wanted, strict=True)
    lines = [_line(f"L{n}", product, qty, buyer, rate) for n, (product, qty) in enumerate(bought, 1)]
    goods = sum((line["unit_reference"] * line["qty"] for line in lines), Money(0, currency))
    charges = [_shipping(buyer.market)] if random.random() < 0.35 else []
    charges += [_sales_tax(goods)] if buyer.market == "US" and random.random() < 0.4 else []
    buyer_total = sum((charge["amount"] for charge in charges), goods)
    data = {
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
        "list_total": sum((line["unit_list"] * line["qty"] for line in lines), NO_CNY),
        "buyer_total": buyer_total,
        "reference_rate": rate,
    }
    return Basket(order_id, merchant, buyer, placed_at, data, buyer_total)


def _line(line_id: str, product: Product, qty: int, buyer: Buyer, rate: Rate) -> dict[str, Any]:
    unit_list = Money(product.list_minor, CNY)
    return {
        "line_id": line_id,
        "product_id": product.product_id,
        "qty": qty,
        "unit_list": unit_list,
        "unit_reference": rate.convert_back(unit_list),
        "title_source": product.title_source,
        "title_shown": product.shown(buyer.market),
        "locale": LOCALES[buyer.market],
        "translation_version": "1",
    }


def _shipping(market: str) -> dict[str, Any]:
    return {"type": "shipping", "amount": Money.of(_SHIPPING[market], CURRENCIES[market]), "borne_by": "buyer"}


def _sales_tax(goods: Money) -> dict[str, Any]:
    """Returns a simulated sales tax, as some US states have it."""
    return {"type": "tax", "amount": Money(half_up(goods.minor * 6, 100), goods.currency), "borne_by": "buyer"}


def _channel(random: Random) -> dict[str, str]:
    kind = random.choice(_CHANNELS)
    if kind == "store":
        return {"type": kind}
    return {"type": kind, "content_id": f"N-{random.randint(1, 400)}", "creator_id": f"C-{random.randint(1, 60)}"}
