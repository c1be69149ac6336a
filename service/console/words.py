"""Plain words for what the API writes: names of fields, and codes such as the kind of a break."""

from __future__ import annotations

import re
from collections.abc import Mapping

_UNITS = {  # the last part of a name
    "cny": "in CNY",
    "g": "(grams)",
    "h": "(hours)",
    "ms": "(milliseconds)",
    "s": "(seconds)",
    "no": "number",
}
_SHORT = {  # parts of names that people do not say
    "fx": "exchange",
    "psp": "provider",
    "q": "search",
    "qty": "quantity",
    "ref": "reference",
    "refs": "references",
    "sku": "SKU",
    "upto": "up to",
    "url": "URL",
}
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
    "double_refund": "refund paid twice",
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
_NAMES = {  # of fields whose parts say too little, or too much
    "ack_within_s": "to be acknowledged within (seconds)",
    "at": "time",
    "cut": "shortened",
    "of": "part of",
    "took_ms": "duration (milliseconds)",
    "what": "about",
}
_STATES = {
    "live": "live",
    "current": "current",
    "stopped": "stopped",
    "outdated": "outdated",
    "candidate": "candidate",
    "old": "old",
}
WORDS: Mapping[str, str] = {**_BREAKS, **_MONEY, **_REASONS, **_FACTS, **_STATES, **_NAMES}
# Fields whose values are words: those of a closed list in the answers (a test holds them), and these texts.
WORD_FIELDS = frozenset(
    {
        "actor_kind", "actual", "change", "channel", "effect", "evidence_kind", "field", "headline", "item", "kept_by",
        "kind", "largest_cost", "match", "milestone", "mismatches", "options", "projection", "reason",
        "resolution", "role", "role_needed", "roles", "stage", "state", "status", "step", "timing", "troubles", "type",
        "view", "what", "payment", "fulfilment", "after_sales",
    }
)  # fmt: skip


def words_of(name: str) -> str:
    """Returns a name as words: `accounting_date` is "accounting date", and `lag_s` is "lag (seconds)"."""
    if name in WORDS or not name[:1].isalpha():
        return WORDS.get(name, name)
    parts = name.replace("-", "_").split("_")
    last = _UNITS.get(parts[-1]) if len(parts) > 1 else None
    return " ".join([_SHORT.get(each, each) for each in parts[: -1 if last else None]] + ([last] if last else []))
