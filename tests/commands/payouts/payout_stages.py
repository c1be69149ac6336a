"""A payout at every stage, as tests find it."""

from datetime import date

from ledger.events.settlement import (
    PayoutCancelled,
    PayoutFailed,
    PayoutInitiated,
    PayoutPaid,
    PayoutReturned,
    PayoutSubmitted,
)
from tests.support.given import NOW, cny

PAYOUT = {"payout_id": "P-1", "merchant_id": "M-1", "amount": cny("475.00"), "account_ref": "acc-1"}
TODAY = date(2025, 4, 1)

INITIATED = PayoutInitiated(**PAYOUT, account_verified_at=NOW, initiated_at=NOW)
SUBMITTED = PayoutSubmitted(**PAYOUT, bank_ref="B-1", submitted_at=NOW)
PAID = PayoutPaid(**PAYOUT, bank_ref="B-1", value_date=TODAY)
FAILED = PayoutFailed(**PAYOUT, bank_ref="B-1", code="AC04", failed_at=NOW)
CANCELLED = PayoutCancelled(**PAYOUT, code="recalled", cancelled_at=NOW)
RETURNED = PayoutReturned(**PAYOUT, bank_ref="B-2", code="AC04", value_date=TODAY)
