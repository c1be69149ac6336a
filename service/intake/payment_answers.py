"""Imports banks' answers to payment orders: payouts are submitted, paid or failed."""

from __future__ import annotations

from collections.abc import Callable, Collection
from dataclasses import replace

from projections.reconciliation.expected_at_bank import ExpectedAtBank, expected_under
from service.adapters.bank.pain002 import read_pain002
from service.app import App
from service.formats.unread import refuse_if_all
from service.intake.files import FileSummary, Progress, import_rows
from service.intake.paid_already import paid_already
from service.intake.payment_orders import payouts_of
from service.intake.unread_rows import unread_rows
from service.partner_facts.bank import Answer, PayoutStatusReported
from service.partner_facts.files import RawFile
from service.partner_reports.file_references import FileReferences
from service.partner_reports.payment_answers import KIND
from service.partner_reports.table import rows_of


def import_pain002(
    app: App, file: RawFile, *, bank: str = "bank", progress: Progress = lambda _done, _total: None
) -> FileSummary:
    """Imports a pain.002 file: accepts it, records its transfers and keeps unusable parts. Raises `BadFile`."""
    answer = spread(read_pain002(file.name, file.content), lambda message_id: payouts_of(app, message_id))
    app.catch_up([ExpectedAtBank()])
    found = expected_under(app.views, [transfer.name for transfer in answer.transfers])
    payouts = {each.reference: each for each in found if each.kind == "payout"}
    strangers = [each for each in answer.transfers if each.name not in payouts]
    unread = [*answer.unread, *(each.unread(f"{each.name!r} is not one of our payouts") for each in strangers)]
    refuse_if_all(file.name, unread, understood=bool(payouts or answer.of_all))
    known = FileReferences(now=app.clock(), payouts=payouts, paid=paid_already(app, payouts.values()))
    rows = [row for each in answer.transfers for row in rows_of(PayoutStatusReported(bank, file, each), known)]
    rows += unread_rows(file, unread, system=bank)
    return import_rows(app, file, kind=KIND, partner=bank, header={"order": answer.order}, rows=rows, progress=progress)


def spread(answer: Answer, payouts_of: Callable[[str], Collection[str]]) -> Answer:
    """Returns the answer with a status of its own for each transfer. A status of a block or message is that of its
    transfers without one; `payouts_of` finds them by the id of the block or message.

    If nothing says which transfers these are, the status is unread.
    """
    transfers, unread = list(answer.transfers), list(answer.unread)
    named = {*(answer.named or ())}
    for status in answer.of_all:
        ordered = payouts_of(status.name)
        if answer.named is None:
            unread.append(
                status.unread(f"a transfer of {status.name} in it has no id, so that it may have another status")
            )
        elif ordered:
            transfers += [replace(status, name=each) for each in ordered if each not in named]
            named.update(ordered)
        elif not answer.named:
            unread.append(status.unread(f"{status.name!r} is not a payment order that was exported from here"))
    return answer._replace(transfers=transfers, unread=unread)
