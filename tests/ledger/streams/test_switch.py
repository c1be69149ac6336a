"""A setting with a history."""

from datetime import timedelta

from ledger.streams.switch import Switch
from tests.support.given import NOW

DAY = timedelta(days=1)


def test_a_turn_recorded_late_counts_from_its_own_instant() -> None:
    switch = Switch()
    switch.turn(False, NOW + 2 * DAY)
    switch.turn(True, NOW)
    assert [switch.at(NOW + days * DAY) for days in (-1, 0, 1, 2)] == [False, True, True, False]


def test_of_two_turns_at_one_instant_the_later_recorded_counts() -> None:
    switch = Switch()
    switch.turn(True, NOW)
    switch.turn(False, NOW)
    assert not switch.at(NOW)


def test_the_setting_now_is_that_of_its_last_turn() -> None:
    switch = Switch()
    switch.turn(True, NOW)
    assert switch.is_on
