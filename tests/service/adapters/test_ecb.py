"""The ECB's rate file as it comes, and the cross rates made of it."""

from collections.abc import Callable
from datetime import date
from pathlib import Path
from zipfile import ZIP_DEFLATED, ZipFile

import pytest

from service.adapters.ecb import BadRateFile, Cross, NoCrossRate, read_ecb

HEADER = "Date,USD,CNY,BRL,HKD,"
THURSDAY = "2017-04-13,1.0630,7.3183,N/A,8.2607,"
TUESDAY_AFTER_EASTER = "2017-04-18,1.0682,7.3540,3.3045,8.3043,"


def rate_file(folder: Path, *lines: str) -> Path:
    path = folder / "eurofxref-hist.csv"
    path.write_text("\n".join(lines) + "\n")
    return path


def test_a_cross_rate_has_six_digits(tmp_path: Path) -> None:
    rates = read_ecb(rate_file(tmp_path, HEADER, TUESDAY_AFTER_EASTER, THURSDAY))
    assert rates.on_or_before(base="USD", quote="CNY", day=date(2017, 4, 18)) == Cross("6.88448", date(2017, 4, 18))


def test_a_holiday_has_the_rate_of_the_last_business_day(tmp_path: Path) -> None:
    rates = read_ecb(rate_file(tmp_path, HEADER, TUESDAY_AFTER_EASTER, THURSDAY))
    assert rates.on_or_before(base="USD", quote="CNY", day=date(2017, 4, 17)).as_of == date(2017, 4, 13)


def test_a_day_that_does_not_quote_both_currencies_is_passed_over(tmp_path: Path) -> None:
    older = "2017-04-12,1.0605,7.3085,3.3151,8.2412,"
    rates = read_ecb(rate_file(tmp_path, HEADER, THURSDAY, older))
    assert rates.on_or_before(base="BRL", quote="CNY", day=date(2017, 4, 13)).as_of == date(2017, 4, 12)


def test_before_the_first_quote_there_is_no_cross_rate(tmp_path: Path) -> None:
    rates = read_ecb(rate_file(tmp_path, HEADER, THURSDAY))
    with pytest.raises(NoCrossRate, match="BRL/CNY on or before 2017-04-13"):
        rates.on_or_before(base="BRL", quote="CNY", day=date(2017, 4, 13))


def test_business_days_begin_with_the_last_one_on_or_before_the_first_day(tmp_path: Path) -> None:
    rates = read_ecb(rate_file(tmp_path, HEADER, TUESDAY_AFTER_EASTER, THURSDAY))
    assert rates.business_days(date(2017, 4, 16), date(2017, 4, 30)) == [date(2017, 4, 13), date(2017, 4, 18)]


def test_the_zip_as_published_reads_like_the_file_inside_it(tmp_path: Path) -> None:
    plain = rate_file(tmp_path, HEADER, THURSDAY)
    with ZipFile(tmp_path / "eurofxref-hist.zip", "w") as archive:
        archive.write(plain, "eurofxref-hist.csv")
    day = date(2017, 4, 13)
    zipped = read_ecb(tmp_path / "eurofxref-hist.zip").on_or_before(base="HKD", quote="CNY", day=day)
    assert zipped == read_ecb(plain).on_or_before(base="HKD", quote="CNY", day=day)


@pytest.mark.parametrize(
    "line",
    ["2017-04-13,1.0630,seven,N/A,8.2607,", "13 April,1.0630,7.3183,N/A,8.2607,", "2017-04-13,1.0630,-7.3183,1,1,"],
)
def test_a_line_that_is_no_day_of_rates_is_named(tmp_path: Path, line: str) -> None:
    with pytest.raises(BadRateFile, match="line 3: not a day of positive rates"):
        read_ecb(rate_file(tmp_path, HEADER, TUESDAY_AFTER_EASTER, line))


def test_a_missing_rate_file_is_said_to_be_missing(tmp_path: Path) -> None:
    with pytest.raises(BadRateFile, match="there is no such file"):
        read_ecb(tmp_path / "eurofxref-hist.zip")


def test_a_zip_that_unpacks_to_more_than_all_rates_is_not_unpacked(tmp_path: Path) -> None:
    path = tmp_path / "eurofxref-hist.zip"
    with ZipFile(path, "w", ZIP_DEFLATED) as archive:
        archive.writestr("rates.csv", b"0" * (64 * 1024 * 1024 + 1))
    with pytest.raises(BadRateFile, match="more than 67,108,864 bytes"):
        read_ecb(path)


def test_a_truncated_zip_cannot_be_read_to_its_end(tmp_path: Path) -> None:
    path = tmp_path / "eurofxref-hist.zip"
    with ZipFile(path, "w") as archive:
        archive.write(rate_file(tmp_path, HEADER, THURSDAY), "eurofxref-hist.csv")
    path.write_bytes(path.read_bytes()[:60])
    with pytest.raises(BadRateFile, match="cannot be read to its end"):
        read_ecb(path)


def test_the_published_file_crosses_every_day_of_the_orders(shared_data: Callable[[str], Path]) -> None:
    rates = read_ecb(shared_data("fx_ecb/eurofxref-hist.zip"))
    days = rates.business_days(date(2016, 9, 4), date(2018, 10, 17))
    assert [rates.on_or_before(base="BRL", quote="CNY", day=day).as_of for day in days] == days
