"""Makes one order for each seller of a source order: lines with list and reference prices, and freight as a charge."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from datetime import date, datetime
from hashlib import sha256

from ledger.fx import CNY, Rate
from ledger.money import Money, total
from service.demo.olist.folder import Folder
from service.demo.olist.rates import ImportRates
from service.demo.olist.reais import Reais
from service.demo.olist.source import BRL, Row, SourceItem, SourceOrder

CURRENCIES = {"US": "USD", "HK": "HKD", "MO": "MOP"}
MARKETS = tuple(CURRENCIES)
NO_CATEGORY = "uncategorised"
LOCALE = "en"


@dataclass(frozen=True, slots=True)
class MerchantLine:
    """Units of one product at one price."""

    line_id: str
    product_id: str
    qty: int
    source_price: Money  # BRL for one unit
    unit_list: Money  # CNY
    unit_reference: Money  # buyer's currency
    title_source: str
    title_shown: str


@dataclass(frozen=True, slots=True)
class MerchantOrder:
    """The order of one seller, with all money computed."""

    source: SourceOrder
    order_id: str
    merchant_id: str
    buyer_ref: str
    market: str
    lines: tuple[MerchantLine, ...]
    freight: Money  # BRL
    shipping: Money  # the same in the buyer's currency
    reference_rate: Rate
    ship_by: datetime
    rows: tuple[Row, ...]  # of the items

    @property
    def list_total(self) -> Money:
        return total([line.unit_list * line.qty for line in self.lines], CNY)

    @property
    def buyer_total(self) -> Money:
        goods = total([line.unit_reference * line.qty for line in self.lines], self.shipping.currency)
        return goods + self.shipping

    @property
    def reais(self) -> Reais:
        """Returns items and freight in BRL, separately."""
        return Reais(items=total([line.source_price * line.qty for line in self.lines], BRL), freight=self.freight)

    @property
    def source_total(self) -> Money:
        """Returns items and freight in BRL."""
        return self.reais.items + self.freight


def market_of(customer_unique_id: str) -> str:
    """Returns the market assigned to a person's orders. It is always the same, and each market gets a third of the
    people.
    """
    return MARKETS[int.from_bytes(sha256(customer_unique_id.encode()).digest()[:8], "big") % len(MARKETS)]


def category_id(category: str) -> str:
    """Returns the ledger's id of the product's category."""
    return category or NO_CATEGORY


class OrderMaker:
    """Converts source orders to merchant orders at the rates of their days."""

    def __init__(self, folder: Folder, rates: ImportRates) -> None:
        self._folder, self._rates = folder, rates

    def merchant_orders(self, source: SourceOrder) -> list[MerchantOrder]:
        """Returns one order for each seller, sorted by its first item; none if the source order has no items."""
        by_seller: dict[str, list[SourceItem]] = {}
        for item in self._folder.items.get(source.order_id, ()):
            by_seller.setdefault(item.seller_id, []).append(item)
        return [
            self._order(source, _name(source.order_id, number, of=len(by_seller)), items)
            for number, items in enumerate(by_seller.values(), start=1)
        ]

    def _order(self, source: SourceOrder, order_id: str, items: Sequence[SourceItem]) -> MerchantOrder:
        buyer = self._folder.customers[source.customer_id].unique_id
        market = market_of(buyer)
        reference = self._rates.reference(CURRENCIES[market], source.day)
        freight = total([item.freight for item in items], BRL)
        return MerchantOrder(
            source=source,
            order_id=order_id,
            merchant_id=items[0].seller_id,
            buyer_ref=buyer,
            market=market,
            lines=tuple(self._lines(items, reference, source.day)),
            freight=freight,
            shipping=self._rates.in_local(freight, CURRENCIES[market], source.day),
            reference_rate=reference,
            ship_by=min(item.ship_by for item in items),
            rows=tuple(item.row for item in items),
        )

    def _lines(self, items: Sequence[SourceItem], reference: Rate, day: date) -> Iterator[MerchantLine]:
        alike: dict[tuple[str, Money], list[SourceItem]] = {}
        for item in items:
            alike.setdefault((item.product_id, item.price), []).append(item)
        for (product_id, price), units in alike.items():
            unit_list = self._rates.in_cny(price, day)
            yield MerchantLine(
                line_id=str(units[0].item_no),
                product_id=product_id,
                qty=len(units),
                source_price=price,
                unit_list=unit_list,
                unit_reference=reference.convert_back(unit_list),
                **self._titles(product_id),
            )

    def _titles(self, product_id: str) -> dict[str, str]:
        # The source has no product titles, so that the category stands for the title in the buyer's snapshot.
        name = category_id(self._folder.products[product_id].category)
        known = self._folder.categories.get(name)
        return {"title_source": name, "title_shown": known.english if known else name}


def _name(order_id: str, number: int, *, of: int) -> str:
    return order_id if of == 1 else f"{order_id}-{number}"
