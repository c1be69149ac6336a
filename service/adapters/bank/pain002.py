"""Imports a bank's answer to a payment order (ISO 20022 pain.002): which transfers are accepted, paid or rejected."""

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
# External code set "payment transaction status": the meaning of each code for a payout.
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
    """The status of one transfer; `reason` is the bank's code of a rejection."""

    end_to_end: str
    state: TransferState
    reason: str
    element: Element

    @property
    def line(self) -> int:
        return line_of(self.element)

    def unread(self, reason: str) -> UnreadItem:
        """Returns the transfer as an unread item with this reason."""
        return UnreadItem(self.line, reason, raw_xml(self.element))


class Answer(NamedTuple):
    """The message id of the order, the status of each transfer, and the unread items."""

    order: str
    transfers: list[TransferStatus]
    unread: list[UnreadItem]


def read_pain002(name: str, content: bytes) -> Answer:
    """Returns the bank's answer. An unusable transfer does not affect the others.

    Raises `BadFile` with the line if the file is not pain.002 or no transfer can be used.
    """
    root = read_xml(name, content)
    found = _ROOT.fullmatch(root.tag)
    if not found or found[1] not in _VERSIONS:
        said = root.tag.rpartition(":")[2].replace("}", " ")
        raise BadFile(name, f"{said!r} is not pain.002 of version {', '.join(_VERSIONS)}", line=line_of(root))
    for element in root.iter():
        element.tag = element.tag.rpartition("}")[2]
    order = (root.findtext("CstmrPmtStsRpt/OrgnlGrpInfAndSts/OrgnlMsgId") or "").strip()  # each transfer has its own id
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
    twice = [transfer for transfer in transfers if often[transfer.end_to_end] > 1]  # unclear which of the two is valid
    unread += [each.unread(f"the transfer {each.end_to_end} is in it twice") for each in twice]
    refuse_if_all(name, unread, understood=bool(once))
    return Answer(order, once, unread)


def import_pain002(
    app: App, file: RawFile, *, bank: str = "bank", progress: Progress = lambda _done, _total: None
) -> FileSummary:
    """Imports a pain.002 file: accepts it, records its transfers and keeps unusable parts. Raises `BadFile`."""
    order, transfers, unread = read_pain002(file.name, file.content)
    app.catch_up([ExpectedAtBank()])
    found = expected_under(app.views, [transfer.end_to_end for transfer in transfers])
    payouts = {each.reference: each for each in found if each.kind == "payout"}
    ours = [transfer for transfer in transfers if transfer.end_to_end in payouts]
    strangers = [transfer for transfer in transfers if transfer.end_to_end not in payouts]
    unread += [each.unread(f"{each.end_to_end!r} is not one of our payouts") for each in strangers]
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
        return  # a bank's answers may come in any order
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
        raise BadFile(name, f"{status!r} is not a known transfer status", line=line_of(element))
    reason = (element.findtext("StsRsnInf/Rsn/Cd") or element.findtext("StsRsnInf/Rsn/Prtry") or "").strip()
    return TransferStatus(end_to_end, _STATES[status], reason or _UNSAID, element)


def _text(name: str, element: Element, path: str) -> str:
    if text := (element.findtext(path) or "").strip():
        return text
    raise BadFile(name, f"{element.tag} has no {path.rpartition('/')[2]}", line=line_of(element))
