"""Reads a bank's answer to a payment order (ISO 20022 pain.002): which transfers are accepted, paid or rejected.

A bank answers for each transfer, for a block of transfers (`PmtInfSts`) or for the whole message (`GrpSts`). The most
specific answer counts.
"""

from __future__ import annotations

import re
from collections import Counter
from collections.abc import Iterable, Iterator
from xml.etree.ElementTree import Element

from service.formats.bad_file import BadFile
from service.formats.unread import refuse_if_all, unread_item
from service.formats.xml_lines import line_of, raw_xml, read_xml
from service.partner_facts.bank import Answer, Status, TransferState
from service.partner_facts.bodies import UnreadItem

# External code sets "payment transaction status" and "payment group status": the meaning of each code for a payout.
_STATES: dict[str, TransferState] = {
    "RCVD": "taken", "PDNG": "taken", "ACTC": "taken", "PATC": "taken", "ACCP": "taken", "ACFC": "taken",
    "ACSP": "taken", "ACPD": "taken", "ACWC": "taken", "ACWP": "taken",
    "ACSC": "paid", "ACCC": "paid", "RJCT": "refused", "CANC": "refused",
}  # fmt: skip
_ROOT = re.compile(r"\{urn:iso:std:iso:20022:tech:xsd:pain\.002\.001\.(\d\d)\}Document")
_VERSIONS = tuple(f"{n:02}" for n in range(3, 15))
_PARTIAL = "PART"  # the transfers have statuses of their own
_UNSAID = "REFUSED"


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
        raise BadFile(
            name, f"{said!r} is not pain.002 of version {_VERSIONS[0]} to {_VERSIONS[-1]}", line=line_of(root)
        )
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
            unread.append(unread_item(problem, raw_xml(element)))


def _status(name: str, element: Element, id: str, status: str) -> Status:
    if status == _PARTIAL:
        raise BadFile(
            name, f"only some transfers of {id} are accepted, and it does not say which", line=line_of(element)
        )
    if status not in _STATES:
        raise BadFile(name, f"{status!r} is not a known transfer status", line=line_of(element))
    reason = (element.findtext("StsRsnInf/Rsn/Cd") or element.findtext("StsRsnInf/Rsn/Prtry") or "").strip()
    return Status(id, _STATES[status], reason or _UNSAID, line_of(element), raw_xml(element))


def _text(name: str, element: Element, path: str) -> str:
    if text := (element.findtext(path) or "").strip():
        return text
    raise BadFile(name, f"{element.tag} has no {path}", line=line_of(element))
