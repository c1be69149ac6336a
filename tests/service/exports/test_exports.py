"""Other bookkeeping programs read the whole journal, find no fault in it, and come to our balances."""

from __future__ import annotations

import csv
import re
import shutil
import subprocess
import sys
from collections.abc import Callable, Iterator
from datetime import date
from decimal import Decimal
from io import StringIO
from pathlib import Path
from typing import Any

import pytest

from ledger.fx import CNY
from ledger.journal.accounts import FX_REALISED, FX_UNREALISED, PSP_RECEIVABLE, REFUNDS_PAYABLE
from ledger.journal.entry import Draft
from ledger.ledger import Ledger
from ledger.money import Money
from projections.accounting.account_turnovers import AccountTurnovers
from projections.accounting.books_of_account import turnover_balance
from projections.engine.views import Views
from projections.engine.worker import ProjectionWorker
from service.app import App
from service.exports import beancount, hledger
from service.exports.beancount import write_beancount
from service.exports.hledger import write_hledger
from service.exports.journal_csv import write_journal_csv
from service.exports.postings import Place, posted
from tests.support.view_history import History, NoKeys, cny

Balances = dict[tuple[str, str], tuple[Decimal, Decimal]]  # (account, currency) → amount, CNY
BEAN_CHECK = Path(sys.executable).parent / "bean-check"


def ours(views: Views) -> Balances:
    rows = turnover_balance(views).rows
    return {(row.account, row.currency): (row.closing.decimal, row.closing_base.decimal) for row in rows}


def written(ledger: Ledger, folder: Path, form: str) -> Path:
    path = folder / f"journal.{form}"
    with path.open("w", encoding="utf-8") as out:
        write = write_beancount if form == "beancount" else write_hledger
        write(posted(ledger.reader, ledger.reader.heads()), out)
    return path


def place_of(account: str) -> tuple[str, str]:
    """The code and currency of an account of either program."""
    parts = account.split(":")
    return parts[1].split()[0], parts[-1]


def summed(found: Iterator[tuple[str, Decimal, Decimal]]) -> Balances:
    sums: Balances = {}
    for account, amount, base in found:
        before = sums.get(place_of(account), (Decimal(0), Decimal(0)))
        sums[place_of(account)] = (before[0] + amount, before[1] + base)
    return sums


def in_beancount(path: Path) -> Balances:
    from beancount import loader
    from beancount.core import convert

    entries, errors, _ = loader.load_file(str(path))
    assert not errors
    weight: Callable[[Any], Any] = convert.get_weight

    def found() -> Iterator[tuple[str, Decimal, Decimal]]:
        postings: list[Any] = [posting for entry in entries for posting in getattr(entry, "postings", ())]
        for posting in postings:
            own = posting.units.currency == posting.account.rpartition(":")[2]
            yield posting.account, posting.units.number if own else Decimal(0), weight(posting).number

    return {key: (amount, round(base, 6)) for key, (amount, base) in summed(found()).items()}


def in_hledger(path: Path) -> Balances:
    def found() -> Iterator[tuple[str, Decimal, Decimal]]:
        for row in _report(path):
            yield from ((row[0], _units(row[1], row[0].rpartition(":")[2]), Decimal(0)),)
        for row in _report(path, "--cost"):
            yield row[0], Decimal(0), _units(row[1], CNY)

    return summed(found())


def _report(path: Path, *arguments: str) -> list[list[str]]:
    asked = ["hledger", "-f", str(path), "balance", "--flat", "--empty", "--no-total", "-O", "csv", *arguments]
    said = subprocess.run(asked, capture_output=True, text=True, check=True).stdout
    return list(csv.reader(StringIO(said)))[1:]


def _units(shown: str, currency: str) -> Decimal:
    """`-19.44 USD, 3.00 CNY`: the number of one currency."""
    amounts = (part.split() for part in shown.split(", ") if part != "0")
    return sum((Decimal(number) for number, name in amounts if name == currency), Decimal(0))


@pytest.fixture
def needs_hledger() -> None:
    if shutil.which("hledger") is None:
        pytest.skip("needs the program hledger: apt-get install hledger")


def test_bean_check_accepts_a_month_and_comes_to_our_balances(month_app: App, tmp_path: Path) -> None:
    path = written(month_app.ledger, tmp_path, "beancount")
    checked = subprocess.run([BEAN_CHECK, path], capture_output=True, text=True, check=False)
    assert (checked.returncode, checked.stderr) == (0, "")
    assert in_beancount(path) == ours(month_app.views)


@pytest.mark.usefixtures("needs_hledger")
def test_hledger_accepts_a_month_and_comes_to_our_balances(month_app: App, tmp_path: Path) -> None:
    path = written(month_app.ledger, tmp_path, "journal")
    checked = subprocess.run(["hledger", "check", "--strict", "-f", path], capture_output=True, text=True, check=False)
    assert (checked.returncode, checked.stderr) == (0, "")
    assert in_hledger(path) == ours(month_app.views)


@pytest.fixture
def valued(fresh_database_url: str) -> Iterator[Ledger]:
    """Entries that no month has: a value that moves alone, yen and dinars, signs that differ."""
    with Ledger.open(fresh_database_url, keys=NoKeys(), books=3) as ledger:
        history, usd = History(ledger), Money.of("0", "USD")
        for draft in (
            Draft().debit(PSP_RECEIVABLE.at("a.b"), usd, cny("3.21")).credit(FX_UNREALISED, cny("3.21")),
            Draft()
            .debit(PSP_RECEIVABLE.at("a:b"), Money.of("1234", "JPY"), cny("60.10"))
            .credit(REFUNDS_PAYABLE, Money.of("1.234", "KWD"), cny("29.05"))
            .credit(FX_REALISED, cny("31.05")),
            Draft().debit(PSP_RECEIVABLE.at("a-b"), Money.of("1.00", "USD"), cny("-7.00")).debit(FX_REALISED, cny("7")),
            Draft()
            .debit(PSP_RECEIVABLE.at("a-b"), Money.of("0.03", "USD"), cny("0.20"))
            .credit(FX_REALISED, cny("0.20")),
        ):
            history.entry(1, draft)
        ProjectionWorker(ledger.engine, ledger.reader, AccountTurnovers()).catch_up()
        yield ledger


def test_beancount_takes_values_that_move_alone_and_currencies_without_cents(valued: Ledger, tmp_path: Path) -> None:
    assert in_beancount(written(valued, tmp_path, "beancount")) == ours(Views(valued.engine, valued.reader))


@pytest.mark.usefixtures("needs_hledger")
def test_hledger_takes_values_that_move_alone_and_currencies_without_cents(valued: Ledger, tmp_path: Path) -> None:
    assert in_hledger(written(valued, tmp_path, "journal")) == ours(Views(valued.engine, valued.reader))


def test_bean_check_notices_a_figure_that_was_changed(month_app: App, tmp_path: Path) -> None:
    path = written(month_app.ledger, tmp_path, "beancount")
    changed, count = re.subn(r"(balance Liabilities:2120\S* )", r"\g<1>1", path.read_text(), count=1)
    assert count == 1
    path.write_text(changed)
    assert subprocess.run([BEAN_CHECK, path], capture_output=True, check=False).returncode != 0


@pytest.mark.parametrize("module", [beancount, hledger])
def test_no_two_places_share_a_name(module: object) -> None:
    names = ["a-b", "a.b", "a:b", "a-xb", "a-x2Eb", "a_b", "ab"]
    places = [Place("1110", "", name, "USD") for name in names]
    assert len({module.account_name(place) for place in places}) == len(names)  # type: ignore[attr-defined]


def test_every_line_of_the_csv_carries_its_event_and_the_columns_balance(month_app: App) -> None:
    out = StringIO()
    write_journal_csv(posted(month_app.ledger.reader, month_app.ledger.reader.heads()), out)
    rows = list(csv.DictReader(StringIO(out.getvalue())))
    assert all(row["event_id"] for row in rows)
    sides = [sum(Decimal(row[side] or "0") for row in rows) for side in ("debit_cny", "credit_cny")]
    assert sides[0] == sides[1] > 0


def test_an_export_as_of_a_day_ends_with_it(month_app: App) -> None:
    heads = month_app.ledger.reader.heads()
    days = {row.accounting_date for row in posted(month_app.ledger.reader, heads)}
    middle = sorted(days)[len(days) // 2]
    found = {row.accounting_date for row in posted(month_app.ledger.reader, heads, as_of=middle)}
    assert max(found) == middle > date.min
