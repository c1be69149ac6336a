"""The Express Refund switch."""

from datetime import timedelta

from commands.merchants.set_express_refund import SetExpressRefund
from ledger.events.merchants import ExpressRefundDisabled, ExpressRefundEnabled
from ledger.refusals.catalogue import MerchantNotEnrolled
from ledger.streams.merchants import Merchant
from tests.commands.merchants.known_merchant import ENROLLED
from tests.support.given import MERCHANT, NOW, ask, given, stream_of

ON = ExpressRefundEnabled(merchant_id="M-1", effective_at=NOW)
LATER = NOW + timedelta(days=1)
OFF = ExpressRefundDisabled(merchant_id="M-1", effective_at=LATER)


def test_a_merchant_turns_it_on() -> None:
    given(ENROLLED).when(ask(SetExpressRefund, by=MERCHANT, merchant_id="M-1", enabled=True)).then(ON)


def test_a_merchant_turns_it_off() -> None:
    given(ENROLLED, ON).when(ask(SetExpressRefund, at=LATER, merchant_id="M-1", enabled=False)).then(OFF)


def test_turning_on_what_is_on_changes_nothing() -> None:
    given(ENROLLED, ON).when(ask(SetExpressRefund, merchant_id="M-1", enabled=True)).then_nothing()


def test_it_is_off_until_it_is_turned_on() -> None:
    given(ENROLLED).when(ask(SetExpressRefund, merchant_id="M-1", enabled=False)).then_nothing()


def test_a_request_goes_by_the_switch_of_its_own_instant() -> None:
    merchant = stream_of("merchant/M-1", (ENROLLED, ON, OFF))
    assert isinstance(merchant, Merchant)
    instants = (NOW - timedelta(seconds=1), NOW, LATER - timedelta(seconds=1), LATER)
    assert [merchant.express_refund_at(at) for at in instants] == [False, True, True, False]


def test_an_unknown_merchant_has_no_switch() -> None:
    given().when(ask(SetExpressRefund, merchant_id="M-1", enabled=True)).then_refused(MerchantNotEnrolled)
