"""Subscriptions: who subscribes to what, where it begins, and the decisions about its place."""

from __future__ import annotations

from collections.abc import Mapping
from datetime import datetime, timedelta
from typing import Any

import pytest
from pydantic import ValidationError

from commands.subscriptions.change_subscription import ChangeSubscription
from commands.subscriptions.create_subscription import CreateSubscription
from commands.subscriptions.pause_subscription import PauseSubscription
from commands.subscriptions.replay_parked_event import ReplayParkedEvent
from commands.subscriptions.resume_subscription import ResumeSubscription
from commands.subscriptions.retire_subscription import RetireSubscription
from commands.subscriptions.rewind_subscription import RewindSubscription
from commands.subscriptions.skip_parked_event import SkipParkedEvent
from ledger.actors import Actor
from ledger.events.access import AccessAccountClosed, AccessAccountOpened, AccountRole
from ledger.events.event import Event
from ledger.events.subscriptions import (
    DeliverySettings,
    ParkedEventReplayed,
    ParkedEventSkipped,
    SubscriptionChanged,
    SubscriptionCreated,
    SubscriptionPaused,
    SubscriptionResumed,
    SubscriptionRetired,
    SubscriptionRewound,
    WantedEvents,
)
from ledger.ids import access_account_stream
from ledger.log.cursor import CursorAhead, ForeignCursor, NotACursor
from ledger.refusals.access import AccessAccountNotOpen
from ledger.refusals.catalogue import RoleNotAllowed, ScopeNotAllowed
from ledger.refusals.finance import BookUnknown
from ledger.refusals.subscriptions import (
    EventTypeUnknown,
    OrderNeedsMerchant,
    PositionUnusable,
    SubscriptionExists,
    SubscriptionNotActive,
)
from tests.support.given import BUYER, NOW, Given, ask, given

ADMIN = Actor(kind="platform", id="ada", role="admin")
FAY = Actor(kind="platform", id="fay", role="finance")
MAY = Actor(kind="merchant", id="may", role="merchant", scope="M-1")
END = {0: 40, 1: 7, 2: 0}


class SomePlaces:
    """A log of three books, whose token `T` means the place before its last events."""

    def end(self) -> Mapping[int, int]:
        return END

    def of_token(self, token: str) -> Mapping[int, int]:
        if token == "foreign":
            raise ForeignCursor("the token is of another ledger")
        if token == "ahead":
            raise CursorAhead("the token names position 41 of book 0")
        if token != "T":
            raise NotACursor("the text is not a token of a ledger")
        return {0: 39, 1: 6, 2: 0}

    def before(self, instant: datetime) -> Mapping[int, int]:
        if instant > NOW:
            raise ValueError(f"{instant.isoformat()} has not come yet")
        return {0: 5, 1: 0, 2: 0}


def wanted(**about: Any) -> WantedEvents:
    return WantedEvents(**{"types": (), "merchant": None, "order": None, "books": ()} | about)


SETTINGS = DeliverySettings(most_in_flight=500, ack_within_s=60, most_retries=10)
CREATED = SubscriptionCreated(
    subscription_id="stock",
    owner="fay",
    role="finance",
    scope=None,
    delivery="lease",
    wanted=wanted(),
    settings=SETTINGS,
    start=END,
    created_by=FAY,
    created_at=NOW,
)
MERCHANTS = CREATED.model_copy(
    update={"owner": "may", "role": "merchant", "scope": "M-1", "wanted": wanted(merchant="M-1"), "created_by": MAY}
)
PAUSED = SubscriptionPaused(subscription_id="stock", reason="move", paused_by=FAY, paused_at=NOW)
RETIRED = SubscriptionRetired(subscription_id="stock", reason="over", retired_by=FAY, retired_at=NOW)


def opened(account_id: str, role: AccountRole, scope: str | None = None) -> AccessAccountOpened:
    about: dict[str, Any] = {"kind": "person", "roles": (role,), "opened_by": ADMIN, "opened_at": NOW}
    return AccessAccountOpened(account_id=account_id, scope=scope, **about)


ACCOUNTS = (opened("fay", "finance"), opened("may", "merchant", "M-1"), opened("bo", "buyer", "B-1"))
BESIDE: dict[str, tuple[Event, ...]] = {access_account_stream(each.account_id): (each,) for each in ACCOUNTS}


def before(*events: Event, beside: Mapping[str, tuple[Event, ...]] = BESIDE) -> Given:
    return given(*events, beside=beside, places=SomePlaces())


def creating(by: Actor = FAY, **about: Any) -> CreateSubscription:
    return ask(CreateSubscription, by=by, **{"subscription_id": "stock"} | about)


def rewinding(**to: Any) -> RewindSubscription:
    return ask(RewindSubscription, by=FAY, subscription_id="stock", **to)


def test_a_subscription_belongs_to_the_account_that_creates_it_and_begins_at_the_end_of_the_log() -> None:
    before().when(creating()).then(CREATED)


@pytest.mark.parametrize(("start", "positions"), [("first", {}), ("now", END), ("T", {0: 39, 1: 6, 2: 0})])
def test_it_begins_where_it_says(start: str, positions: dict[int, int]) -> None:
    assert before().when(creating(start=start)).event(SubscriptionCreated).start == positions


@pytest.mark.parametrize("start", ["foreign", "ahead", "nonsense"])
def test_it_begins_at_no_token_that_is_not_of_this_log(start: str) -> None:
    before().when(creating(start=start)).then_refused(PositionUnusable)


def test_a_merchant_subscribes_to_its_own_events() -> None:
    before().when(creating(MAY)).then(MERCHANTS)


def test_a_merchant_does_not_subscribe_to_another_one() -> None:
    before().when(creating(MAY, merchant="M-2")).then_refused(ScopeNotAllowed, scope="M-1")


def test_a_buyer_does_not_subscribe() -> None:
    before().when(creating(BUYER)).then_refused(RoleNotAllowed, role="buyer")
    before().when(creating(ADMIN, account_id="bo")).then_refused(RoleNotAllowed, role="buyer")


def test_an_admin_subscribes_another_account_in_that_accounts_role() -> None:
    by_ada = {"created_by": ADMIN}
    before().when(creating(ADMIN, account_id="may")).then(MERCHANTS.model_copy(update=by_ada))


def test_nobody_else_subscribes_another_account() -> None:
    before().when(creating(FAY, account_id="may")).then_refused(ScopeNotAllowed)


def test_an_account_that_is_closed_does_not_subscribe() -> None:
    closed = AccessAccountClosed(account_id="fay", reason="left", closed_by=ADMIN, closed_at=NOW)
    beside = {access_account_stream("fay"): (ACCOUNTS[0], closed)}
    before(beside=beside).when(creating()).then_refused(AccessAccountNotOpen, state="closed")
    before(beside={}).when(creating()).then_refused(AccessAccountNotOpen, state="never opened")


def test_an_id_is_used_once() -> None:
    before(CREATED).when(creating()).then_refused(SubscriptionExists, state="active")
    before(CREATED, RETIRED).when(creating()).then_refused(SubscriptionExists, state="retired")


def test_beginnings_of_types_are_kept_as_they_are() -> None:
    event = before().when(creating(types=["payment.*", "parcel.lost"])).event(SubscriptionCreated)
    assert event.wanted.types == ("payment.*", "parcel.lost")


@pytest.mark.parametrize("type", ["payment.taken", "unheard.*"])
def test_a_type_that_no_event_has_is_refused(type: str) -> None:
    before().when(creating(types=[type])).then_refused(EventTypeUnknown, type=type)


def test_an_order_is_named_with_its_merchant() -> None:
    before().when(creating(order="O-1")).then_refused(OrderNeedsMerchant)
    before().when(creating(MAY, order="O-1")).then(SubscriptionCreated)


def test_a_book_that_the_ledger_does_not_have_is_refused() -> None:
    before().when(creating(books=[1, 3])).then_refused(BookUnknown, book=3)


def test_a_change_replaces_the_whole_choice() -> None:
    change = ask(ChangeSubscription, by=FAY, subscription_id="stock", types=["parcel.*"], most_retries=3)
    changed = before(CREATED).when(change).event(SubscriptionChanged)
    assert changed.wanted == wanted(types=("parcel.*",))
    assert changed.settings == SETTINGS.model_copy(update={"most_retries": 3})


def test_a_change_that_changes_nothing_records_nothing() -> None:
    before(CREATED).when(ask(ChangeSubscription, by=FAY, subscription_id="stock")).then_nothing()


def test_an_admin_who_changes_a_merchants_subscription_does_not_widen_it() -> None:
    changing = ask(ChangeSubscription, by=ADMIN, subscription_id="stock", most_retries=3)
    assert before(MERCHANTS).when(changing).event(SubscriptionChanged).wanted.merchant == "M-1"
    other = ask(ChangeSubscription, by=ADMIN, subscription_id="stock", merchant="M-2")
    before(MERCHANTS).when(other).then_refused(ScopeNotAllowed, scope="M-1")


def test_nobody_changes_the_subscription_of_another() -> None:
    before(MERCHANTS).when(ask(ChangeSubscription, by=FAY, subscription_id="stock")).then_refused(ScopeNotAllowed)


def test_a_subscription_is_paused_and_resumed() -> None:
    pause = ask(PauseSubscription, by=FAY, subscription_id="stock", reason="move")
    before(CREATED).when(pause).then(PAUSED)
    before(CREATED, PAUSED).when(pause).then_nothing()
    resume = ask(ResumeSubscription, by=FAY, subscription_id="stock")
    before(CREATED, PAUSED).when(resume).then(SubscriptionResumed)
    before(CREATED).when(resume).then_nothing()


def test_a_subscription_is_retired_once_and_for_ever() -> None:
    retire = ask(RetireSubscription, by=FAY, subscription_id="stock", reason="over")
    before(CREATED).when(retire).then(RETIRED)
    before(CREATED, RETIRED).when(retire).then_nothing()
    before(CREATED, RETIRED).when(rewinding(token="T")).then_refused(SubscriptionNotActive, state="retired")


def test_a_subscription_that_was_never_created_is_known_to_an_admin_alone() -> None:
    about: dict[str, Any] = {"subscription_id": "stock", "reason": "over"}
    before().when(ask(RetireSubscription, by=ADMIN, **about)).then_refused(SubscriptionNotActive, state="never created")
    before().when(ask(RetireSubscription, by=FAY, **about)).then_refused(ScopeNotAllowed)


@pytest.mark.parametrize(
    ("to", "positions"),
    [
        ({"token": "T"}, {0: 39, 1: 6, 2: 0}),
        ({"recorded_from": NOW}, {0: 5, 1: 0, 2: 0}),
        ({"book": 1, "position": 3}, {1: 3}),
        ({"book": 2, "position": 0}, {2: 0}),
    ],
    ids=str,
)
def test_a_rewind_names_a_place_by_token_time_or_position(to: dict[str, Any], positions: dict[int, int]) -> None:
    assert before(CREATED).when(rewinding(**to)).event(SubscriptionRewound).positions == positions


@pytest.mark.parametrize(
    "to", [{"token": "foreign"}, {"recorded_from": NOW + timedelta(days=1)}, {"book": 1, "position": 8}], ids=str
)
def test_a_rewind_to_no_place_of_this_log_is_refused(to: dict[str, Any]) -> None:
    before(CREATED).when(rewinding(**to)).then_refused(PositionUnusable)


def test_a_rewind_to_a_book_that_is_not_there_is_refused() -> None:
    before(CREATED).when(rewinding(book=3, position=0)).then_refused(BookUnknown)


@pytest.mark.parametrize("to", [{}, {"book": 1}, {"position": 1}, {"token": "T", "book": 1, "position": 1}], ids=str)
def test_a_rewind_names_one_place(to: dict[str, Any]) -> None:
    with pytest.raises(ValidationError, match="give one place"):
        rewinding(**to)


def test_a_person_replays_or_skips_a_parked_event() -> None:
    about: dict[str, Any] = {"by": FAY, "subscription_id": "stock", "book": 1, "position": 7}
    before(CREATED).when(ask(ReplayParkedEvent, **about)).then(ParkedEventReplayed)
    before(CREATED).when(ask(SkipParkedEvent, reason="bad", **about)).then(ParkedEventSkipped)
