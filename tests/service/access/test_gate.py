"""The gate: a token opens its account in its role and scope, until it ends."""

from __future__ import annotations

from dataclasses import replace
from datetime import timedelta
from typing import Any, cast

import pytest

from commands.access.record_access_token_use import RecordAccessTokenUse
from ledger.actors import Actor
from ledger.log.database_errors import READ_ONLY, DatabaseTrouble
from service.access.gate import Gate, TokenRefused
from service.access.token_text import CODE, TOKEN, new_token
from service.access.tokens import create_token, exchange_code, first_code, open_first_account, rotate_token, token_of
from tests.service.access.conftest import ADMIN, Door


def refuses(door: Door, text: str) -> bool:
    """True if the token opens nothing."""
    try:
        door.gate.bearer_of(text)
    except TokenRefused:
        return True
    return False


@pytest.mark.parametrize(
    ("roles", "scope", "actor"),
    [
        (("finance", "support"), None, Actor(kind="platform", id="acc", role="finance")),
        (("service",), None, Actor(kind="partner", id="acc", role="service")),
        (("merchant",), "M-1", Actor(kind="merchant", id="acc", role="merchant", scope="M-1")),
        (("buyer",), "B-1", Actor(kind="buyer", id="acc", role="buyer", scope="B-1")),
    ],
)
def test_a_token_is_its_account_in_its_role(door: Door, roles: Any, scope: str | None, actor: Actor) -> None:
    door.open("acc", *roles, scope=scope)
    assert door.gate.bearer_of(door.token("acc", roles[0]).text).actor == actor


def test_only_the_digest_of_a_token_is_in_the_ledger(door: Door) -> None:
    door.open("acc", "finance")
    issued = door.token("acc", "finance")
    with door.desk.ledger.engine.connect() as connection:
        rows = connection.exec_driver_sql("SELECT e::text FROM log.events e").scalars().all()
    secret = issued.text.removeprefix("rlk_")[12:]
    assert [row for row in rows if secret in row] == []
    assert any(issued.token_id in row for row in rows)


def test_a_token_that_was_never_created_opens_nothing(door: Door) -> None:
    assert refuses(door, new_token().text)


def test_the_secret_of_another_token_opens_nothing(door: Door) -> None:
    door.open("acc", "finance")
    issued = door.token("acc", "finance")
    assert refuses(door, new_token(token_id=issued.token_id).text)


def test_a_token_opens_until_it_expires(door: Door) -> None:
    door.open("acc", "finance")
    issued = door.token("acc", "finance", days=1)
    door.later(hours=23.999)
    door.gate.bearer_of(issued.text)
    door.later(hours=0.001)
    assert refuses(door, issued.text)


def test_a_revoked_token_is_refused_within_a_second(door: Door) -> None:
    door.open("acc", "finance")
    issued = door.token("acc", "finance")
    door.gate.bearer_of(issued.text)
    door.desk.expect("revoke_access_token", actor=ADMIN, token_id=issued.token_id)
    door.seconds[0] += 1.0
    assert refuses(door, issued.text)


def test_every_token_of_a_closed_account_is_refused(door: Door) -> None:
    door.open("acc", "finance")
    issued = door.token("acc", "finance")
    door.gate.bearer_of(issued.text)
    door.desk.expect("close_access_account", actor=ADMIN, account_id="acc", reason="left")
    door.later(seconds=1)
    assert refuses(door, issued.text)


def test_after_a_rotation_both_tokens_open_until_the_overlap_ends(door: Door) -> None:
    door.open("acc", "finance")
    old = door.token("acc", "finance")
    expires_at = door.desk.clock.now + timedelta(days=90)
    new = rotate_token(door.app, old.token_id, by=ADMIN, overlap=timedelta(hours=1), expires_at=expires_at)
    assert new is not None
    door.later(minutes=59)
    assert door.gate.bearer_of(old.text).actor == door.gate.bearer_of(new.text).actor
    door.later(minutes=1)
    assert refuses(door, old.text)
    door.gate.bearer_of(new.text)


def test_a_token_that_has_ended_is_not_rotated(door: Door) -> None:
    door.open("acc", "finance")
    old = door.token("acc", "finance", days=1)
    door.later(days=1)
    later = door.desk.clock.now + timedelta(days=9)
    assert rotate_token(door.app, old.token_id, by=ADMIN, overlap=timedelta(0), expires_at=later) is None


def test_two_tokens_of_one_account_are_one_person_for_two_person_rules(door: Door) -> None:
    door.open("acc", "finance")
    first, second = (door.gate.bearer_of(door.token("acc", "finance").text).actor for _ in range(2))
    data = {"view": "exceptions", "book": 0, "position": 3}
    door.desk.expect("propose", actor=first, proposal_id="P-1", command="park_effect", data=data, reason="asked")
    approval: dict[str, Any] = {"in_stream": "parking/0", "proposal_id": "P-1"}
    assert door.desk.ask("approve_proposal", actor=second, **approval).code == "MAKER_IS_CHECKER"


def test_the_day_of_use_is_recorded_once_a_day(door: Door) -> None:
    door.open("acc", "finance")
    issued = door.token("acc", "finance")
    for _ in range(3):
        door.gate.bearer_of(issued.text)
        door.later(seconds=2)
    door.later(days=1)
    door.gate.bearer_of(issued.text)
    events = door.desk.ledger.reader.read_stream(0, f"access_token/{issued.token_id}")
    assert [row.type for row in events] == ["access_token.created", "access_token.used", "access_token.used"]
    assert token_of(door.desk.ledger, issued.token_id).last_used == door.desk.clock.now.date()


def test_a_database_without_writes_keeps_no_reader_out(door: Door) -> None:
    door.open("acc", "finance")
    issued = door.token("acc", "finance")
    gate = Gate(replace(door.app, bus=cast("Any", ReadOnlyBus())))
    assert gate.bearer_of(issued.text).account_id == "acc"


class ReadOnlyBus:
    """A bus on a database that accepts no writes."""

    def submit(self, _: list[RecordAccessTokenUse]) -> None:
        raise DatabaseTrouble("", "a server", READ_ONLY)


def test_the_first_code_is_made_once(door: Door) -> None:
    assert first_code(door.app) is not None
    assert first_code(door.app) is None


def test_a_first_start_that_ended_before_the_code_leaves_it_to_the_next(door: Door) -> None:
    open_first_account(door.app)
    assert first_code(door.app) is not None


def test_a_code_is_exchanged_once_and_opens_nothing_itself(door: Door) -> None:
    text = first_code(door.app)
    assert text is not None
    assert refuses(door, text)
    issued = exchange_code(door.app, door.gate.code_of(text))
    assert door.gate.bearer_of(issued.text).actor == Actor(kind="platform", id="admin", role="admin")
    again = exchange_code(door.app, door.gate.code_of(text))
    assert (again.text, again.outcome.code) == ("", "ACCESS_TOKEN_EXISTS")


def test_a_code_is_refused_after_a_day(door: Door) -> None:
    text = first_code(door.app)
    assert text is not None
    door.later(days=1)
    with pytest.raises(TokenRefused):
        door.gate.code_of(text)


def test_a_text_and_its_event_must_agree_that_it_is_a_code(door: Door) -> None:
    """Whoever may create tokens chooses the digest, so the form of the text alone proves nothing."""
    door.open("fay", "finance")
    expires_at = door.desk.clock.now + timedelta(days=1)
    about: dict[str, Any] = {"account_id": "fay", "role": "finance", "by": ADMIN, "expires_at": expires_at}
    code = create_token(door.desk.bus, made=new_token(CODE), single_use=False, **about)
    token = create_token(door.desk.bus, made=new_token(TOKEN), single_use=True, **about)
    with pytest.raises(TokenRefused):
        door.gate.code_of(code.text)
    assert refuses(door, token.text)


def test_a_token_that_was_just_checked_is_remembered_without_the_database(door: Door) -> None:
    door.open("acc", "finance")
    text = door.token("acc", "finance").text
    assert door.gate.remembered(text) is None
    bearer = door.gate.bearer_of(text)
    assert door.gate.remembered(text) == bearer
    assert door.gate.remembered(text[:16] + new_token().text[16:]) is None


@pytest.mark.parametrize("by", [{"days": 0}, {"days": 91}], ids=["a second later", "after its end"])
def test_nothing_is_remembered_longer_than_a_revocation_takes_and_no_token_beyond_its_end(
    door: Door, by: dict[str, float]
) -> None:
    door.open("acc", "finance")
    text = door.token("acc", "finance").text
    door.gate.bearer_of(text)
    door.later(**by)
    assert (door.gate.remembered(text), door.gate.is_familiar(text)) == (None, True)


def test_familiar_is_only_the_very_token(door: Door) -> None:
    door.open("acc", "finance")
    issued = door.token("acc", "finance")
    door.gate.bearer_of(issued.text)
    other = new_token(token_id=issued.token_id).text
    assert (door.gate.is_familiar(other), door.gate.is_familiar(new_token().text)) == (False, False)
