"""Setting the service fee."""

from datetime import timedelta

import pytest
from pydantic import ValidationError

from commands.policies.set_fee_schedule import SetFeeSchedule
from ledger.events.platform import FeeScheduleSet
from ledger.refusals.catalogue import PolicyEffectiveTooSoon
from tests.support.given import FINANCE, NOW, ask, given

TOMORROW = NOW + timedelta(days=1)
SET = ask(SetFeeSchedule, by=FINANCE, content={"rate_bps": 300}, effective_from=TOMORROW)


def test_finance_sets_the_fee() -> None:
    event = given().when(SET).then(FeeScheduleSet).event(FeeScheduleSet)
    assert (event.key, event.version, event.content["rate_bps"], event.effective_from) == ("fees", 1, 300, TOMORROW)


def test_setting_the_same_fee_again_changes_nothing() -> None:
    given(*given().when(SET).events).when(SET).then_nothing()


def test_a_fee_is_not_set_for_the_past() -> None:
    late = ask(SetFeeSchedule, by=FINANCE, content={"rate_bps": 300}, effective_from=NOW - timedelta(days=1))
    given().when(late).then_refused(PolicyEffectiveTooSoon)


def test_a_fee_of_more_than_everything_is_malformed() -> None:
    with pytest.raises(ValidationError):
        ask(SetFeeSchedule, content={"rate_bps": 10_001}, effective_from=TOMORROW)
