"""Reads the European Central Bank's published daily reference rates, and computes cross rates from them."""

from __future__ import annotations

import csv
import io
import zipfile
import zlib
from bisect import bisect_right
from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from datetime import date
from decimal import ROUND_HALF_UP, Context, Decimal
from pathlib import Path

from ledger.instants import day_as_written
from ledger.numbers import read_decimal

SOURCE = "ECB cross"  # the ECB publishes these rates for information only, not for trading
_SIX_DIGITS = Context(prec=6, rounding=ROUND_HALF_UP)  # one decimal more than the published rates have
_LARGEST_BYTES = 64 * 1024 * 1024  # all rates since 1999 have two million
_NOT_QUOTED = ("", "N/A")


class BadRateFile(Exception):
    """The rate file cannot be used. The message is one plain sentence."""


class NoCrossRate(LookupError):
    """No day up to the requested one has rates of both currencies."""


@dataclass(frozen=True, slots=True)
class Cross:
    """A cross rate: units of one currency for one unit of another, and the business day of its rates."""

    value: str
    as_of: date


class EcbRates:
    """Units of each currency for one euro, by business day."""

    def __init__(self, quotes: Mapping[date, Mapping[str, Decimal]]) -> None:
        self._quotes = quotes
        self._days = sorted(quotes)

    def business_days(self, first: date, last: date) -> list[date]:
        """Returns the published days up to `last`, from the last one on or before `first`."""
        start = max(bisect_right(self._days, first) - 1, 0)
        return self._days[start : bisect_right(self._days, last)]

    def on_or_before(self, *, base: str, quote: str, day: date) -> Cross:
        """Returns the units of `quote` for one `base` on the last day up to `day` that has both. Raises
        `NoCrossRate`.
        """
        for position in range(bisect_right(self._days, day) - 1, -1, -1):
            quotes = self._quotes[self._days[position]]
            if base in quotes and quote in quotes:
                value = _SIX_DIGITS.divide(quotes[quote], quotes[base])
                return Cross(f"{value:f}", self._days[position])
        raise NoCrossRate(f"the ECB file has no rate for {base}/{quote} on or before {day}")


def read_ecb(path: Path) -> EcbRates:
    """Returns the rates of `eurofxref-hist.zip`, or of the CSV inside it. Raises `BadRateFile`."""
    try:
        text = _text(path)
    except FileNotFoundError:
        raise BadRateFile(f"{path}: there is no such file") from None
    except (OSError, EOFError, RuntimeError, zlib.error, zipfile.BadZipFile, UnicodeDecodeError) as error:
        raise BadRateFile(f"{path}: cannot be read to its end ({error})") from None
    return EcbRates(dict(_days(path, text)))


def _text(path: Path) -> str:
    raw = path.read_bytes()
    if path.suffix == ".zip":
        with zipfile.ZipFile(io.BytesIO(raw)) as archive:
            found = next((entry for entry in archive.infolist() if entry.filename.endswith(".csv")), None)
            if found is None:
                raise zipfile.BadZipFile("no CSV file inside")
            if found.file_size > _LARGEST_BYTES:
                raise zipfile.BadZipFile(f"its CSV file has more than {_LARGEST_BYTES:,} bytes")
            raw = archive.read(found)  # no further than the stated size
    return raw.decode("utf-8-sig")


def _days(path: Path, text: str) -> Iterator[tuple[date, dict[str, Decimal]]]:
    rows = csv.reader(io.StringIO(text))
    header = [cell.strip() for cell in next(rows, [])]
    if header[:1] != ["Date"]:
        raise BadRateFile(f"{path}, line 1: the first column is not Date")
    for row in rows:
        try:
            yield day_as_written(row[0].strip()), _quotes(header, row)
        except (ValueError, IndexError):
            raise BadRateFile(f"{path}, line {rows.line_num}: not a day of positive rates") from None


def _quotes(header: list[str], row: list[str]) -> dict[str, Decimal]:
    quotes = {
        currency: read_decimal(cell.strip())
        for currency, cell in zip(header[1:], row[1:], strict=True)
        if currency and cell.strip() not in _NOT_QUOTED
    }
    if not all(value > 0 for value in quotes.values()):
        raise ValueError
    return quotes
