"""Reads a complete folder of source tables and checks their references before anything is imported."""

from __future__ import annotations

from collections.abc import Callable, Container, Hashable, Iterable, Iterator, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Protocol, TypeVar

from service.demo.olist.source import (
    SourceCategory,
    SourceCustomer,
    SourceItem,
    SourceOrder,
    SourcePayment,
    SourceProduct,
    SourceSeller,
    Table,
)
from service.demo.olist.table import BadSource, Cells, read_table


class _OfAnOrder(Protocol):
    @property
    def order_id(self) -> str: ...


T = TypeVar("T")
K = TypeVar("K", bound=Hashable)
R = TypeVar("R", bound=_OfAnOrder)
_COLUMNS: dict[Table, Sequence[str]] = {
    Table.ORDERS: (
        "order_id",
        "customer_id",
        "order_status",
        "order_purchase_timestamp",
        "order_approved_at",
        "order_delivered_carrier_date",
        "order_delivered_customer_date",
        "order_estimated_delivery_date",
    ),
    Table.ITEMS: (
        "order_id",
        "order_item_id",
        "product_id",
        "seller_id",
        "shipping_limit_date",
        "price",
        "freight_value",
    ),
    Table.PAYMENTS: ("order_id", "payment_sequential", "payment_type", "payment_installments", "payment_value"),
    Table.CUSTOMERS: ("customer_id", "customer_unique_id"),
    Table.SELLERS: ("seller_id",),
    Table.PRODUCTS: ("product_id", "product_category_name"),
    Table.CATEGORIES: ("product_category_name", "product_category_name_english"),
}


@dataclass(frozen=True, slots=True)
class Folder:
    """The tables of one folder, in which every reference is valid."""

    orders: list[SourceOrder]
    items: dict[str, list[SourceItem]]  # by order, numbered as in the source
    payments: dict[str, list[SourcePayment]]
    customers: dict[str, SourceCustomer]
    sellers: dict[str, SourceSeller]
    products: dict[str, SourceProduct]
    categories: dict[str, SourceCategory]

    @property
    def rows_read(self) -> dict[Table, int]:
        return {
            Table.ORDERS: len(self.orders),
            Table.ITEMS: sum(map(len, self.items.values())),
            Table.PAYMENTS: sum(map(len, self.payments.values())),
            Table.CUSTOMERS: len(self.customers),
            Table.SELLERS: len(self.sellers),
            Table.PRODUCTS: len(self.products),
            Table.CATEGORIES: len(self.categories),
        }


def read_folder(path: Path) -> Folder:
    """Returns all tables of the folder. Raises `BadSource` at the first error."""
    if not path.is_dir():
        raise BadSource(f"{path}: there is no such folder")
    customers = _by(lambda row: row.customer_id, _rows(path, Table.CUSTOMERS, _customer))
    sellers = _by(lambda row: row.seller_id, _rows(path, Table.SELLERS, _seller))
    products = _by(lambda row: row.product_id, _rows(path, Table.PRODUCTS, _product))
    orders = _by(lambda row: row.order_id, _rows(path, Table.ORDERS, _order, customer_id=customers))
    items = _by(
        lambda row: (row.order_id, row.item_no),
        _rows(path, Table.ITEMS, _item, order_id=orders, seller_id=sellers, product_id=products),
    )
    payments = _by(lambda row: (row.order_id, row.sequential), _rows(path, Table.PAYMENTS, _payment, order_id=orders))
    return Folder(
        orders=list(orders.values()),
        items=_by_order(items[key] for key in sorted(items)),
        payments=_by_order(payments[key] for key in sorted(payments)),
        customers=customers,
        sellers=sellers,
        products=products,
        categories=_by(lambda row: row.name, _rows(path, Table.CATEGORIES, _category)),
    )


def _rows(folder: Path, table: Table, read: Callable[[Cells], T], **known: Container[str]) -> Iterator[tuple[Cells, T]]:
    """Yields the rows of a table. Each id in a column of `known` must be in that container."""
    for cells in read_table(folder, table, _COLUMNS[table]):
        for column, ids in known.items():
            if cells.text(column) not in ids:
                raise cells.wrong(column, "one that its own table has")
        yield cells, read(cells)


def _by(key_of: Callable[[T], K], rows: Iterable[tuple[Cells, T]]) -> dict[K, T]:
    found: dict[K, T] = {}
    for cells, value in rows:
        key = key_of(value)
        if key in found:
            raise cells.refused(f"{key} stands in this file twice")
        found[key] = value
    return found


def _by_order(rows: Iterable[R]) -> dict[str, list[R]]:
    groups: dict[str, list[R]] = {}
    for row in rows:
        groups.setdefault(row.order_id, []).append(row)
    return groups


def _order(cells: Cells) -> SourceOrder:
    return SourceOrder(
        row=cells.row,
        order_id=cells.id("order_id"),
        customer_id=cells.text("customer_id"),
        status=cells.word("order_status"),
        purchased_at=cells.time("order_purchase_timestamp"),
        approved_at=cells.time_or_none("order_approved_at"),
        handed_over_at=cells.time_or_none("order_delivered_carrier_date"),
        delivered_at=cells.time_or_none("order_delivered_customer_date"),
        estimated_at=cells.time_or_none("order_estimated_delivery_date"),
    )


def _item(cells: Cells) -> SourceItem:
    return SourceItem(
        row=cells.row,
        order_id=cells.text("order_id"),
        item_no=cells.count("order_item_id"),
        product_id=cells.text("product_id"),
        seller_id=cells.text("seller_id"),
        ship_by=cells.time("shipping_limit_date"),
        price=cells.price("price"),
        freight=cells.reais("freight_value"),
    )


def _payment(cells: Cells) -> SourcePayment:
    return SourcePayment(
        row=cells.row,
        order_id=cells.text("order_id"),
        sequential=cells.count("payment_sequential"),
        type=cells.word("payment_type"),
        instalments=cells.count("payment_installments"),
        value=cells.reais("payment_value"),
    )


def _customer(cells: Cells) -> SourceCustomer:
    return SourceCustomer(row=cells.row, customer_id=cells.id("customer_id"), unique_id=cells.id("customer_unique_id"))


def _seller(cells: Cells) -> SourceSeller:
    return SourceSeller(row=cells.row, seller_id=cells.id("seller_id"))


def _product(cells: Cells) -> SourceProduct:
    category = cells.word("product_category_name") if cells.text("product_category_name") else ""
    return SourceProduct(row=cells.row, product_id=cells.id("product_id"), category=category)


def _category(cells: Cells) -> SourceCategory:
    return SourceCategory(
        row=cells.row,
        name=cells.word("product_category_name"),
        english=cells.word("product_category_name_english"),
    )
