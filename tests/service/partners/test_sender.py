"""Instructions on their way out: once at the partner, once in the ledger, whatever breaks in between."""

from __future__ import annotations

import signal
import subprocess
import sys
from collections.abc import Iterator
from datetime import timedelta
from pathlib import Path

import pytest

from ledger.actors import Actor
from ledger.money import Money
from projections.engine.views import Views
from projections.reconciliation.instructions import Instruction, Instructions, instructions
from service.app import App
from service.partners.ports import Answer, AnswerUnknown, Partners
from service.partners.sender import Sending
from service.partners.simulated.bank import SimulatedBank
from service.partners.simulated.counter import FailureRates
from service.partners.simulated.provider import SimulatedProvider
from service.settings import Settings
from tests.service.automation.test_returned_payouts import give, open_account
from tests.support.buses import Desk, open_desk, publish_programme
from tests.support.faults import failing
from tests.support.sales import BUYER, PROVIDER, merchant_ready, order_data, paid

ORDER = {"merchant_id": "M-1", "order_id": "O-1"}
FINANCE = Actor(kind="platform", id="fang", role="finance")
ALWAYS_LATE = FailureRates(failed=0, answers_lost=1000, returned=0)


class Office:
    """A ledger, its partners, and one sender; `sweep` lets time pass between tries."""

    def __init__(self, desk: Desk, folder: Path) -> None:
        self.desk, self.folder = desk, folder
        views = Views(desk.ledger.engine, desk.ledger.reader)
        self.app = App(Settings(), desk.ledger, desk.bus, views, desk.clock)
        self.provider, self.bank = SimulatedProvider(folder / "psp"), SimulatedBank(folder / "bank")
        self.sender = self.another()

    def another(self, partners: Partners | None = None) -> Sending:
        return Sending(self.app, partners or Partners(bank=self.bank, any_provider=self.provider))

    def sweep(self, times: int = 1, sender: Sending | None = None) -> int:
        recorded = 0
        for _ in range(times):
            self.app.catch_up([Instructions()])
            recorded += (sender or self.sender).sweep()
            self.desk.clock.forward(minutes=11)
        return recorded

    def waiting(self) -> list[Instruction]:
        self.app.catch_up([Instructions()])
        heads = self.desk.ledger.reader.heads()
        return [each for book in heads for each in instructions(self.app.views, book)]

    def recorded(self, event: str) -> int:
        with self.desk.ledger.engine.connect() as connection:
            found = connection.exec_driver_sql("SELECT count(*) FROM log.events WHERE type = %s", (event,))
            return int(found.scalar_one())


@pytest.fixture
def office(database_url: str, tmp_path: Path) -> Iterator[Office]:
    with open_desk(database_url, tmp_path) as desk:
        publish_programme(desk)
        merchant_ready(desk)
        yield Office(desk, tmp_path)


def refund(office: Office, order_id: str = "O-1") -> None:
    """A refund that was approved and is to be paid back by the provider."""
    paid(office.desk, order_id)
    about = {"merchant_id": "M-1", "order_id": order_id}
    office.desk.expect("cancel_order", actor=BUYER, reason="changed_mind", refund_id=f"R-{order_id}", **about)
    office.desk.expect("submit_refund", refund_id=f"R-{order_id}", **about)


def payout(office: Office, payout_id: str = "P-1") -> None:
    open_account(office.desk)
    give(office.desk, "475.00")
    office.desk.expect("initiate_payout", merchant_id="M-1", payout_id=payout_id)


def authorised(office: Office, amount: str = "USD 19.44") -> None:
    office.desk.expect("place_order", actor=BUYER, **order_data())
    until = office.desk.clock.now + timedelta(days=7)
    reported = {"payment_id": "pay-1", "psp": "stripe", "amount": amount, **ORDER}
    office.desk.expect("report_payment_authorised", actor=PROVIDER, expires_at=until, **reported)


def test_a_refund_is_paid_by_the_provider_and_recorded(office: Office) -> None:
    refund(office)
    assert (office.sweep(), office.recorded("refund.succeeded"), office.waiting()) == (1, 1, [])


def test_refunds_of_two_orders_under_one_name_are_both_paid(office: Office) -> None:
    for order_id in ("O-1", "O-2"):
        paid(office.desk, order_id)
        about = {"merchant_id": "M-1", "order_id": order_id}
        office.desk.expect("cancel_order", actor=BUYER, reason="changed_mind", refund_id="R-1", **about)
        office.desk.expect("submit_refund", refund_id="R-1", **about)
    assert (office.sweep(), office.recorded("refund.succeeded")) == (2, 2)
    assert [asked.tries for asked in office.provider.counter.all()] == [1, 1]


def test_a_bank_that_is_asked_for_another_payout_under_a_name_it_knows_refuses_it(office: Office) -> None:
    payout(office)
    office.bank.take("P-1", amount=Money.of("9.99", "CNY"), account="acct-other", day=office.desk.clock.now.date())
    assert (office.sweep(), office.recorded("payout.paid"), office.recorded("payout.failed")) == (1, 0, 1)


def test_a_capture_that_was_asked_for_is_taken_and_confirms_the_order(office: Office) -> None:
    authorised(office)
    office.desk.expect("capture_payment", payment_id="pay-1", **ORDER)
    assert (office.sweep(), office.recorded("order.confirmed"), office.waiting()) == (1, 1, [])


def test_a_capture_without_a_rate_is_booked_once_the_rate_is_known(office: Office) -> None:
    authorised(office, "EUR 19.44")
    office.desk.expect("capture_payment", payment_id="pay-1", **ORDER)
    assert (office.sweep(2), office.recorded("payment.captured"), len(office.waiting())) == (0, 0, 1)
    day = office.desk.clock.now.date()
    rate = {"pair": "EUR/CNY", "rate": "7.8000", "kind": "book", "provider": "test", "as_of": day}
    office.desk.expect("record_fx_rate", actor=FINANCE, **rate)
    office.sweep(2)
    assert (office.recorded("payment.captured"), office.waiting()) == (1, [])


def test_a_void_that_was_asked_for_is_recorded(office: Office) -> None:
    authorised(office)
    office.desk.expect("void_payment", payment_id="pay-1", reason="out_of_stock", **ORDER)
    assert (office.sweep(), office.recorded("payment.voided"), office.waiting()) == (1, 1, [])


def test_a_payout_is_marked_as_the_banks_and_paid_once_the_bank_says_so(office: Office) -> None:
    payout(office)
    assert office.sweep() == 0
    assert (office.recorded("payout.submitted"), office.recorded("payout.paid")) == (1, 0)
    assert (office.sweep(), office.recorded("payout.paid"), office.waiting()) == (1, 1, [])


def test_an_answer_that_was_lost_is_asked_for_again_and_the_money_moves_once(office: Office) -> None:
    refund(office)
    late = SimulatedProvider(office.folder / "psp", ALWAYS_LATE)
    office.sweep(3, office.another(Partners(any_provider=late)))
    assert (office.recorded("refund.succeeded"), len(office.waiting())) == (0, 1)
    assert office.sweep() == 1
    (asked,) = office.provider.counter.all()
    assert (asked.tries, asked.fate) == (4, "done")


def test_the_longer_nobody_answers_the_longer_it_is_waited(office: Office) -> None:
    refund(office)
    late = SimulatedProvider(office.folder / "psp", ALWAYS_LATE)
    sender = office.another(Partners(any_provider=late))
    office.app.catch_up([Instructions()])
    for _ in range(64):
        sender.sweep()
        office.desk.clock.forward(seconds=1)
    (asked,) = late.counter.all()
    assert asked.tries == 7  # after 0, 1, 3, 7, 15, 31 and 63 seconds


def test_what_the_provider_refuses_stays_owed_and_can_be_sent_anew(office: Office) -> None:
    refund(office)
    refusing = SimulatedProvider(office.folder / "psp", FailureRates(failed=1000, answers_lost=0, returned=0))
    assert office.sweep(1, office.another(Partners(any_provider=refusing))) == 1
    office.desk.expect("submit_refund", refund_id="R-O-1", **ORDER)
    assert (office.recorded("refund.failed"), office.sweep(), office.recorded("refund.succeeded")) == (1, 1, 1)


def unmatched(office: Office) -> None:
    """Money that belongs to no order, and that is to go back to who paid it."""
    about = {"psp": "stripe", "capture_ref": "ch_1"}
    office.desk.expect("report_unmatched_payment", actor=PROVIDER, amount="USD 19.44", **about)
    office.desk.expect("refund_unmatched_funds", actor=FINANCE, refund_id="R-1", reason="payer_unknown", **about)


def test_money_of_no_order_goes_back_through_its_provider(office: Office) -> None:
    unmatched(office)
    assert (office.sweep(), office.recorded("unmatched.refund_paid"), office.waiting()) == (1, 1, [])


def test_money_of_no_order_that_could_not_go_back_stays_owed_and_can_be_sent_anew(office: Office) -> None:
    unmatched(office)
    refusing = SimulatedProvider(office.folder / "psp", FailureRates(failed=1000, answers_lost=0, returned=0))
    office.sweep(2, office.another(Partners(any_provider=refusing)))
    assert (office.recorded("unmatched.refund_failed"), office.waiting()) == (1, [])
    about = {"psp": "stripe", "capture_ref": "ch_1", "refund_id": "R-1"}
    office.desk.expect("submit_unmatched_refund", actor=FINANCE, **about)
    assert [each.id for each in office.waiting()] == ["R-1.2"]
    late = about | {"attempt_id": "R-1", "amount": "USD 19.44", "psp_refund_ref": "re-late", "outcome": "succeeded"}
    before = office.desk.clock.now - timedelta(hours=1)
    office.desk.expect("report_unmatched_refund_outcome", actor=PROVIDER, at=before, **late)
    assert (office.recorded("unmatched.refund_reversed"), [each.id for each in office.waiting()]) == (1, ["R-1.2"])
    assert (office.sweep(), office.recorded("unmatched.refund_paid"), office.waiting()) == (1, 2, [])


def test_what_nobody_serves_waits(office: Office) -> None:
    refund(office)
    assert office.sweep(2, office.another(Partners(bank=office.bank))) == 0
    assert [each.kind for each in office.waiting()] == ["refund"]


def test_a_payout_that_was_taken_back_does_not_go_out(office: Office) -> None:
    payout(office)
    office.app.catch_up([Instructions()])  # and the sender sees it still
    office.desk.expect("cancel_payout", actor=FINANCE, merchant_id="M-1", payout_id="P-1", reason="recalled")
    office.sender.sweep()
    assert office.bank.counter.all() == []


def test_a_payout_that_went_out_is_not_taken_back(office: Office) -> None:
    payout(office)
    office.sweep()
    cancel = office.desk.ask("cancel_payout", actor=FINANCE, merchant_id="M-1", payout_id="P-1", reason="recalled")
    assert cancel.code == "PAYOUT_ALREADY_SUBMITTED"


def test_between_asking_and_recording_nothing_is_lost(office: Office) -> None:
    """The sender dies with the answer in its hands; another asks under the same id and records it."""
    refund(office)
    dying = office.another(Partners(any_provider=_Dying(office.provider)))
    office.app.catch_up([Instructions()])
    with pytest.raises(KeyboardInterrupt):
        dying.sweep()
    assert (office.sweep(), office.recorded("refund.succeeded")) == (1, 1)
    assert [asked.tries for asked in office.provider.counter.all()] == [2]


_KILLED = """
import os, sys
from pathlib import Path
from ledger.keys import FileKeyStore
from ledger.ledger import Ledger
from service.partners.ports import Partners
from service.automation.worker import Sending
from service.partners.simulated.provider import SimulatedProvider
from tests.support.buses import Desk, Clock
from tests.support.shops import app_of
from datetime import datetime

class Killed(SimulatedProvider):
    def refund(self, instruction):
        super().refund(instruction)
        os.kill(os.getpid(), 9)

folder = Path(sys.argv[2])
with Ledger.open(sys.argv[1], keys=FileKeyStore(folder / "keys")) as ledger:
    app = app_of(Desk(ledger, Clock(datetime.fromisoformat(sys.argv[3]))))
    Sending(app, Partners(any_provider=Killed(folder / "psp"))).sweep()
"""


def test_a_process_killed_after_the_provider_did_it_leaves_it_to_the_next_one(
    office: Office, database_url: str, tmp_path: Path
) -> None:
    refund(office)
    office.app.catch_up([Instructions()])
    asked = [sys.executable, "-c", _KILLED, database_url, str(tmp_path), office.desk.clock.now.isoformat()]
    assert subprocess.run(asked, check=False).returncode == -signal.SIGKILL
    assert (office.recorded("refund.succeeded"), [each.tries for each in office.provider.counter.all()]) == (0, [1])
    assert (office.sweep(), office.recorded("refund.succeeded")) == (1, 1)
    (done,) = office.provider.counter.all()
    assert (done.tries, done.amount) == (2, Money.of("19.44", "USD"))


class _Dying:
    """The provider has done it; nobody lives to hear of it."""

    def __init__(self, provider: SimulatedProvider) -> None:
        self._provider = provider

    def refund(self, instruction: Instruction) -> Answer:
        self._provider.refund(instruction)
        raise KeyboardInterrupt

    def capture(self, instruction: Instruction) -> Answer:
        raise AnswerUnknown(instruction.id)

    void = capture


def test_a_payout_that_could_not_be_marked_as_the_banks_does_not_go_out(office: Office) -> None:
    payout(office)
    with failing("submit_payout"):
        office.sweep()
    assert office.bank.counter.all() == []
