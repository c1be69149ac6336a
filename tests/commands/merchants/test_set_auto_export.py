"""The automatic export switch."""

from commands.merchants.set_auto_export import SetAutoExport
from ledger.events.merchants import AutoExportDisabled, AutoExportEnabled
from ledger.refusals.catalogue import MerchantNotEnrolled
from tests.commands.merchants.known_merchant import ENROLLED
from tests.support.given import NOW, ask, given

ON = AutoExportEnabled(merchant_id="M-1", effective_at=NOW)


def test_a_merchant_turns_it_on() -> None:
    given(ENROLLED).when(ask(SetAutoExport, merchant_id="M-1", enabled=True)).then(ON)


def test_a_merchant_turns_it_off() -> None:
    given(ENROLLED, ON).when(ask(SetAutoExport, merchant_id="M-1", enabled=False)).then(AutoExportDisabled)


def test_turning_on_what_is_on_changes_nothing() -> None:
    given(ENROLLED, ON).when(ask(SetAutoExport, merchant_id="M-1", enabled=True)).then_nothing()


def test_an_unknown_merchant_has_no_switch() -> None:
    given().when(ask(SetAutoExport, merchant_id="M-1", enabled=True)).then_refused(MerchantNotEnrolled)
