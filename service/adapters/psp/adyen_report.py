"""Reads Adyen's Settlement details report: one journal entry a row, in batches of a merchant account.

A row has its gross amount in the buyer's currency (`GC`), and its costs and net amount in the currency of settlement
(`NC`). `MerchantPayout` is the payout of a batch in one currency to our bank. The report has no rate to CNY; the rate
is given beside it.
"""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterator, Mapping
from contextlib import suppress
from dataclasses import dataclass, field, replace
from datetime import date

from ledger.currencies import exponent_of
from ledger.fx import CNY
from ledger.limits import LATEST_DAY
from ledger.money import Money, total
from ledger.numbers import read_decimal
from ledger.references import reference_key
from service.formats.bad_file import BadFile
from service.formats.csv_table import Cells, read_csv
from service.formats.settlement_rows import given_rate, read_payout, with_unusable
from service.formats.unread import Unusable
from service.partner_facts.settlement import LineKind, ReportBatch, ReportLine

PSP = "adyen"
COLUMNS = (
    "Merchant Account", "Psp Reference", "Creation Date", "Type", "Modification Reference", "Gross Currency",
    "Gross Debit (GC)", "Gross Credit (GC)", "Net Currency", "Net Debit (NC)", "Net Credit (NC)", "Batch Number",
)  # fmt: skip
_COSTS = ("Commission (NC)", "Markup (NC)", "Scheme Fees (NC)", "Interchange (NC)")
_OTHER_COSTS = ("DCC Markup (NC)", "Payment Fees (NC)")  # optional columns, whose share of the net is not documented
# Adyen's journal types (Settlement details report, Entries) of orders and of costs. All others, and those that Adyen
# may add, are money of the account itself.
KINDS: dict[str, LineKind] = {
    "Settled": "charge",
    "Refunded": "refund",
    "RefundedReversed": "refund",
    "Chargeback": "dispute",
    "SecondChargeback": "dispute",
    "ChargebackReversed": "dispute",
    "Fee": "fee",
    "MiscCosts": "fee",
    "PaymentCost": "fee",
    "AuthorisationSchemeFee": "fee",
    "InvoiceDeduction": "fee",
    "AdvancementCommission": "fee",
    **dict.fromkeys(
        (
            "DepositCorrection", "ReserveAdjustment", "Balancetransfer", "MatchedStatement", "ManualCorrected",
            "BankInstructionReturned", "EpaPaid", "PaidOut", "PaidOutReversed", "InternalCompanyPayout",
        ),
        "other",
    ),
}  # fmt: skip
PAYOUT = "MerchantPayout"
_CLOSES = (PAYOUT, "Balancetransfer")  # a batch is paid out, or its balance is carried to the next batch
_BatchKey = tuple[str, str]  # batch of a merchant account, currency


def read_adyen(
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
    unusable = Unusable()
    rows = _by_batch(name, content, unusable)
    if received is not None and len(rows) > 1:
        raise BadFile(name, f"one amount was received, and there are {len(rows)} payouts in it")
    is_complete = not unusable.items  # a row without a batch may belong to any
    read = [_Batch(*key, rates, last).read(own, unusable, is_complete=is_complete) for key, own in rows.items()]
    found = [batch for batch in read if batch]
    if received is not None:
        found = [replace(batch, cash=received) for batch in found]
    if bank_entry_ref:
        found = [replace(batch, bank_entry_ref=bank_entry_ref) for batch in found]
    return with_unusable(found, unusable)


def _by_batch(name: str, content: bytes, unusable: Unusable) -> dict[_BatchKey, list[Cells]]:
    """Returns the rows of each batch that is closed. Raises `BadFile` for a report without rows."""
    rows: dict[_BatchKey, list[Cells]] = {}
    for cells in read_csv(name, content, COLUMNS):
        try:
            rows.setdefault(_key(cells), []).append(cells)
        except BadFile as problem:
            unusable.keep(problem, cells)
    if not rows and not unusable.items:
        raise BadFile(name, "there is no line in it")
    _keep_unclosed(rows, unusable)
    return rows


def _key(cells: Cells) -> _BatchKey:
    """Returns the batch of a row and its currency. Batches are numbered in each merchant account by itself."""
    cells.expect_whole()
    account, number = cells.reference("Merchant Account"), cells.reference("Batch Number")
    return f"{account}.{number}", cells.currency("Net Currency")


def _keep_unclosed(rows: dict[_BatchKey, list[Cells]], unusable: Unusable) -> None:
    """Keeps batches as unusable that nothing closes, if the report has a closed batch with lines."""
    closed = {key for key, own in rows.items() if any(_is(cells, *_CLOSES) for cells in own)}
    if all(_is(cells, PAYOUT) for key in closed for cells in rows[key]):
        return
    for batch, currency in rows.keys() - closed:
        own = rows.pop((batch, currency))
        reason = f"the batch {batch} has no payout in {currency}, and its balance is not carried to another batch"
        unusable.keep(own[0].refused(reason), *own)


def _is(cells: Cells, *types: str) -> bool:
    return any(cells.says("Type", name) for name in types)


@dataclass(slots=True)
class _Batch:
    """One batch in one currency while it is read. `numbers` counts rows of the same name without an amount of an
    order.
    """

    batch: str
    currency: str
    rates: Mapping[str, str]
    last: date
    day: date = LATEST_DAY
    numbers: Counter[str] = field(default_factory=Counter)

    @property
    def ref(self) -> str:
        return reference_key(f"{self.batch}.{self.currency}")

    def read(self, rows: list[Cells], unusable: Unusable, *, is_complete: bool) -> ReportBatch | None:
        """Returns the batch; None if nothing of it can be used. Raises `RateNotGiven`."""
        payouts = [cells for cells in rows if _is(cells, PAYOUT)]
        self.day = max(self._days(payouts), default=max(self._days(rows), default=self.last))
        found = read_payout(self.ref, rows, self._row, unusable, is_complete=is_complete)
        if found is None:
            return None
        cash = found.paid if self.currency == CNY else None
        return ReportBatch(self.ref, self.day, _bank_reference(payouts) or self.ref, cash, found.lines)

    def _days(self, rows: list[Cells]) -> Iterator[date]:
        for cells in rows:
            with suppress(BadFile):  # the error is reported when the whole row is read
                yield _day(cells, self.last)

    def _row(self, cells: Cells) -> ReportLine | Money:
        _day(cells, self.last)
        net = _signed(cells, "Net Debit (NC)", "Net Credit (NC)", self.currency)
        if _is(cells, PAYOUT):
            if net.minor >= 0:
                raise cells.refused(f"a payout is a debit, and this one is {net}")
            return net
        name = cells.text("Type")
        if not name:
            raise cells.wrong("Type", "a record type")
        kind = KINDS.get(name, "other")
        return (
            self._own_line(cells, kind, name, net) if kind in ("fee", "other") else self._line(cells, kind, name, net)
        )

    def _line(self, cells: Cells, kind: LineKind, name: str, net: Money) -> ReportLine:
        """Returns the line of a capture, refund or dispute. An automatic capture may have the reference of its payment
        alone.
        """
        payment, own = cells.reference_or_nothing("Psp Reference"), cells.reference_or_nothing("Modification Reference")
        dispute = cells.reference_or_nothing("Dispute Reference") if kind == "dispute" else ""
        reference = dispute or own or cells.reference("Psp Reference")
        gross, fee, charged = _amounts(cells, net)
        return ReportLine(
            line=cells.line,
            psp_ref=reference_key(f"{name}.{own or payment}"),
            kind=kind,
            reference=reference,
            also=tuple(dict.fromkeys(ref for ref in (own, payment) if ref and ref != reference)),
            gross=gross,
            fee=fee,
            net=net,
            rate=given_rate(cells, self.currency, self.rates, psp=PSP, day=self.day),
            charged=charged,
            category=name,
        )

    def _own_line(self, cells: Cells, kind: LineKind, name: str, net: Money) -> ReportLine:
        """Returns a line about no capture, refund or dispute. A cost may name its payment."""
        payment, own = cells.reference_or_nothing("Psp Reference"), cells.reference_or_nothing("Modification Reference")
        said = f"{name}.{own or payment}" if payment else f"{self.ref}.{name}.{own}"
        self.numbers[said] += 1  # a batch may have several such rows
        return ReportLine(
            line=cells.line,
            psp_ref=reference_key(said if self.numbers[said] == 1 else f"{said}.{self.numbers[said]}"),
            kind=kind,
            reference="",
            also=(payment,) if payment else (),
            gross=_something(cells, net),
            fee=Money(0, self.currency),
            net=net,
            rate=given_rate(cells, self.currency, self.rates, psp=PSP, day=self.day),
            category=name,
        )


def _day(cells: Cells, last: date) -> date:
    """Returns the day of booking; of creation, if the report does not have that column."""
    return cells.day_within("Booking Date" if cells.text("Booking Date") else "Creation Date", last)


def _signed(cells: Cells, debit: str, credit: str, currency: str) -> Money:
    """Returns credit less debit. An empty cell is nothing."""
    paid, taken = (cells.money(each, currency) if cells.text(each) else Money(0, currency) for each in (credit, debit))
    return paid - taken


def _something(cells: Cells, net: Money) -> Money:
    if not net:
        raise cells.refused("it has no amount in Net Debit (NC) or Net Credit (NC)")
    return net


def _amounts(cells: Cells, net: Money) -> tuple[Money, Money, Money | None]:
    """Returns gross and costs in the currency of settlement, and the gross in the buyer's currency if that is another
    one. Raises `BadFile` if they do not come to the net amount.
    """
    charged_in = cells.currency("Gross Currency")
    charged = _signed(cells, "Gross Debit (GC)", "Gross Credit (GC)", charged_in)
    said = [cells.money(each, net.currency) for each in _COSTS if cells.text(each)]
    fee = total(said, net.currency)
    if not charged:
        raise cells.refused("it has no amount in Gross Debit (GC) or Gross Credit (GC)")
    if charged_in != net.currency:
        _check_converted(cells, charged, net + fee)
        return net + fee, fee, charged
    is_stated = said and not any(cells.text(each) for each in _OTHER_COSTS)
    if is_stated and charged - fee != net:
        raise cells.refused(f"{charged} less costs of {fee} is not {net}")
    return charged, charged - net, None


def _check_converted(cells: Cells, charged: Money, gross: Money) -> None:
    """Raises `BadFile` if the gross amount, at the rate of the row, differs by more than roundings."""
    text = cells.text("Exchange Rate")
    try:
        rate = read_decimal(text) if text else None
    except ValueError:
        raise cells.wrong("Exchange Rate", f"the rate from {charged.currency} to {gross.currency}") from None
    if (charged.minor > 0) != (gross.minor > 0):
        raise cells.refused(f"{charged} comes to {gross}")
    if rate is None or not rate:
        return
    shift = exponent_of(gross.currency) - exponent_of(charged.currency)
    last_digit = rate.radix() ** (shift - len(text.partition(".")[2]))
    if abs(rate.scaleb(shift) * charged.minor - gross.minor) > len(_COSTS) + abs(charged.minor) * last_digit:
        raise cells.refused(f"{charged} at {text} is not {gross}")


def _bank_reference(payouts: list[Cells]) -> str:
    """Returns the first word of a payout's description, such as TX0001XT: the bank's entry has it."""
    for cells in payouts:
        with suppress(BadFile):  # a description that cannot be read
            if words := cells.text("Modification Reference").split():
                return words[0]
    return ""
