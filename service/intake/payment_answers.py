"""Imports banks' answers to payment orders: payouts are submitted, paid or failed."""

from __future__ import annotations

from collections.abc import Callable, Collection, Iterator, Mapping
from dataclasses import replace
from datetime import datetime

from commands.command import Command
from commands.payouts.report_payout_failed import ReportPayoutFailed
from commands.payouts.report_payout_paid import ReportPayoutPaid
from commands.payouts.submit_payout import SubmitPayout
from ledger.actors import Actor, Source
from projections.reconciliation.expected_at_bank import Expectation, ExpectedAtBank, expected_under
from service.adapters.bank.pain002 import Answer, Status, read_pain002
from service.app import App
from service.formats.unread import refuse_if_all
from service.intake.files import FileSummary, Progress, import_rows
from service.intake.paid_already import paid_already
from service.intake.payment_orders import payouts_of
from service.intake.unread_rows import unread_rows
from service.partner_reports.rows import IMPORTER, RawFile, Row

KIND = "pain002"


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
    rows = answer_rows(file, bank, answer, payouts, paid=paid_already(app, payouts.values()), now=app.clock())
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


def answer_rows(
    file: RawFile,
    bank: str,
    answer: Answer,
    payouts: Mapping[str, Expectation],
    *,
    paid: Collection[str],
    now: datetime,
) -> list[Row]:
    """Returns the rows of the transfers that are ours. `paid` are the payouts that were reported paid."""
    ours = [each for each in answer.transfers if each.name in payouts]
    return [Row(each.line, tuple(_commands(file, bank, each, payouts[each.name], paid, now))) for each in ours]


def _commands(
    file: RawFile, bank: str, transfer: Status, payout: Expectation, paid: Collection[str], now: datetime
) -> Iterator[Command]:
    names = {"merchant_id": payout.merchant, "payout_id": transfer.name}
    source = Source(system=KIND, external_id=f"{file.name}:{transfer.line}")
    id = file.command_id(transfer.name, transfer.state)
    if transfer.state == "taken" and transfer.name in paid:
        return  # a bank's answers may come in any order
    if transfer.state == "taken":
        yield SubmitPayout(id=id, actor=IMPORTER, source=source, **names)
        return
    actor = Actor(kind="partner", id=bank, role="bank")
    reported = {"id": id, "actor": actor, "source": source, "occurred_at": now}
    if transfer.state == "paid":
        yield ReportPayoutPaid(**reported, **names)
    else:
        yield ReportPayoutFailed(**reported, **names, code=transfer.reason)
