"""Writes the messages of the simulated bank: statements (ISO 20022 camt.053) and payment statuses (pain.002)."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import date
from xml.etree.ElementTree import Element, SubElement, tostring

from ledger.fx import CNY
from ledger.money import Money

_CAMT = "urn:iso:std:iso:20022:tech:xsd:camt.053.001.08"
_PAIN = "urn:iso:std:iso:20022:tech:xsd:pain.002.001.10"


@dataclass(frozen=True, slots=True)
class Booking:
    """One movement; a negative amount left the account. `code` is the reason of a return."""

    reference: str
    end_to_end: str
    amount: Money
    day: date
    code: str = ""


def camt053(*, account: str, day: date, opening: Money, bookings: Sequence[Booking]) -> bytes:
    """Returns the statement of one day. Its closing balance is `opening` plus the bookings."""
    root = Element("Document", xmlns=_CAMT)
    message = SubElement(root, "BkToCstmrStmt")
    _header(message, f"SIM-{day}", day)
    statement = SubElement(message, "Stmt")
    _put(statement, "Id", f"{account}-{day}")
    _put(statement, "CreDtTm", f"{day}T23:59:59+08:00")
    _put(SubElement(SubElement(SubElement(statement, "Acct"), "Id"), "Othr"), "Id", account)
    closing = Money(opening.minor + sum(booking.amount.minor for booking in bookings), CNY)
    for kind, balance in (("OPBD", opening), ("CLBD", closing)):
        _balance(statement, kind, balance, day)
    for booking in bookings:
        _entry(statement, booking)
    return bytes(tostring(root, encoding="utf-8", xml_declaration=True))


def pain002(*, order: str, day: date, transfers: Sequence[tuple[str, str, str]]) -> bytes:
    """Returns the status of a payment order. Each transfer is its end-to-end id, its status and a reason or ""."""
    root = Element("Document", xmlns=_PAIN)
    message = SubElement(root, "CstmrPmtStsRpt")
    _header(message, f"SIM-{order}"[:35], day)
    original = SubElement(message, "OrgnlGrpInfAndSts")
    _put(original, "OrgnlMsgId", order)
    _put(original, "OrgnlMsgNmId", "pain.001.001.09")
    payment = SubElement(message, "OrgnlPmtInfAndSts")
    _put(payment, "OrgnlPmtInfId", order)
    for end_to_end, status, reason in transfers:
        transfer = SubElement(payment, "TxInfAndSts")
        _put(transfer, "OrgnlEndToEndId", end_to_end)
        _put(transfer, "TxSts", status)
        if reason:
            _put(SubElement(SubElement(transfer, "StsRsnInf"), "Rsn"), "Cd", reason)
    return bytes(tostring(root, encoding="utf-8", xml_declaration=True))


def _header(message: Element, id: str, day: date) -> None:
    header = SubElement(message, "GrpHdr")
    _put(header, "MsgId", id)
    _put(header, "CreDtTm", f"{day}T23:59:59+08:00")


def _balance(statement: Element, kind: str, balance: Money, day: date) -> None:
    element = SubElement(statement, "Bal")
    _put(SubElement(SubElement(element, "Tp"), "CdOrPrtry"), "Cd", kind)
    _signed(element, balance)
    _put(SubElement(element, "Dt"), "Dt", day.isoformat())


def _entry(statement: Element, booking: Booking) -> None:
    entry = SubElement(statement, "Ntry")
    _put(entry, "NtryRef", booking.reference)
    _signed(entry, booking.amount)
    _put(SubElement(entry, "Sts"), "Cd", "BOOK")
    for name in ("BookgDt", "ValDt"):
        _put(SubElement(entry, name), "Dt", booking.day.isoformat())
    _put(entry, "AcctSvcrRef", booking.reference)
    details = SubElement(SubElement(entry, "NtryDtls"), "TxDtls")
    _put(SubElement(details, "Refs"), "EndToEndId", booking.end_to_end)
    if booking.code:
        _put(SubElement(SubElement(details, "RtrInf"), "Rsn"), "Cd", booking.code)


def _signed(element: Element, amount: Money) -> None:
    _put(element, "Amt", str(abs(amount.decimal)), Ccy=amount.currency)
    _put(element, "CdtDbtInd", "DBIT" if amount.minor < 0 else "CRDT")


def _put(parent: Element, name: str, text: str, **attributes: str) -> None:
    SubElement(parent, name, attributes).text = text
