"""Settlement reports meet money of no order: what was given back, or never came, is settled where it stands."""

from __future__ import annotations

from collections.abc import Iterator
from datetime import UTC, date, datetime
from pathlib import Path

import pytest

from commands.unmatched.match_payment import Part
from ledger.actors import Actor
from ledger.ids import unmatched_stream
from projections.accounting.account_turnovers import AccountTurnovers
from projections.accounting.books_of_account import turnover_balance
from projections.reconciliation.expected_at_bank import ExpectedAtBank, expected_under
from projections.worklists.exceptions import Exceptions, exceptions
from service.adapters.psp.neutral_csv import read_neutral
from service.intake.files import FileSummary
from service.intake.settlement_reports import import_report
from service.partner_facts.files import RawFile
from service.unmatched.payment_matches import PaymentMatcher
from tests.service.adapters.psp.reports import line, neutral, summed
from tests.support.buses import PLATFORM, Desk, open_desk, publish_programme
from tests.support.sales import PROVIDER, merchant_ready, order_data
from tests.support.shops import app_of

UNMATCHED = {"psp": "stripe", "capture_ref": "ch-9"}
CAPTURED = datetime(2025, 4, 1, 8, tzinfo=UTC)  # at 7.1800
PAID_BACK = datetime(2025, 4, 5, 8, tzinfo=UTC)  # at 7.2500

# The report is at 7.1500: 132.85 of the charge, and 139.00 less for what was paid back.
CHARGE = line(reference="ch-9")
REFUND = line("bt-2", "refund", "re-9", amounts="-19.44,0.00,-19.44")
BOTH = neutral(CHARGE, REFUND, summed(2, amounts="0.00,0.86,-0.86", cash="-6.15"))


@pytest.fixture
def desk(database_url: str, tmp_path: Path) -> Iterator[Desk]:
    """A ledger with one capture of USD 19.44 that names no order."""
    with open_desk(database_url, tmp_path) as desk:
        publish_programme(desk)
        day = {"pair": "USD/CNY", "rate": "7.2500", "kind": "book", "provider": "test", "as_of": date(2025, 4, 5)}
        desk.clock.forward(days=20)
        desk.expect("record_fx_rate", **day)
        desk.expect("report_unmatched_payment", actor=PROVIDER, at=CAPTURED, amount="USD 19.44", **UNMATCHED)
        yield desk


def owed_back(desk: Desk, amount: str = "USD 19.44") -> None:
    desk.expect("refund_unmatched_funds", refund_id="U-9", amount=amount, reason="nobody_ordered", **UNMATCHED)


def paid_back(desk: Desk) -> None:
    said = {"refund_id": "U-9", "psp_refund_ref": "re-9", "amount": "USD 19.44", "outcome": "succeeded"}
    desk.expect("report_unmatched_refund_outcome", actor=PROVIDER, at=PAID_BACK, **said, **UNMATCHED)


def undone(desk: Desk) -> None:
    said = {"amount": "USD 19.44", "code": "nsf"}
    desk.expect("report_unmatched_capture_failed", actor=PROVIDER, at=PAID_BACK, **said, **UNMATCHED)


def imported(desk: Desk, content: bytes, *, match: bool = False) -> FileSummary:
    file = RawFile("r.csv", content)
    return import_report(app_of(desk), file, read_neutral("r.csv", content, psp="stripe"), psp="stripe", match=match)


def balances(desk: Desk) -> dict[str, tuple[int, int]]:
    """Returns each account's balance in each currency, in that currency and in CNY, without zero balances."""
    app = app_of(desk)
    app.catch_up([AccountTurnovers()])
    rows = turnover_balance(app.views).rows
    sums = {f"{row.account} {row.currency}": (row.closing.minor, row.closing_base.minor) for row in rows}
    return {account: both for account, both in sums.items() if any(both)}


def kinds(desk: Desk) -> list[str]:
    app = app_of(desk)
    app.catch_up([Exceptions()])
    return sorted(found.kind for found in exceptions(app.views))


SETTLED = {"1010 CNY": (-615, -615), "5130 USD": (86, 615)}  # and nothing of it in 1110, 2210 or 2220


def test_money_that_came_and_went_leaves_fee_and_cash_and_no_receivable(desk: Desk) -> None:
    owed_back(desk)
    paid_back(desk)
    summary = imported(desk, BOTH)
    found = balances(desk)
    assert (summary.recorded, summary.refused, kinds(desk)) == (2, 0, [])
    assert {account: both for account, both in found.items() if not account.startswith("5210")} == SETTLED
    assert sum(base for _, base in found.values()) == 0


def test_fx_is_what_the_rates_between_capture_refund_and_report_made_of_it(desk: Desk) -> None:
    owed_back(desk)
    paid_back(desk)
    imported(desk, BOTH)
    captured, repaid = 13_958, 14_094  # 19.44 at 7.1800 and at 7.2500
    losses = (repaid - captured) + (captured - 615 - 13_285) + (-repaid + 13_900)
    assert balances(desk).get("5210 CNY", (0, 0))[1] == losses


def test_its_deposit_is_expected_at_the_bank(desk: Desk) -> None:
    owed_back(desk)
    paid_back(desk)
    imported(desk, BOTH)
    app = app_of(desk)
    app.catch_up([ExpectedAtBank()])
    assert [str(each.amount) for each in expected_under(app.views, ["DEP-1"])] == ["CNY -6.15"]


def test_a_capture_that_may_still_find_its_order_waits_with_its_line(desk: Desk) -> None:
    imported(desk, neutral(CHARGE, summed()))
    assert kinds(desk) == ["unmatched", "unmatched"]


def test_a_line_that_waited_goes_to_the_capture_once_that_is_given_back(desk: Desk) -> None:
    imported(desk, BOTH)
    owed_back(desk)
    paid_back(desk)
    again = [imported(desk, BOTH, match=match).recorded for match in (False, True, True)]
    found = balances(desk)
    assert (again, kinds(desk), "1110 USD" in found, found["1010 CNY"]) == (
        [0, 2, 0], [], False, (-615, -615),
    )  # fmt: skip


def test_a_line_that_waited_under_the_name_of_its_capture_goes_there_too(desk: Desk) -> None:
    content = neutral(line("ch-9", reference="ch-9"), summed())
    imported(desk, content)
    owed_back(desk)
    again = [imported(desk, content, match=True) for _ in range(2)]
    assert [(each.recorded, each.refused) for each in again] == [(1, 0), (0, 0)]
    assert "1110 USD" not in balances(desk)


def test_the_charge_is_settled_while_its_refund_is_on_its_way(desk: Desk) -> None:
    owed_back(desk, "USD 5.00")
    imported(desk, neutral(CHARGE, summed()))
    found = balances(desk)
    assert (kinds(desk), "1110 USD" in found, found["2210 USD"][0]) == (["unmatched"], False, -500)


def test_a_capture_that_was_none_is_settled_both_ways(desk: Desk) -> None:
    undone(desk)
    back = line("bt-2", reference="ch-9", amounts="-19.44,0.00,-19.44")
    imported(desk, neutral(CHARGE, back, summed(2, amounts="0.00,0.86,-0.86", cash="-6.15")))
    found = balances(desk)
    assert (kinds(desk), "1110 USD" in found, found["1010 CNY"]) == ([], False, (-615, -615))


def test_a_refund_that_failed_comes_and_goes_and_is_for_somebody_to_look_at(desk: Desk) -> None:
    owed_back(desk)
    said = {"refund_id": "U-9", "psp_refund_ref": "re-9", "amount": "USD 19.44", "outcome": "failed", "code": "closed"}
    desk.expect("report_unmatched_refund_outcome", actor=PROVIDER, at=PAID_BACK, **said, **UNMATCHED)
    failed = line("bt-3", "refund", "re-9", amounts="19.44,0.00,19.44")
    imported(desk, neutral(CHARGE, REFUND, failed, summed(3, cash="132.85")))
    found = balances(desk)
    assert ("1110 USD" in found, found["1010 CNY"]) == (False, (13_285, 13_285))
    assert kinds(desk) == ["psp_line_extra", "psp_line_extra", "unmatched"]


def test_the_same_report_again_changes_nothing(desk: Desk) -> None:
    owed_back(desk)
    paid_back(desk)
    imported(desk, BOTH)
    heads = desk.ledger.reader.heads()
    assert (imported(desk, BOTH).recorded, desk.ledger.reader.heads()) == (0, heads)


def test_a_line_reported_in_another_batch_is_more_than_was_captured(desk: Desk) -> None:
    owed_back(desk)
    imported(desk, neutral(CHARGE, summed()))
    imported(desk, neutral(CHARGE, summed()).replace(b"B-1", b"B-2"))
    assert "amount_mismatch" in kinds(desk)


def test_what_orders_have_by_now_is_not_settled_among_the_unmatched_items(desk: Desk) -> None:
    merchant_ready(desk)
    desk.expect("place_order", **order_data("O-1"))
    desk.expect("match_payment", parts=[{"merchant_id": "M-1", "order_id": "O-1"}], **UNMATCHED)
    settled = {"gross": "USD 19.44", "fee": "USD 0.86", "net": "USD 18.58", "cash": "CNY 132.85"}
    rate = {"base": "USD", "quote": "CNY", "value": "7.15", "kind": "provider_settlement", "source": "stripe"}
    reported = {
        "psp_ref": "bt-1",
        "kind": "charge",
        "reference": "ch-9",
        **settled,
        "rate": rate | {"as_of": "2025-04-10"},
    }
    desk.expect("report_unmatched_settlement", actor=PROVIDER, batch_ref="B-1", lines=[reported], **UNMATCHED)
    app = app_of(desk)
    app.catch_up([Exceptions()])
    extra = [found.stream for found in exceptions(app.views, kind="psp_line_extra")]
    assert extra == [unmatched_stream("stripe", "ch-9")]


DISPUTED = line("bt-4", "dispute", "du-9", amounts="-19.44,15.00,-34.44")


def disputed(desk: Desk) -> None:
    """A dispute of the capture, as a provider's message reports it."""
    said = {"dispute_id": "du-9", "capture_ref": "ch-9", "amount": {"currency": "USD", "minor": 1944}}
    note = {"system": "stripe", "reference": "du-9", "kind": "psp_dispute_withdrawn", "body": {"said": said}}
    refs = {"type": "charge.dispute.funds_withdrawn", "named": "du-9,ch-9"}
    desk.expect("report_unmatched_fact", actor=PROVIDER, refs=refs, **note)


def test_a_dispute_of_money_that_is_no_orders_is_settled_with_its_capture_and_is_for_somebody_to_look_at(
    desk: Desk,
) -> None:
    disputed(desk)
    owed_back(desk)
    imported(desk, neutral(CHARGE, DISPUTED, summed(2, amounts="0.00,15.86,-15.86", cash="-113.40")))
    app = app_of(desk)
    app.catch_up([Exceptions()])
    extra = exceptions(app.views, kind="psp_line_extra")
    assert balances(desk)["1010 CNY"] == (-11_340, -11_340), "the cash of the batch is explained"
    assert {(found.stream, found.expected) for found in extra} == {
        (unmatched_stream("stripe", "ch-9"), "no such dispute"), (unmatched_stream("stripe", "ch-9"),
        "no such dispute_fee"),
    }  # fmt: skip
    assert "psp_batch_mismatch" not in kinds(desk)


def test_a_dispute_that_was_won_leaves_nothing_in_the_receivable(desk: Desk) -> None:
    disputed(desk)
    owed_back(desk)
    won = line("bt-5", "dispute", "du-9", amounts="19.44,0.00,19.44")
    lost = line("bt-4", "dispute", "du-9", amounts="-19.44,0.00,-19.44")
    imported(desk, neutral(CHARGE, lost, won, summed(3, cash="132.85")))
    assert "1110 USD" not in balances(desk)


def test_the_line_of_a_capture_that_is_matched_in_part_waits_until_all_of_it_is(desk: Desk) -> None:
    parts = [{"merchant_id": "M-1", "order_id": "O-1", "amount": "USD 9.00"}, {"merchant_id": "M-1", "order_id": "O-2"}]
    desk.expect("match_payment", parts=parts, **UNMATCHED)
    reported = {"merchant_id": "M-1", "order_id": "O-1", "payment_id": "P-1", "amount": "USD 9.00"}
    desk.expect("report_payment_captured", actor=PROVIDER, at=CAPTURED, **reported, **UNMATCHED)
    router = Actor(kind="system", id="payment-matcher")
    desk.expect("mark_parts_taken", actor=router, plan=1, taken=[0], **UNMATCHED)
    content = neutral(CHARGE, summed())
    imported(desk, content)
    assert (kinds(desk).count("amount_mismatch"), kinds(desk).count("unmatched")) == (0, 2)
    matcher = PaymentMatcher(desk.ledger, desk.bus)
    rest = [Part(merchant_id="M-1", order_id="O-3")]
    assert matcher.match("stripe", "ch-9", rest, actor=PLATFORM, id="route-2").status == "recorded"
    imported(desk, content, match=True)
    assert (kinds(desk), "1110 USD" in balances(desk)) == ([], False)
