"""From which fact of a parcel's way the after-sales lock counts."""

from __future__ import annotations

from datetime import UTC, datetime, timedelta

import pytest

from ledger.folds.parcel import Journey
from ledger.policies.after_sales_lock import AfterSalesLock, Anchor
from ledger.policies.defaults import default_policies

DISPATCHED = datetime(2025, 4, 1, 8, tzinfo=UTC)
RECEIVED, RELEASED, DEPARTED = (DISPATCHED + timedelta(days=days) for days in (1, 3, 4))
LOCK = next(d.policy for d in default_policies() if isinstance(d.policy, AfterSalesLock))
UNDER_WAY = Journey(
    parcel_id="P-1",
    qty=1,
    dispatched_at=DISPATCHED,
    received_at_warehouse=RECEIVED,
    signed_at=None,
    lost_at=None,
    ended="",
    export_released_at=RELEASED,
    departed_at=DEPARTED,
)
ONLY_DISPATCHED = Journey("P-1", 1, DISPATCHED, None, None, None, "")
SIGNED_EARLY = Journey("P-1", 1, DISPATCHED, None, DEPARTED, None, "signed_for", evidence_kind="locker")


@pytest.mark.parametrize(
    ("anchor", "begins_at"),
    [
        ("merchant_dispatched", DISPATCHED),
        ("warehouse_received", RECEIVED),
        ("export_released", RELEASED),
        ("departed", DEPARTED),
    ],
)
def test_the_window_counts_from_the_anchor(anchor: Anchor, begins_at: datetime) -> None:
    lock = LOCK.model_copy(update={"anchor": anchor})
    assert lock.ends_for(UNDER_WAY) == begins_at + timedelta(days=20)


def test_until_the_anchor_is_reported_only_a_signature_ends_the_lock() -> None:
    assert LOCK.model_copy(update={"anchor": "departed"}).ends_for(ONLY_DISPATCHED) is None


def test_a_signature_ends_the_lock_without_the_anchor() -> None:
    assert LOCK.model_copy(update={"anchor": "warehouse_received"}).ends_for(SIGNED_EARLY) == DEPARTED


def test_a_proof_that_does_not_count_is_no_signature() -> None:
    lock = LOCK.model_copy(update={"signature_evidence": ("recipient",)})
    assert lock.ends_for(SIGNED_EARLY) == DISPATCHED + timedelta(days=20)
