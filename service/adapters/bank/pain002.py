"""A bank's answer to a payment order (ISO 20022 pain.002): which of its transfers it takes, has paid, or refuses."""

from __future__ import annotations

import re
from collections import Counter
from collections.abc import Collection, Iterator
from dataclasses import dataclass
from typing import Literal, NamedTuple
from xml.etree.ElementTree import Element

from commands.command import Command
from commands.payouts.report_payout_failed import ReportPayoutFailed
from commands.payouts.report_payout_paid import ReportPayoutPaid
from commands.payouts.submit_payout import SubmitPayout
from ledger.actors import Actor, Source
from projections.reconciliation.expected_at_bank import Expectation, ExpectedAtBank, expected_under
from service.adapters.bank.paid_already import paid_already
from service.adapters.bank.xml_lines import line_of, raw_xml, read_xml
from service.adapters.files.bad_file import BadFile
from service.adapters.files.importer import IMPORTER, FileSummary, Progress, RawFile, Row, import_rows
from service.adapters.files.unread import UnreadItem, refuse_if_all, unread_rows
from service.app import App

KIND = "pain002"
TransferState = Literal["taken", "paid", "refused"]
# External code set "payment transaction status": what each means for a payout.
_STATES: dict[str, TransferState] = {
    "RCVD": "taken", "PDNG": "taken", "ACTC": "taken", "PATC": "taken", "ACCP": "taken", "ACFC": "taken",
    "ACSP": "taken", "ACPD": "taken", "ACWC": "taken", "ACWP": "taken",
    "ACSC": "paid", "ACCC": "paid", "RJCT": "refused", "CANC": "refused",
}  # fmt: skip
_ROOT = re.compile(r"\{urn:iso:std:iso:20022:tech:xsd:pain\.002\.001\.(\d\d)\}Document")
_VERSIONS = ("03", "10")
_UNSAID = "REFUSED"


@dataclass(frozen=True, slots=True)
class TransferStatus:
    """One transfer's status; `reason` is the bank's code for a refusal."""

    end_to_end: str
    state: TransferState
    reason: str
    element: Element

    @property
    def line(self) -> int:
        return line_of(self.element)

    def unread(self, reason: str) -> UnreadItem:
        """The transfer, if it cannot be used for this reason."""
        return UnreadItem(self.line, reason, raw_xml(self.element))


class Answer(NamedTuple):
    """The order's message id, the status of each of its transfers, and what nobody can use."""

    order: str
    transfers: list[TransferStatus]
    unread: list[UnreadItem]


def read_pain002(name: str, content: bytes) -> Answer:
    """Returns what the bank answers; a transfer that cannot be used leaves its neighbours alone.

    Raises `BadFile` with line and reason where it is no such file, or no transfer can be used.
    """
    root = read_xml(name, content)
    found = _ROOT.fullmatch(root.tag)
    if not found or found[1] not in _VERSIONS:
        said = root.tag.rpartition(":")[2].replace("}", " ")
        raise BadFile(name, f"{said!r} is no pain.002 of version {', '.join(_VERSIONS)}", line=line_of(root))
    for element in root.iter():
        element.tag = element.tag.rpartition("}")[2]
    order = (root.findtext("CstmrPmtStsRpt/OrgnlGrpInfAndSts/OrgnlMsgId") or "").strip()  # each transfer names itself
    transfers: list[TransferStatus] = []
    unread: list[UnreadItem] = []
    for element in root.iter("TxInfAndSts"):
        try:
            transfers.append(_status(name, element))
        except BadFile as problem:
            unread.append(UnreadItem.of(problem, raw_xml(element)))
    if not transfers and not unread:
        raise BadFile(name, "it names no transfers (TxInfAndSts): ask the bank for their status one by one", line=1)
    often = Counter(transfer.end_to_end for transfer in transfers)
    once = [transfer for transfer in transfers if often[transfer.end_to_end] == 1]
    twice = [transfer for transfer in transfers if often[transfer.end_to_end] > 1]  # nobody knows which counts
    unread += [each.unread(f"the transfer {each.end_to_end} stands in it twice") for each in twice]
    refuse_if_all(name, unread, understood=bool(once))
    return Answer(order, once, unread)


def import_pain002(
    app: App, file: RawFile, *, bank: str = "bank", progress: Progress = lambda _done, _total: None
) -> FileSummary:
    """Read the file, accept it, record what is understood of it and keep the rest. Raises `BadFile`."""
    order, transfers, unread = read_pain002(file.name, file.content)
    app.catch_up([ExpectedAtBank()])
    found = expected_under(app.views, [transfer.end_to_end for transfer in transfers])
    payouts = {each.reference: each for each in found if each.kind == "payout"}
    ours = [transfer for transfer in transfers if transfer.end_to_end in payouts]
    strangers = [transfer for transfer in transfers if transfer.end_to_end not in payouts]
    unread += [each.unread(f"{each.end_to_end!r} is no payout of ours") for each in strangers]
    refuse_if_all(file.name, unread, understood=bool(ours))
    paid = paid_already(app, payouts.values())
    rows = [Row(each.line, tuple(_commands(app, file, bank, each, payouts[each.end_to_end], paid))) for each in ours]
    rows += unread_rows(file, unread, system=bank)
    return import_rows(app, file, kind=KIND, partner=bank, header={"order": order}, rows=rows, progress=progress)


def _commands(
    app: App, file: RawFile, bank: str, transfer: TransferStatus, payout: Expectation, paid: Collection[str]
) -> Iterator[Command]:
    names = {"merchant_id": payout.merchant, "payout_id": transfer.end_to_end}
    source = Source(system=KIND, external_id=f"{file.name}:{transfer.line}")
    id = file.command_id(transfer.end_to_end, transfer.state)
    if transfer.state == "taken" and transfer.end_to_end in paid:
        return  # the answers of a bank come in any order
    if transfer.state == "taken":
        yield SubmitPayout(id=id, actor=IMPORTER, source=source, **names)
        return
    actor = Actor(kind="partner", id=bank, role="bank")
    reported = {"id": id, "actor": actor, "source": source, "occurred_at": app.clock()}
    if transfer.state == "paid":
        yield ReportPayoutPaid(**reported, **names)
    else:
        yield ReportPayoutFailed(**reported, **names, code=transfer.reason)


def _status(name: str, element: Element) -> TransferStatus:
    end_to_end, status = _text(name, element, "OrgnlEndToEndId"), _text(name, element, "TxSts")
    if status not in _STATES:
        raise BadFile(name, f"{status!r} is no status of a transfer", line=line_of(element))
    reason = (element.findtext("StsRsnInf/Rsn/Cd") or element.findtext("StsRsnInf/Rsn/Prtry") or "").strip()
    return TransferStatus(end_to_end, _STATES[status], reason or _UNSAID, element)


def _text(name: str, element: Element, path: str) -> str:
    if text := (element.findtext(path) or "").strip():
        return text
    raise BadFile(name, f"{element.tag} has no {path.rpartition('/')[2]}", line=line_of(element))
