"""The chart of accounts (domain §3.4): code, title and type of each account."""

from __future__ import annotations

from dataclasses import dataclass, replace
from typing import Literal

AccountType = Literal["asset", "liability", "revenue", "expense"]


@dataclass(frozen=True, slots=True)
class Account:
    """One account. `merchant` and `psp` name its sub-ledger, where it has one."""

    code: str
    title: str
    type: AccountType
    merchant: str | None = None
    psp: str | None = None

    def of(self, merchant_id: str) -> Account:
        """Returns this account in the merchant's sub-ledger."""
        return replace(self, merchant=merchant_id)

    def at(self, psp: str) -> Account:
        """Returns this account in the payment provider's sub-ledger."""
        return replace(self, psp=psp)


BANK_CNY = Account("1010", "Bank – CNY", "asset")
BANK_FOREIGN = Account("1020", "Bank – foreign", "asset")
PSP_RECEIVABLE = Account("1110", "Payment provider receivable", "asset")
DISPUTED_FUNDS = Account("1120", "Disputed funds held by the provider", "asset")
CLAIMS_RECEIVABLE = Account("1210", "Logistics claims receivable", "asset")
PENDING = Account("2110", "Merchant payable – pending", "liability")
AVAILABLE = Account("2120", "Merchant payable – available", "liability")
ON_HOLD = Account("2130", "Merchant payable – on hold", "liability")
PAYOUTS_IN_TRANSIT = Account("2140", "Payouts in transit", "liability")
REFUNDS_PAYABLE = Account("2210", "Refunds payable to buyers", "liability")
BUYER_FUNDS = Account("2220", "Unapplied buyer funds", "liability")
PARTNER_PAYABLE = Account("2310", "Logistics partner payable", "liability")
TAX_PAYABLE = Account("2320", "Sales tax and duty payable", "liability")
OUTPUT_VAT = Account("2410", "Output VAT on the service fee", "liability")
SERVICE_FEE = Account("4110", "Technical service fee", "revenue")
SERVICE_FEE_REFUNDED = Account("4120", "Technical service fee refunded", "revenue")
PRICING_MARGIN = Account("4210", "Cross-border pricing margin", "revenue")
SHIPPING_CHARGED = Account("4220", "Shipping charged to buyers", "revenue")
LOGISTICS_COST = Account("5110", "International logistics", "expense")
DUTIES_BORNE = Account("5120", "Duties and taxes borne", "expense")
PSP_FEES = Account("5130", "Payment provider fees", "expense")
DISPUTE_LOSSES = Account("5140", "Dispute losses and fees", "expense")
GOODS_LOST = Account("5150", "Goods lost or refused in transit", "expense")
GOODWILL = Account("5160", "Goodwill", "expense")
MERCHANT_DEBT = Account("5170", "Merchant debt written off", "expense")
BANK_CHARGES = Account("5180", "Bank charges", "expense")
FX_REALISED = Account("5210", "FX gain or loss, realised", "expense")
FX_UNREALISED = Account("5220", "FX gain or loss, unrealised", "expense")
ROUNDING = Account("5290", "Rounding", "expense")

# 1310 "Due from merchants" shows a debit balance of 2120. Nothing is posted to it.
CHART: dict[str, Account] = {
    account.code: account
    for account in (
        BANK_CNY, BANK_FOREIGN, PSP_RECEIVABLE, DISPUTED_FUNDS, CLAIMS_RECEIVABLE,
        PENDING, AVAILABLE, ON_HOLD, PAYOUTS_IN_TRANSIT, REFUNDS_PAYABLE, BUYER_FUNDS,
        PARTNER_PAYABLE, TAX_PAYABLE, OUTPUT_VAT,
        SERVICE_FEE, SERVICE_FEE_REFUNDED, PRICING_MARGIN, SHIPPING_CHARGED,
        LOGISTICS_COST, DUTIES_BORNE, PSP_FEES, DISPUTE_LOSSES, GOODS_LOST, GOODWILL, MERCHANT_DEBT, BANK_CHARGES,
        FX_REALISED, FX_UNREALISED, ROUNDING,
    )
}  # fmt: skip


def is_merchant_account(code: str) -> bool:
    """True for a merchant's accounts (21xx). Their lines are in CNY and name the merchant."""
    return code.startswith("21")


PAYABLE_NOW = frozenset(
    (AVAILABLE.code, ON_HOLD.code, PAYOUTS_IN_TRANSIT.code)
)  # the accounts that raise the merchant's guard
