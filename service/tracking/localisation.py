"""The buyer's page of an order in their language: texts, dates, money and plurals by locale."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass
from datetime import datetime
from decimal import Decimal
from functools import cache
from importlib.resources import files
from io import BytesIO
from zoneinfo import ZoneInfo

from babel import Locale
from babel.core import UnknownLocaleError
from babel.dates import format_datetime
from babel.messages.mofile import write_mo
from babel.messages.pofile import read_po
from babel.numbers import format_currency
from babel.support import Translations

from ledger.deadlines import in_zone
from ledger.instants import zone_of
from ledger.money import Money
from ledger.numbers import read_decimal
from projections.tracking.answer import AfterSales, OrderTracking, ParcelTracking, TrackedRefund
from service.failures import ServiceFailure
from service.tracking.page_in_words import (
    AfterSalesInWords,
    FactInWords,
    ItemInWords,
    LineInWords,
    OptionInWords,
    PageInWords,
    ParcelInWords,
    RefundInWords,
)

DEFAULT = "en"
LANGUAGES = ("en", "zh_Hans", "zh_Hant", "pt")
_ZONES = {"HK": "Asia/Hong_Kong", "MO": "Asia/Macau"}  # other markets have several zones: UTC is used, and shown


class UnknownLocale(ServiceFailure):
    """The locale has no texts, or is not a valid locale."""


class UnknownZone(ServiceFailure):
    """The time zone does not exist."""


def reader_of(locale: str, *, market: str = "", zone: str | None = None) -> Reader:
    """The reader: a BCP 47 locale, and the time zone of dates if known. Raises `UnknownLocale`, `UnknownZone`."""
    parsed = _locale(locale)
    name = zone or _ZONES.get(market, "UTC")
    try:
        tz = zone_of(name)
    except ValueError:
        raise UnknownZone(f"Time zone {name!r} does not exist. Use a name such as Asia/Macau.") from None
    return Reader(parsed, catalogue_of(_language(parsed, locale)), tz)


def best_locale(accepted: str) -> str:
    """Returns the first locale of an `Accept-Language` header (RFC 9110, 12.5.4) that has texts, else English."""
    for tag in sorted(_weighted(accepted), key=lambda entry: -entry[1]):
        try:
            reader_of(tag[0])
        except UnknownLocale:
            continue
        return tag[0]
    return DEFAULT


def localised(tracking: OrderTracking, now: datetime, reader: Reader) -> PageInWords:
    """Returns the buyer's page of an order at an instant. Contains no CNY amount and no partner."""
    return PageInWords(
        order=tracking.order_id,
        locale=str(reader.locale).replace("_", "-"),
        status=reader.text(f"order.{tracking.headline}"),
        placed=reader.when_known(tracking.placed_at),
        promised=reader.text("promised", until=reader.when(tracking.promised_by)) if tracking.promised_by else None,
        lines=tuple(
            LineInWords(title=line.title, quantity=reader.units(line.qty), not_sent=reader.units(line.unshipped))
            for line in tracking.lines
        ),
        after_sales=_after_sales(tracking.after_sales(), reader),
        parcels=tuple(_parcel(parcel, now, reader) for parcel in tracking.parcels),
        refunds=tuple(_refund(refund, reader) for refund in tracking.refunds),
    )


@dataclass(frozen=True, slots=True)
class Reader:
    """One language, its catalogue, and the time zone of its dates."""

    locale: Locale
    catalogue: Translations
    zone: ZoneInfo

    def text(self, key: str, **facts: object) -> str:
        """Returns the message of a key. A missing message is a defect of the program."""
        found: str = self.catalogue.gettext(key)
        assert found != key, f"{self.locale} has no text for {key}"
        return found.format_map(facts)

    def units(self, count: int) -> str:
        """Returns a quantity with the plural form of the language."""
        found: str = self.catalogue.ngettext("units", "units", count)
        return found.format_map({"count": count})

    def when(self, at: datetime) -> str:
        """Returns a date and time with its zone."""
        local = in_zone(at, self.zone)
        return f"{format_datetime(local, 'medium', tzinfo=self.zone, locale=self.locale)} {local:%Z}"

    def when_known(self, at: datetime | None) -> str | None:
        return None if at is None else self.when(at)

    def money(self, amount: Money) -> str:
        return str(format_currency(amount.decimal, amount.currency, locale=self.locale))


def _parcel(parcel: ParcelTracking, now: datetime, reader: Reader) -> ParcelInWords:
    missing = ", ".join(reader.text(f"milestone.{word}") for word in parcel.gaps)
    return ParcelInWords(
        parcel=parcel.parcel_id,
        stage=reader.text(f"stage.{parcel.stage}"),
        status=reader.text(f"milestone.{parcel.milestone}"),
        since=reader.when(parcel.occurred_at),
        location=parcel.location,
        items=tuple(
            ItemInWords(
                title=item.title,
                quantity=reader.units(item.qty),
                after_sales=_after_sales(parcel.after_sales_of(item, now), reader),
            )
            for item in parcel.items
        ),
        signed=reader.when_known(parcel.signed_at),
        late=reader.text("late") if parcel.is_late(now) else None,
        gap=reader.text("gap", what=missing) if missing else None,
        after_sales=_after_sales(parcel.after_sales(now), reader),
        timeline=tuple(
            FactInWords(
                text=reader.text(f"milestone.{entry.milestone}"),
                when=reader.when(entry.happened_at),
                location=entry.location,
            )
            for entry in parcel.timeline
        ),
    )


def _after_sales(after_sales: AfterSales, reader: Reader) -> AfterSalesInWords:
    until = reader.when_known(after_sales.lock_ends_at or after_sales.closes_at)
    key = "open_until" if after_sales.reason == "open" and until else after_sales.reason
    return AfterSalesInWords(
        allowed=after_sales.allowed,
        text=reader.text(f"after_sales.{key}", until=until),
        until=until,
        quantity=reader.units(after_sales.qty),
        options=tuple(
            OptionInWords(type=option, text=reader.text(f"option.{option}")) for option in after_sales.options
        ),
    )


def _refund(refund: TrackedRefund, reader: Reader) -> RefundInWords:
    return RefundInWords(
        refund=refund.refund_id,
        status=reader.text(f"refund.{refund.state}"),
        amount=reader.money(refund.amount) if refund.amount else None,
        paid=reader.money(refund.paid) if refund.paid else None,
    )


def _weighted(accepted: str) -> Iterator[tuple[str, Decimal]]:
    for part in accepted.split(","):
        tag, _, weight = part.partition(";q=")
        try:
            quality = read_decimal(weight) if weight else Decimal(1)
        except ValueError:
            continue
        if quality > 0:
            yield tag.strip(), quality


def _locale(tag: str) -> Locale:
    """Returns the locale of a tag such as `zh-HK`, `zh-Hant-MO` or `pt_MO`, with the script of its region."""
    try:
        return Locale.parse(tag.strip().replace("_", "-"), sep="-")
    except (UnknownLocaleError, ValueError, TypeError):
        raise _unknown(tag) from None


def _language(parsed: Locale, tag: str) -> str:
    script = parsed.script or ("Hant" if parsed.territory in ("HK", "MO", "TW") else "Hans")
    language = f"zh_{script}" if parsed.language == "zh" else str(parsed.language)
    if language not in LANGUAGES:
        raise _unknown(tag)
    return language


def _unknown(tag: str) -> UnknownLocale:
    offered = ", ".join(language.replace("_", "-") for language in LANGUAGES)
    return UnknownLocale(f"Locale {tag[:40]!r} has no texts. Use one of {offered}.")


@cache
def catalogue_of(language: str, *, of: str = "") -> Translations:
    """Returns the catalogue of a language; `of` begins the name of its file if it is not the buyer's."""
    source = files("service.locales").joinpath(f"{of}{language}.po").read_bytes()
    compiled = BytesIO()
    write_mo(compiled, read_po(BytesIO(source), locale=language))
    compiled.seek(0)
    return Translations(fp=compiled)
