"""Reads bank-to-customer statements (ISO 20022 camt.053, versions 2, 3, 4 and 8) and checks that they foot.

Read here rather than by a library: the parsers there are drop which statement an entry is of, or its balances, or its
lines, or are under a licence that this project cannot ship.
"""

from __future__ import annotations

import re
from collections.abc import Iterator, Sequence
from datetime import date
from itertools import pairwise
from xml.etree.ElementTree import Element

from ledger.currencies import all_currencies
from ledger.instants import day_as_written
from ledger.limits import LONGEST_ID
from ledger.money import FractionOfMinorUnit, Money, total
from ledger.numbers import read_decimal
from ledger.references import reference_key
from service.adapters.bank.statement import BankEntry, BankStatement
from service.adapters.bank.xml_lines import line_of, read_xml
from service.adapters.files.bad_file import BadFile

VERSIONS = ("02", "03", "04", "08")
_ROOT = re.compile(r"\{urn:iso:std:iso:20022:tech:xsd:camt\.053\.001\.(\d\d)\}Document")
_NOT_OF_AN_ID = re.compile(r"[^A-Za-z0-9._:@+-]")
_NO_REFERENCE = ("NOTPROVIDED", "NONREF", "")
_REFERENCES = (".//Refs/EndToEndId", ".//Refs/InstrId", ".//Strd/CdtrRefInf/Ref")
_TEXTS = (".//RmtInf/Ustrd", "AddtlNtryInf")


def read_camt(name: str, content: bytes) -> list[BankStatement]:
    """Every statement of the file. Raises `BadFile` with the line of what is wrong; nothing is half right."""
    reading = _Reading(name, read_xml(name, content))
    statements = [reading.statement(element) for element in reading.statements()]
    seen: dict[tuple[str, str], int] = {}
    for statement in statements:
        if (first := seen.setdefault((statement.account, statement.statement_id), statement.line)) != statement.line:
            reason = f"the statement {statement.statement_id} stands in line {first} already"
            raise BadFile(name, reason, line=statement.line)
    for before, after in pairwise(statements):
        if before.account == after.account and before.closing != after.opening:
            reason = f"it opens at {after.opening}, and the statement before closed at {before.closing}"
            raise BadFile(name, reason, line=after.line)
    return statements


class _Reading:
    """One document. Every method raises `BadFile`."""

    def __init__(self, name: str, root: Element) -> None:
        self._name, self._root = name, root
        found = _ROOT.fullmatch(root.tag)
        if not found or found[1] not in VERSIONS:
            said = root.tag.rpartition(":")[2].replace("}", " ")
            raise self._wrong(root, f"{said!r} is no camt.053 of version {', '.join(VERSIONS)}")
        for element in root.iter():
            element.tag = element.tag.rpartition("}")[2]

    def statements(self) -> list[Element]:
        found = self._root.findall("BkToCstmrStmt/Stmt")
        if not found:
            raise self._wrong(self._root, "there is no statement in it (Stmt)")
        return found

    def statement(self, element: Element) -> BankStatement:
        opening_at, closing_at = self._balance(element, "OPBD", "PRCD"), self._balance(element, "CLBD")
        opening, closing = self._signed(opening_at), self._signed(closing_at)
        entries = tuple(self._entries(element, opening.currency))
        if closing.currency != opening.currency:
            raise self._wrong(closing_at, f"the balance is in {closing.currency}, the account in {opening.currency}")
        account = self._text(element, "Acct/Id/IBAN", "Acct/Id/Othr/Id")
        statement = BankStatement(
            line=line_of(element),
            statement_id=self._word(element, self._text(element, "Id")),
            account=self._word(element, account),
            opening=opening,
            closing=closing,
            opened_on=self._day(opening_at, "Dt"),
            closed_on=self._day(closing_at, "Dt"),
            entries=entries,
        )
        if statement.expected_closing != closing:
            raise self._wrong(closing_at, f"the statement closes at {closing}, its entries come to "
                              f"{statement.expected_closing}")  # fmt: skip
        return statement

    def _balance(self, statement: Element, *codes: str) -> Element:
        for code in codes:
            for balance in statement.findall("Bal"):
                if balance.findtext("Tp/CdOrPrtry/Cd") == code:
                    return balance
        raise self._wrong(statement, f"the statement has no balance {' or '.join(codes)}")

    def _entries(self, statement: Element, currency: str) -> Iterator[BankEntry]:
        booked = [e for e in statement.findall("Ntry") if (e.findtext("Sts/Cd") or e.findtext("Sts")) == "BOOK"]
        for number, entry in enumerate(booked, 1):
            whole = self._signed(entry)
            if whole.currency != currency:
                raise self._wrong(entry, f"the entry is in {whole.currency}, the account in {currency}")
            details = entry.findall("NtryDtls/TxDtls")
            parts = self._parts(entry, details, whole)
            for place, (detail, amount) in enumerate(parts, 1):
                ref = f"{number}" if len(parts) == 1 else f"{number}.{place}"
                yield self._entry(entry, detail, ref, amount)

    def _parts(self, entry: Element, details: list[Element], whole: Money) -> list[tuple[Element, Money]]:
        """The payments of a batch, where the bank says what each is; they must come to the entry."""
        if len(details) <= 1:
            return [(details[0] if details else entry, whole)]
        amounts = [self._detail_amount(detail, whole) for detail in details]
        known = [amount for amount in amounts if amount is not None]
        if len(known) < len(details) or {amount.currency for amount in known} != {whole.currency}:
            return [(entry, whole)]
        if total(known, whole.currency) != whole:
            raise self._wrong(entry, f"the entry is {whole}, its details come to {total(known, whole.currency)}")
        return list(zip(details, known, strict=True))

    def _detail_amount(self, detail: Element, whole: Money) -> Money | None:
        for path in ("Amt", "AmtDtls/TxAmt/Amt"):
            if (found := detail.find(path)) is not None:
                amount = self._money(found)
                side = detail.findtext("CdtDbtInd")
                negative = side == "DBIT" if side else whole.minor < 0
                return -amount if negative else amount
        return None

    def _entry(self, entry: Element, detail: Element, ref: str, amount: Money) -> BankEntry:
        booked_on = self._day(entry, "BookgDt")
        return BankEntry(
            line=line_of(entry),
            ref=ref,
            amount=amount,
            booked_on=booked_on,
            value_date=self._day(entry, "ValDt") if entry.find("ValDt") is not None else booked_on,
            references=_found(entry, detail, _REFERENCES),
            texts=_found(entry, detail, _TEXTS),
            return_code=detail.findtext(".//RtrInf/Rsn/Cd") or "",
        )

    def _signed(self, element: Element) -> Money:
        """An amount and the side it is on: what the bank owes us is positive."""
        amount = element.find("Amt")
        if amount is None:
            raise self._wrong(element, "there is no amount (Amt)")
        side = element.findtext("CdtDbtInd")
        if side not in ("CRDT", "DBIT"):
            raise self._wrong(element, f"CdtDbtInd is {side!r}, not CRDT or DBIT")
        return self._money(amount) if side == "CRDT" else -self._money(amount)

    def _money(self, amount: Element) -> Money:
        currency, text = amount.get("Ccy", ""), (amount.text or "").strip()
        if currency not in all_currencies():
            raise self._wrong(amount, f"{currency!r} is no currency")
        try:
            if text.startswith("-"):  # ISO 20022 says the side beside an amount, which has no sign
                raise ValueError(text)
            return Money.of(read_decimal(text), currency)  # ISO 20022 has up to five digits in any currency
        except FractionOfMinorUnit as fraction:
            raise self._wrong(amount, str(fraction)) from None
        except ValueError:
            raise self._wrong(amount, f"{text!r} is no amount") from None

    def _day(self, element: Element, path: str) -> date:
        text = self._text(element, f"{path}/Dt", f"{path}/DtTm", f"{path}/Dt/Dt", f"{path}/Dt/DtTm")
        try:
            return day_as_written(text[:10])
        except ValueError:
            raise self._wrong(element, f"{text!r} is no day") from None

    def _text(self, element: Element, *paths: str) -> str:
        for path in paths:
            if text := (element.findtext(path) or "").strip():
                return text
        raise self._wrong(element, f"{element.tag} has no {paths[0]}")

    def _word(self, element: Element, text: str) -> str:
        """A bank's id as one word; what no id of ours may hold becomes a dash."""
        word = _NOT_OF_AN_ID.sub("-", text).lstrip("._:@+-")
        if not word:
            raise self._wrong(element, f"{text!r} is no id")
        return reference_key(word if len(word) <= LONGEST_ID else text)

    def _wrong(self, element: Element, reason: str) -> BadFile:
        return BadFile(self._name, reason, line=line_of(element))


def _found(entry: Element, detail: Element, paths: Sequence[str]) -> tuple[str, ...]:
    """What stands under any of these paths, of the payment before that of its entry."""
    texts = (" ".join((found.text or "").split()) for p in paths for e in (detail, entry) for found in e.findall(p))
    return tuple(text for text in dict.fromkeys(texts) if text not in _NO_REFERENCE)
