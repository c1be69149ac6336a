"""Reports of banks' answers to payment orders: payouts are submitted, paid or failed."""

from __future__ import annotations

from collections.abc import Iterator

from commands.command import Command
from commands.payouts.report_payout_failed import ReportPayoutFailed
from commands.payouts.report_payout_paid import ReportPayoutPaid
from commands.payouts.submit_payout import SubmitPayout
from ledger.actors import Actor, Source
from service.partner_facts.bank import PayoutStatusReported
from service.partner_facts.files import row_id
from service.partner_reports.file_references import FileReferences
from service.partner_reports.rows import IMPORTER, Row

KIND = "pain002"


def payout_status(fact: PayoutStatusReported, known: FileReferences) -> Iterator[Row]:
    """Yields the report of the transfer's payout; nothing if it is not one of ours."""
    if payout := known.payouts.get(fact.status.name):
        yield Row(fact.status.line, tuple(_commands(fact, payout.merchant, known)))


def _commands(fact: PayoutStatusReported, merchant: str, known: FileReferences) -> Iterator[Command]:
    transfer = fact.status
    names = {"merchant_id": merchant, "payout_id": transfer.name}
    source = Source(system=KIND, external_id=f"{fact.file.name}:{transfer.line}")
    id = row_id(fact.file, transfer.name, transfer.state)
    if transfer.state == "taken" and transfer.name in known.paid:
        return  # a bank's answers may come in any order
    if transfer.state == "taken":
        yield SubmitPayout(id=id, actor=IMPORTER, source=source, **names)
        return
    actor = Actor(kind="partner", id=fact.bank, role="bank")
    reported = {"id": id, "actor": actor, "source": source, "occurred_at": known.now}
    if transfer.state == "paid":
        yield ReportPayoutPaid(**reported, **names)
    else:
        yield ReportPayoutFailed(**reported, **names, code=transfer.reason)
