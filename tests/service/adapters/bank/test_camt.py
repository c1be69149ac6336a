"""Bank statements are read whole or refused with the line of what is wrong."""

from __future__ import annotations

from collections.abc import Callable
from pathlib import Path

import pytest

from ledger.money import Money
from ledger.references import reference_key
from service.adapters.bank.camt.statements import read_camt as read_file
from service.formats.bad_file import BadFile
from service.partner_facts.bank import BankStatement
from tests.service.adapters.bank.statements import entry, statement

Samples = Callable[[str], Path]
# The samples are made to show elements, not to foot: most say that they close with 27.00 Swedish crowns owed.
_CROWNS = b'<Amt Ccy="SEK">27.00</Amt>\n                <CdtDbtInd>DBIT</CdtDbtInd>'
_EUROS = b'<Amt Ccy="EUR">27.00</Amt>\n                <CdtDbtInd>CRDT</CdtDbtInd>'


def read_camt(name: str, content: bytes) -> list[BankStatement]:
    return read_file(name, content).statements


def put_right(path: Path) -> list[BankStatement]:
    content = path.read_bytes()
    assert content.count(_CROWNS) == 1
    return read_camt(path.name, content.replace(_CROWNS, _EUROS))


def reason(content: bytes) -> BadFile:
    with pytest.raises(BadFile) as refused:
        read_file("file.xml", content)
    return refused.value


@pytest.mark.parametrize("version", ["v2.minimal", "v3", "v4", "v8"])
def test_every_version_is_read(shared_data: Samples, version: str) -> None:
    (found,) = put_right(shared_data(f"camt/camt053.{version}.xml"))
    assert (found.account, found.opening, found.closing) == (
        "NL26VAYB8060476890", Money.of("18.15", "EUR"), Money.of("27.00", "EUR")
    )  # fmt: skip
    assert [each.amount for each in found.entries] == [Money.of("8.85", "EUR")]


def test_several_statements_of_one_file_follow_one_another(shared_data: Samples) -> None:
    path = shared_data("camt/camt053.v2.multi.statement.xml")
    found = read_camt(path.name, path.read_bytes())
    assert [(each.opening.minor, each.closing.minor) for each in found] == [(1815, 2700), (2700, 2000)]
    assert [each.references for statement in found for each in statement.entries] == [("000000001",), ("000000002",)]


def test_zeros_behind_the_cent_are_no_fraction_of_one(shared_data: Samples) -> None:
    path = shared_data("camt/camt053.v2.five.decimals.xml")
    content = path.read_bytes().replace(b'"EUR">27.050<', b'"EUR">27.00000<')
    (found,) = read_camt(path.name, content)
    assert found.closing == Money.of("27.00", "EUR")


@pytest.mark.parametrize(
    ("sample", "line", "says"),
    [
        ("camt053.v2.wrong.xml", 2, "no statement"),
        ("camt053.v2.minimal.xml", 54, "in SEK, the account in EUR"),
        ("camt053.v2.minimal.ultimate.xml", 54, "in SEK, the account in EUR"),
        ("camt053.v2.with-party-ids.xml", 54, "in SEK, the account in EUR"),
        ("camt053.v3.xml", 74, "in SEK, the account in EUR"),
        ("camt053.v4.xml", 74, "in SEK, the account in EUR"),
        ("camt053.v8.xml", 74, "in SEK, the account in EUR"),
        ("camt053.v2.five.decimals.xml", 49, "closes at EUR 27.05, its entries come to EUR 27.00"),
        ("camt053.v2.all-balance-types.xml", 68, "closes at EUR 4.04"),
        ("camt054.v2.xml", 2, "not camt.053"),
        ("camt054.v2.with-account-name.xml", 2, "not camt.053"),
        ("camt054.v4.xml", 2, "not camt.053"),
        ("camt054.v8.xml", 2, "not camt.053"),
        ("camt054.v8-with-UETR.xml", 2, "not camt.053"),
        ("camt054.v8-with-financial-institution.xml", 2, "not camt.053"),
    ],
)
def test_what_is_wrong_is_said_with_its_line(shared_data: Samples, sample: str, line: int, says: str) -> None:
    path = shared_data(f"camt/{sample}")
    refused = reason(path.read_bytes())
    assert refused.line == line
    assert says in str(refused)


def test_a_fraction_of_a_cent_is_refused() -> None:
    assert "finer than the smallest unit" in str(reason(statement(entry("8.855"), closing="108.855")))


@pytest.mark.parametrize(
    "text", ["-8.85", "+8.85", "8.85e0", "1_8.85", "1,008.85", "٨.٨٥", "Infinity", "NaN", "1" + "0" * 30]
)
def test_what_is_no_amount_is_refused(text: str) -> None:
    assert f"'{text}' is not an amount" in str(
        reason(statement(entry("8.85").replace(">8.85<", f">{text}<"), closing="108.85"))
    )


def test_a_statement_that_stands_in_the_file_twice_is_read_once() -> None:
    once = statement(closing="100.00").decode()
    body = once[once.index("<Stmt>") : once.index("</BkToCstmrStmt>")]
    found = read_file("x", once.replace(body, body + body).encode())
    assert len(found.statements) == 1
    assert [(each.line, each.reason) for each in found.unread] == [(9, "the statement S-1 is already in line 4")]


@pytest.mark.parametrize("said", ["S-1", "/S 1", "..2", "A/1", "//", "S" * 80])
def test_a_banks_id_that_is_no_word_has_a_key_of_its_own(said: str) -> None:
    (found,) = read_camt("x", statement(closing="100.00", statement_id=said))
    assert found.statement_id == reference_key(said)


def test_a_statement_without_an_id_is_refused() -> None:
    assert reason(statement(closing="100.00", statement_id=" ")).line == 4


@pytest.mark.parametrize(
    "written",
    [
        lambda content: b"\xef\xbb\xbf" + content,
        lambda content: content.replace(b"\n", b"\r\n"),
        lambda content: content.decode().replace("UTF-8", "UTF-16").encode("utf-16"),
    ],
)
def test_however_the_bank_writes_its_characters_they_are_the_same(written: Callable[[bytes], bytes]) -> None:
    content = statement(entry("8.85", reference="WHO"), closing="108.85")
    assert read_camt("x", written(content)) == read_camt("x", content)


@pytest.mark.parametrize("character", ["\0", "&#0;", "\x07"])
def test_a_character_that_xml_cannot_hold_is_refused(character: str) -> None:
    refused = reason(statement(entry("8.85", reference=f"A{character}B"), closing="108.85"))
    assert "not a complete XML document" in str(refused)


def test_a_closing_balance_that_does_not_follow_is_refused() -> None:
    assert "closes at CNY 120.00, its entries come to CNY 108.85" in str(
        reason(statement(entry("8.85"), closing="120.00"))
    )


def test_an_entry_in_another_currency_is_refused() -> None:
    content = statement(entry("8.85").replace("CNY", "USD"), closing="108.85")
    assert "the entry is in USD, the account in CNY" in str(reason(content))


def test_what_details_do_not_come_to_is_a_movement_that_nobody_names() -> None:
    (found,) = read_camt("x", statement(entry("8.85", details=["5.00", "3.00"]), closing="108.85"))
    assert [(each.ref, each.amount.minor) for each in found.entries] == [("1.1", 500), ("1.2", 300), ("1.3", 85)]


def test_a_batch_whose_parts_are_named_is_several_entries() -> None:
    (found,) = read_camt("x", statement(entry("8.85", details=["5.00", "3.85"]), closing="108.85"))
    assert [(each.ref, each.amount.minor) for each in found.entries] == [("1.1", 500), ("1.2", 385)]


def test_what_is_not_booked_yet_does_not_count() -> None:
    (found,) = read_camt("x", statement(entry("8.85").replace("BOOK", "PDNG"), closing="100.00"))
    assert found.entries == ()


def test_a_truncated_file_is_refused_with_the_line_where_it_ends() -> None:
    whole = statement(entry("8.85"), closing="108.85")
    refused = reason(whole[: len(whole) // 2])
    assert "not a complete XML document" in str(refused)
    assert refused.line is not None


@pytest.mark.parametrize(
    "content",
    [
        b'<!DOCTYPE l [<!ENTITY a "aaaa"><!ENTITY b "&a;&a;&a;&a;">]><Document>&b;</Document>',
        b'<!DOCTYPE l SYSTEM "file:///etc/passwd"><Document/>',
        b'<!DOCTYPE l [<!ENTITY x SYSTEM "file:///etc/passwd">]><Document>&x;</Document>',
    ],
)
def test_an_xml_bomb_is_refused_before_it_goes_off(content: bytes) -> None:
    assert "declares a document type or entities" in str(reason(content))


@pytest.mark.parametrize("content", [b"", b"\x00\x01", b"id,amount\n1,2\n", b'<?xml version="1.0" encoding="x"?><a/>'])
def test_what_is_no_xml_is_refused(content: bytes) -> None:
    assert reason(content).name == "file.xml"
