"""Reads the entries of a camt.053 statement: each payment of a batch separately, and the bank's charges in it."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass
from datetime import date
from xml.etree.ElementTree import Element

from ledger.money import Money, total
from service.adapters.bank.camt.fields import Fields, words
from service.formats.xml_lines import line_of
from service.partner_facts.bank import BankEntry

_REFERENCES = (
    ".//Refs/EndToEndId",
    ".//Refs/InstrId",
    ".//Strd/CdtrRefInf/Ref",
    ".//Strd/RfrdDocInf/Nb",
    ".//Refs/PmtInfId",
    ".//Btch/PmtInfId",
)
_AMOUNTS = ("Amt", "AmtDtls/TxAmt/Amt", "AmtDtls/CntrValAmt/Amt")
_TEXTS = (".//RmtInf/Ustrd", ".//Strd/AddtlRmtInf", ".//AddtlTxInf", "AddtlNtryInf")
_REASONS = (".//RtrInf/Rsn/Cd", ".//RtrInf/Rsn/Prtry")
# Sub-families of bank transaction codes (ISO 20022 external code set) of the bank's own charges.
_CHARGES = ("CHRG", "COMM", "COME", "COMI", "COMT", "FEES")


@dataclass(frozen=True, slots=True)
class _Charges:
    """The bank's charges, negative if the bank took them. `are_included`: the amount beside them certainly contains
    them.
    """

    amount: Money
    are_included: bool


@dataclass(frozen=True, slots=True)
class _Part:
    """One movement of an entry, with its charges. `named_by` are the elements with its references and texts."""

    amount: Money
    charges: Money
    are_included: bool
    named_by: tuple[Element, ...] = ()


class Entries:
    """Reads the entries of one account. Every method raises `BadFile`."""

    def __init__(self, fields: Fields, currency: str, closed_on: date) -> None:
        self._fields, self._currency, self._closed_on = fields, currency, closed_on

    def of(self, entry: Element, number: int) -> Iterator[BankEntry]:
        """Yields the movements of one entry. Their sum is the entry's amount."""
        whole = self._fields.signed(entry)
        if whole.currency != self._currency:
            raise self._fields.wrong(entry, f"the entry is in {whole.currency}, the account in {self._currency}")
        details = entry.findall("NtryDtls/TxDtls")
        parts = self._batch(entry, details, whole) if len(details) > 1 else [self._single(entry, details, whole)]
        for place, part in enumerate(parts, 1):
            yield self._entry(entry, part, f"{number}" if len(parts) == 1 else f"{number}.{place}")

    def _single(self, entry: Element, details: list[Element], whole: Money) -> _Part:
        if entry.findtext("BkTxCd/Domn/Fmly/SubFmlyCd") in _CHARGES:
            return _Part(whole, whole, are_included=True, named_by=(*details, entry))
        paid = self._detail_amount(details[0], whole) if details else None
        charges = next((found for each in (*details, entry) if (found := self._charges(each, whole)).amount), None)
        if charges is None:
            return _Part(whole, whole * 0, are_included=False, named_by=(*details, entry))
        beside = paid is not None and paid + charges.amount == whole if _alike(paid, whole) else False
        return _Part(whole, charges.amount, charges.are_included or beside, (*details, entry))

    def _batch(self, entry: Element, details: list[Element], whole: Money) -> list[_Part]:
        """Returns the payments of a batch if each has an amount in the entry's currency; else the entry as one part."""
        amounts = [self._detail_amount(detail, whole) for detail in details]
        paid = [amount for amount in amounts if amount is not None and _alike(amount, whole)]
        if len(paid) < len(details):
            return [_Part(whole, whole * 0, are_included=False, named_by=(entry,))]
        charges = [self._charges(detail, whole) for detail in details]
        charged, come_to = total([each.amount for each in charges], whole.currency), total(paid, whole.currency)
        own = whole * 0 if charged else self._charges(entry, whole).amount
        payments = list(zip(details, paid, charges, strict=True))
        if come_to != whole and come_to + charged + own == whole:
            parts = [_Part(amount + each.amount, each.amount, True, (detail,)) for detail, amount, each in payments]
            return [*parts, _Part(own, own, are_included=True)] if own else parts
        parts = [_Part(amount, each.amount, each.are_included, (detail,)) for detail, amount, each in payments]
        # The rest of the entry moved too, with no payment that explains it.
        rest = whole - come_to
        return [*parts, _Part(rest, whole * 0, are_included=False)] if rest else parts

    def _charges(self, element: Element, whole: Money) -> _Charges:
        """Returns the charges of an entry or payment, without charges that are only announced (`ChrgInclInd` false).

        Versions 2 and 3 lack this mark; their charges count as included in the amount.
        """
        records = [
            each for path in ("Chrgs", "Chrgs/Rcrd") for each in element.findall(path) if each.find("Amt") is not None
        ]
        reported = [record for record in records if record.findtext("ChrgInclInd") not in ("false", "0")]
        amounts = [self._fields.signed(record, side="DBIT") for record in reported]
        if not records and (alone := element.find("Chrgs/TtlChrgsAndTaxAmt")) is not None:
            amounts = [-self._fields.money(alone)]
        sure = bool(reported) and all(each.tag == "Chrgs" or each.findtext("ChrgInclInd") for each in reported)
        return _Charges(total([each for each in amounts if _alike(each, whole)], whole.currency), sure)

    def _detail_amount(self, detail: Element, whole: Money) -> Money | None:
        """Returns a payment's amount: the first in the entry's currency, else the first of all; None if it has none."""
        named = [self._fields.money(found) for path in _AMOUNTS if (found := detail.find(path)) is not None]
        amount = next((each for each in named if _alike(each, whole)), next(iter(named), None))
        if amount is None:
            return None
        side = detail.findtext("CdtDbtInd")
        return -amount if (side == "DBIT" if side else whole.minor < 0) else amount

    def _entry(self, entry: Element, part: _Part, ref: str) -> BankEntry:
        booked_on = self._booked_on(entry)
        return BankEntry(
            line=line_of(entry),
            ref=ref,
            amount=part.amount,
            booked_on=booked_on,
            value_date=self._fields.day(entry, "ValDt") if entry.find("ValDt") is not None else booked_on,
            references=words(part.named_by, _REFERENCES),
            texts=words(part.named_by, _TEXTS),
            return_code=next(iter(words(part.named_by, _REASONS)), ""),
            charges=part.charges or None,
            are_included=part.are_included,
        )

    def _booked_on(self, entry: Element) -> date:
        """Returns the booking day; if it is missing, the value date, else the statement's closing day."""
        paths = [path for path in ("BookgDt", "ValDt") if entry.find(path) is not None]
        return self._fields.day(entry, *paths) if paths else self._closed_on


def _alike(amount: Money | None, whole: Money) -> bool:
    return amount is not None and amount.currency == whole.currency
