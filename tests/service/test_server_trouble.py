"""Each work meets a server in trouble at each of its statements: it says so, harms nothing, and goes on afterwards."""

from __future__ import annotations

import hashlib
import hmac
import json
from collections.abc import Iterator
from dataclasses import dataclass
from itertools import cycle
from pathlib import Path
from typing import Any

import pytest

from ledger.actors import Actor
from ledger.log.database_errors import KIND_OF_SQLSTATE, OUTCOME_UNKNOWN, DatabaseTrouble, trouble_of
from ledger.log.set_aside import SetAside
from ledger.log.verification.verify import verify_log
from projections.balances.merchant_balances import MerchantBalances
from projections.engine.rebuild import rebuild, verify
from projections.reconciliation.psp_references import PspReferences
from service.adapters.psp.neutral_csv import read_neutral
from service.app import App
from service.finance.period_close import PeriodClose
from service.finance.releases import Releases
from service.finance.settlement_run import settle
from service.intake.settlement_reports import import_report
from service.partner_facts.files import RawFile
from service.settings import Settings
from service.views.status import status_of
from tests.service.adapters.psp.reports import line, neutral, summed
from tests.support.access import reader_of
from tests.support.buses import Desk, open_desk, publish_programme
from tests.support.sales import merchant_ready, paid, sent, signed
from tests.support.server_trouble import ServerTrouble, server_trouble
from tests.support.services import until
from tests.support.shops import app_of

FAY, ANN = (Actor(kind="platform", id=name, role="finance") for name in ("fay", "ann"))
SECRET = "whsec_tea"
# A SQLSTATE of each entry of the table; a class stands for one of its members.
_MEMBER = {"08": "08006", "28": "28P01", "3D": "3D000", "53": "53200", "57": "57P01", "58": "58P01", "F0": "F0000"}
CODES = [*(_MEMBER.get(code, code) for code in KIND_OF_SQLSTATE if code != "XX"), "XX001", "57P02", "57P03"]
STATEMENTS = (*range(25), *range(25, 1000, 7))  # of a work: where the trouble begins, each first one and then some


@dataclass
class Shop:
    """A ledger with an order that is due, and its server."""

    desk: Desk
    app: App
    server: ServerTrouble

    def events(self, type: str) -> int:
        heads = self.desk.ledger.reader.heads()
        rows = [row for book in heads for row in self.desk.ledger.reader.read(book, 0, 10_000)]
        return sum(row.type == type for row in rows)


class Refused(Exception):
    """A webhook's or a read's answer while the server is in trouble: 503, and when to come again."""


class Work:
    """Something that is done, may be begun again, and can be seen to be done. `event` is what it records, once."""

    event = ""

    def prepare(self, shop: Shop) -> None:
        """Creates the state that the case needs."""

    def do(self, shop: Shop) -> object:
        raise NotImplementedError

    def again(self, shop: Shop) -> None:
        """Runs the work of others between two attempts."""

    def is_done(self, shop: Shop) -> bool:
        return shop.events(self.event) == 1


class Command(Work):
    event = "merchant.enrolled"

    def do(self, shop: Shop) -> object:
        return shop.desk.bus.submit([shop.desk.command("enrol_merchant", id="w-1", merchant_id="M-9")])

    def is_done(self, shop: Shop) -> bool:
        return shop.events(self.event) == 2


class Timer(Work):
    event = "settlement.released"

    def do(self, shop: Shop) -> object:
        return Releases(shop.app).sweep()


class Folding(Work):
    def prepare(self, shop: Shop) -> None:
        paid(shop.desk, "O-2")

    def do(self, shop: Shop) -> object:
        return shop.app.catch_up([MerchantBalances(), PspReferences()])

    def is_done(self, shop: Shop) -> bool:
        return all(view.lag == 0 for view in status_of(shop.app).views if view.projection == "psp_references")


class SettlementRun(Work):
    event = "payout.initiated"

    def do(self, shop: Shop) -> object:
        return settle(shop.app, "R-1")


class Import(Work):
    event = "file.recorded"

    def do(self, shop: Shop) -> object:
        content = neutral(line(), summed())
        read = read_neutral("r.csv", content, psp="stripe")
        return import_report(shop.app, RawFile("r.csv", content), read, psp="stripe", match=False)


class Rebuild(Work):
    def do(self, shop: Shop) -> object:
        self.rebuilt = rebuild(shop.app.ledger.engine, shop.app.ledger.reader, MerchantBalances())
        return self.rebuilt

    def again(self, shop: Shop) -> None:
        """The server ends the session that had its lock a moment after it was left."""
        until(lambda: not self._is_locked(shop), what="the lock of a rebuild that failed")

    def _is_locked(self, shop: Shop) -> bool:
        with shop.app.ledger.engine.connect() as connection:
            return bool(
                connection.exec_driver_sql("SELECT count(*) FROM pg_locks WHERE locktype = 'advisory'").scalar()
            )

    def is_done(self, shop: Shop) -> bool:
        with shop.app.ledger.engine.connect() as connection:
            kept = "SELECT count(*) FROM views.generations WHERE projection = 'merchant_balances' AND role <> 'old'"
            return bool(connection.exec_driver_sql(kept).scalar() == 1)


class LogVerification(Work):
    def do(self, shop: Shop) -> object:
        assert [*verify_log(shop.app.ledger.reader)] == []
        return None

    def is_done(self, shop: Shop) -> bool:  # noqa: ARG002 - it has just raised nothing
        return True


class ViewVerification(Rebuild):
    def do(self, shop: Shop) -> object:
        assert verify(shop.app.ledger.engine, MerchantBalances()).count == 0
        return None


class Closing(Work):
    event = "period.closed"

    def prepare(self, shop: Shop) -> None:
        self.close = PeriodClose(shop.desk.ledger, shop.desk.bus)
        self.close.propose_close("2025-02", by=FAY, proposal_id="P-1")

    def do(self, shop: Shop) -> object:  # noqa: ARG002 - its ledger is known
        return [self.close.approve("P-1", by=ANN, id="a-1"), self.close.finish()]


class OverHttp(Work):
    def prepare(self, shop: Shop) -> None:
        self.client = reader_of(shop.app)

    def answered(self, answer: Any) -> object:
        if answer.status_code == 503:
            assert int(answer.headers["Retry-After"]) >= 1
            raise Refused(answer.text)
        assert answer.status_code == 200, answer.text
        return answer


class Webhook(OverHttp):
    event = "payment.captured"

    def prepare(self, shop: Shop) -> None:
        super().prepare(shop)
        self.before = shop.events(self.event)

    def do(self, shop: Shop) -> object:
        charge = {
            "object": "charge", "id": "ch_9", "captured": True, "amount": 1944, "currency": "usd",
            "payment_intent": "pi_9", "metadata": {"merchant_id": "M-1", "order_id": "O-9"},
        }  # fmt: skip
        stamp = int(shop.desk.clock.now.timestamp())
        reported = {"id": "evt_9", "type": "charge.captured", "created": stamp, "data": {"object": charge}}
        body = json.dumps(reported).encode()
        digest = hmac.new(SECRET.encode(), f"{stamp}.".encode() + body, hashlib.sha256).hexdigest()
        headers = {"Stripe-Signature": f"t={stamp},v1={digest}"}
        return self.answered(self.client.post("/webhooks/stripe", content=body, headers=headers))

    def again(self, shop: Shop) -> None:
        shop.app.catch_up([PspReferences()])

    def is_done(self, shop: Shop) -> bool:
        return shop.events(self.event) == self.before + 1


class Status(Work):
    def do(self, shop: Shop) -> object:
        return status_of(shop.app)

    def is_done(self, shop: Shop) -> bool:
        return not status_of(shop.app).troubles


class Read(OverHttp):
    path = "/v1/balances"

    def do(self, shop: Shop) -> object:  # noqa: ARG002 - the client has it
        return self.answered(self.client.get(self.path))

    def is_done(self, shop: Shop) -> bool:
        return bool(self.do(shop))


class Readiness(Read):
    path = "/readyz"


WORKS: tuple[type[Work], ...] = (
    Command, Timer, Folding, SettlementRun, Import, Rebuild, LogVerification, ViewVerification, Closing, Webhook,
    Status, Read, Readiness,
)  # fmt: skip


@pytest.fixture
def shop(fresh_database_url: str, tmp_path: Path) -> Iterator[Shop]:
    with open_desk(fresh_database_url, tmp_path) as desk:
        publish_programme(desk)
        merchant_ready(desk)
        paid(desk)
        sent(desk)
        signed(desk)
        desk.clock.forward(days=8)
        app = app_of(desk, Settings(stripe_secret=SECRET))
        app.catch_up()
        with server_trouble(desk.ledger.engine) as server:
            yield Shop(desk, app, server)


@pytest.mark.parametrize("kind", WORKS, ids=lambda kind: kind.__name__)
def test_trouble_at_any_statement_is_said_harms_nothing_and_passes(kind: type[Work], shop: Shop) -> None:
    work = kind()
    work.prepare(shop)
    shop.app.catch_up([] if kind is Folding else None)
    wrong = walked(work, shop)
    assert not wrong
    work.do(shop)
    assert work.is_done(shop)
    assert SetAside(shop.app.ledger.engine).counts() == {}
    assert status_of(shop.app).troubles == ()
    assert shop.events("break.opened") == 0


def walked(work: Work, shop: Shop) -> list[tuple[int, str, str]]:
    """Begins the work again and again, with trouble from a later statement on each time, until it is not met."""
    wrong = []
    for after, code in zip(STATEMENTS, cycle(CODES), strict=False):
        shop.server.begin(code, after=after)
        try:
            work.do(shop)
        except (DatabaseTrouble, Refused) as error:
            if not says(error, code):
                wrong.append((after, code, repr(error)))
        except Exception as error:
            if trouble_of(error) is None:
                wrong.append((after, code, repr(error)))
        finally:
            shop.server.end()
        work.again(shop)
        if not shop.server.met:
            break
    return wrong


def says(error: Exception, code: str) -> bool:
    kind = KIND_OF_SQLSTATE.get(code) or KIND_OF_SQLSTATE[code[:2]]
    if isinstance(error, DatabaseTrouble):
        return error.kind in (kind, OUTCOME_UNKNOWN)
    return kind.what in str(error) or OUTCOME_UNKNOWN.what in str(error)
