"""Reports an entry of a bank statement: it is matched to an expected movement, or opens a break."""

from __future__ import annotations

from collections.abc import Generator, Iterator

from commands.command import Report
from commands.contradictions import A_RATE, break_once
from commands.fields import RawText
from commands.rates import rate_of_fact, stale_rate
from commands.rules import Rules
from ledger.accounting_days import accounting_day
from ledger.events.event import Event
from ledger.events.files import BankChargePosted, BankEntryMatched, BankMatch
from ledger.fx import CNY
from ledger.ids import bank_statement_stream
from ledger.instants import Day
from ledger.money import Money
from ledger.numbers import Quantity
from ledger.references import Reference
from ledger.streams.files import BankStatement


class ReportBankEntry(Report, name="report_bank_entry"):
    """Records a bank entry, positive for incoming money, and the movement that it was matched to.

    `expected` is that movement's amount; another one, or no match, opens a break. `reference` is the end-to-end
    reference, or the bank's text for it. `closed_on` and `page` are the statement's. Bank charges are matched to
    `bank_charge`.
    """

    account: Reference
    statement_id: Reference
    entry_ref: Reference
    amount: Money
    value_date: Day
    reference: RawText = ""
    matched_to: BankMatch | None = None
    expected: Money | None = None
    closed_on: Day | None = None
    page: Quantity = 1

    @property
    def stream(self) -> str:
        number = (self.account, self.amount.currency, self.statement_id)
        return bank_statement_stream(*number, closed_on=self.closed_on, page=self.page)


def decide(report: ReportBankEntry, statement: BankStatement, rules: Rules) -> Iterator[Event]:
    if report.entry_ref in statement.matched:
        return
    if report.matched_to is None or report.expected is None:
        yield from _break(report, statement, kind="bank_unmatched", expected="nothing")
        return
    if report.matched_to == "bank_charge":
        charged = yield from _charged(report, statement, rules)
        if charged is None:
            return
    yield BankEntryMatched(
        account=report.account,
        statement_id=report.statement_id,
        entry_ref=report.entry_ref,
        amount=report.amount,
        value_date=report.value_date,
        matched_to=report.matched_to,
        reference=report.reference,
        expected=report.expected,
        matched_at=report.decided_at,
    )
    if report.expected != report.amount:
        yield from _break(report, statement, kind="amount_mismatch", expected=str(report.expected))


def _charged(
    report: ReportBankEntry, statement: BankStatement, rules: Rules
) -> Generator[Event, None, BankChargePosted | None]:
    """Posts a bank charge at the book rate of the day, and returns it. Opens a break if there is no rate."""
    amount, rate = -report.amount, None
    if amount.currency != CNY:
        rate = rate_of_fact(report, rules, amount.currency)
        if rate is None:
            yield from _break(report, statement, kind="rate_missing", expected=A_RATE)
            return None
    charged = BankChargePosted(
        account=report.account,
        statement_id=report.statement_id,
        entry_ref=report.entry_ref,
        amount=amount,
        book_rate=rate,
        base=rate.convert(amount) if rate else amount,
        value_date=report.value_date,
    )
    yield charged
    if rate:
        day, about = accounting_day(report.happened_at), {"account": report.account, "entry_ref": report.entry_ref}
        yield from stale_rate(statement.known_breaks, rate, rules, day=day, at=report.decided_at, **about)
    return charged


def _break(report: ReportBankEntry, statement: BankStatement, *, kind: str, expected: str) -> Iterator[Event]:
    yield from break_once(
        statement.known_breaks,
        kind=kind,
        expected=expected,
        actual=f"{report.amount} on {report.value_date}",
        refs={
            "account": report.account,
            "statement_id": report.statement_id,
            "entry_ref": report.entry_ref,
            "reference": report.reference[:64],
        }
        | _edition(report),
        at=report.decided_at,
    )


def _edition(report: ReportBankEntry) -> dict[str, str]:
    """Returns references that distinguish statements of the same number, so that their breaks have different ids."""
    days = {"closed_on": report.closed_on.isoformat()} if report.closed_on else {}
    pages = {"page": str(report.page)} if report.page > 1 else {}
    return days | pages | ({"currency": report.amount.currency} if report.amount.currency != CNY else {})
