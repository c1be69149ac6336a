"""Plain words for codes that the API writes: kinds of breaks, and of money that is expected or instructed."""

from __future__ import annotations

import re
from collections.abc import Mapping

CODE = re.compile(r"[a-z][a-z0-9_]*")  # a word of ours; a sentence and a name of a person are none
_BREAKS = {
    "amount_mismatch": "amounts differ",
    "bank_gap": "bank statement missing",
    "bank_line_missing": "missing on the bank statement",
    "bank_unmatched": "bank entry without a match",
    "capture_stuck": "capture not answered",
    "capture_without_order": "capture without an order",
    "carrier_payload": "carrier message not readable",
    "claim_stuck": "claim not answered",
    "closing_due": "month not closed",
    "double_payout": "payout paid twice",
    "duplicate_tracking_no": "tracking number used twice",
    "duty_not_covered": "duty above what the buyer paid",
    "fact_contradicts_state": "fact contradicts the books",
    "future_timestamp": "time in the future",
    "fx_out_of_tolerance": "exchange rate out of tolerance",
    "invalid_policy": "policy to be published anew",
    "invoice_mismatch": "invoice differs",
    "order_without_items": "order without items",
    "partner_charge": "charge of a partner",
    "payout_stuck": "payout not answered",
    "payout_unknown": "payout not known",
    "psp_batch_mismatch": "provider's report does not add up",
    "psp_line_extra": "provider's line without a match",
    "psp_line_missing": "missing in the provider's report",
    "psp_line_other": "provider's line of another kind",
    "rate_missing": "exchange rate missing",
    "refund_stuck": "refund not answered",
    "stale_rate": "exchange rate is old",
    "tax_mismatch": "tax differs",
    "unexpected_capture": "capture that nobody expected",
    "unknown_parcel": "parcel not known",
    "void_stuck": "void not answered",
}
_MONEY = {
    "charge": "charge",
    "fee": "fee",
    "foreign_conversion": "conversion of currency",
    "partner_payment": "payment to a partner",
    "sale": "sale",
}
_REASONS = {
    "changed_mind": "changed mind",
    "missing_accrual": "missing accrual",
    "platform_initiated": "started by the platform",
    "not_received": "not received",
    "wrong_item": "wrong item",
    "worn": "worn",
}
_FACTS = {"tracking": "tracking"}
_STATES = {
    "live": "live",
    "current": "current",
    "stopped": "stopped",
    "outdated": "outdated",
    "candidate": "candidate",
    "old": "old",
}
WORDS: Mapping[str, str] = {**_BREAKS, **_MONEY, **_REASONS, **_FACTS, **_STATES}


def words_of(name: str) -> str:
    """Returns a name as words: `accounting_date` is "accounting date"."""
    if name in WORDS:
        return WORDS[name]
    return name.replace("_", " ").replace("-", " ") if name[:1].isalpha() else name
