"""Bad cells in the tables of providers and partners."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from dataclasses import dataclass

from service.adapters.invoices.neutral_csv import COLUMNS as INVOICE
from service.adapters.invoices.neutral_csv import read_invoice
from service.adapters.psp.adyen_report import read_adyen
from service.adapters.psp.neutral_csv import COLUMNS as NEUTRAL
from service.adapters.psp.neutral_csv import read_neutral
from service.adapters.psp.stripe_report import COLUMNS as STRIPE
from service.adapters.psp.stripe_report import read_stripe
from service.partner_facts.files import RawFile
from service.partner_facts.settlement import ReportBatch, SettlementReported
from service.partner_reports.file_references import FileReferences
from service.partner_reports.table import rows_of
from tests.service.adapters.planted import LAST, NOW, Form, Found, Plant, recorded
from tests.service.adapters.psp.reports import ADYEN, adyen_payout, entry

_RATES = {"USD": "7.1500", "HKD": "0.9"}


def _of_batches(content: bytes, batches: list[ReportBatch]) -> Found:
    file, known = RawFile("f.csv", content), FileReferences(now=NOW)
    rows = [row for batch in batches for row in rows_of(SettlementReported("payco", file, batch), known)]
    unread = [item for batch in batches for item in batch.unread]
    return Found([line.psp_ref for batch in batches for line in batch.lines], recorded(rows, unread, system="payco"))


def _neutral(content: bytes) -> Found:
    return _of_batches(content, read_neutral("f.csv", content, psp="payco", last=LAST))


def _stripe(content: bytes) -> Found:
    return _of_batches(content, read_stripe("f.csv", content, rates=_RATES, last=LAST))


def _adyen(content: bytes) -> Found:
    return _of_batches(content, read_adyen("f.csv", content, rates=_RATES, last=LAST))


def _invoice(content: bytes) -> Found:
    found = read_invoice("f.csv", content, last=LAST)
    return Found([line.line_ref for line in found.lines], recorded([], found.unread, system="carrier"))


@dataclass(frozen=True)
class Table:
    """A file of three lines and their total, what is bad in which of its columns, and what of the total is checked."""

    read: Callable[[bytes], Found]
    columns: tuple[str, ...]
    lines: tuple[str, ...]
    total: str
    items: tuple[str, ...]
    bad: dict[str, tuple[str, ...]]
    summed: tuple[str, ...]

    @property
    def form(self) -> Form:
        whole = self._written([each.split(",") for each in (*self.lines, self.total)])
        return Form(self.read.__name__.strip("_"), self.read, whole, self.items, self.plants)

    def plants(self) -> Iterator[Plant]:
        for column in self.columns:
            for cell in (*self.bad.get(column, ()), *_BROKEN):
                for row in range(4):
                    rows = [each.split(",") for each in (*self.lines, self.total)]
                    rows[row][self.columns.index(column)] = cell
                    is_other = row == 3 and column in self.summed and cell in _OTHER_AMOUNTS
                    costs = frozenset(self.items[row : row + 1])
                    yield Plant(f"{column} of row {row} is {cell!r}", self._written(rows), costs, is_other)

    def _written(self, rows: list[list[str]]) -> bytes:
        return "\n".join([",".join(self.columns), *map(",".join, rows), ""]).encode("utf-8", "surrogateescape")


_DAYS = ("10.4.2025", "2025-02-30", "", "9999-12-31", "1970-01-01", "2025-04-11", "٢٠٢٥-04-10")
_AMOUNTS = ("1.0e1", "", "x", "1_0", "NaN", "19.444", "99999999999999999999", "-0.01", '"1\x00"')
_BROKEN = (
    "\udcff",
    '"a"b',
    "x" * 131_073,
)  # a byte that is not UTF-8, a quote within a cell, more than the reader takes
_OTHER_AMOUNTS = ("-0.01", "-62.00", "0.00")
_CURRENCIES = ("XXY", "", "HKD", "$")
_IDS = ("", "x\x00y")
_TABLES = [
    Table(
        _neutral,
        NEUTRAL,
        tuple(f"B-1,bt-{n},charge,ch-{n},,,USD,19.44,0.86,18.58,7.1500,,2025-04-10,DEP-1" for n in (1, 2, 3)),
        "B-1,3,total,,,,USD,58.32,2.58,55.74,,398.54,2025-04-10,DEP-1",
        ("bt-1", "bt-2", "bt-3"),
        {
            "value_date": _DAYS, "gross": _AMOUNTS, "fee": _AMOUNTS, "net": _AMOUNTS, "currency": _CURRENCIES,
            "rate": ("x", "-7.15", "9e99999999", "0"), "cash_cny": ("x", "1.005"), "psp_ref": _IDS,
            "kind": ("gift", ""),
            "batch_ref": ("",), "bank_entry_ref": ("D" * 141, "D\x00"), "merchant_id": ("M/1",), "order_id": ("O 1",),
        },
        ("gross", "fee", "net"),
    ),
    Table(
        _stripe,
        STRIPE,
        tuple(f"po_1,2025-04-10 00:00:00,txn_{n},usd,19.44,0.86,18.58,charge,ch_{n}" for n in (1, 2, 3)),
        "po_1,2025-04-10 00:00:00,txn_9,usd,-55.74,0.00,-55.74,payout,po_1",
        ("txn_1", "txn_2", "txn_3"),
        {
            "automatic_payout_effective_at": _DAYS, "gross": _AMOUNTS, "fee": _AMOUNTS, "net": _AMOUNTS,
            "currency": _CURRENCIES, "balance_transaction_id": _IDS, "automatic_payout_id": ("",), "source_id": _IDS,
        },
        ("net",),
    ),
    Table(
        _adyen,
        tuple(ADYEN.split(",")),
        tuple(entry(own=f"CAP{n}") for n in (1, 2, 3)),
        adyen_payout("55.74").replace('"', "").replace(" batch 7, ShopUS", ""),
        ("Settled.CAP1", "Settled.CAP2", "Settled.CAP3"),
        {
            "Creation Date": _DAYS, "Gross Debit (GC)": _AMOUNTS, "Gross Credit (GC)": _AMOUNTS,
            "Net Debit (NC)": _AMOUNTS,
            "Net Credit (NC)": _AMOUNTS, "Commission (NC)": _AMOUNTS, "Interchange (NC)": _AMOUNTS,
            "Gross Currency": _CURRENCIES, "Net Currency": _CURRENCIES, "Psp Reference": _IDS,
            "Modification Reference": _IDS, "Merchant Account": ("", "Shop\x00"), "Batch Number": ("", "8"),
            "Type": ("", "Gift", "MerchantPayout", "x\x00"),
        },
        ("Net Credit (NC)",),
    ),
    Table(
        _invoice,
        INVOICE,
        tuple(f"INV-1,{n},freight,SFO-{n},,,,CNY,62.00,,,,2025-04-10" for n in (1, 2, 3)),
        "INV-1,3,total,,,,,CNY,186.00,,,,2025-04-10",
        ("1", "2", "3"),
        {
            "invoice_ref": ("", "INV-2"), "line_ref": _IDS, "tracking_no": ("",), "charged_on": _DAYS,
            "currency": _CURRENCIES, "amount": (*_AMOUNTS, "-62.00", "0.00"), "borne_by": ("somebody",), "kind": ("",),
        },
        ("amount",),
    ),
]  # fmt: skip
TABLES = [table.form for table in _TABLES]
