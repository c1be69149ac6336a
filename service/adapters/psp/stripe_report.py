"""Reads Stripe's itemised payout reconciliation report (`payout_reconciliation.itemized`): one balance transaction a
row.

The report is in Stripe's settlement currency and has no rate to CNY; the rate and the amount received by the bank are
given beside it. The itemised balance change report has the same columns and is read too.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import replace
from datetime import date

from ledger.limits import LATEST_DAY
from ledger.money import Money
from service.formats.bad_file import BadFile
from service.formats.csv_table import Cells, read_csv, usual
from service.formats.settlement_rows import amounts, charged_amount, given_rate, read_payout, with_unusable
from service.formats.unread import Unusable
from service.partner_facts.settlement import LineKind, ReportBatch, ReportLine

PSP = "stripe"
COLUMNS = (
    "automatic_payout_id", "automatic_payout_effective_at", "balance_transaction_id", "currency", "gross", "fee", "net",
    "reporting_category", "source_id",
)  # fmt: skip
# Stripe's reporting categories of the account itself, which belong to no order.
OWN = (
    "advance", "advance_funding", "anticipation_repayment", "climate_order_purchase", "climate_order_refund",
    "connect_collection_transfer", "connect_reserved_funds", "contribution", "financing_paydown",
    "financing_paydown_reversal", "financing_payout", "financing_payout_reversal", "issuing_authorization_hold",
    "issuing_authorization_release", "issuing_dispute", "issuing_transaction", "other_adjustment", "platform_earning",
    "platform_earning_refund", "risk_reserved_funds", "topup", "topup_reversal", "transfer", "transfer_reversal",
    "unreconciled_customer_funds",
)  # fmt: skip
# Stripe's reporting categories (Reporting categories and types) of orders and of fees.
KINDS: dict[str, LineKind] = {
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
    **dict.fromkeys(OWN, "other"),
}
_CHARGED, _CHARGED_IN = "customer_facing_amount", "customer_facing_currency"
PAYOUTS = ("payout", "payout_reversal")  # the payout itself, on reports that list it


def read_stripe(
    name: str,
    content: bytes,
    *,
    rates: Mapping[str, str],
    received: Money | None = None,
    bank_entry_ref: str = "",
    last: date = LATEST_DAY,
) -> list[ReportBatch]:
    """Returns the payouts of the report. `rates` are CNY for one unit, by currency; `received` is the amount at the
    bank in CNY.

    An unusable row does not affect the others. Raises `BadFile` with the line if nothing can be used, and
    `RateNotGiven`.
    """
    payouts: dict[str, list[Cells]] = {}
    unusable = Unusable()
    for cells in read_csv(name, content, COLUMNS):
        if ref := cells.reference_or_nothing("automatic_payout_id"):
            payouts.setdefault(ref, []).append(cells)
        else:
            unusable.keep(_in_no_payout(cells), cells)
    if not payouts and not unusable.items:
        raise BadFile(name, "there is no line in it")
    if received is not None and len(payouts) > 1:
        raise BadFile(name, f"one amount was received, and there are {len(payouts)} payouts in it")
    nameless = bool(unusable.items)  # rows without a payout may belong to any payout, so that no total can be checked
    found = [_Payout(ref, rates, unusable, last, nameless=nameless) for ref in payouts]
    batches = [payout.read(rows) for payout, rows in zip(found, payouts.values(), strict=True)]
    whole = [replace(each, cash=received, bank_entry_ref=bank_entry_ref or each.batch_ref) for each in batches if each]
    return with_unusable(whole, unusable)


def _in_no_payout(cells: Cells) -> BadFile:
    try:
        cells.expect_whole()
    except BadFile as problem:
        return problem
    return cells.refused("it is in no payout yet: export the report when it is")


class _Payout:
    """One payout while it is read."""

    def __init__(self, ref: str, rates: Mapping[str, str], unusable: Unusable, last: date, *, nameless: bool) -> None:
        self._ref, self._rates, self._unusable, self._last, self._nameless = ref, rates, unusable, last, nameless
        self._of: tuple[date, str] | None = None  # the day and currency of most rows

    def read(self, rows: list[Cells]) -> ReportBatch | None:
        """Returns the batch; None if nothing of it can be used. Raises `RateNotGiven`."""
        self._of = usual(rows, self._day_and_currency)
        found = read_payout(self._ref, rows, self._row, self._unusable, is_complete=not self._nameless)
        if self._of is None or found is None:
            return None
        return ReportBatch(self._ref, self._of[0], "", None, found.lines)

    def _day_and_currency(self, cells: Cells) -> tuple[date, str]:
        return cells.day_within("automatic_payout_effective_at", self._last), cells.currency()

    def _row(self, cells: Cells) -> ReportLine | Money:
        cells.expect_whole()
        said = self._day_and_currency(cells)
        day, currency = self._of or said
        if said[0] != day:
            raise cells.refused(f"it is of {said[0]}, the payout {self._ref} of {day}")
        if said[1] != currency:
            raise cells.refused(f"it is in {said[1]}, the payout {self._ref} in {currency}")
        if cells.text("reporting_category") in PAYOUTS:
            return cells.money("net", currency)
        return _line(cells, currency, self._rates, day)


def _line(cells: Cells, currency: str, rates: Mapping[str, str], day: date) -> ReportLine:
    category = cells.text("reporting_category")
    kind = KINDS.get(category, "other")  # Stripe may add categories
    names_nothing = kind in ("fee", "other")
    gross, fee, net = amounts(cells, currency)
    others = (cells.reference_or_nothing(column) for column in ("charge_id", "refund_id", "payment_intent_id"))
    return ReportLine(
        line=cells.line,
        psp_ref=cells.reference("balance_transaction_id"),
        kind=kind,
        reference=_source(cells, kind),
        also=tuple(dict.fromkeys(other for other in others if other)),
        gross=gross,
        fee=fee,
        net=net,
        rate=given_rate(cells, currency, rates, psp=PSP, day=day),
        merchant_id=cells.id_or_none("payment_metadata[merchant_id]"),
        order_id=cells.id_or_none("payment_metadata[order_id]"),
        category=category,
        charged=None if names_nothing else charged_amount(cells, gross, amount=_CHARGED, currency=_CHARGED_IN),
    )


def _source(cells: Cells, kind: LineKind) -> str:
    """Returns the id of the object that the line is about; "" for a fee, and perhaps for money of the account."""
    if kind == "fee":
        return ""
    return cells.reference_or_nothing("source_id") if kind == "other" else cells.reference("source_id")
