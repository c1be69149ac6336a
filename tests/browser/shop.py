"""A served console over a ledger with work to do: a refund that waits for its first round, and an open break."""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

from service.access.gate import Bearer
from service.app import App
from service.console.application import with_console
from service.http.application import make_application
from tests.support.access import HeldTokens
from tests.support.buses import Desk, open_desk, publish_programme
from tests.support.http_server import served
from tests.support.sales import BUYER, PROVIDER, merchant_ready, order_data, paid
from tests.support.shops import app_of

PEOPLE = {
    "mei": Bearer("mei", "T-1", "merchant", "M-1"),
    "sue": Bearer("sue", "T-2", "support"),
    "sam": Bearer("sam", "T-3", "support"),
    "fay": Bearer("fay", "T-4", "finance"),
}
_CAPTURED_AGAIN = {
    "merchant_id": "M-1", "order_id": "O-1", "payment_id": "pay-again", "psp": "stripe", "capture_ref": "ch-again",
    "amount": order_data()["buyer_total"],
}  # fmt: skip


class ServedShop:
    """The shop's desk and app, and the address of its console."""

    def __init__(self, desk: Desk, app: App, origin: str) -> None:
        self.desk, self.app, self.origin = desk, app, origin

    def asked_back(self, *order_ids: str) -> None:
        """Orders that are paid, each with a refund that waits for its first round."""
        for order_id in order_ids:
            paid(self.desk, order_id)
            case = {"merchant_id": "M-1", "order_id": order_id, "refund_id": f"R-{order_id}"}
            self.desk.expect("request_refund", actor=BUYER, reason="changed_mind", **case)
        self.app.catch_up()

    def captured_for_nobody(self, *capture_refs: str) -> None:
        for capture_ref in capture_refs:
            about = {"psp": "stripe", "capture_ref": capture_ref, "amount": "USD 5.00"}
            self.desk.expect("report_unmatched_payment", actor=PROVIDER, **about)
        self.app.catch_up()

    def resolved(self, in_stream: str, break_id: str) -> None:
        """A break that support has resolved meanwhile."""
        about = {"in_stream": in_stream, "break_id": break_id, "resolution": "found", "reason": "Found."}
        self.desk.expect("resolve_break", actor=PEOPLE["sue"].actor, **about)

    @property
    def events(self) -> int:
        return sum(self.app.ledger.reader.heads().values())


@contextmanager
def served_shop(database_url: str, folder: Path) -> Iterator[ServedShop]:
    """The shop, served until the end of the block. A token is named like its person."""
    with open_desk(database_url, folder) as desk:
        publish_programme(desk)
        merchant_ready(desk)
        paid(desk)
        case = {"merchant_id": "M-1", "order_id": "O-1", "refund_id": "R-1"}
        desk.expect("request_refund", actor=BUYER, reason="changed_mind", **case)
        desk.expect("report_payment_captured", actor=PROVIDER, **_CAPTURED_AGAIN)
        app = app_of(desk)
        app.catch_up()
        with served(with_console(make_application(app, gate=HeldTokens(PEOPLE)))) as server:
            yield ServedShop(desk, app, f"http://127.0.0.1:{server.port}")
