"""A small folder of the marketplace's shape, with one order for each thing that is odd in the real one."""

from __future__ import annotations

import gzip
from collections.abc import Callable, Mapping
from dataclasses import dataclass, field
from datetime import date, timedelta
from hashlib import md5
from pathlib import Path

Table = list[list[str]]

HEADERS: Mapping[str, str] = {
    "orders": "order_id,customer_id,order_status,order_purchase_timestamp,order_approved_at,"
    "order_delivered_carrier_date,order_delivered_customer_date,order_estimated_delivery_date",
    "order_items": "order_id,order_item_id,product_id,seller_id,shipping_limit_date,price,freight_value",
    "order_payments": "order_id,payment_sequential,payment_type,payment_installments,payment_value",
    "customers": "customer_id,customer_unique_id,customer_zip_code_prefix,customer_city,customer_state",
    "sellers": "seller_id,seller_zip_code_prefix,seller_city,seller_state",
    "products": "product_id,product_category_name,product_weight_g",
    "product_category_name_translation": "product_category_name,product_category_name_english",
}
DELIVERED = ("2017-11-24 10:05:00", "2017-11-25 09:00:00", "2017-11-30 16:20:00")
PAID_LAST = ("2017-12-01 08:00:00", *DELIVERED[1:])
NOT_HANDED_OVER = ("2017-11-24 10:05:00", "", "")
NEVER_APPROVED = ("", "", "")

VOUCHERS = (*(("voucher", "3.87"),) * 28, ("voucher", "3.88"), ("voucher", "0.00"))


def hexed(name: str) -> str:
    """A name as the marketplace's kind of id."""
    return md5(name.encode(), usedforsecurity=False).hexdigest()


@dataclass
class SampleFolder:
    """Tables being filled; `write` puts them where the importer reads them."""

    tables: dict[str, Table] = field(default_factory=lambda: {name: [] for name in HEADERS})

    def seller(self, name: str) -> None:
        self.tables["sellers"].append([hexed(name), "13023", "campinas", "SP"])

    def product(self, name: str, category: str = "") -> None:
        self.tables["products"].append([hexed(name), category, "300"])

    def category(self, name: str, english: str) -> None:
        self.tables["product_category_name_translation"].append([name, english])

    def order(
        self,
        name: str,
        *,
        status: str = "delivered",
        bought: str = "2017-11-24 10:00:00",
        ship_by: str = "2017-11-28 10:00:00",
        times: tuple[str, str, str] = DELIVERED,
        items: tuple[tuple[str, str, str, str], ...] = (),
        payments: tuple[tuple[str, str], ...] = (),
    ) -> None:
        """`times`: approved, handed over, delivered. Items: product, seller, price, freight. Payments: type, value."""
        order, customer = hexed(name), hexed(f"customer of {name}")
        self.tables["customers"].append([customer, hexed(f"person of {name}"), "01409", "sao paulo", "SP"])
        self.tables["orders"].append([order, customer, status, bought, *times, "2017-12-15 00:00:00"])
        for number, (product, seller, price, freight) in enumerate(items, start=1):
            self.tables["order_items"].append(
                [order, str(number), hexed(product), hexed(seller), ship_by, price, freight]
            )
        for number, (kind, value) in enumerate(payments, start=1):
            self.tables["order_payments"].append([order, str(number), kind, "1", value])

    def write(self, folder: Path) -> Path:
        folder.mkdir(parents=True, exist_ok=True)
        for name, rows in self.tables.items():
            text = "\n".join([HEADERS[name], *(",".join(row) for row in rows)]) + "\n"
            if name == "product_category_name_translation":
                (folder / f"{name}.csv").write_text(text, encoding="utf-8-sig")  # the real one has a byte order mark
            else:
                (folder / f"{name}.csv.gz").write_bytes(gzip.compress(text.encode()))
        return folder


def odd_folder() -> SampleFolder:
    """Every oddity of the real folder, once."""
    folder = SampleFolder()
    folder.seller("ana")
    folder.seller("bruno")
    folder.category("beleza_saude", "health_beauty")
    folder.product("soap", "beleza_saude")
    folder.product("lamp")
    soap, lamp = ("soap", "ana", "10.00", "5.01"), ("lamp", "bruno", "99.90", "12.34")
    exact = (("credit_card", "15.01"),)
    folder.order("plain", items=(soap,), payments=exact)
    folder.order("two units", items=(soap, soap), payments=(("boleto", "30.02"),))
    folder.order("two sellers", items=(soap, lamp), payments=(("credit_card", "100.00"), ("voucher", "27.25")))
    folder.order("vouchers", items=(lamp,), payments=VOUCHERS)
    folder.order("short by a cent", items=(soap,), payments=(("debit_card", "15.00"),))
    folder.order("short by a real", items=(soap,), payments=(("debit_card", "14.01"),))
    folder.order("with interest", items=(soap,), payments=(("credit_card", "16.50"),))
    folder.order("without payment", items=(soap,))
    folder.order("without items", status="unavailable", times=NOT_HANDED_OVER, payments=exact)
    folder.order("never approved", times=("", *DELIVERED[1:]), items=(soap,), payments=exact)
    folder.order("not delivered yet", times=(*DELIVERED[:2], ""), items=(soap,), payments=exact)
    folder.order("handed over first", times=("2017-11-26 08:00:00", *DELIVERED[1:]), items=(soap,), payments=exact)
    folder.order("delivered before it was paid", times=PAID_LAST, items=(soap,), payments=exact)
    folder.order("bought last", bought="2017-11-26 09:00:00", times=DELIVERED, items=(soap,), payments=exact)
    folder.order("delivered first", times=(DELIVERED[0], DELIVERED[2], DELIVERED[1]), items=(soap,), payments=exact)
    folder.order("called off", status="canceled", times=NOT_HANDED_OVER, items=(soap,), payments=exact)
    folder.order("called off unpaid", status="canceled", times=NEVER_APPROVED, items=(soap,), payments=exact)
    folder.order("called off late", status="canceled", times=DELIVERED, items=(soap,), payments=exact)
    return folder


def write_rates(path: Path, first: date = date(2017, 11, 20), days: int = 60) -> Path:
    """A rate file in the ECB's format, newest day first, with a weekend's gaps."""
    lines = ["Date,USD,BRL,CNY,HKD,"]
    for back in range(days, -1, -1):
        day = first + timedelta(days=back)
        if day.weekday() < 5:
            lines.append(f"{day},1.18{back % 10}0,3.8{back % 7}51,7.80{back % 9}3,9.2{back % 8}55,")
    path.write_text("\n".join(lines) + "\n")
    return path


def replaced(folder: Path, table: str, change: Callable[[str], str]) -> Path:
    """The folder with one of its tables' text changed."""
    path = next(folder.glob(f"{table}.csv*"))
    text = gzip.decompress(path.read_bytes()).decode() if path.suffix == ".gz" else path.read_text()
    assert change(text) != text, f"the change changes nothing in {table}"
    changed = change(text).encode()
    path.write_bytes(gzip.compress(changed) if path.suffix == ".gz" else changed)
    return folder
