"""Each line of the table makes commands from a sample of its fact, as an adapter reads it."""

from __future__ import annotations

from collections.abc import Iterator
from datetime import date

import pytest

from commands.command import Command
from ledger.money import Money
from projections.reconciliation.expected_at_bank import Expectation
from service.adapters.bank.camt.statements import read_camt
from service.adapters.bank.pain002 import read_pain002
from service.adapters.carriers import aftership
from service.adapters.invoices.neutral_csv import COLUMNS, read_invoice
from service.adapters.psp.neutral_csv import read_neutral
from service.adapters.psp.stripe_events import read_event, read_further
from service.partner_facts.answers import InstructionAnswered
from service.partner_facts.bank import BankStatementsReported, PayoutStatusReported
from service.partner_facts.bodies import BodyUnread
from service.partner_facts.facts import FACTS, FileFact, PartnerFact
from service.partner_facts.files import RawFile
from service.partner_facts.invoices import ParcelCostInvoiced
from service.partner_facts.settlement import SettlementReported
from service.partner_reports.file_references import FileReferences
from service.partner_reports.table import commands_of, rows_of
from tests.service.adapters.planted import NOW
from tests.service.adapters.planted_documents import CAMT, PAIN
from tests.service.adapters.psp.reports import line, neutral, summed
from tests.service.adapters.psp.test_vocabularies import STRIPE, event
from tests.support.partner_facts import Known

_FILE = RawFile("f", b"")
_FEE = {"id": "txn_1", "fee": 1500, "currency": "usd"}
_DISPUTE = {"object": "dispute", "id": "dp_1", "charge": "ch_1", "amount": 1944, "currency": "usd"}
_INVOICE = (COLUMNS, ("INV-1", "1", "freight", "HH1", "", "", "", "CNY", "12.00", "", "", "", "2025-04-03"),
            ("INV-1", "1", "total", "", "", "", "", "CNY", "12.00", "", "", "", "2025-04-03"))  # fmt: skip
_PAYOUT = Expectation("P-1", "payout", "P-1", 1, "payouts/M-1", "M-1", Money.of("-1.00", "CNY"), date(2025, 4, 20))
_ANSWER = InstructionAnswered(
    kind="payout",
    stream="payouts/M-1",
    id="P-1",
    partner="bank",
    amount=Money.of("1.00", "CNY"),
    names={},
    done=True,
    happened_at=NOW,
)
_BOOKS = FileReferences(now=NOW, payouts={"P-1": _PAYOUT})


def _messages() -> Iterator[PartnerFact]:
    for type, found, _ in STRIPE:
        yield read_event(event(type, found))
    withdrawn = event("charge.dispute.funds_withdrawn", _DISPUTE | {"balance_transactions": [_FEE]})
    yield from read_further(withdrawn, read_event(withdrawn))
    yield from aftership.facts_from(b'{"tracking_number": "HH1", "tag": "InTransit", "checkpoints": []}')
    yield from aftership.facts_from(b"{}")
    yield _ANSWER
    yield BodyUnread("stripe", b"x", "webhook_unread", {"reason": "it is not JSON"})


def _files() -> Iterator[FileFact]:
    yield BankStatementsReported("bank", _FILE, tuple(read_camt("f", CAMT.form.good).statements))
    for status in read_pain002("f", PAIN.form.good).transfers:
        yield PayoutStatusReported("bank", _FILE, status)
    for batch in read_neutral("f", neutral(line(), summed()), psp="payco"):
        yield SettlementReported("payco", _FILE, batch)
    invoice = read_invoice("f", "\n".join(",".join(row) for row in _INVOICE).encode())
    yield ParcelCostInvoiced("4px", _FILE, invoice.invoice_ref, invoice.lines[0])


def _commands() -> Iterator[tuple[type[PartnerFact | FileFact], Command]]:
    for fact in _messages():
        yield from ((type(fact), command) for command in commands_of(fact, Known()))
    for reported in _files():
        yield from ((type(reported), each) for row in rows_of(reported, _BOOKS) for each in row.commands)


@pytest.mark.parametrize("fact", sorted(FACTS, key=str), ids=str)
def test_a_sample_reaches_each_line_of_the_table(fact: type[PartnerFact | FileFact]) -> None:
    made = [command for kind, command in _commands() if kind is fact]
    assert made
    assert all(command.fingerprint() for command in made)
