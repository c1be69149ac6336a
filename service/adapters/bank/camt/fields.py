"""Reads the simple values of an ISO 20022 document: texts, days, amounts and ids. Errors name the line."""

from __future__ import annotations

import re
from collections.abc import Sequence
from datetime import date
from xml.etree.ElementTree import Element

from ledger.currencies import all_currencies
from ledger.instants import day_as_written
from ledger.limits import LATEST_DAY
from ledger.money import FractionOfMinorUnit, Money
from ledger.numbers import read_decimal
from ledger.references import reference_key
from service.formats.bad_file import BadFile
from service.formats.days import out_of_range
from service.formats.xml_lines import line_of

# ISODate and ISODateTime (XML Schema, Part 2): both may have a zone, which does not change the day.
_ZONE = r"(Z|[+-][0-9]{2}:[0-9]{2})?"
_DAY = re.compile(rf"([0-9]{{4}}-[0-9]{{2}}-[0-9]{{2}})(T([01][0-9]|2[0-4]):[0-5][0-9]:[0-6][0-9](\.[0-9]+)?)?{_ZONE}")
_NO_REFERENCE = ("NOTPROVIDED", "NONREF", "")


class Fields:
    """Reads values of one document. Every method raises `BadFile`."""

    def __init__(self, name: str, last: date = LATEST_DAY) -> None:
        self._name, self._last = name, last

    def wrong(self, element: Element, reason: str) -> BadFile:
        return BadFile(self._name, reason, line=line_of(element))

    def text(self, element: Element, *paths: str) -> str:
        """Returns the text of the first of these paths that exists."""
        for path in paths:
            if text := (element.findtext(path) or "").strip():
                return text
        raise self.wrong(element, f"{element.tag} has no {paths[0]}")

    def key(self, element: Element, text: str) -> str:
        """Returns the key of a bank's id. Ids that differ in any character have different keys."""
        if not text.strip():
            raise self.wrong(element, f"{text!r} is not an id")
        return reference_key(text.strip())

    def day(self, element: Element, *paths: str) -> date:
        """Returns the day of the first of these paths that exists; it may be written as a day or as an instant."""
        forms = [f"{path}/{form}" for path in paths for form in ("Dt", "DtTm", "Dt/Dt", "Dt/DtTm")]
        text = self.text(element, *forms)
        found = _DAY.fullmatch(text)
        try:
            day = day_as_written(found[1] if found else "")
        except ValueError:
            raise self.wrong(element, f"{text!r} is not a day") from None
        if reason := out_of_range(day, self._last):
            raise self.wrong(element, reason)
        return day

    def signed(self, element: Element, *, side: str = "") -> Money:
        """Returns the amount with its sign: a credit (CRDT) is positive. `side` is the default for a
        missing CdtDbtInd.
        """
        amount = element.find("Amt")
        if amount is None:
            raise self.wrong(element, "there is no amount (Amt)")
        said = element.findtext("CdtDbtInd") or side
        if said not in ("CRDT", "DBIT"):
            raise self.wrong(element, f"CdtDbtInd is {said or None!r}; expected CRDT or DBIT")
        return self.money(amount) if said == "CRDT" else -self.money(amount)

    def money(self, amount: Element) -> Money:
        currency, text = amount.get("Ccy", ""), (amount.text or "").strip()
        if currency not in all_currencies():
            raise self.wrong(amount, f"{currency!r} is not a currency")
        try:
            if text.startswith("-"):  # ISO 20022 amounts have no sign; CdtDbtInd beside them says the side
                raise ValueError(text)
            return Money.of(read_decimal(text), currency)  # ISO 20022 allows up to five decimals in any currency
        except FractionOfMinorUnit as fraction:
            raise self.wrong(amount, str(fraction)) from None
        except ValueError:
            raise self.wrong(amount, f"{text!r} is not an amount") from None


def words(elements: Sequence[Element], paths: Sequence[str]) -> tuple[str, ...]:
    """Returns all texts under these paths, those of a payment before those of its entry."""
    texts = (" ".join((found.text or "").split()) for p in paths for e in elements for found in e.findall(p))
    return tuple(text for text in dict.fromkeys(texts) if text not in _NO_REFERENCE)
