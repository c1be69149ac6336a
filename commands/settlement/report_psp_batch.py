"""A provider's settlement batch as a whole: totals, fees without an order, and its deposit at the bank."""

from __future__ import annotations

from collections.abc import Iterator
from datetime import date

from pydantic import BaseModel, ConfigDict, model_validator

from commands.command import Report
from commands.contradictions import break_once
from commands.rules import Rules
from ledger.accounting_days import accounting_day
from ledger.events.event import Event
from ledger.events.psp_settlement import BatchLine, BatchTotal, PspSettlementReported
from ledger.fx import CNY, NO_CNY, Rate, unity
from ledger.ids import Id, psp_batch_stream
from ledger.instants import Day
from ledger.money import Money, total
from ledger.numbers import Count
from ledger.references import Reference, ReferenceOrNothing
from ledger.streams.psp_batch import PspBatch


class BatchFee(BaseModel):
    """A fee without an order, at the provider's rate; negative if it was given back."""

    model_config = ConfigDict(frozen=True, extra="forbid")

    psp_ref: Reference
    amount: Money
    rate: Rate | None = None

    @model_validator(mode="after")
    def _can_be_converted(self) -> BatchFee:
        pair = (self.rate.base, self.rate.quote) if self.rate else (CNY, CNY)
        if pair != (self.amount.currency, CNY):
            raise ValueError(f"fee {self.psp_ref}: {self.amount.currency} needs the provider's rate in {CNY}")
        return self


class ReportPspBatch(Report, name="report_psp_batch"):
    """Records a settlement batch: `orders_cash` is the total of the orders' lines, and `cash` the bank's, in CNY.

    `deposit` is the amount on a foreign account if the batch was not paid out in CNY; `cash` is then its value. A
    difference above one fen a line, or other data of the same batch, opens a break.
    """

    psp: Id
    batch_ref: Reference
    digest: str
    line_count: Count
    totals: tuple[BatchTotal, ...] = ()
    fees: tuple[BatchFee, ...] = ()
    orders_cash: Money
    cash: Money
    bank_entry_ref: ReferenceOrNothing = ""
    value_date: Day | None = None
    deposit: Money | None = None

    @model_validator(mode="after")
    def _is_in_cny(self) -> ReportPspBatch:
        if {self.orders_cash.currency, self.cash.currency} != {CNY}:
            raise ValueError(f"cash is in {CNY}, the amount that our bank received")
        others = {fee.amount.currency for fee in self.fees} - {self.deposit.currency} if self.deposit else set()
        if others:
            raise ValueError(f"fees of a batch paid out in {self.deposit} are in its currency, not in {min(others)}")
        return self

    @property
    def stream(self) -> str:
        return psp_batch_stream(self.psp, self.batch_ref)


def decide(report: ReportPspBatch, batch: PspBatch, rules: Rules) -> Iterator[Event]:
    known = batch.reported
    if known is None:
        yield from _reported(report, batch)
    elif (known.digest, known.cash) != (report.digest, report.cash):
        yield from _break(report, batch, "amount_mismatch", f"{known.cash} of {known.digest}", report.digest)


def _reported(report: ReportPspBatch, batch: PspBatch) -> Iterator[Event]:
    """Records the batch. A difference of at most one fen a line is rounding; more opens a break."""
    day = report.value_date or accounting_day(report.happened_at)
    fees = tuple(_fee(fee, day) for fee in report.fees)
    expected = report.orders_cash - total([fee.base for fee in fees], CNY)
    difference = expected - report.cash
    explained = abs(difference.minor) <= report.line_count
    yield PspSettlementReported(
        psp=report.psp,
        batch_ref=report.batch_ref,
        digest=report.digest,
        line_count=report.line_count,
        totals=report.totals,
        fees=fees,
        orders_cash=report.orders_cash,
        cash=report.cash,
        rounding=difference if explained else NO_CNY,
        bank_entry_ref=report.bank_entry_ref,
        value_date=day,
        reported_at=report.happened_at,
        deposit=report.deposit,
    )
    if not explained:
        yield from _break(report, batch, "psp_batch_mismatch", str(expected), report.digest)


def _fee(fee: BatchFee, day: date) -> BatchLine:
    rate = fee.rate or unity(CNY, day)
    return BatchLine(psp_ref=fee.psp_ref, kind="fee", amount=fee.amount, rate=rate, base=rate.convert(fee.amount))


def _break(report: ReportPspBatch, batch: PspBatch, kind: str, expected: str, digest: str) -> Iterator[Event]:
    refs = {"psp": report.psp, "batch_ref": report.batch_ref, "digest": digest, "cash": str(report.cash.minor)}
    yield from break_once(
        batch.breaks, kind=kind, expected=expected, actual=str(report.cash), refs=refs, at=report.decided_at
    )
