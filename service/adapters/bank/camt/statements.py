"""Reads bank-to-customer statements (ISO 20022 camt.053) and checks that each adds up.

No library is used: the known parsers lose the statement of an entry, its balances or its lines, or have a licence that
this project cannot ship. docs/importing.md lists the elements that are read.
"""

from __future__ import annotations

import re
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from datetime import date
from xml.etree.ElementTree import Element

from ledger.limits import LATEST_DAY
from ledger.money import Money, total
from ledger.numbers import read_whole
from service.adapters.bank.camt.entries import Entries
from service.adapters.bank.camt.fields import Fields
from service.formats.bad_file import BadFile
from service.formats.unread import refuse_if_all, unread_item
from service.formats.xml_lines import line_of, raw_xml, read_xml
from service.partner_facts.bank import BankEntry, BankStatement
from service.partner_facts.bodies import UnreadItem

VERSIONS = tuple(
    f"{n:02}" for n in range(2, 14)
)  # all read elements have the same names in them; version 1 has other entries
_ROOT = re.compile(r"\{urn:iso:std:iso:20022:tech:xsd:camt\.053\.001\.(\d\d)\}Document")
_MOST_PAGES = 99_999  # the limit of the schema
_OPENING, _CLOSING, _INTERIM = ("OPBD", "PRCD"), ("CLBD",), "ITBD"


# Entry statuses (ISO 20022 external code set); versions before 7 have the first three as an enumeration.
_BOOKED, _NOT_BOOKED = ("BOOK",), ("PDNG", "INFO", "FUTR")


@dataclass(frozen=True, slots=True)
class CamtFile:
    """The statements of a file, sorted by account and day, and the ones that cannot be used."""

    statements: list[BankStatement]
    unread: list[UnreadItem]


def read_camt(name: str, content: bytes, *, last: date = LATEST_DAY) -> CamtFile:
    """Returns the statements of a file. An unusable statement does not affect the others.

    `last` is the last day that the file may name. Raises `BadFile` with the line if the file is not camt.053 or has no
    usable statement.
    """
    root = _root(name, content)
    found: dict[tuple[object, ...], BankStatement] = {}
    unread: list[UnreadItem] = []
    for element in root.findall("BkToCstmrStmt/Stmt"):
        try:
            statement = _Statement(Fields(name, last), element).read()
            refuse_if_all(name, statement.unread, understood=bool(statement.entries))
            key = (*statement.place, statement.statement_id)
            if key in found:
                reason = f"the statement {statement.statement_id} is already in line {found[key].line}"
                raise BadFile(name, reason, line=statement.line)
            found[key] = statement
        except BadFile as problem:
            unread.append(unread_item(problem, raw_xml(element)))
    if not found and not unread:
        raise BadFile(name, "there is no statement in it (Stmt)", line=line_of(root))
    refuse_if_all(name, unread, understood=bool(found))
    return CamtFile(sorted(found.values(), key=lambda each: each.place), unread)


def _root(name: str, content: bytes) -> Element:
    root = read_xml(name, content)
    version = _ROOT.fullmatch(root.tag)
    if not version or version[1] not in VERSIONS:
        said = root.tag.rpartition(":")[2].replace("}", " ")
        raise BadFile(name, f"{said!r} is not camt.053 of version {VERSIONS[0]} to {VERSIONS[-1]}", line=line_of(root))
    for element in root.iter():
        element.tag = element.tag.rpartition("}")[2]
    return root


class _Statement:
    """One `Stmt` element. Every method raises `BadFile`."""

    def __init__(self, fields: Fields, element: Element) -> None:
        self._fields, self._element = fields, element
        self._unread: list[UnreadItem] = []

    def read(self) -> BankStatement:
        """Returns the statement, or one page of it. A page may begin or end with an interim balance, or have none
        there.
        """
        opening_at, closing_at = self._balances()
        known = opening_at if closing_at is None else closing_at
        if known is None:
            raise self._fields.wrong(
                self._element, f"the statement has no balance {' or '.join((*_OPENING, *_CLOSING))}"
            )
        closed_on = self._closed_on(known)
        currency = self._fields.signed(known if opening_at is None else opening_at).currency
        entries = self._entries(Entries(self._fields, currency, closed_on))
        moved = total([entry.amount for entry in entries], currency)
        opening = self._fields.signed(opening_at) if opening_at is not None else self._fields.signed(known) - moved
        closing = self._fields.signed(closing_at) if closing_at is not None else opening + moved
        self._check(opening, closing, moved, closing_at, complete=not self._unread)
        account = self._fields.text(self._element, "Acct/Id/IBAN", "Acct/Id/Othr/Id")
        return BankStatement(
            line=line_of(self._element),
            statement_id=self._fields.key(self._element, self._fields.text(self._element, "Id")),
            account=self._fields.key(self._element, account),
            opening=opening,
            closing=closing,
            opened_on=self._day_of(opening_at) or closed_on,
            closed_on=closed_on,
            entries=tuple(entries),
            page=self._page(),
            unread=tuple(self._unread),
            element=self._element,
        )

    def _balances(self) -> tuple[Element | None, Element | None]:
        """Returns the opening and the closing balance in the account's currency; None for one that is missing."""
        account = self._element.findtext("Acct/Ccy") or ""
        interim, openings, closings = (self._of(codes, account) for codes in ((_INTERIM,), _OPENING, _CLOSING))
        opening, closing = next(iter(openings), None), next(reversed(closings), None)
        if opening is None and interim:
            opening = interim.pop(0)
        return opening, closing if closing is not None or not interim else interim[-1]

    def _of(self, codes: Sequence[str], currency: str) -> list[Element]:
        """Returns the balances of these types in the order of the types, only those in `currency` if there are any. An
        unreadable balance goes to the unread items.
        """
        found = self._element.findall("Bal")
        of_type = [each for code in codes for each in found if _type_of(each) == code and self._is_read(each)]
        own = [each for each in of_type if (amount := each.find("Amt")) is not None and amount.get("Ccy") == currency]
        return own or of_type

    def _is_read(self, balance: Element) -> bool:
        try:
            self._fields.signed(balance)
        except BadFile as problem:
            self._keep(problem, balance)
            return False
        return True

    def _day_of(self, balance: Element | None) -> date | None:
        """Returns the day of a balance; None if it is missing or unreadable."""
        try:
            return None if balance is None else self._fields.day(balance, "Dt")
        except BadFile as problem:
            self._keep(problem, balance)
            return None

    def _closed_on(self, known: Element) -> date:
        """Returns the closing day: of the closing balance, else of any other balance, else the end of the statement's
        period.
        """
        others = (self._day_of(each) for each in reversed(self._element.findall("Bal")))
        day = self._day_of(known) or next(filter(None, others), None)
        return day or self._fields.day(self._element, "FrToDt/ToDtTm", "FrToDt/ToDt")

    def _keep(self, problem: BadFile, element: Element | None) -> None:
        item = unread_item(problem, raw_xml(element))
        if item not in self._unread:
            self._unread.append(item)

    def _entries(self, reader: Entries) -> list[BankEntry]:
        entries: list[BankEntry] = []
        for number, entry in enumerate(self._booked(), 1):
            try:
                entries += reader.of(entry, number)
            except BadFile as problem:
                self._keep(problem, entry)
        return entries

    def _booked(self) -> Iterator[Element]:
        for entry in self._element.findall("Ntry"):
            said = (entry.findtext("Sts/Cd") or entry.findtext("Sts/Prtry") or entry.findtext("Sts") or "").strip()
            if said in _BOOKED:
                yield entry
            elif said not in _NOT_BOOKED:
                self._keep(self._fields.wrong(entry, f"its status {said!r} does not say whether it is booked"), entry)

    def _check(
        self, opening: Money, closing: Money, moved: Money, closing_at: Element | None, *, complete: bool
    ) -> None:
        at = self._element if closing_at is None else closing_at
        if closing.currency != opening.currency:
            raise self._fields.wrong(at, f"the balance is in {closing.currency}, the account in {opening.currency}")
        if complete and opening + moved != closing:
            reason = f"the statement closes at {closing}, its entries come to {opening + moved}"
            raise self._fields.wrong(at, reason)

    def _page(self) -> int:
        """Returns the page number (`StmtPgntn`); 1 if there is none."""
        text = (self._element.findtext("StmtPgntn/PgNb") or "1").strip()
        try:
            number = read_whole(text)
        except ValueError:
            number = 0
        if not 1 <= number <= _MOST_PAGES:
            raise self._fields.wrong(self._element, f"{text!r} is not a page number")
        return number


def _type_of(balance: Element) -> str:
    """Returns the balance's type code, from `Cd` or from the bank's own `Prtry`."""
    path = "Tp/CdOrPrtry/"
    return (balance.findtext(f"{path}Cd") or balance.findtext(f"{path}Prtry") or "").strip()
