"""Imports a bank's answer to a payment order (ISO 20022 pain.002): which transfers are accepted, paid or rejected.

A bank answers for each transfer, for a block of transfers (`PmtInfSts`) or for the whole message (`GrpSts`). The most
specific answer counts.
"""

from __future__ import annotations

import re
from collections import Counter
from collections.abc import Callable, Collection, Iterable, Iterator, Mapping
from dataclasses import dataclass, replace
from datetime import datetime
from typing import Literal, NamedTuple
from xml.etree.ElementTree import Element

from commands.command import Command
from commands.payouts.report_payout_failed import ReportPayoutFailed
from commands.payouts.report_payout_paid import ReportPayoutPaid
from commands.payouts.submit_payout import SubmitPayout
from ledger.actors import Actor, Source
from projections.reconciliation.expected_at_bank import Expectation, ExpectedAtBank, expected_under
from service.adapters.bank.paid_already import paid_already
from service.adapters.bank.written_orders import payouts_of
from service.adapters.bank.xml_lines import line_of, raw_xml, read_xml
from service.adapters.files.bad_file import BadFile
from service.adapters.files.importer import IMPORTER, FileSummary, Progress, RawFile, Row, import_rows
from service.adapters.files.unread import UnreadItem, refuse_if_all, unread_rows
from service.app import App

KIND = "pain002"
TransferState = Literal["taken", "paid", "refused"]
# External code sets "payment transaction status" and "payment group status": the meaning of each code for a payout.
_STATES: dict[str, TransferState] = {
    "RCVD": "taken", "PDNG": "taken", "ACTC": "taken", "PATC": "taken", "ACCP": "taken", "ACFC": "taken",
    "ACSP": "taken", "ACPD": "taken", "ACWC": "taken", "ACWP": "taken",
    "ACSC": "paid", "ACCC": "paid", "RJCT": "refused", "CANC": "refused",
}  # fmt: skip
_ROOT = re.compile(r"\{urn:iso:std:iso:20022:tech:xsd:pain\.002\.001\.(\d\d)\}Document")
_VERSIONS = ("03", "10")
_PARTIAL = "PART"  # the transfers have statuses of their own
_UNSAID = "REFUSED"


@dataclass(frozen=True, slots=True)
class Status:
    """The status of one transfer, or of all transfers of a message or block. `name` is the end-to-end id of the
    transfer, or the id of the message or block; `reason` is the bank's code of a rejection.
    """

    name: str
    state: TransferState
    reason: str
    element: Element

    @property
    def line(self) -> int:
        return line_of(self.element)

    def unread(self, reason: str) -> UnreadItem:
        """Returns the status as an unread item with this reason."""
        return UnreadItem(self.line, reason, raw_xml(self.element))


class Answer(NamedTuple):
    """The message id of the order, the status of each transfer, those of blocks and of the message, and the unread
    items. `named` are the transfers with a status that may be unusable; None if one of them has no id.
    """

    order: str
    transfers: list[Status]
    of_all: list[Status]
    named: frozenset[str] | None
    unread: list[UnreadItem]


def read_pain002(name: str, content: bytes) -> Answer:
    """Returns the bank's answer. An unusable status does not affect the others.

    Raises `BadFile` with the line if the file is not pain.002 or no status can be used.
    """
    root = _root(name, content)
    order = (root.findtext("CstmrPmtStsRpt/OrgnlGrpInfAndSts/OrgnlMsgId") or "").strip()  # each transfer has its own id
    unread: list[UnreadItem] = []
    elements = list(root.iter("TxInfAndSts"))
    transfers = [each for each in _statuses(name, elements, "OrgnlEndToEndId", "TxSts", unread) if each]
    blocks = [each for each in root.iter("OrgnlPmtInfAndSts") if _says(each, "PmtInfSts", transfers)]
    groups = [each for each in root.iter("OrgnlGrpInfAndSts") if _says(each, "GrpSts", transfers)]
    of_all = [
        *_statuses(name, blocks, "OrgnlPmtInfId", "PmtInfSts", unread),
        *_statuses(name, groups, "OrgnlMsgId", "GrpSts", unread),
    ]
    if not transfers and not of_all and not unread:
        raise BadFile(
            name, "it has no status of a transfer (TxSts), a block (PmtInfSts) or the message (GrpSts)", line=1
        )
    often = Counter(transfer.name for transfer in transfers)
    once = [transfer for transfer in transfers if often[transfer.name] == 1]
    twice = [transfer for transfer in transfers if often[transfer.name] > 1]  # unclear which of the two is valid
    unread += [each.unread(f"the transfer {each.name} is in it twice") for each in twice]
    refuse_if_all(name, unread, understood=bool(once or of_all))
    names = [(each.findtext("OrgnlEndToEndId") or "").strip() for each in elements]
    return Answer(order, once, of_all, frozenset(names) if all(names) else None, unread)


def _root(name: str, content: bytes) -> Element:
    root = read_xml(name, content)
    found = _ROOT.fullmatch(root.tag)
    if not found or found[1] not in _VERSIONS:
        said = root.tag.rpartition(":")[2].replace("}", " ")
        raise BadFile(name, f"{said!r} is not pain.002 of version {', '.join(_VERSIONS)}", line=line_of(root))
    for element in root.iter():
        element.tag = element.tag.rpartition("}")[2]
    return root


def _says(element: Element, path: str, transfers: list[Status]) -> bool:
    """Returns True if a block or message has a status. A partial one says nothing if its transfers have their own."""
    status = element.find(path)
    return status is not None and not ((status.text or "").strip() == _PARTIAL and transfers)


def _statuses(
    name: str, elements: Iterable[Element], id: str, status: str, unread: list[UnreadItem]
) -> Iterator[Status]:
    for element in elements:
        try:
            yield _status(name, element, _text(name, element, id), _text(name, element, status))
        except BadFile as problem:
            unread.append(UnreadItem.of(problem, raw_xml(element)))


def _status(name: str, element: Element, id: str, status: str) -> Status:
    if status == _PARTIAL:
        raise BadFile(
            name, f"only some transfers of {id} are accepted, and it does not say which", line=line_of(element)
        )
    if status not in _STATES:
        raise BadFile(name, f"{status!r} is not a known transfer status", line=line_of(element))
    reason = (element.findtext("StsRsnInf/Rsn/Cd") or element.findtext("StsRsnInf/Rsn/Prtry") or "").strip()
    return Status(id, _STATES[status], reason or _UNSAID, element)


def _text(name: str, element: Element, path: str) -> str:
    if text := (element.findtext(path) or "").strip():
        return text
    raise BadFile(name, f"{element.tag} has no {path}", line=line_of(element))


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
