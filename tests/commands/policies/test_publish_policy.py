"""Publishing a policy."""

from datetime import timedelta
from typing import Any

import pytest
from pydantic import ValidationError

from commands.policies.publish_policy import PublishPolicy
from ledger.actors import Actor
from ledger.events.platform import PolicyPublished
from ledger.refusals.catalogue import PolicyEffectiveTooSoon
from tests.support.given import FINANCE, IMPORTER, NOW, ask, given

IN_A_MINUTE = NOW + timedelta(minutes=1)
CONTENT = {"after_signature": "P9D"}
WRITTEN = {"after_signature": "P9D", "platform_borne_at_once": True, "blocked_by_open_case": True}


def publish(*, by: Actor = FINANCE, **other: Any) -> PublishPolicy:
    return ask(PublishPolicy, by=by, **{"key": "release", "content": CONTENT, "effective_from": IN_A_MINUTE, **other})


def test_a_policy_is_published_with_its_defaults_written_out() -> None:
    (
        given()
        .when(publish())
        .then(
            PolicyPublished(
                key="release",
                version=1,
                content=WRITTEN,
                effective_from=IN_A_MINUTE,
                proposer="pan",
                approver="fang",
                published_at=NOW,
            )
        )
    )


def test_versions_count_up() -> None:
    first = given().when(publish()).events
    second = given(*first).when(publish(content={"after_signature": "P11D"})).event(PolicyPublished)
    assert second.version == 2


def test_publishing_the_same_again_changes_nothing() -> None:
    first = given().when(publish()).events
    given(*first).when(publish()).then_nothing()


def test_the_same_content_from_another_instant_is_a_new_version() -> None:
    first = given().when(publish()).events
    given(*first).when(publish(effective_from=NOW + timedelta(days=1))).then(PolicyPublished)


def test_a_policy_takes_effect_a_minute_from_now_at_the_earliest() -> None:
    (
        given()
        .when(publish(effective_from=IN_A_MINUTE - timedelta(seconds=1)))
        .then_refused(PolicyEffectiveTooSoon, earliest=IN_A_MINUTE)
    )


def test_an_importer_publishes_what_held_in_the_past() -> None:
    given().when(publish(by=IMPORTER, effective_from=NOW - timedelta(days=3000))).then(PolicyPublished)


@pytest.mark.parametrize(
    ("wrong", "sentence"),
    [
        ({"key": "weather"}, "no policy is called 'weather'"),
        ({"key": "fees"}, "set_fee_schedule"),
        ({"content": {"after_signature": "soon"}}, "after_signature"),
        ({"content": {}}, "after_signature"),
        ({"effective_from": "2025-04-02T00:00:00"}, "timezone"),
    ],
    ids=["unknown key", "fees", "not a duration", "nothing said", "no zone"],
)
def test_what_is_not_a_policy_is_malformed(wrong: dict[str, Any], sentence: str) -> None:
    with pytest.raises(ValidationError, match=sentence):
        publish(**wrong)
