"""A policy that fails on sample orders is not published, and the refusal names what failed."""

from typing import Any

import pytest

from commands.policies.publish_policy import PublishPolicy
from commands.policies.set_fee_schedule import SetFeeSchedule
from ledger.events.platform import FeeScheduleSet, PolicyPublished
from ledger.policies import trial
from ledger.policies.defaults import Default, default_policies
from ledger.policies.fees import Fees, Vat
from ledger.policies.kinds import KINDS, written
from ledger.policies.release import Release
from ledger.refusals.finance import PolicyNotUsable
from tests.support.given import FINANCE, NOW, ask, given

LATE_WARNING = {"milestone": "warehouse_received", "window": "P2D", "warn_undispatched_after": "P3D"}


@pytest.mark.parametrize("default", default_policies(), ids=lambda default: default.key)
def test_the_policies_a_ledger_starts_with_pass(default: Default) -> None:
    assert list(trial.faults(default.policy)) == []


@pytest.mark.parametrize(
    "key", ["release", "promise", "payment_terms", "return_window", "approvals", "after_sales_lock"]
)
def test_every_duration_that_the_types_allow_passes(key: str) -> None:
    (default,) = (default for default in default_policies() if default.key == key)
    for longest in ("P0D", "P3660D"):
        content = written(default.policy)
        given_ = {name: longest for name, value in content.items() if isinstance(value, str) and value.startswith("P")}
        assert list(trial.faults(KINDS[key].model_validate(content | given_))) == []


def test_a_warning_after_the_promised_time_is_refused() -> None:
    refusal = publish("promise", LATE_WARNING).refusal
    assert isinstance(refusal, PolicyNotUsable)
    assert refusal.faults[0] == "the warning comes after the promised time, for an order of an ordinary day"


def test_a_fee_that_with_its_vat_is_more_than_the_sale_is_refused() -> None:
    content = Fees(rate_bps=10_000, vat=Vat(rate_bps=600, inclusive=False))
    given().when(ask(SetFeeSchedule, by=FINANCE, content=content, effective_from=NOW.replace(day=2))).then_refused(
        PolicyNotUsable, policy="fees"
    )


def test_a_fee_that_leaves_something_is_published() -> None:
    content = Fees(rate_bps=9_000, vat=Vat(rate_bps=600, inclusive=False))
    given().when(ask(SetFeeSchedule, by=FINANCE, content=content, effective_from=NOW.replace(day=2))).then(
        FeeScheduleSet
    )


def test_a_policy_whose_decision_breaks_off_is_refused(monkeypatch: pytest.MonkeyPatch) -> None:
    def breaks_off(*_: Any) -> None:
        raise OverflowError("date value out of range")

    monkeypatch.setattr(Release, "due_at", breaks_off)
    refusal = publish("release", {"after_signature": "P9D"}).refusal
    assert isinstance(refusal, PolicyNotUsable)
    assert "OverflowError" in refusal.faults[0]


def test_a_policy_that_passes_is_published() -> None:
    publish("promise", LATE_WARNING | {"window": "P4D"}).then(PolicyPublished)


def publish(key: str, content: dict[str, Any]) -> Any:
    return given().when(ask(PublishPolicy, by=FINANCE, key=key, content=content, effective_from=NOW.replace(day=2)))
