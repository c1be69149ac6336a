"""Keeping available money back, and giving it free again."""

from typing import Any

from commands.payouts.hold_settlement import HoldSettlement
from commands.payouts.release_hold import ReleaseHold
from ledger.events.settlement import HoldReleased, SettlementHeld
from ledger.refusals.catalogue import InsufficientAvailable, MerchantCurrencyNotCny, RoleNotAllowed
from ledger.refusals.finance import HoldExceeded, HoldIdTaken, HoldNotFound
from tests.support.given import FINANCE, MERCHANT, Given, ask, cny, given

HELD = given(accounts={"M-1": cny("475.00")}).when(
    ask(HoldSettlement, by=FINANCE, merchant_id="M-1", hold_id="H-1", amount="CNY 100.00", reason="evidence")
)


def hold(amount: str = "CNY 100.00", **other: Any) -> HoldSettlement:
    said = {"merchant_id": "M-1", "hold_id": "H-1", "amount": amount, "reason": "evidence"}
    return ask(HoldSettlement, by=other.pop("by", FINANCE), **{**said, **other})


def release(amount: str | None = None, hold_id: str = "H-1") -> ReleaseHold:
    return ask(ReleaseHold, by=FINANCE, merchant_id="M-1", hold_id=hold_id, amount=amount)


def merchant(*events: Any, available: str = "475.00") -> Given:
    return given(*events, accounts={"M-1": cny(available)})


def test_available_money_can_be_held() -> None:
    event = merchant().when(hold(order_id="O-1")).then(SettlementHeld).event(SettlementHeld)
    assert (event.amount, event.held_from, event.order_id) == (cny("100.00"), "available", "O-1")


def test_no_more_is_held_than_is_available() -> None:
    merchant(available="99.99").when(hold()).then_refused(InsufficientAvailable, available="CNY 99.99")


def test_a_hold_rests_on_the_merchants_money() -> None:
    assert hold().reads == ("account/M-1",)


def test_a_hold_id_is_used_once() -> None:
    merchant(*HELD.events).when(hold()).then_refused(HoldIdTaken, hold_id="H-1")


def test_only_cny_is_held() -> None:
    merchant().when(hold("USD 1.00")).then_refused(MerchantCurrencyNotCny, currency="USD")


def test_a_merchant_holds_nothing_back() -> None:
    merchant().when(hold(by=MERCHANT)).then_refused(RoleNotAllowed)


def test_all_that_is_held_is_released() -> None:
    event = merchant(*HELD.events).when(release()).then(HoldReleased).event(HoldReleased)
    assert (event.amount, event.held_from) == (cny("100.00"), "available")


def test_after_a_part_was_released_the_rest_is_held() -> None:
    first = merchant(*HELD.events).when(release("CNY 30.00")).events
    assert merchant(*HELD.events, *first).when(release()).event(HoldReleased).amount == cny("70.00")


def test_no_more_is_released_than_is_held() -> None:
    merchant(*HELD.events).when(release("CNY 100.01")).then_refused(HoldExceeded, held="CNY 100.00")


def test_what_was_released_whole_is_held_no_more() -> None:
    first = merchant(*HELD.events).when(release()).events
    merchant(*HELD.events, *first).when(release()).then_refused(HoldNotFound, hold_id="H-1")


def test_a_hold_that_was_never_made_is_not_released() -> None:
    merchant().when(release("CNY 1.00", hold_id="H-9")).then_refused(HoldNotFound, hold_id="H-9")
