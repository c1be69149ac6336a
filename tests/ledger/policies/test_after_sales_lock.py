"""The 20-day sentence: five readings against the probes of the domain's table (§2.3)."""

from datetime import timedelta
from typing import Any

import pytest
from pydantic import ValidationError

from ledger.policies.after_sales_lock import AfterSalesLock
from ledger.policies.defaults import default_policies
from tests.support.given import instant

DISPATCHED = instant("2025-04-01T08:00:00Z")
SIGNED = DISPATCHED + timedelta(days=5)
DAY_8 = DISPATCHED + timedelta(days=8)
ONE_HOUR_SHORT = DISPATCHED + timedelta(days=19, hours=23)
EXACTLY_20_DAYS = DISPATCHED + timedelta(days=20)
DAY_25 = DISPATCHED + timedelta(days=25)

EVIDENCE = ("recipient", "neighbour")


def lock(**settings: Any) -> AfterSalesLock:
    return AfterSalesLock.model_validate({"window": "P20D", "signature_evidence": EVIDENCE, **settings})


R1 = lock(mode="latest_of")
R2 = lock(mode="earlier_of")
R3 = lock(mode="until_signed", deemed_signature_after="P20D")
R4 = lock(mode="by_evidence")
R5 = lock(mode="until_signed")
OPEN, BLOCKED = False, True


@pytest.mark.parametrize(
    ("reading", "carrier_proves", "signed_asks_day_8", "unsigned_19d23h", "unsigned_20d", "unsigned_day_25"),
    [
        pytest.param(R1, True, BLOCKED, BLOCKED, BLOCKED, BLOCKED, id="R1 union"),
        pytest.param(R2, True, OPEN, BLOCKED, OPEN, OPEN, id="R2 earlier of"),
        pytest.param(R3, True, OPEN, BLOCKED, OPEN, OPEN, id="R3 deemed signed"),
        pytest.param(R4, True, OPEN, BLOCKED, BLOCKED, BLOCKED, id="R4 carrier proves signatures"),
        pytest.param(R4, False, BLOCKED, BLOCKED, OPEN, OPEN, id="R4 carrier proves nothing"),
        pytest.param(R5, True, OPEN, BLOCKED, BLOCKED, BLOCKED, id="R5 until signed"),
    ],
)
def test_each_reading_answers_the_probes_as_the_table_says(
    reading: AfterSalesLock,
    carrier_proves: bool,
    signed_asks_day_8: bool,
    unsigned_19d23h: bool,
    unsigned_20d: bool,
    unsigned_day_25: bool,
) -> None:
    answers = [
        reading.is_locked(DAY_8, DISPATCHED, SIGNED, carrier_proves=carrier_proves),
        *(
            reading.is_locked(at, DISPATCHED, None, carrier_proves=carrier_proves)
            for at in (ONE_HOUR_SHORT, EXACTLY_20_DAYS, DAY_25)
        ),
    ]
    assert answers == [signed_asks_day_8, unsigned_19d23h, unsigned_20d, unsigned_day_25]


def test_the_default_reads_the_sentence_as_the_earlier_of_the_two() -> None:
    (default,) = (default.policy for default in default_policies() if default.key == "after_sales_lock")
    assert isinstance(default, AfterSalesLock)
    assert default.lock_ends_at(DISPATCHED, None) == EXACTLY_20_DAYS


def test_the_lock_is_open_at_the_very_instant_it_ends() -> None:
    assert not R2.is_locked(EXACTLY_20_DAYS, DISPATCHED, None)


def test_a_millisecond_before_it_ends_the_lock_holds() -> None:
    assert R2.is_locked(EXACTLY_20_DAYS - timedelta(milliseconds=1), DISPATCHED, None)


def test_the_lock_begins_with_dispatch_itself() -> None:
    assert R2.is_locked(DISPATCHED, DISPATCHED, None)


def test_before_dispatch_nothing_is_locked() -> None:
    assert not R5.is_locked(DISPATCHED - timedelta(seconds=1), DISPATCHED, None)


def test_a_lock_that_only_a_signature_opens_has_no_end_without_one() -> None:
    assert R1.lock_ends_at(DISPATCHED, None) is None


def test_the_plain_grammar_waits_out_the_window_after_an_early_signature() -> None:
    assert R1.lock_ends_at(DISPATCHED, SIGNED) == EXACTLY_20_DAYS


def test_a_fixed_window_does_not_care_for_signatures() -> None:
    assert lock(mode="fixed").lock_ends_at(DISPATCHED, SIGNED) == EXACTLY_20_DAYS


def test_calendar_days_end_with_the_last_local_day() -> None:
    calendar = lock(mode="earlier_of", clock="calendar_day", zone="Asia/Shanghai")
    assert calendar.lock_ends_at(DISPATCHED, None) == instant("2025-04-21T16:00:00Z")


def test_a_window_of_calendar_days_is_a_whole_number_of_them() -> None:
    with pytest.raises(ValidationError, match="whole number of days"):
        lock(mode="earlier_of", clock="calendar_day", window="PT36H")


def test_only_accepted_evidence_is_a_signature() -> None:
    assert (R2.accepts("recipient"), R2.accepts("locker")) == (True, False)


def test_the_lock_binds_buyers() -> None:
    assert R2.binds("buyer", "changed_mind")


def test_the_lock_never_binds_the_platform() -> None:
    assert not R2.binds("platform", "lost")


def test_an_exempt_reason_is_not_locked() -> None:
    assert not lock(mode="earlier_of", exempt_reasons=("recall",)).binds("buyer", "recall")
