"""Writes payouts as a payment order for the bank (ISO 20022 pain.001.001.09): domestic transfers in CNY.

The schema itself encodes the message, so that an invalid message cannot be written.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from datetime import date, datetime
from functools import cache, partial
from hashlib import sha256
from importlib.resources import as_file, files
from typing import Any, NamedTuple
from xml.etree.ElementTree import Element, tostring

from xmlschema import XMLSchema10
from xmlschema.exceptions import XMLSchemaException

from ledger.fx import CNY
from ledger.money import total
from projections.balances.payouts import PayoutRow
from service.failures import ServiceFailure

NAMESPACE = "urn:iso:std:iso:20022:tech:xsd:pain.001.001.09"
_CNAPS = 12  # digits of a bank number in the clearing system of the People's Bank of China
_LONGEST_ACCOUNT = 34  # Max34Text


@dataclass(frozen=True, slots=True)
class Debtor:
    """Our account from which payouts are paid. `bank` is its CNAPS number or BIC."""

    name: str
    account: str
    bank: str


@dataclass(frozen=True, slots=True)
class Payee:
    """The owner of the account behind a token. It is kept outside the ledger, which stores no account numbers."""

    name: str
    account: str
    bank: str


class PaymentOrder(NamedTuple):
    """The message with its payouts, and the reasons of payouts that are not in it, by payout id."""

    message_id: str
    message: bytes
    payouts: tuple[PayoutRow, ...]
    left_out: dict[str, str]


def payment_order(
    payouts: Sequence[PayoutRow],
    *,
    debtor: Debtor,
    payees: Mapping[str, Payee],
    execute_on: date,
    created_at: datetime,
) -> PaymentOrder:
    """Returns one message with one transfer for each payout, under the payout's id. The same payouts give the same
    message id.

    A payee that is not in `payees` is written as its token, for a bank that keeps the directory. Raises
    `ServiceFailure` if no payout fits the schema.
    """
    if not payouts:
        raise ServiceFailure("There is no payout to export.")
    message = partial(_message, debtor=debtor, payees=payees, execute_on=execute_on, created_at=created_at)
    try:
        return PaymentOrder(_message_id(payouts), message(payouts), tuple(payouts), {})
    except ServiceFailure:
        left_out = {each.payout_id: why for each in payouts if (why := _why_not(message, each))}
        if not 0 < len(left_out) < len(payouts):
            raise
    taken = tuple(each for each in payouts if each.payout_id not in left_out)
    return PaymentOrder(_message_id(taken), message(taken), taken, left_out)


def _message_id(payouts: Sequence[PayoutRow]) -> str:
    return f"RL-{sha256('/'.join(sorted(p.payout_id for p in payouts)).encode()).hexdigest()[:30]}"


def _why_not(message: Callable[[Sequence[PayoutRow]], bytes], payout: PayoutRow) -> str:
    """Returns the reason why the payout does not fit the schema; "" if it fits."""
    try:
        message([payout])
    except ServiceFailure as failure:
        return str(failure)
    return ""


def _message(
    payouts: Sequence[PayoutRow],
    *,
    debtor: Debtor,
    payees: Mapping[str, Payee],
    execute_on: date,
    created_at: datetime,
) -> bytes:
    message_id = _message_id(payouts)
    sums = {"NbOfTxs": str(len(payouts)), "CtrlSum": total([payout.amount for payout in payouts], CNY).decimal}
    header = {
        "MsgId": message_id,
        "CreDtTm": created_at.replace(microsecond=0).isoformat(),
        **sums,
        "InitgPty": {"Nm": debtor.name},
    }
    transfers = [_transfer(payout, payees.get(payout.account_ref)) for payout in payouts]
    order = {
        "PmtInfId": message_id,
        "PmtMtd": "TRF",
        "BtchBookg": False,
        **sums,
        "ReqdExctnDt": {"Dt": execute_on.isoformat()},
        **_paid_by(debtor),
        "ChrgBr": "SHAR",
        "CdtTrfTxInf": transfers,
    }
    return _encoded({"CstmrCdtTrfInitn": {"GrpHdr": header, "PmtInf": [order]}})


def _paid_by(debtor: Debtor) -> dict[str, Any]:
    return {
        "Dbtr": {"Nm": debtor.name},
        "DbtrAcct": {"Id": {"Othr": {"Id": debtor.account}}, "Ccy": CNY},
        "DbtrAgt": _agent(debtor.bank),
    }


def _transfer(payout: PayoutRow, payee: Payee | None) -> dict[str, Any]:
    account = payee.account if payee else payout.account_ref
    if len(account) > _LONGEST_ACCOUNT:
        raise ServiceFailure(
            f"The account {account} of {payout.merchant} is longer than {_LONGEST_ACCOUNT} characters."
        )
    return {
        "PmtId": {"InstrId": payout.payout_id, "EndToEndId": payout.payout_id},
        "Amt": {"InstdAmt": {"@Ccy": CNY, "$": payout.amount.decimal}},
        "CdtrAgt": _agent(payee.bank if payee else payout.bank_code),
        "Cdtr": {"Nm": payee.name if payee else payout.merchant},
        "CdtrAcct": {"Id": {"Othr": {"Id": account}}, "Ccy": CNY},
        "RmtInf": {"Ustrd": [payout.payout_id]},
    }


def _agent(bank: str) -> dict[str, Any]:
    """Returns a bank as its CNAPS number, else by the name that we have for it."""
    if len(bank) == _CNAPS and bank.isdigit():
        return {"FinInstnId": {"ClrSysMmbId": {"ClrSysId": {"Cd": "CNAPS"}, "MmbId": bank}}}
    return {"FinInstnId": {"Othr": {"Id": bank}}}


def _encoded(message: dict[str, Any]) -> bytes:
    try:
        root = _schema().encode(message, path=f"{{{NAMESPACE}}}Document", namespaces={"": NAMESPACE})
    except XMLSchemaException as error:
        raise ServiceFailure(f"It does not fit the bank's schema: {' '.join(str(error).split())[:300]}") from None
    assert isinstance(root, Element), "a strict encoding returns an element or raises"
    for element in root.iter():
        element.tag = element.tag.rpartition("}")[2]
    root.set("xmlns", NAMESPACE)
    text: bytes = tostring(root, encoding="utf-8", xml_declaration=True)
    return text


@cache
def _schema() -> XMLSchema10:
    with as_file(files("sepaxml") / "schemas" / "pain.001.001.09.xsd") as path:
        return XMLSchema10(str(path))
