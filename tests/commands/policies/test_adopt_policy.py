"""Policies that an importer puts in force where none is."""

from __future__ import annotations

from datetime import timedelta
from typing import Any

import pytest

from commands.policies.adopt_policy import AdoptPolicy
from ledger.actors import Actor
from ledger.events.platform import FeeScheduleSet, PolicyPublished
from ledger.refusals.catalogue import RoleNotAllowed
from ledger.refusals.finance import PolicyNotUsable
from tests.ledger.policies.test_trial import LATE_WARNING
from tests.support.given import FINANCE, IMPORTER, NOW, SYSTEM, ask, given

RELEASE: dict[str, Any] = {"key": "release", "content": {"after_signature": "P9D"}}


def adopt(*, by: Actor = IMPORTER, from_: timedelta = timedelta(), **policy: Any) -> AdoptPolicy:
    return ask(AdoptPolicy, by=by, effective_from=NOW + from_, **RELEASE | policy)


def test_a_policy_that_was_never_published_is_adopted() -> None:
    event = given().when(adopt()).then(PolicyPublished).event(PolicyPublished)
    assert (event.version, event.content["after_signature"], event.proposer) == (1, "P9D", IMPORTER.id)


def test_fees_are_adopted_as_a_schedule() -> None:
    given().when(adopt(key="fees", content={"rate_bps": 300})).then(FeeScheduleSet)


@pytest.mark.parametrize("later", [timedelta(), timedelta(days=1)])
def test_a_rule_that_holds_is_not_changed_by_one_actor(later: timedelta) -> None:
    first = given().when(adopt()).events
    given(*first).when(adopt(content={"after_signature": "P1D"}, from_=later)).then_nothing()


def test_the_time_before_the_first_version_can_be_filled() -> None:
    first = given().when(adopt()).events
    event = given(*first).when(adopt(from_=-timedelta(days=30))).event(PolicyPublished)
    assert event.version == 2


@pytest.mark.parametrize("by", [FINANCE, SYSTEM])
def test_people_publish_policies_by_two(by: Actor) -> None:
    given().when(adopt(by=by)).then_refused(RoleNotAllowed, needed="importer")


def test_a_policy_that_fails_on_sample_orders_is_not_adopted() -> None:
    given().when(adopt(key="promise", content=LATE_WARNING)).then_refused(PolicyNotUsable)
