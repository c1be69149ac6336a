"""Settlement reports are read whole or refused with the line of what is wrong."""

from __future__ import annotations

from collections.abc import Callable

import pytest

from ledger.fx import CNY
from ledger.money import Money
from service.adapters.psp.neutral_csv import read_neutral
from service.adapters.psp.stripe_report import KINDS, OWN, PAYOUTS, read_stripe
from service.formats.bad_file import BadFile
from service.partner_facts.settlement import ReportBatch
from tests.service.adapters.psp.reports import line, neutral, stripe, summed, transaction

Reading = Callable[[bytes], list[ReportBatch]]
RATES = {"USD": "7.1500"}


def from_neutral(content: bytes) -> list[ReportBatch]:
    return read_neutral("report.csv", content, psp="payco")


def from_stripe(content: bytes) -> list[ReportBatch]:
    return read_stripe("report.csv", content, rates=RATES)


def refused(read: Reading, content: bytes) -> BadFile:
    with pytest.raises(BadFile) as found:
        read(content)
    return found.value


def test_a_neutral_report_is_read() -> None:
    (batch,) = from_neutral(neutral(line(), summed()))
    (found,) = batch.lines
    assert (batch.batch_ref, batch.cash, batch.bank_entry_ref) == ("B-1", Money(13_285, CNY), "DEP-1")
    assert (found.kind, found.reference, str(found.net), found.rate and found.rate.value) == (
        "charge", "ch-O-1", "USD 18.58", "7.1500"
    )  # fmt: skip


@pytest.mark.parametrize(
    "written",
    [
        lambda content: b"\xef\xbb\xbf" + content,
        lambda content: content.replace(b"\n", b"\r\n"),
        lambda content: content.replace(b"\n", b"\r"),
        lambda content: content + b"\n\n",
        lambda content: content.replace(b"DEP-1", b'"DEP-1"'),
    ],
)
def test_however_a_program_writes_its_lines_they_are_the_same(written: Callable[[bytes], bytes]) -> None:
    content = neutral(line(), summed())
    assert from_neutral(written(content)) == from_neutral(content)


def test_a_rate_that_is_none_is_refused_where_it_is_needed() -> None:
    with pytest.raises(BadFile, match="line 2: 'seven', given as the rate for USD, is not a rate"):
        read_stripe("report.csv", stripe(transaction()), rates={"USD": "seven"})


def test_a_stripe_report_is_read_by_payout() -> None:
    found = from_stripe(stripe(transaction(1), transaction(2, payout="po_2")))
    assert [(batch.batch_ref, len(batch.lines)) for batch in found] == [("po_1", 1), ("po_2", 1)]


def test_a_refund_of_stripe_may_be_found_under_its_charge() -> None:
    (batch,) = from_stripe(stripe(transaction(1, "refund", "re_1", amounts="-19.44,0.00,-19.44")))
    assert (batch.lines[0].reference, batch.lines[0].also) == ("re_1", ("ch-O-1",))


def test_a_payout_of_stripe_that_is_listed_must_be_what_its_lines_come_to() -> None:
    content = stripe(transaction(1), transaction(2, "payout", "po_1", amounts="-18.50,0.00,-18.50"))
    assert "the payout po_1 is USD 18.50, its lines come to USD 18.58" in str(refused(from_stripe, content))


@pytest.mark.parametrize(
    ("read", "content", "at", "says"),
    [
        (from_neutral, neutral(line(), summed()).replace(b",net,", b",netto,"), 1, "the column net is missing"),
        (from_neutral, neutral(line(amounts="19.44,0.86,18.59"), summed()), 2, "less USD 0.86 is not USD 18.59"),
        (from_neutral, neutral(line(), summed(amounts="19.45,0.86,18.58")), 3, "the total gross is USD 19.45"),
        (from_neutral, neutral(line(), summed(2)), 3, "sums up '2' lines of USD, and there are 1"),
        (from_neutral, neutral(line()), 2, "ends without a total of USD"),
        (from_neutral, neutral(summed(), line()), 3, "comes after the total"),
        (from_neutral, neutral(line().replace("USD", "XXY"), summed()), 2, "not a currency of ISO 4217"),
        (from_neutral, neutral(line(kind="gift"), summed()), 2, "kind is 'gift', not one of charge"),
        (from_neutral, neutral(line().replace("7.1500", ""), summed()), 2, "the provider's rate"),
        (from_neutral, neutral(line(amounts="19.444,0.86,18.584"), summed()), 2, "whole minor units of USD"),
        (from_neutral, neutral(line() + ",more", summed()), 2, "15 columns, not 14"),
        (from_neutral, neutral(line().replace("2025-04-10", "10.4.2025"), summed()), 2, "a day such as"),
        (from_neutral, neutral(line()[:40]), 2, "columns, not 14"),
        (from_neutral, neutral(line(amounts="1.944e1,0.86,18.58"), summed()), 2, "not an amount in USD"),
        (from_neutral, neutral(line(amounts="1_9.44,0.86,18.58"), summed()), 2, "not an amount in USD"),
        (from_neutral, neutral(line(amounts="١٩.٤٤,0.86,18.58"), summed()), 2, "not an amount in USD"),
        (from_neutral, neutral(line(amounts='"1,019.44",0.86,"1,018.58"'), summed()), 2, "not an amount in USD"),
        (from_neutral, neutral(line(amounts=f"{10**12},0.00,{10**12}"), summed()), 2, "below USD 100,000,000,000.00"),
        (from_neutral, neutral(line().replace("7.1500", "9e99999999"), summed()), 2, "the provider's rate"),
        (
            from_neutral,
            neutral(line(amounts=f"{10**10},0.00,{10**10}").replace("7.1500", "99"), summed()),
            2,
            "it comes to more than CNY",
        ),
        (from_neutral, neutral(line().replace("-10,", "-10 or so,"), summed()), 2, "a day such as"),
        (from_neutral, neutral(line(), '"B-1\n",1'), 3, "2 columns, not 14"),
        (from_neutral, neutral(line().replace("DEP-1", '"DEP\n-1"'), line("")), 4, "psp_ref is ''"),
        (from_stripe, stripe(transaction() + "M/1"), 2, "payment_metadata[merchant_id] is 'M/1'"),
        (
            from_stripe,
            stripe(transaction()).replace(b"reporting_category", b"type"),
            1,
            "reporting_category is missing",
        ),
        (from_stripe, stripe(transaction(amounts="19.44,0.86,18.00")), 2, "is not USD 18.00"),
        (from_stripe, stripe(transaction(currency="eur")), 2, "no rate is given for EUR"),
        (from_stripe, stripe(transaction(payout="")), 2, "in no payout yet"),
    ],
)
def test_what_is_wrong_is_said_with_its_line(read: Reading, content: bytes, at: int, says: str) -> None:
    found = refused(read, content)
    assert (found.line, says in str(found)) == (at, True), str(found)


@pytest.mark.parametrize(
    ("read", "content", "at", "says"),
    [
        (from_neutral, neutral(line(), line("bt-2", amounts="1.0e1,0.00,10.00"), summed(2)), 3, "not an amount in USD"),
        (from_neutral, neutral(line(), line("bt-2", kind="gift"), summed(2)), 3, "kind is 'gift', not one of charge"),
        (from_neutral, neutral(line(), line("bt-2") + ",more", summed(2)), 3, "15 columns, not 14"),
        (from_neutral, neutral(line(), line(""), summed(2)), 3, "psp_ref is ''"),
        (from_neutral, neutral(line(), summed(), line("bt-2")), 4, "comes after the total"),
        (from_neutral, neutral(line(), line(), summed(2)), 3, "the charge bt-1 is already in line 2"),
        (
            from_neutral,
            neutral(line(), line("bt-2").replace("-10,", "-11,"), summed(2)),
            3,
            "as in the rest of its batch",
        ),
        (from_stripe, stripe(transaction(), transaction()), 3, "the charge txn_1 is already in line 2"),
        (from_stripe, stripe(transaction(), transaction(2, currency="hkd")), 3, "in HKD, the payout po_1 in USD"),
        (from_stripe, stripe(transaction(), transaction(2, payout="")), 3, "in no payout yet"),
        (from_stripe, stripe(transaction(), transaction(2, amounts="1,0,2")), 3, "less USD 0.00 is not USD 2.00"),
        (from_stripe, stripe(transaction(), "po_1,x"), 3, "2 columns, not 16"),
        (from_stripe, stripe(transaction(), transaction(2, source="")), 3, "source_id is ''"),
    ],
)
def test_a_row_that_nobody_can_use_leaves_its_neighbours(read: Reading, content: bytes, at: int, says: str) -> None:
    (batch,) = read(content)
    (unread,) = batch.unread
    assert [each.psp_ref for each in batch.lines] in (["bt-1"], ["txn_1"])
    assert (unread.line, says in unread.reason, unread.raw) == (at, True, content.splitlines()[at - 1]), unread.reason


@pytest.mark.parametrize(
    ("read", "content"),
    [
        (from_neutral, neutral(line(), summed(), *(row.replace("B-1", "B-2") for row in (line(), summed(2))))),
        (from_stripe, stripe(transaction(), *(row.replace("po_1", "po_2") for row in (
            transaction(2), transaction(3, "payout", "po_1", amounts="-1.00,0.00,-1.00"))))),
    ],
)  # fmt: skip
def test_a_batch_that_does_not_add_up_leaves_its_neighbours(read: Reading, content: bytes) -> None:
    (batch,) = read(content)
    assert [(each.line, each.raw) for each in batch.unread] == [
        (at, content.splitlines()[at - 1]) for at in range(batch.unread[0].line, batch.unread[0].line + 2)
    ]


@pytest.mark.parametrize("delimiter", [";", "\t"])
@pytest.mark.parametrize(
    ("read", "content"), [(from_neutral, neutral(line(), summed())), (from_stripe, stripe(transaction()))]
)
def test_semicolons_and_tabs_part_cells_as_commas_do(read: Reading, content: bytes, delimiter: str) -> None:
    assert read(content.replace(b",", delimiter.encode())) == read(content)


@pytest.mark.parametrize("category", [*OWN, "a_category_of_tomorrow"])
def test_money_of_the_account_itself_is_read_under_whatever_category(category: str) -> None:
    (batch,) = from_stripe(stripe(transaction(), transaction(2, category, "", amounts="-10.00,0.00,-10.00")))
    assert [(each.kind, each.category) for each in batch.lines] == [("charge", "charge"), ("other", category)]


def test_every_reporting_category_that_stripe_documents_is_read() -> None:
    """The values of `reporting_category` in Stripe's API (parameters of report runs)."""
    about_orders = {
        "charge", "charge_failure", "partial_capture_reversal", "refund", "refund_failure", "dispute",
        "dispute_reversal", "fee", "network_cost", "tax",
    }  # fmt: skip
    assert KINDS.keys() == about_orders | {*OWN}
    assert len(KINDS) + len(PAYOUTS) == 37


@pytest.mark.parametrize("read", [from_neutral, from_stripe])
@pytest.mark.parametrize(
    "content", [b"", b"\xff\xfe", b'a,"b', b"a,a\n", neutral(line(), summed()).decode().encode("utf-16")]
)
def test_what_is_no_table_of_ours_is_refused(read: Reading, content: bytes) -> None:
    assert refused(read, content).name == "report.csv"


@pytest.mark.parametrize(("read", "content"), [(from_neutral, neutral()), (from_stripe, stripe())])
def test_a_report_without_lines_is_refused(read: Reading, content: bytes) -> None:
    assert "no line in it" in str(refused(read, content))


def test_one_amount_received_cannot_be_for_two_payouts() -> None:
    content = stripe(transaction(1), transaction(2, payout="po_2"))
    with pytest.raises(BadFile, match="2 payouts"):
        read_stripe("report.csv", content, rates=RATES, received=Money(1, CNY))
