"""Stripe's itemised payout reconciliation report (`payout_reconciliation.itemized`), a balance transaction a row.

The report is in the currency that Stripe settles in and names no rate to CNY: what one unit brought, and what the bank
got, is said beside it. The itemised report of balance changes has the same columns and is read too.
"""

from __future__ import annotations

from collections.abc import Mapping
from datetime import date

from ledger.events.psp_settlement import SettledKind
from ledger.fx import CNY, Rate
from ledger.money import Money, total
from service.adapters.files.bad_file import BadFile
from service.adapters.files.csv_table import Cells, read_csv
from service.adapters.psp.report import ReportBatch, ReportLine, amounts, charged_amount, take

PSP = "stripe"
COLUMNS = (
    "automatic_payout_id", "automatic_payout_effective_at", "balance_transaction_id", "currency", "gross", "fee", "net",
    "reporting_category", "source_id",
)  # fmt: skip
# Stripe's reporting categories, as far as a marketplace's own account has them.
_KINDS: dict[str, SettledKind] = {
    "charge": "charge",
    "charge_failure": "charge",
    "partial_capture_reversal": "charge",
    "refund": "refund",
    "refund_failure": "refund",
    "dispute": "dispute",
    "dispute_reversal": "dispute",
    "fee": "fee",
    "network_cost": "fee",
    "tax": "fee",
}
_CHARGED, _CHARGED_IN = "customer_facing_amount", "customer_facing_currency"
_PAYOUTS = ("payout", "payout_reversal")  # the batch itself, on reports that list it


def read_stripe(
    name: str, content: bytes, *, rates: Mapping[str, str], received: Money | None = None, bank_entry_ref: str = ""
) -> list[ReportBatch]:
    """The payouts of the report. `rates` are CNY for one unit by currency, `received` what the bank got in CNY.

    Raises `BadFile` with the line of what is wrong.
    """
    payouts: dict[str, list[Cells]] = {}
    for cells in read_csv(name, content, COLUMNS):
        if not cells.reference_or_nothing("automatic_payout_id"):
            raise cells.refused("it is in no payout yet: export the report when it is")
        payouts.setdefault(cells.reference("automatic_payout_id"), []).append(cells)
    if not payouts:
        raise BadFile(name, "there is no line in it")
    if received is not None and len(payouts) > 1:
        raise BadFile(name, f"one amount was received, and there are {len(payouts)} payouts in it")
    return [_payout(ref, rows, rates, received, bank_entry_ref) for ref, rows in payouts.items()]


def _payout(
    ref: str, rows: list[Cells], rates: Mapping[str, str], received: Money | None, bank_entry_ref: str
) -> ReportBatch:
    day, currency = rows[0].day("automatic_payout_effective_at"), rows[0].currency()
    lines: list[ReportLine] = []
    seen: dict[tuple[str, str], int] = {}
    paid: list[tuple[Cells, Money]] = []
    for cells in rows:
        if cells.currency() != currency:
            raise cells.refused(f"it is in {cells.currency()}, the payout {ref} in {currency}")
        if cells.text("reporting_category") in _PAYOUTS:
            paid.append((cells, cells.money("net", currency)))
        else:
            take(lines, _line(cells, currency, rates, day), cells, seen)
    net = total([line.net for line in lines], currency)
    if paid and total([amount for _, amount in paid], currency) != -net:
        raise paid[0][0].refused(f"the payout {ref} is {-paid[0][1]}, its lines come to {net}")
    return ReportBatch(ref, day, bank_entry_ref or ref, received, tuple(lines))


def _line(cells: Cells, currency: str, rates: Mapping[str, str], day: date) -> ReportLine:
    kind = _KINDS[cells.one_of("reporting_category", (*_KINDS, *_PAYOUTS))]
    gross, fee, net = amounts(cells, currency)
    others = (cells.reference_or_nothing(column) for column in ("charge_id", "refund_id", "payment_intent_id"))
    return ReportLine(
        line=cells.line,
        psp_ref=cells.reference("balance_transaction_id"),
        kind=kind,
        reference="" if kind == "fee" else cells.reference("source_id"),
        also=tuple(dict.fromkeys(other for other in others if other)),
        gross=gross,
        fee=fee,
        net=net,
        rate=_rate(cells, currency, rates, day),
        merchant_id=cells.id_or_none("payment_metadata[merchant_id]"),
        order_id=cells.id_or_none("payment_metadata[order_id]"),
        charged=None if kind == "fee" else charged_amount(cells, gross, amount=_CHARGED, currency=_CHARGED_IN),
    )


def _rate(cells: Cells, currency: str, rates: Mapping[str, str], day: date) -> Rate | None:
    if currency == CNY:
        return None
    if currency not in rates:
        raise cells.refused(f"no rate is given for {currency}: how many CNY one {currency} brought")
    value = rates[currency]
    try:
        return Rate(base=currency, quote=CNY, value=value, kind="provider_settlement", source=PSP, as_of=day)
    except ValueError:
        raise cells.refused(f"{value!r}, given as the rate for {currency}, is no rate") from None
