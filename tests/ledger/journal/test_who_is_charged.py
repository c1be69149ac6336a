"""Which events take a merchant's money at all: a list that a new posting rule is put on by a person (domain §0)."""

import pytest

from ledger.events.disputes import DisputeFeeCharged, DisputeFundsWithdrawn, DisputeLost
from ledger.events.event import Event
from ledger.journal.accounts import AVAILABLE, PARTNER_PAYABLE, is_merchant_account
from ledger.journal.rule import rule
from tests.golden.samples import all_events, make_sample
from tests.support.orders import OrderScenario
from tests.support.payments import disputed

# P4, P5, P6, P7 and P8 (approved, and undone where the goods never come), P14, P17, P20, and the undoing of P2
MAY_CHARGE = {
    "settlement.released",
    "payout.initiated",
    "payout.paid",
    "payout.failed",
    "payout.cancelled",
    "refund.approved",
    "refund.auto_approved",
    "dispute.lost",
    "settlement.held",
    "settlement.hold_released",
    "adjustment.approved",
    "payment.capture_failed",
}
NEWEST = {name: kind for (name, _), kind in sorted(all_events().items())}


def sample(kind: type[Event]) -> Event:
    """Its golden sample, all in CNY; where it names an account itself, a merchant's if it may."""
    account = AVAILABLE if kind.name in MAY_CHARGE else PARTNER_PAYABLE
    text = make_sample(kind).replace('"currency":"USD"', '"currency":"CNY"')
    return kind.model_validate_json(text.replace('"account":"account"', f'"account":"{account.code}"'))


def charged(event: Event) -> bool:
    """Returns True if the entry debits a merchant's account."""
    draft = rule(event)
    return draft is not None and any(is_merchant_account(line.account) and line.base > 0 for line in draft.lines)


@pytest.mark.parametrize("name", sorted(NEWEST.keys() - MAY_CHARGE))
def test_an_event_that_is_not_on_the_list_takes_nothing_from_a_merchant(name: str) -> None:
    assert not charged(sample(NEWEST[name]))


@pytest.mark.parametrize("name", sorted(MAY_CHARGE & NEWEST.keys()))
def test_an_event_on_the_list_belongs_there(name: str) -> None:
    assert charged(sample(NEWEST[name]))


def test_the_list_names_no_event_that_is_gone() -> None:
    assert NEWEST.keys() >= MAY_CHARGE


def test_a_dispute_lost_by_the_platform_touches_no_merchant() -> None:
    """As the decision makes it: lines that give nothing back."""
    scenario = disputed(OrderScenario().paid().sent(A=2, B=1).received(), reason="not_received")
    scenario.submit("report_dispute_lost", dispute_id="dp-1", psp="stripe")
    entry = rule(scenario.event(DisputeLost))
    assert entry is not None
    assert not [line for line in entry.lines if is_merchant_account(line.account)]


@pytest.mark.parametrize("kind", [DisputeFeeCharged, DisputeFundsWithdrawn])
def test_a_disputes_fee_and_withdrawal_touch_no_merchant(kind: type[Event]) -> None:
    entry = rule(sample(kind))
    assert entry is not None
    assert not [line for line in entry.lines if is_merchant_account(line.account)]
