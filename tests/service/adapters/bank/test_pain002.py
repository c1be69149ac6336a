"""A bank answers a payment order: what it takes, pays or refuses becomes so in the ledger; a bad file is refused."""

from __future__ import annotations

from datetime import date

import pytest

from ledger.fx import CNY
from ledger.money import Money
from projections.balances.balances import balances
from projections.balances.merchant_balances import MerchantBalances
from projections.balances.payouts import Payouts, payouts
from projections.reconciliation.expected_at_bank import ExpectedAtBank, expected_under
from projections.worklists.exceptions import Exceptions, exceptions
from service.adapters.bank.pain002 import read_pain002
from service.app import App
from service.exports.pain001 import Debtor, payment_order
from service.finance.settlement_run import payout_id_of
from service.formats.bad_file import BadFile
from service.intake.bank_statements import import_camt
from service.intake.files import FileSummary
from service.intake.payment_answers import import_pain002
from service.intake.payment_orders import record_order
from service.partner_facts.files import RawFile
from tests.service.adapters.bank.statements import entry, statement

DEBTOR = Debtor("RedLedger", "110900", "102100099996")
PAYOUT = payout_id_of("R-1", "M-1")
_ANSWER = """<?xml version="1.0" encoding="UTF-8"?>
<Document xmlns="urn:iso:std:iso:20022:tech:xsd:pain.002.001.10"><CstmrPmtStsRpt>
<GrpHdr><MsgId>A1</MsgId><CreDtTm>2025-04-21T00:00:00Z</CreDtTm></GrpHdr>
<OrgnlGrpInfAndSts><OrgnlMsgId>RL-1</OrgnlMsgId><OrgnlMsgNmId>pain.001.001.09</OrgnlMsgNmId></OrgnlGrpInfAndSts>
<OrgnlPmtInfAndSts><OrgnlPmtInfId>RL-1</OrgnlPmtInfId>
{transfers}</OrgnlPmtInfAndSts></CstmrPmtStsRpt></Document>
"""


def transfer(status: str, *, payout: str = PAYOUT, reason: str = "") -> str:
    why = f"<StsRsnInf><Rsn><Cd>{reason}</Cd></Rsn></StsRsnInf>" if reason else ""
    return f"<TxInfAndSts><OrgnlEndToEndId>{payout}</OrgnlEndToEndId><TxSts>{status}</TxSts>{why}</TxInfAndSts>\n"


def answered(app: App, *transfers: str, name: str = "answer.xml") -> FileSummary:
    return import_pain002(app, RawFile(name, _ANSWER.format(transfers="".join(transfers)).encode()))


def state(app: App) -> str:
    app.catch_up([Payouts()])
    (payout,) = payouts(app.views)
    return payout.state


def test_a_transfer_the_bank_has_taken_is_submitted(app: App) -> None:
    assert answered(app, transfer("ACSP")).recorded == 1
    assert state(app) == "submitted"


def test_a_transfer_the_bank_has_settled_is_paid(app: App) -> None:
    answered(app, transfer("ACSC"))
    assert state(app) == "paid"


def test_a_transfer_the_bank_refuses_is_failed_and_the_merchant_has_its_money_again(app: App) -> None:
    answered(app, transfer("RJCT", reason="AC04"))
    app.catch_up([MerchantBalances()])
    assert state(app) == "failed"
    assert balances(app.views).merchants[0].available == Money(13_300, CNY)


def test_one_answer_after_another_is_reported_in_its_turn(app: App) -> None:
    answered(app, transfer("PDNG"), name="first.xml")
    answered(app, transfer("ACCC"), name="second.xml")
    assert state(app) == "paid"


def test_that_a_transfer_was_taken_is_no_news_once_it_is_paid(app: App) -> None:
    answered(app, transfer("ACSC"), name="second.xml")
    late = answered(app, transfer("ACSP"), name="first.xml")
    assert (late.refused, late.nothing, state(app)) == (0, 1, "paid")


def test_the_same_answer_again_changes_nothing_though_its_payout_is_over(app: App) -> None:
    answered(app, transfer("RJCT", reason="AC04"))
    heads = app.ledger.reader.heads()
    again = answered(app, transfer("RJCT", reason="AC04"), name="copy.xml")
    assert (again.known, again.repeated, app.ledger.reader.heads()) == (True, 1, heads)


def test_a_payout_the_bank_refused_is_not_waited_for_but_recognised_if_it_was_paid_all_the_same(app: App) -> None:
    answered(app, transfer("RJCT", reason="AC04"))
    import_camt(app, RawFile("s.xml", statement(entry("-133.00", reference=PAYOUT), closing="-33.00")))
    app.catch_up([Exceptions(), ExpectedAtBank()])
    assert state(app) == "paid"
    assert [found.kind for found in exceptions(app.views)] == ["fact_contradicts_state"]
    assert expected_under(app.views, [PAYOUT])[0].entry == "ICBC-1/CNY/S-1/2025-04-20/1"


@pytest.mark.parametrize(
    ("transfers", "reason"),
    [
        ((transfer("ACSC", payout="P-unknown"),), r"line 6: 'P-unknown' is not one of our payouts"),
        ((transfer("ACSC"), transfer("RJCT")), r"line 6: the transfer \S+ is in it twice"),
        ((transfer("WHAT"),), r"line 6: 'WHAT' is not a known transfer status"),
        ((), "it has no status of a transfer"),
        (("<TxInfAndSts><TxSts>ACSC</TxSts></TxInfAndSts>",), "line 6: TxInfAndSts has no OrgnlEndToEndId"),
        (("<TxInfAndSts>",), "not a complete XML document"),
    ],
)
def test_an_answer_of_which_nothing_can_be_used_is_refused(app: App, transfers: tuple[str, ...], reason: str) -> None:
    heads = app.ledger.reader.heads()
    with pytest.raises(BadFile, match=reason):
        answered(app, *transfers)
    assert app.ledger.reader.heads() == heads


@pytest.mark.parametrize(
    "other", [transfer("ACSC", payout="P-unknown"), transfer("WHAT", payout="P-2"), "<TxInfAndSts/>"]
)
def test_a_transfer_that_nobody_can_use_is_kept_and_the_others_are_answered(app: App, other: str) -> None:
    summary = answered(app, other, transfer("ACSC"))
    assert (summary.recorded, len(summary.unread), state(app)) == (2, 1, "paid")


def test_another_message_is_no_answer(app: App) -> None:
    with pytest.raises(BadFile, match=r"not pain\.002"):
        import_pain002(app, RawFile("s.xml", statement(closing="100.00")))


_WIDE = """<Document xmlns="urn:iso:std:iso:20022:tech:xsd:pain.002.001.10"><CstmrPmtStsRpt>
<GrpHdr><MsgId>A1</MsgId><CreDtTm>2025-04-21T00:00:00Z</CreDtTm></GrpHdr>
<OrgnlGrpInfAndSts><OrgnlMsgId>{message}</OrgnlMsgId>{group}</OrgnlGrpInfAndSts>{blocks}</CstmrPmtStsRpt></Document>
"""


def group(status: str, *, reason: str = "") -> str:
    why = f"<StsRsnInf><Rsn><Cd>{reason}</Cd></Rsn></StsRsnInf>" if reason else ""
    return f"<GrpSts>{status}</GrpSts>{why}"


def block(status: str, *transfers: str, id: str) -> str:
    said = f"<PmtInfSts>{status}</PmtInfSts>" if status else ""
    return f"<OrgnlPmtInfAndSts><OrgnlPmtInfId>{id}</OrgnlPmtInfId>{said}{''.join(transfers)}</OrgnlPmtInfAndSts>"


def ordered(app: App) -> str:
    """Exports the payout in a payment order, and returns the message id."""
    app.catch_up([Payouts()])
    initiated = payouts(app.views, state="initiated")
    day, now = date(2025, 4, 21), app.clock()
    order = payment_order(initiated, debtor=DEBTOR, payees={}, execute_on=day, created_at=now)
    record_order(app, order)
    return order.message_id


def answered_for_all(app: App, message: str, said: str = "", blocks: str = "") -> FileSummary:
    content = _WIDE.format(message=message, group=said, blocks=blocks).encode()
    return import_pain002(app, RawFile("answer.xml", content))


@pytest.mark.parametrize(
    ("status", "becomes"), [("ACCP", "submitted"), ("RCVD", "submitted"), ("ACSC", "paid"), ("RJCT", "failed")]
)
def test_a_status_of_the_message_is_that_of_each_of_its_payouts(app: App, status: str, becomes: str) -> None:
    answered_for_all(app, ordered(app), group(status))
    assert state(app) == becomes


def test_a_status_of_a_block_is_that_of_each_of_its_payouts(app: App) -> None:
    message = ordered(app)
    answered_for_all(app, message, blocks=block("ACSC", id=message))
    assert state(app) == "paid"


def test_a_block_counts_more_than_its_message(app: App) -> None:
    message = ordered(app)
    answered_for_all(app, message, group("ACCP"), block("RJCT", id=message))
    assert state(app) == "failed"


@pytest.mark.parametrize("wide", ["ACCP", "RJCT", "PART"])
def test_a_transfer_of_its_own_counts_more_than_its_message_and_block(app: App, wide: str) -> None:
    message = ordered(app)
    summary = answered_for_all(app, message, group(wide), block(wide, transfer("ACSC"), id=message))
    assert (state(app), summary.recorded, summary.unread) == ("paid", 1, [])


def test_a_message_that_is_refused_says_why(app: App) -> None:
    answered_for_all(app, ordered(app), group("RJCT", reason="AM04"))
    app.catch_up([Payouts()])
    assert payouts(app.views)[0].state == "failed"


@pytest.mark.parametrize(
    ("said", "blocks", "reason"),
    [
        (group("ACCP"), "", "'RL-9' is not a payment order that was exported from here"),
        ("", block("ACSC", id="RL-9"), "'RL-9' is not a payment order that was exported from here"),
    ],
)
def test_a_status_of_a_message_that_nobody_knows_is_kept_with_its_reason(
    app: App, said: str, blocks: str, reason: str
) -> None:
    ordered(app)
    summary = answered_for_all(app, "RL-9", said, blocks)
    app.catch_up([Exceptions()])
    assert (state(app), [found.kind for found in exceptions(app.views)]) == ("initiated", ["unmatched"])
    assert reason in summary.unread[0]


def test_a_message_of_which_only_a_part_is_accepted_says_nothing_of_any_payout(app: App) -> None:
    message = ordered(app)
    with pytest.raises(BadFile, match="only some transfers of"):
        answered_for_all(app, message, group("PART"))
    assert state(app) == "initiated"


def test_a_transfer_whose_status_nobody_can_read_does_not_get_that_of_its_message(app: App) -> None:
    message = ordered(app)
    summary = answered_for_all(app, message, group("ACSC"), block("", transfer("WHAT"), id=message))
    assert (state(app), len(summary.unread)) == ("initiated", 1)


def test_the_same_order_exported_again_is_the_same_message(app: App) -> None:
    first = ordered(app)
    heads = app.ledger.reader.heads()
    assert (ordered(app), app.ledger.reader.heads()) == (first, heads)


@pytest.mark.parametrize("version", range(3, 15))
def test_an_answer_is_read_in_every_version_that_has_its_elements(version: int) -> None:
    content = _ANSWER.replace("pain.002.001.10", f"pain.002.001.{version:02}").format(transfers=transfer("ACSC"))
    assert [each.name for each in read_pain002("answer.xml", content.encode()).transfers] == [PAYOUT]
