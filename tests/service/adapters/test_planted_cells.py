"""One bad cell, of whatever kind and wherever in a file, costs no other row: walked over every table and column."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from datetime import date

import pytest

from service.adapters.files.bad_file import BadFile
from service.adapters.files.unread import UnreadItem
from service.adapters.invoices.importer import COLUMNS as INVOICE
from service.adapters.invoices.importer import read_invoice
from service.adapters.psp.adyen_report import read_adyen
from service.adapters.psp.neutral_csv import COLUMNS as NEUTRAL
from service.adapters.psp.neutral_csv import read_neutral
from service.adapters.psp.report import ReportBatch
from service.adapters.psp.stripe_report import COLUMNS as STRIPE
from service.adapters.psp.stripe_report import read_stripe
from tests.service.adapters.psp.reports import ADYEN, adyen_payout, entry

LAST = date(2026, 4, 10)
Found = tuple[list[str], list[UnreadItem]]


def _of_batches(batches: list[ReportBatch]) -> Found:
    return (
        [line.psp_ref for batch in batches for line in batch.lines],
        [item for batch in batches for item in batch.unread],
    )


def _neutral(content: bytes) -> Found:
    return _of_batches(read_neutral("f.csv", content, psp="payco", last=LAST))


def _stripe(content: bytes) -> Found:
    return _of_batches(read_stripe("f.csv", content, rates={"USD": "7.1500", "HKD": "0.9"}, last=LAST))


def _adyen(content: bytes) -> Found:
    return _of_batches(read_adyen("f.csv", content, rates={"USD": "7.1500", "HKD": "0.9"}, last=LAST))


def _invoice(content: bytes) -> Found:
    found = read_invoice("f.csv", content, last=LAST)
    return [line.line_ref for line in found.lines], list(found.unread)


@dataclass(frozen=True)
class Form:
    """A file of three lines and their total, what is bad in which of its columns, and what of the total is checked."""

    read: Callable[[bytes], Found]
    columns: tuple[str, ...]
    lines: tuple[str, ...]
    total: str
    bad: dict[str, tuple[str, ...]]
    summed: tuple[str, ...]

    def with_cell(self, row: int, column: str, cell: str) -> bytes:
        rows = [each.split(",") for each in (*self.lines, self.total) if each]
        rows[row][self.columns.index(column)] = cell
        return "\n".join([",".join(self.columns), *map(",".join, rows), ""]).encode()


DAYS = ("10.4.2025", "2025-02-30", "", "9999-12-31", "1970-01-01", "2025-04-11", "٢٠٢٥-04-10")
AMOUNTS = ("1.0e1", "", "x", "1_0", "NaN", "19.444", "99999999999999999999", "-0.01", '"1\x00"')
CURRENCIES = ("XXY", "", "HKD", "$")
IDS = ("", "x\x00y")
FORMS = [
    Form(
        _neutral,
        NEUTRAL,
        tuple(f"B-1,bt-{n},charge,ch-{n},,,USD,19.44,0.86,18.58,7.1500,,2025-04-10,DEP-1" for n in (1, 2, 3)),
        "B-1,3,total,,,,USD,58.32,2.58,55.74,,398.54,2025-04-10,DEP-1",
        {
            "value_date": DAYS, "gross": AMOUNTS, "fee": AMOUNTS, "net": AMOUNTS, "currency": CURRENCIES,
            "rate": ("x", "-7.15", "9e99999999", "0"), "cash_cny": ("x", "1.005"), "psp_ref": IDS, "kind": ("gift", ""),
            "batch_ref": ("",), "bank_entry_ref": ("D" * 141, "D\x00"), "merchant_id": ("M/1",), "order_id": ("O 1",),
        },
        ("gross", "fee", "net"),
    ),
    Form(
        _stripe,
        STRIPE,
        tuple(f"po_1,2025-04-10 00:00:00,txn_{n},usd,19.44,0.86,18.58,charge,ch_{n}" for n in (1, 2, 3)),
        "po_1,2025-04-10 00:00:00,txn_9,usd,-55.74,0.00,-55.74,payout,po_1",
        {
            "automatic_payout_effective_at": DAYS, "gross": AMOUNTS, "fee": AMOUNTS, "net": AMOUNTS,
            "currency": CURRENCIES, "balance_transaction_id": IDS, "automatic_payout_id": ("",), "source_id": IDS,
        },
        ("net",),
    ),
    Form(
        _adyen,
        tuple(ADYEN.split(",")),
        tuple(entry(own=f"CAP{n}") for n in (1, 2, 3)),
        adyen_payout("55.74").replace('"', "").replace(" batch 7, ShopUS", ""),
        {
            "Creation Date": DAYS, "Gross Debit (GC)": AMOUNTS, "Gross Credit (GC)": AMOUNTS, "Net Debit (NC)": AMOUNTS,
            "Net Credit (NC)": AMOUNTS, "Commission (NC)": AMOUNTS, "Interchange (NC)": AMOUNTS,
            "Gross Currency": CURRENCIES, "Net Currency": CURRENCIES, "Psp Reference": IDS,
            "Modification Reference": IDS, "Merchant Account": ("", "Shop\x00"), "Batch Number": ("", "8"),
            "Type": ("", "Gift", "MerchantPayout", "x\x00"),
        },
        ("Net Credit (NC)",),
    ),
    Form(
        _invoice,
        INVOICE,
        tuple(f"INV-1,{n},freight,SFO-{n},,,,CNY,62.00,,,,2025-04-10" for n in (1, 2, 3)),
        "INV-1,3,total,,,,,CNY,186.00,,,,2025-04-10",
        {
            "invoice_ref": ("", "INV-2"), "line_ref": IDS, "tracking_no": ("",), "charged_on": DAYS,
            "currency": CURRENCIES, "amount": (*AMOUNTS, "-62.00", "0.00"), "borne_by": ("somebody",), "kind": ("",),
        },
        ("amount",),
    ),
]  # fmt: skip
_OTHER_AMOUNTS = ("-0.01", "-62.00", "0.00")
PLANTED = [
    pytest.param(form, row, column, cell, id=f"{form.read.__name__}-{row}-{column}-{cell[:12]!r}")
    for form in FORMS
    for column, cells in form.bad.items()
    for cell in cells
    for row in range(4)
]


@pytest.mark.parametrize("form", FORMS)
def test_a_file_without_a_bad_cell_is_read_whole(form: Form) -> None:
    read, unread = form.read(form.with_cell(0, form.columns[0], form.lines[0].split(",")[0]))
    assert (len(read), unread) == (3, [])


@pytest.mark.parametrize(("form", "row", "column", "cell"), PLANTED)
def test_a_bad_cell_costs_at_most_its_own_row_which_is_kept_with_its_reason(
    form: Form, row: int, column: str, cell: str
) -> None:
    content = form.with_cell(row, column, cell)
    if (
        row == 3 and column in form.summed and cell in _OTHER_AMOUNTS
    ):  # it can be read, and its lines come to something else
        with pytest.raises(BadFile, match="come"):
            form.read(content)
        return
    read, unread = form.read(content)
    assert len(read) >= (3 if row == 3 else 2)
    assert [item.line for item in unread] in ([], [row + 2])
    assert len(read) + len(unread) >= 3
