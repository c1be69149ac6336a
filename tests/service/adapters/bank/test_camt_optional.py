"""Optional parts of ISO 20022 statements are read: charges, dates, balances, pages, currencies, odd ids."""

from __future__ import annotations

from datetime import date

import pytest

from ledger.money import Money
from service.adapters.bank.camt.statements import CamtFile, read_camt
from service.formats.bad_file import BadFile
from service.partner_facts.bank import BankEntry
from tests.service.adapters.bank.statements import entry, statement

CHARGE = '<Chrgs><Rcrd><Amt Ccy="CNY">5.00</Amt><CdtDbtInd>DBIT</CdtDbtInd>{included}</Rcrd></Chrgs>'
INCLUDED, ANNOUNCED = "<ChrgInclInd>true</ChrgInclInd>", "<ChrgInclInd>false</ChrgInclInd>"
OLD_CHARGE = '<Chrgs><Amt Ccy="CNY">5.00</Amt></Chrgs>'  # version 2


def read(*entries: str, closing: str, **about: str) -> CamtFile:
    return read_camt("s.xml", statement(*entries, closing=closing, **about))


def one(booked: str, closing: str) -> BankEntry:
    (found,) = read(booked, closing=closing).statements
    (only,) = found.entries
    return only


def charged(amount: str, paid: str, charge: str = CHARGE.format(included=INCLUDED)) -> str:
    detail = f'<TxDtls><Refs><EndToEndId>P-1</EndToEndId></Refs><Amt Ccy="CNY">{paid}</Amt>{charge}</TxDtls>'
    return entry(amount).replace("<TxDtls></TxDtls>", detail)


def batch(amount: str, *payments: str, charge: str, own: str = "") -> str:
    details = "".join(
        f'<TxDtls><Refs><EndToEndId>P-{n}</EndToEndId></Refs><Amt Ccy="CNY">{paid}</Amt>{charge}</TxDtls>'
        for n, paid in enumerate(payments, 1)
    )
    return entry(amount).replace("<TxDtls></TxDtls>", details).replace("<NtryDtls>", f"{own}<NtryDtls>")


class TestCharges:
    @pytest.mark.parametrize("charge", [CHARGE.format(included=INCLUDED), CHARGE.format(included=""), OLD_CHARGE])
    def test_beside_the_payment_in_an_entry_are_apart(self, charge: str) -> None:
        found = one(charged("-347.00", "342.00", charge), "-247.00")
        assert (str(found.without_charges), str(found.charges), found.are_included) == (
            "CNY -342.00",
            "CNY -5.00",
            True,
        )

    def test_inside_the_amount_of_the_payment_are_apart_where_the_bank_says_so(self) -> None:
        found = one(charged("95.00", "95.00"), "195.00")
        assert (str(found.without_charges), found.are_included) == ("CNY 100.00", True)

    def test_that_may_be_inside_are_only_mentioned(self) -> None:
        found = one(charged("95.00", "95.00", CHARGE.format(included="")), "195.00")
        assert (str(found.charges), found.are_included) == ("CNY -5.00", False)

    def test_that_are_announced_are_no_part_of_the_entry(self) -> None:
        assert one(charged("-342.00", "342.00", CHARGE.format(included=ANNOUNCED)), "-242.00").charges is None

    def test_in_another_currency_are_no_part_of_the_entry(self) -> None:
        foreign = CHARGE.format(included="").replace("CNY", "HKD")
        assert one(charged("-342.00", "342.00", foreign), "-242.00").charges is None

    def test_of_each_payment_of_a_batch_are_apart(self) -> None:
        charge = CHARGE.format(included=INCLUDED)
        (found,) = read(batch("-694.00", "342.00", "342.00", charge=charge), closing="-594.00").statements
        assert [(each.ref, str(each.without_charges), str(each.charges)) for each in found.entries] == [
            ("1.1", "CNY -342.00", "CNY -5.00"), ("1.2", "CNY -342.00", "CNY -5.00")
        ]  # fmt: skip
        assert [each.references for each in found.entries] == [("P-1",), ("P-2",)]

    def test_of_a_batch_as_a_whole_are_a_movement_of_their_own(self) -> None:
        own = CHARGE.format(included=INCLUDED)
        (found,) = read(batch("-689.00", "342.00", "342.00", charge="", own=own), closing="-589.00").statements
        assert [str(each.without_charges) for each in found.entries] == ["CNY -342.00", "CNY -342.00", "CNY 0.00"]

    def test_an_entry_that_the_bank_calls_a_charge_is_one(self) -> None:
        code = "<BkTxCd><Domn><Cd>PMNT</Cd><Fmly><Cd>MDOP</Cd><SubFmlyCd>CHRG</SubFmlyCd></Fmly></Domn></BkTxCd>"
        found = one(entry("-12.00").replace("<NtryDtls>", f"{code}<NtryDtls>"), "88.00")
        assert (found.charges, found.are_included) == (found.amount, True)


class TestDays:
    def without(self, *tags: str) -> str:
        text = entry("8.85")
        for tag in tags:
            text = text.replace(f"<{tag}><Dt>2025-04-20</Dt></{tag}>", "")
        return text

    def test_a_booking_day_that_is_left_out_is_the_value_date(self) -> None:
        booked = self.without("BookgDt").replace("<NtryDtls>", "<ValDt><Dt>2025-04-19</Dt></ValDt><NtryDtls>")
        assert one(booked, "108.85").booked_on == date(2025, 4, 19)

    def test_without_either_day_an_entry_is_of_the_day_that_the_statement_closes_on(self) -> None:
        found = one(self.without("BookgDt"), "108.85")
        assert (found.booked_on, found.value_date) == (date(2025, 4, 20), date(2025, 4, 20))

    @pytest.mark.parametrize(
        "said", ["2025-04-20Z", "2025-04-20+08:00", "2025-04-20T23:59:59.5+08:00", "2025-04-20T00:00:00"]
    )
    def test_a_day_may_have_a_clock_and_a_zone(self, said: str) -> None:
        booked = entry("8.85").replace("2025-04-20", said)
        assert one(booked, "108.85").booked_on == date(2025, 4, 20)

    @pytest.mark.parametrize(
        "said",
        [
            "2025-04-20garbage",
            "2025-04-31",
            "20250420",
            "2025-04-20T",
            "2025-04-20T25:00:00",
            "20.04.2025",
            "٢٠٢٥-04-20",
        ],
    )
    def test_what_is_no_day_is_none(self, said: str) -> None:
        with pytest.raises(BadFile, match="is not a day"):
            one(entry("8.85").replace("2025-04-20", said), "108.85")


def balance(code: str, amount: str, day: str = "2025-04-20") -> str:
    return (
        f'<Bal><Tp><CdOrPrtry><Cd>{code}</Cd></CdOrPrtry></Tp><Amt Ccy="CNY">{amount}</Amt>'
        f"<CdtDbtInd>CRDT</CdtDbtInd><Dt><Dt>{day}</Dt></Dt></Bal>"
    )


def balances(said: str) -> str:
    """Balances from their types and amounts, as in `OPBD 100.00 CLBD 110.00`."""
    words = said.split()
    return "".join(balance(code, amount) for code, amount in zip(words[::2], words[1::2], strict=True))


def page(number: int, balances: str, *entries: str) -> str:
    """One statement, or a page of it, of the account ICBC-1."""
    whole = statement(*entries, closing="0.00").decode()
    body = whole[whole.index("<Stmt>") : whole.index("</Stmt>") + len("</Stmt>")]
    head, tail = body[: body.index("<Bal>")], body[body.rindex("</Bal>") + len("</Bal>") :]
    said = f"<Id>S-1</Id><StmtPgntn><PgNb>{number}</PgNb><LastPgInd>false</LastPgInd></StmtPgntn>"
    return head.replace("<Id>S-1</Id>", said) + balances + tail


def pages(*statements: str) -> CamtFile:
    whole = statement(closing="0.00").decode()
    head, tail = whole[: whole.index("<Stmt>")], whole[whole.index("</Stmt>") + len("</Stmt>") :]
    return read_camt("s.xml", (head + "".join(statements) + tail).encode())


class TestPages:
    @pytest.mark.parametrize(
        ("first", "second"),
        [
            ("OPBD 100.00 ITBD 110.00", "ITBD 110.00 CLBD 125.00"),
            ("OPBD 100.00", "CLBD 125.00"),
            ("PRCD 100.00 CLBD 110.00", "OPBD 110.00 CLBD 125.00"),
            ("ITBD 100.00 ITBD 110.00", "ITBD 110.00 ITBD 125.00"),
        ],
    )
    def test_each_page_goes_on_where_the_one_before_ended(self, first: str, second: str) -> None:
        first, second = balances(first), balances(second)
        found = pages(page(1, first, entry("10.00")), page(2, second, entry("15.00"))).statements
        assert [(each.page, each.opening.minor, each.closing.minor) for each in found] == [
            (1, 10000, 11000),
            (2, 11000, 12500),
        ]
        assert len({each.stream for each in found}) == 2

    def test_the_last_page_may_stand_first(self) -> None:
        last, first = (
            page(2, balance("CLBD", "125.00"), entry("15.00")),
            page(1, balance("OPBD", "100.00"), entry("10.00")),
        )
        assert [each.page for each in pages(last, first).statements] == [1, 2]

    def test_an_interim_balance_within_a_whole_statement_is_none_of_its_ends(self) -> None:
        (found,) = pages(page(1, balances("OPBD 100.00 ITBD 104.00 CLBD 110.00"), entry("10.00"))).statements
        assert (found.opening.minor, found.closing.minor) == (10000, 11000)


class TestIdentity:
    def test_one_number_in_two_currencies_is_two_accounts(self) -> None:
        usd = page(1, balance("OPBD", "1.00") + balance("CLBD", "1.00")).replace("CNY", "USD")
        found = pages(usd, page(1, balance("OPBD", "100.00") + balance("CLBD", "100.00"))).statements
        assert [each.currency for each in found] == ["CNY", "USD"]

    def test_one_number_of_two_years_is_two_statements(self) -> None:
        days = ("2025-01-02", "2026-01-02")
        found = pages(
            *(page(1, balance("OPBD", "1.00", day) + balance("CLBD", "1.00", day)) for day in days)
        ).statements
        assert [each.closed_on.year for each in found] == [2025, 2026]

    def test_two_ids_that_differ_in_one_odd_character_are_two(self) -> None:
        slash, dash = (read(closing="100.00", statement_id=said).statements[0].statement_id for said in ("A/1", "A-1"))
        assert slash != dash


class TestWhatNobodyCanUse:
    def test_an_entry_leaves_its_neighbours_and_is_kept_as_it_stands(self) -> None:
        bad = entry("8.85").replace("CNY", "USD")
        (found,) = read(entry("5.00"), bad, closing="113.85").statements
        assert [each.amount for each in found.entries] == [Money(500, "CNY")]
        (unread,) = found.unread
        assert (unread.line, "in USD, the account in CNY" in unread.reason) == (13, True)
        assert unread.raw.startswith(b'<Ntry><Amt Ccy="USD">8.85</Amt>')
        assert b"{line}" not in unread.raw

    def test_a_statement_leaves_its_neighbours_and_is_kept_as_it_stands(self) -> None:
        good = page(1, balance("OPBD", "100.00") + balance("CLBD", "110.00"), entry("10.00"))
        bad = page(1, balance("OPBD", "100.00") + balance("CLBD", "99.00")).replace("S-1", "S-2")
        found = pages(bad, good)
        assert [each.statement_id for each in found.statements] == ["S-1"]
        assert [(item.line, item.reason) for item in found.unread] == [
            (5, "the statement closes at CNY 99.00, its entries come to CNY 100.00")
        ]

    def test_a_file_of_which_nothing_can_be_used_is_refused(self) -> None:
        with pytest.raises(BadFile, match="in USD, the account in CNY"):
            read(entry("8.85").replace("CNY", "USD"), closing="108.85")
