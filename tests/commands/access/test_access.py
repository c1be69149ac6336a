"""Access accounts and tokens: who opens them, what they may be, and when they end."""

from __future__ import annotations

from datetime import timedelta
from typing import Any

import pytest
from pydantic import ValidationError

from commands.access.close_access_account import CloseAccessAccount
from commands.access.create_access_token import LONGEST_LIFE, CreateAccessToken
from commands.access.open_access_account import OpenAccessAccount
from commands.access.record_access_token_use import RecordAccessTokenUse
from commands.access.record_export import RecordExport
from commands.access.revoke_access_token import RevokeAccessToken
from ledger.actors import Actor
from ledger.events.access import (
    AccessAccountClosed,
    AccessAccountOpened,
    AccessTokenCreated,
    AccessTokenRevoked,
    AccessTokenUsed,
    ListExported,
)
from ledger.events.event import Event
from ledger.ids import access_account_stream
from ledger.refusals.access import (
    AccessAccountExists,
    AccessAccountNotOpen,
    AccessExpiryNotAllowed,
    AccessRoleNotHeld,
    AccessTokenExists,
    AccessTokenNotFound,
)
from ledger.refusals.catalogue import RoleNotAllowed, ScopeNotAllowed
from tests.support.given import FINANCE, NOW, SYSTEM, When, ask, given

ADMIN = Actor(kind="platform", id="ada", role="admin")
FAY = Actor(kind="platform", id="fay", role="finance")
DIGEST = "0123456789abcdef" * 4
OPENED = AccessAccountOpened(
    account_id="fay", kind="person", roles=("finance", "support"), scope=None, opened_by=ADMIN, opened_at=NOW
)
CLOSED = AccessAccountClosed(account_id="fay", reason="left", closed_by=ADMIN, closed_at=NOW)
CREATED = AccessTokenCreated(
    token_id="T1",
    account_id="fay",
    role="finance",
    digest=DIGEST,
    single_use=False,
    expires_at=NOW + timedelta(days=90),
    created_by=ADMIN,
    created_at=NOW,
)


def opening(by: Actor = ADMIN, **other: Any) -> OpenAccessAccount:
    return ask(OpenAccessAccount, by=by, **{"account_id": "fay", "roles": ["finance", "support"]} | other)


def creating(by: Actor = ADMIN, **other: Any) -> CreateAccessToken:
    data = {"token_id": "T1", "account_id": "fay", "role": "finance", "digest": DIGEST}
    return ask(CreateAccessToken, by=by, **data | {"expires_at": NOW + timedelta(days=90)} | other)


def created(command: CreateAccessToken, *account: Event, before: tuple[Event, ...] = ()) -> When:
    return given(*before, beside={access_account_stream("fay"): account or (OPENED,)}).when(command)


def test_an_account_is_opened_with_its_roles() -> None:
    given().when(opening()).then(OPENED)


def test_the_same_account_is_opened_once() -> None:
    given(OPENED).when(opening()).then_nothing()


def test_an_account_gets_no_other_roles() -> None:
    given(OPENED).when(opening(roles=["admin"])).then_refused(AccessAccountExists, state="open")


def test_a_closed_account_stays_closed() -> None:
    given(OPENED, CLOSED).when(opening()).then_refused(AccessAccountExists, state="closed")


@pytest.mark.parametrize("by", [FINANCE, Actor(kind="merchant", id="M-1"), Actor(kind="importer", id="i")])
def test_only_an_admin_opens_accounts(by: Actor) -> None:
    given().when(opening(by)).then_refused(RoleNotAllowed, needed="admin or system")


@pytest.mark.parametrize(
    "said",
    [
        {"roles": []},
        {"roles": ["finance", "finance"]},
        {"roles": ["finance", "merchant"], "scope": "M-1"},
        {"roles": ["service", "finance"]},
        {"roles": ["merchant"]},
        {"roles": ["buyer"]},
        {"roles": ["finance"], "scope": "M-1"},
        {"roles": ["system"]},
    ],
)
def test_roles_and_scope_must_go_together(said: dict[str, Any]) -> None:
    with pytest.raises(ValidationError):
        opening(**said)


def test_an_account_is_closed_once() -> None:
    closing = ask(CloseAccessAccount, by=ADMIN, account_id="fay", reason="left")
    given(OPENED).when(closing).then(CLOSED)
    given(OPENED, CLOSED).when(closing).then_nothing()
    given().when(closing).then_refused(AccessAccountNotOpen, state="never opened")


def test_an_admin_creates_a_token_of_any_account() -> None:
    created(creating()).then(CREATED)


def test_a_person_creates_a_token_of_their_own_account_in_their_role() -> None:
    created(creating(FAY)).then(CREATED.model_copy(update={"created_by": FAY}))


def test_a_person_creates_no_token_of_another_account() -> None:
    created(creating(FINANCE)).then_refused(ScopeNotAllowed, scope=FINANCE.id)


def test_nobody_grants_more_than_they_hold() -> None:
    """The account holds support too; the token that asks does not."""
    created(creating(FAY, role="support")).then_refused(AccessRoleNotHeld, role="support", held=("finance",))


def test_an_account_gets_no_token_in_a_role_that_it_does_not_hold() -> None:
    created(creating(role="admin")).then_refused(AccessRoleNotHeld, role="admin", held=("finance", "support"))


@pytest.mark.parametrize("account", [(OPENED, CLOSED)])
def test_a_closed_account_gets_no_token(account: tuple[Event, ...]) -> None:
    created(creating(), *account).then_refused(AccessAccountNotOpen, state="closed")


@pytest.mark.parametrize("life", [timedelta(0), timedelta(days=-1), LONGEST_LIFE + timedelta(seconds=1)])
def test_a_token_expires_after_now_and_within_a_year(life: timedelta) -> None:
    created(creating(expires_at=NOW + life)).then_refused(AccessExpiryNotAllowed)


def test_a_token_is_created_once() -> None:
    created(creating(), before=(CREATED,)).then_refused(AccessTokenExists, token_id="T1")


def test_the_owner_revokes_a_token_at_once() -> None:
    revoked = given(CREATED).when(ask(RevokeAccessToken, by=FAY, token_id="T1")).event(AccessTokenRevoked)
    assert revoked.ends_at == NOW


def test_an_end_is_never_moved_to_a_later_instant() -> None:
    later = ask(RevokeAccessToken, by=ADMIN, token_id="T1", ends_at=NOW + timedelta(days=91))
    given(CREATED).when(later).then_nothing()


@pytest.mark.parametrize("events", [(CREATED,), ()])
def test_a_token_of_another_is_refused_alike_if_it_exists_and_if_not(events: tuple[Event, ...]) -> None:
    given(*events).when(ask(RevokeAccessToken, by=FINANCE, token_id="T1")).then_refused(ScopeNotAllowed)


def test_a_token_that_does_not_exist_is_not_found_for_an_admin() -> None:
    given().when(ask(RevokeAccessToken, by=ADMIN, token_id="T9")).then_refused(AccessTokenNotFound, token_id="T9")


EXPORT: dict[str, Any] = {
    "account_id": "fay",
    "role": "finance",
    "question": "payouts",
    "format": "csv",
    "day": NOW.date(),
}
EXPORTED = ListExported(**EXPORT, scope=None, filters={"state": "paid"}, positions={0: 1})


def exporting(**other: Any) -> RecordExport:
    return ask(RecordExport, by=SYSTEM, **EXPORT | {"filters": {"state": "paid"}, "positions": {0: 1}} | other)


def test_an_export_is_recorded() -> None:
    given().when(exporting()).then(EXPORTED)


def test_the_same_list_at_later_positions_is_recorded_once_a_day() -> None:
    given(EXPORTED).when(exporting(positions={0: 9})).then_nothing()


@pytest.mark.parametrize("other", [{"filters": {}}, {"format": "ndjson"}, {"question": "audit"}, {"role": "admin"}])
def test_another_list_or_role_is_recorded_too(other: dict[str, Any]) -> None:
    assert given(EXPORTED).when(exporting(**other)).event(ListExported)


def test_a_day_of_use_is_recorded_once() -> None:
    use = ask(RecordAccessTokenUse, by=SYSTEM, token_id="T1", day=NOW.date())
    used = AccessTokenUsed(token_id="T1", account_id="fay", day=NOW.date())
    given(CREATED).when(use).then(used)
    given(CREATED, used).when(use).then_nothing()
