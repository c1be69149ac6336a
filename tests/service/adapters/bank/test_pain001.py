"""Payouts as a payment order: valid by the bank's schema, under the payouts' own ids, or not made at all."""

from __future__ import annotations

from datetime import UTC, date, datetime
from importlib.resources import files

import pytest
from defusedxml.ElementTree import fromstring
from xmlschema import XMLSchema

from ledger.fx import CNY
from ledger.money import Money
from projections.balances.payouts import PayoutRow
from service.exports.pain001 import NAMESPACE, Debtor, Payee, PaymentOrder, payment_order
from service.failures import ServiceFailure

NOW = datetime(2025, 4, 8, 8, tzinfo=UTC)
OURS = Debtor("RedLedger", "6222000011112222", "102100099996")


def payout(number: int = 1, *, payout_id: str = "", account: str = "acct-1", bank: str = "ICBC") -> PayoutRow:
    amount = Money(13_300 * number, CNY)
    return PayoutRow(payout_id or f"S{number}", f"M-{number}", amount, account, bank, "initiated", "", NOW)


def order(*payouts: PayoutRow, payees: dict[str, Payee] | None = None) -> bytes:
    return ordered(*payouts, payees=payees).message


def ordered(*payouts: PayoutRow, payees: dict[str, Payee] | None = None) -> PaymentOrder:
    return payment_order(payouts, debtor=OURS, payees=payees or {}, execute_on=date(2025, 4, 9), created_at=NOW)


def found(message: bytes, path: str) -> list[str]:
    steps = "/".join(f"{{{NAMESPACE}}}{step}" for step in path.split("/"))
    return [element.text or "" for element in fromstring(message).findall(f".//{steps}")]


def test_the_message_validates_against_the_schema_of_iso_20022() -> None:
    schema = XMLSchema(str(files("sepaxml") / "schemas" / "pain.001.001.09.xsd"))
    schema.validate(order(payout(1), payout(2)).decode())


def test_every_payout_goes_under_its_own_id_and_the_sums_tie() -> None:
    message = order(payout(1), payout(2))
    assert found(message, "EndToEndId") == ["S1", "S2"]
    assert found(message, "GrpHdr/CtrlSum") == ["399.00"]
    assert found(message, "GrpHdr/NbOfTxs") == ["2"]


def test_the_same_payouts_are_the_same_message() -> None:
    ids = {found(order(*payouts), "MsgId")[0] for payouts in ((payout(1), payout(2)), (payout(2), payout(1)))}
    assert len(ids) == 1
    assert len(ids.pop()) <= 35


def test_a_bank_with_a_clearing_number_is_named_by_it() -> None:
    assert found(order(payout(bank="102100099996")), "CdtrAgt/FinInstnId/ClrSysMmbId/MmbId") == ["102100099996"]


def test_a_directory_says_whose_account_a_token_stands_for() -> None:
    message = order(payout(), payees={"acct-1": Payee("杭州茶业有限公司", "6217000099998888", "102331002345")})
    assert found(message, "Cdtr/Nm") == ["杭州茶业有限公司"]
    assert found(message, "CdtrAcct/Id/Othr/Id") == ["6217000099998888"]


def test_an_id_that_banks_cannot_hold_makes_no_message() -> None:
    with pytest.raises(ServiceFailure, match="not fit the bank's schema"):
        order(payout(payout_id="S" * 36))


def test_an_account_that_is_too_long_is_named() -> None:
    with pytest.raises(ServiceFailure, match="longer than 34"):
        order(payout(account="A" * 35))


@pytest.mark.parametrize(
    "bad",
    [payout(2, account="A" * 35), payout(2, bank="B" * 36), payout(2, payout_id="S" * 36)],
    ids=["account", "bank", "payout"],
)
def test_a_payout_that_no_bank_takes_is_named_and_holds_up_nobody_elses(bad: PayoutRow) -> None:
    made = ordered(payout(1), bad, payout(3))
    assert list(made.left_out) == [bad.payout_id]
    assert found(made.message, "EndToEndId") == ["S1", "S3"]
    assert found(made.message, "GrpHdr/CtrlSum") == ["532.00"]


def test_nothing_to_pay_is_no_message() -> None:
    with pytest.raises(ServiceFailure, match="no payout"):
        order()
