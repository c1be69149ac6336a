"""The database refuses a row whose entry does not balance, whoever writes it and by whatever way."""

from __future__ import annotations

import psycopg2.errors
import psycopg2.extensions
import pytest

from ledger.journal.accounts import CHART, is_merchant_account
from ledger.journal.charges import check_charges
from ledger.journal.entry import Entry, Line
from ledger.ledger import Ledger
from ledger.refusals.finance import MerchantChargeNotAllowed
from tests.ledger.log.attempts import BOOK, attempt, entry, new_event

GOOD = {
    "two lines": entry(("2110", 500), ("2120", -500)),
    "three lines": entry(("2110", 36000), ("2120", -34200), ("4110", -1800)),
    "foreign money on accounts that are no merchant's": entry(
        ("1110", 49858), ("2220", -49858), currency="USD", merchant=None
    ),
}
BAD = {
    "off by one fen": entry(("2110", 500), ("2120", -499)),
    "one line": entry(("1010", 500)),
    "no line": "[]",
    "a merchant line in dollars": entry(("2110", 500), ("1010", -500), currency="USD"),
    "a merchant line without a merchant": entry(("2110", 500), ("1010", -500), merchant=None),
    "a line without a base": '[{"account":"1010","amount":5,"currency":"CNY"}]',
    "a line without an account": '[{"amount":5,"base":5,"currency":"CNY"},{"amount":-5,"base":-5,"currency":"CNY"}]',
    "freight charged to a merchant": entry(("2120", 6200), ("5110", -6200)),
    "freight hidden behind a fee": entry(("2110", 500), ("4110", -400), ("5110", -100)),
    "one merchant's loss that is another's gain": (
        entry(("2120", 500), ("1010", -500))[:-1] + "," + entry(("2120", -500), ("1010", 500), merchant="M-2")[1:]
    ),
    "a null base": '[{"account":"1010","amount":5,"base":null,"currency":"CNY"}]',
}
NO_ENTRY = {"not a list": '{"base":0}', "not JSON": "balanced", "a fraction of a fen": '[{"account":"1","base":0.5}]'}


def insert(sql: psycopg2.extensions.cursor, text: str | None) -> None:
    sql.execute(
        "INSERT INTO log.events VALUES (1, 1, 's/1', 1, 't', 1, gen_random_uuid(), now(), now(), current_date, '', '',"
        " '', '', 'c', 1, '', '', '', '{}', %s, '')",
        (text,),
    )


@pytest.mark.parametrize("text", GOOD.values(), ids=GOOD)
def test_a_balanced_entry_is_taken(sql: psycopg2.extensions.cursor, text: str) -> None:
    insert(sql, text)


def test_no_entry_is_taken(sql: psycopg2.extensions.cursor) -> None:
    insert(sql, None)


@pytest.mark.parametrize("text", BAD.values(), ids=BAD)
def test_a_raw_insert_of_a_bad_entry_is_refused(sql: psycopg2.extensions.cursor, text: str) -> None:
    with pytest.raises(psycopg2.errors.CheckViolation):
        insert(sql, text)


@pytest.mark.parametrize("text", NO_ENTRY.values(), ids=NO_ENTRY)
def test_a_raw_insert_of_what_is_no_entry_is_refused(sql: psycopg2.extensions.cursor, text: str) -> None:
    with pytest.raises(psycopg2.DataError):
        insert(sql, text)


@pytest.mark.parametrize("text", BAD.values(), ids=BAD)
def test_the_append_refuses_it_and_records_nothing(ledger: Ledger, text: str) -> None:
    (receipt,) = ledger.append(BOOK, [attempt(events=[new_event(), new_event(entry=text)])])
    assert isinstance(receipt.error, psycopg2.errors.CheckViolation)
    assert ledger.reader.heads()[BOOK] == 0


@pytest.mark.parametrize("account", [code for code in CHART if is_merchant_account(code)])
def test_the_database_lets_a_merchant_pay_for_what_the_ledger_does_and_nothing_else(
    sql: psycopg2.extensions.cursor, account: str
) -> None:
    differ = {}
    for other in CHART:
        for fen in (500, -500):
            lines = [Line(account, fen, fen, "CNY", merchant="M-1")]
            lines.append(Line(other, -fen, -fen, "CNY", merchant="M-1" if is_merchant_account(other) else None))
            sql.execute("SELECT log.entry_balances(%s)", (Entry(tuple(lines)).text(),))
            ((taken,),) = sql.fetchall()
            if taken != is_allowed(lines):
                differ[other, fen] = taken
    assert differ == {}


def is_allowed(lines: list[Line]) -> bool:
    try:
        check_charges(lines)
    except MerchantChargeNotAllowed:
        return False
    return True
