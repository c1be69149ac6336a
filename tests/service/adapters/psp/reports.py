"""Settlement reports for tests, as texts: ours, and Stripe's by its documented columns."""

from __future__ import annotations

from service.adapters.psp.neutral_csv import COLUMNS

_STRIPE = (
    "automatic_payout_id,automatic_payout_effective_at,balance_transaction_id,created,available_on,currency,gross,fee,net,"
    "reporting_category,source_id,description,charge_id,refund_id,payment_metadata[order_id],payment_metadata[merchant_id]"
)


def neutral(*rows: str) -> bytes:
    """Rows without `merchant_id` and `order_id`, which are found by reference."""
    return "\n".join([",".join(COLUMNS), *rows, ""]).encode()


def line(
    psp_ref: str = "bt-1", kind: str = "charge", reference: str = "ch-O-1", *, amounts: str = "19.44,0.86,18.58"
) -> str:
    return f"B-1,{psp_ref},{kind},{reference},,,USD,{amounts},7.1500,,2025-04-10,DEP-1"


def summed(count: int = 1, *, amounts: str = "19.44,0.86,18.58", cash: str = "132.85") -> str:
    return f"B-1,{count},total,,,,USD,{amounts},,{cash},2025-04-10,DEP-1"


def stripe(*rows: str) -> bytes:
    return "\n".join([_STRIPE, *rows, ""]).encode()


def transaction(
    number: int = 1,
    category: str = "charge",
    source: str = "ch-O-1",
    *,
    amounts: str = "19.44,0.86,18.58",
    charge: str = "ch-O-1",
    currency: str = "usd",
    payout: str = "po_1",
) -> str:
    day = "2025-04-10 00:00:00"
    return f"{payout},{day},txn_{number},{day},{day},{currency},{amounts},{category},{source},a text,{charge},,,"


ADYEN = (
    "Company Account,Merchant Account,Psp Reference,Merchant Reference,Payment Method,Creation Date,TimeZone,Type,"
    "Modification Reference,Gross Currency,Gross Debit (GC),Gross Credit (GC),Exchange Rate,Net Currency,"
    "Net Debit (NC),Net Credit (NC),Commission (NC),Markup (NC),Scheme Fees (NC),Interchange (NC),"
    "Payment Method Variant,Modification Merchant Reference,Batch Number"
)


def adyen(*rows: str, header: str = ADYEN) -> bytes:
    return "\n".join([header, *rows, ""]).encode()


def entry(
    type: str = "Settled",
    own: str = "CAP1",
    *,
    payment: str = "PSP1",
    gross: str = "USD,,19.44,1",
    net: str = "USD,,18.58",
    costs: str = "0.30,0.26,0.10,0.20",
    batch: str = "7",
    day: str = "2025-04-10",
    account: str = "ShopUS",
) -> str:
    """A row of Adyen's Settlement details report."""
    order = f"{payment},shop-1,visa" if payment else ",,"
    return f"Co,{account},{order},{day} 03:04:05,CET,{type},{own},{gross},{net},{costs},,,{batch}"


def adyen_payout(amount: str = "18.58", *, currency: str = "USD", batch: str = "7", account: str = "ShopUS") -> str:
    """The row of a payout to the bank, whose entry there has the reference TX9001XT."""
    described = f'"TX9001XT batch {batch}, {account}"'
    return entry(
        "MerchantPayout", described, payment="", gross=",,,", net=f"{currency},{amount},", costs=",,,", batch=batch,
        account=account, day="2025-04-12",
    )  # fmt: skip
