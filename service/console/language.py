"""The language of a page: its texts by gettext, its numbers, money and times by locale."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import date, datetime
from decimal import Decimal
from functools import cache
from gettext import NullTranslations

from babel import Locale
from babel.dates import format_date, format_time
from babel.numbers import format_compact_decimal, format_decimal

from ledger.accounting_days import ACCOUNTING_ZONE
from ledger.deadlines import in_zone
from ledger.money import Money
from service.console.words import words_of
from service.tracking.localisation import best_locale, catalogue_of

CATALOGUE = "console_"  # begins the names of the console's catalogues
NAMES: Mapping[str, str] = {"en": "English", "zh-Hans": "简体中文"}


@dataclass(frozen=True, slots=True)
class Language:
    """One language of the console. `tag` is its name in HTML."""

    tag: str
    locale: Locale
    translations: NullTranslations

    def text(self, message: str) -> str:
        return self.translations.gettext(message)

    def label(self, name: str) -> str:
        """Returns the words for the name of a field or a question."""
        return self.text(words_of(name))

    def count(self, number: int | Decimal) -> str:
        return str(format_decimal(number, locale=self.locale))

    def amount(self, money: Money) -> str:
        """Returns the amount without its currency, with the decimals that its currency has."""
        decimals = -int(money.decimal.as_tuple().exponent)
        pattern = f"#,##0.{'0' * decimals}" if decimals > 0 else "#,##0"
        return str(format_decimal(money.decimal, format=pattern, locale=self.locale)).replace("-", "\u2212")

    def short(self, number: Decimal) -> str:
        """Returns the number in few letters, such as 1.2M."""
        return str(format_compact_decimal(number, locale=self.locale, fraction_digits=1)).replace("-", "\u2212")

    def day(self, day: date) -> str:
        return str(format_date(day, "medium", locale=self.locale))

    def instant(self, at: datetime) -> str:
        """Returns an instant in the zone of the accounting day, to the second."""
        local = in_zone(at, ACCOUNTING_ZONE)
        day = format_date(local.date(), "medium", locale=self.locale)
        return f"{day} {format_time(local, 'HH:mm:ss', locale=self.locale)}"


def chosen_language(kept: str, accepted: str) -> Language:
    """Returns the language that was kept for this browser, else the best of those that it accepts."""
    if kept in NAMES:
        return language_of(kept)
    return language_of("zh-Hans" if best_locale(accepted).startswith("zh") else "en")


@cache
def language_of(tag: str) -> Language:
    locale = Locale.parse("zh_Hans_CN" if tag == "zh-Hans" else "en_GB")
    texts = NullTranslations() if tag == "en" else catalogue_of(tag.replace("-", "_"), of=CATALOGUE)
    return Language(tag, locale, texts)
