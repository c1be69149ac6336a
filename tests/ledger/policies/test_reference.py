"""Reference data of book 0 at an instant: policies in force, versions stamped on orders, the last known rate."""

from datetime import UTC, date, datetime, timedelta

import pytest

from ledger.events.event import Event
from ledger.events.platform import FxRateRecorded
from ledger.fx import Rate, RateKind
from ledger.policies.fees import Fees
from ledger.policies.programme_start import ProgrammeStart
from ledger.policies.reference import Reference
from ledger.policies.release import Release
from ledger.refusals.catalogue import PolicyNotEffective, RateMissing
from tests.support.given import NOW, published, reference_of

SEVEN, NINE, ELEVEN = (Release(after_signature=timedelta(days=days)) for days in (7, 9, 11))


def recorded(
    currency: str, value: str, day: int, *, kind: RateKind = "book", source: str = "bank", quote: str = "CNY"
) -> FxRateRecorded:
    return FxRateRecorded(rate=Rate(currency, quote, value, kind, source, date(2025, 4, day)))


def reference(*events: Event) -> Reference:
    folded = Reference()
    for position, event in enumerate(events, start=1):
        folded.apply(event, position)
    return folded


def test_a_policy_is_in_force_from_the_instant_it_takes_effect() -> None:
    folded = reference(published(SEVEN, effective_from=NOW))
    assert folded.policy(Release, NOW) == (SEVEN, 1)


def test_a_moment_earlier_it_is_not() -> None:
    folded = reference(published(SEVEN, effective_from=NOW))
    with pytest.raises(PolicyNotEffective):
        folded.policy(Release, NOW - timedelta(microseconds=1))


def test_a_policy_that_was_never_published_is_not_in_force() -> None:
    with pytest.raises(PolicyNotEffective):
        reference().policy(Release, NOW)


def test_a_later_version_takes_over_when_it_takes_effect() -> None:
    folded = reference(
        published(SEVEN, effective_from=NOW), published(NINE, version=2, effective_from=NOW + timedelta(days=1))
    )
    assert [folded.policy(Release, NOW + timedelta(days=days)) for days in (0, 1)] == [(SEVEN, 1), (NINE, 2)]


def test_a_version_published_later_for_an_earlier_date_fills_the_time_between() -> None:
    folded = reference(
        published(SEVEN, effective_from=NOW),
        published(NINE, version=2, effective_from=NOW + timedelta(days=10)),
        published(ELEVEN, version=3, effective_from=NOW + timedelta(days=5)),
    )
    assert [folded.policy(Release, NOW + timedelta(days=days))[1] for days in (0, 5, 10)] == [1, 3, 2]


def test_of_two_versions_for_one_instant_the_newer_counts() -> None:
    folded = reference(published(SEVEN, effective_from=NOW), published(NINE, version=2, effective_from=NOW))
    assert folded.policy(Release, NOW) == (NINE, 2)


def test_an_order_finds_the_version_it_was_placed_under() -> None:
    folded = reference(published(SEVEN, effective_from=NOW), published(NINE, version=2, effective_from=NOW))
    assert folded.version(Release, 1, at=NOW) == SEVEN


def test_fee_schedules_are_found_like_policies() -> None:
    assert reference_of().policy(Fees, NOW)[0].rate_bps == 500


def test_the_last_rate_on_or_before_the_day_counts() -> None:
    folded = reference(recorded("USD", "7.18", 3), recorded("USD", "7.16", 7))
    values = [folded.rate("USD", "book", date(2025, 4, day)).value for day in (3, 6, 7, 30)]
    assert values == ["7.18", "7.18", "7.16", "7.16"]


def test_a_rate_recorded_late_for_an_earlier_day_is_found_there() -> None:
    folded = reference(recorded("USD", "7.16", 7), recorded("USD", "7.18", 3))
    assert folded.rate("USD", "book", date(2025, 4, 5)).value == "7.18"


def test_a_corrected_rate_replaces_the_first_one() -> None:
    folded = reference(recorded("USD", "71.8", 3), recorded("USD", "7.18", 3))
    assert folded.rate("USD", "book", date(2025, 4, 3)).value == "7.18"


def test_before_the_first_rate_there_is_none() -> None:
    folded = reference(recorded("USD", "7.18", 3))
    with pytest.raises(RateMissing):
        folded.rate("USD", "book", date(2025, 4, 2))


def test_kinds_of_rates_are_never_mixed() -> None:
    folded = reference(recorded("USD", "7.18", 3))
    with pytest.raises(RateMissing):
        folded.rate("USD", "reference", date(2025, 4, 3))


def test_a_rate_into_another_currency_is_no_rate_into_cny() -> None:
    folded = reference(recorded("USD", "7.80", 3, quote="HKD"))
    with pytest.raises(RateMissing):
        folded.rate("USD", "book", date(2025, 4, 3))


def test_cny_is_worth_one_of_itself() -> None:
    assert reference().rate("CNY", "book", date(2025, 4, 3)).value == "1"


def test_the_pataca_follows_the_hong_kong_dollar_by_its_peg() -> None:
    rate = reference(recorded("HKD", "0.9270", 3)).rate("MOP", "book", date(2025, 4, 3))
    assert (rate.pair, rate.value) == ("MOP/CNY", "0.9")


def test_a_pegged_rate_says_where_it_comes_from() -> None:
    rate = reference(recorded("HKD", "0.9270", 3)).rate("MOP", "book", date(2025, 4, 3))
    assert rate.source == "bank, MOP at HKD/1.03"


def test_a_recorded_pataca_rate_goes_before_the_peg() -> None:
    folded = reference(recorded("HKD", "0.9270", 3), recorded("MOP", "0.9001", 3))
    assert folded.rate("MOP", "book", date(2025, 4, 3)).value == "0.9001"


def test_a_recorded_pataca_rate_that_nobody_kept_up_gives_way_to_the_peg() -> None:
    folded = reference(recorded("MOP", "0.8500", 1), recorded("HKD", "0.9270", 3))
    assert folded.rate("MOP", "book", date(2025, 4, 2)).value == "0.8500"
    assert folded.rate("MOP", "book", date(2025, 4, 3)).value == "0.9"


def test_a_copy_goes_on_without_its_original() -> None:
    original = reference(recorded("USD", "7.18", 3), published(SEVEN, effective_from=NOW))
    twin = original.copy()
    twin.apply(recorded("USD", "7.16", 7), 3)
    twin.apply(published(NINE, version=2, effective_from=NOW), 4)
    assert original.rate("USD", "book", date(2025, 4, 9)).value == "7.18"
    assert original.policy(Release, NOW)[1] == 1
    assert (original.position, twin.position) == (2, 4)


def test_a_policy_published_before_there_were_bounds_is_named_until_it_is_put_right() -> None:
    content = {"after_signature": "P9999999D", "platform_borne_at_once": True, "blocked_by_open_case": True}
    reference = Reference()
    bad = published(Release(after_signature=timedelta(days=7))).model_copy(update={"content": content})
    reference.apply(bad, 1)
    before = reference.to_put_right()
    reference.apply(published(Release(after_signature=timedelta(days=7)), version=2), 2)
    assert ([each.sentence[:24] for each in before], reference.to_put_right()) == (["Policy release version 1"], ())


def limited(key_from: datetime, *, version: int) -> Event:
    """A release policy of centuries, in force from this instant."""
    content = {"after_signature": "P9999999D", "platform_borne_at_once": True, "blocked_by_open_case": True}
    return published(SEVEN, version=version, effective_from=key_from).model_copy(update={"content": content})


def test_a_policy_beyond_the_limits_has_no_effect_where_another_version_is_in_force() -> None:
    folded = reference(published(SEVEN, effective_from=NOW), limited(NOW + timedelta(days=1), version=2))
    assert folded.policy(Release, NOW + timedelta(days=2)) == (SEVEN, 1)


def test_a_policy_beyond_the_limits_is_read_as_the_limit_where_there_is_no_other() -> None:
    folded = reference(limited(NOW, version=1), published(NINE, version=2, effective_from=NOW + timedelta(days=1)))
    policy, version = folded.policy(Release, NOW)
    assert (policy.after_signature, version) == (timedelta(days=3660), 1)
    assert folded.copy().policy(Release, NOW + timedelta(days=1)) == (NINE, 2)


def test_an_order_of_a_version_that_cannot_be_used_keeps_to_the_nearest_one() -> None:
    unusable = published(SEVEN).model_copy(update={"content": {"after_signature": "soon"}})
    folded = reference(unusable, published(NINE, version=2))
    assert folded.version(Release, 1, at=NOW) == NINE


def test_a_policy_of_no_zone_has_no_effect_and_is_named() -> None:
    start = ProgrammeStart(first_day=date(2025, 3, 10))
    content = {"first_day": "2025-03-10", "zone": "Nope/Nope", "merchant_countries": ["CN"]}
    reference = Reference()
    reference.apply(published(start), 1)
    reference.apply(published(start, version=2).model_copy(update={"content": content}), 2)
    assert reference.policy(ProgrammeStart, datetime(2026, 1, 1, tzinfo=UTC)) == (start, 1)
    assert "has no effect" in reference.to_put_right()[0].sentence


def test_a_policy_of_newer_code_is_named_and_has_no_effect() -> None:
    newer = published(Release(after_signature=timedelta(days=7))).model_copy(update={"key": "tariffs"})
    reference = Reference()
    reference.apply(newer, 1)
    assert (reference.unknown, reference.to_put_right()) == (("tariffs",), ())


def test_a_version_that_newer_code_has_published_refuses_what_rests_on_it() -> None:
    newer = published(Release(after_signature=timedelta(days=7)))
    reference = Reference()
    reference.apply(newer.model_copy(update={"content": newer.content | {"weekdays_only": True}}), 1)
    with pytest.raises(PolicyNotEffective):
        reference.version(Release, 1, at=NOW)


@pytest.mark.parametrize("stream", ["policy/release", "fx/USD-CNY"])
def test_what_cannot_be_read_has_no_effect_and_is_to_be_put_right(stream: str) -> None:
    folded = reference(published(SEVEN, effective_from=NOW))
    folded.pass_over(stream, 2)
    (defect,) = folded.copy().to_put_right()
    assert defect.sentence.startswith(f"{stream}: position 2 of book 0 cannot be read")
    assert (folded.policy(Release, NOW), folded.position) == ((SEVEN, 1), 2)
