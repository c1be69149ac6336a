"""The registry of streams: the class for each kind of stream name."""

from __future__ import annotations

from collections.abc import Callable

from ledger.ids import kind_of
from ledger.streams.access import AccessAccount, AccessToken, ExportsOfDay
from ledger.streams.account import MerchantAccount
from ledger.streams.adjustments import Adjustment
from ledger.streams.files import AcceptedFile, BankAccount, BankStatement, PaymentOrder
from ledger.streams.merchants import Merchant
from ledger.streams.orders.order import Order
from ledger.streams.parking import Parking
from ledger.streams.payouts import Payouts
from ledger.streams.periods import Periods
from ledger.streams.platform_money import BankMovement, Revaluations
from ledger.streams.products import Product
from ledger.streams.psp_batch import PspBatch
from ledger.streams.reference_data import PolicyHistory, RateHistory, UnmatchedItem
from ledger.streams.statements import SettlementRun, Statements
from ledger.streams.stream import Stream
from ledger.streams.subscriptions import Subscription

BLANK: dict[str, Callable[[str], Stream]] = {
    "order": Order,
    "merchant": Merchant,
    "product": Product,
    "payouts": Payouts,
    "account": MerchantAccount,
    "access_account": AccessAccount,
    "access_token": AccessToken,
    "exports": ExportsOfDay,
    "subscription": Subscription,
    "policy": PolicyHistory,
    "fx": RateHistory,
    "unmatched": UnmatchedItem,
    "adjustment": Adjustment,
    "statements": Statements,
    "settlement_run": SettlementRun,
    "periods": Periods,
    "parking": Parking,
    "revaluation": Revaluations,
    "psp_batch": PspBatch,
    "partner_payment": BankMovement,
    "tax_payment": BankMovement,
    "conversion": BankMovement,
    "file": AcceptedFile,
    "payment_order": PaymentOrder,
    "bank_account": BankAccount,
    "bank_statement": BankStatement,
}


def blank(stream_name: str) -> Stream:
    """Returns a stream before its first event. A kind that is not listed keeps its version, breaks and proposals
    only."""
    return BLANK.get(kind_of(stream_name), Stream)(stream_name)
