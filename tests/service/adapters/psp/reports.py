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
