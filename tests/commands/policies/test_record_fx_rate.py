"""Recording an exchange rate."""

from datetime import date
from typing import Any

import pytest
from pydantic import ValidationError

from commands.policies.record_fx_rate import RecordFxRate
from ledger.actors import Actor
from ledger.events.platform import FxRateRecorded
from ledger.fx import Rate
from ledger.refusals.catalogue import RoleNotAllowed
from tests.support.given import MERCHANT, SYSTEM, ask, given


def record(*, by: Actor = SYSTEM, **other: Any) -> RecordFxRate:
    said = {"pair": "USD/CNY", "rate": "7.1800", "kind": "book", "provider": "ECB", "as_of": "2025-04-01"}
    return ask(RecordFxRate, by=by, **{**said, **other})


RECORDED = FxRateRecorded(rate=Rate("USD", "CNY", "7.1800", "book", "ECB", date(2025, 4, 1)))


def test_a_rate_is_recorded_as_it_was_given() -> None:
    given().when(record()).then(RECORDED)


def test_the_same_rate_again_changes_nothing() -> None:
    given(RECORDED).when(record()).then_nothing()


def test_another_value_for_the_day_is_a_correction() -> None:
    given(RECORDED).when(record(rate="7.1810")).then(FxRateRecorded)


def test_the_same_value_of_another_kind_is_another_rate() -> None:
    given(RECORDED).when(record(kind="reference")).then(FxRateRecorded)


def test_each_pair_has_its_stream() -> None:
    assert record().stream == "fx/USD-CNY"


def test_a_merchant_records_no_rates() -> None:
    given().when(record(by=MERCHANT)).then_refused(RoleNotAllowed)


@pytest.mark.parametrize(
    "wrong",
    [
        {"rate": 7.18},
        {"rate": "0"},
        {"rate": "-7.18"},
        {"rate": "NaN"},
        {"rate": "1e9"},
        {"rate": "7,18"},
        {"pair": "USDCNY"},
        {"pair": "XXX/CNY"},
        {"kind": "provider_settlement"},
        {"as_of": "yesterday"},
    ],
    ids=str,
)
def test_what_is_not_a_rate_is_malformed(wrong: dict[str, Any]) -> None:
    with pytest.raises(ValidationError):
        record(**wrong)
