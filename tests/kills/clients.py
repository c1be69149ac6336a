"""Clients that ask for one thing after the other, and ask again under the same id until they are answered."""

from __future__ import annotations

import hashlib
import hmac
import json
import urllib.error
import urllib.request
from base64 import b64encode
from collections.abc import Callable, Iterator
from contextlib import ExitStack, contextmanager
from functools import partial
from http.client import HTTPException
from threading import Event, Thread
from typing import Any

from commands.menu import MENU
from ledger.log.database_errors import DatabaseTrouble
from service.app import App, open_app
from service.embedded import EmbeddedPostgresError
from service.settings import Settings
from tests.kills.bench import PATIENCE_S, LedgerUnderTest
from tests.support.access import bearing
from tests.support.buses import PLATFORM
from tests.support.services import until

SECRET = "tea"
_PAUSE_S = 0.02  # between two questions: the processes beside need the machine too
# What a client meets while the service or the database is away; everything else fails the test.
_AWAY = (DatabaseTrouble, EmbeddedPostgresError, HTTPException, OSError)


class Client:
    """Asks for `name-1`, `name-2` … in a thread of its own; `answered` holds the ids whose answer has arrived."""

    def __init__(self, name: str, ask: Callable[[str], None]) -> None:
        self._name, self._ask = name, ask
        self.answered: list[str] = []
        self.failure: Exception | None = None
        self._stop = Event()
        self._thread = Thread(target=self._work, name=name, daemon=True)

    def start(self) -> None:
        self._thread.start()

    def stop(self) -> None:
        """Returns once the last question is answered. Raises what went wrong."""
        self._stop.set()
        self._thread.join(PATIENCE_S)
        assert not self._thread.is_alive(), f"{self._name} does not end"
        if self.failure is not None:
            raise self.failure

    def _work(self) -> None:
        try:
            while not self._stop.wait(_PAUSE_S):
                id = f"{self._name}-{len(self.answered) + 1}"
                until(partial(self._is_answered, id), what=f"an answer to {id}", patience_s=PATIENCE_S)
                self.answered.append(id)
        except Exception as failure:
            self.failure = failure

    def _is_answered(self, id: str) -> bool:
        try:
            self._ask(id)
        except _AWAY:
            return False
        return True


class Desk:
    """A client of the bus, which opens the ledger again when the database was lost. Each fifth command is refused."""

    def __init__(self, settings: Settings) -> None:
        self._settings = settings
        self._held = ExitStack()
        self._app: App | None = None

    def ask(self, id: str) -> None:
        if self._app is None:
            self._app = self._held.enter_context(open_app(self._settings))
        name, about = "enrol_merchant", {"merchant_id": f"M-{id}"}
        if id.endswith(("0", "5")):
            name, about = "approve_product", about | {"product_id": "P-1"}
        command = MENU[name].command.model_validate({"id": id, "actor": PLATFORM, **about})
        try:
            (outcome,) = self._app.bus.submit([command])
        except DatabaseTrouble:
            self.close()
            raise
        assert outcome.status in ("recorded", "refused"), f"{id}: {outcome.status} {outcome.sentence}"

    def close(self) -> None:
        self._app = None
        self._held.close()


@contextmanager
def desk_at_work(bench: LedgerUnderTest, name: str) -> Iterator[None]:
    """A desk that records beside whatever the context does; its last question is answered before the context ends."""
    desk = Desk(bench.settings)
    client = Client(name, desk.ask)
    client.start()
    try:
        yield
    finally:
        try:
            client.stop()
        finally:
            desk.close()
            bench.acknowledged.update(client.answered)


def report_scan(address: str, number: str) -> None:
    """A carrier's signed webhook about a parcel that nobody knows. Raises `OSError` where it is not acknowledged."""
    point = {"tag": "InTransit", "subtag": "InTransit_004", "checkpoint_time": "2025-04-01T08:00:00+00:00"}
    body = json.dumps({"event_id": number, "msg": {"tracking_number": number, "checkpoints": [point]}}).encode()
    signature = b64encode(hmac.digest(SECRET.encode(), body, hashlib.sha256)).decode()
    headers = {"aftership-hmac-sha256": signature, "content-type": "application/json"}
    request = urllib.request.Request(f"{address}/webhooks/aftership", data=body, headers=headers)
    with urllib.request.urlopen(request, timeout=PATIENCE_S) as answer:
        outcomes = json.loads(answer.read())["data"]["outcomes"]
    assert outcomes in ({"recorded": 1}, {"repeated": 1}), f"{number}: {outcomes}"


def submit_over_http(address: str, token: str, id: str) -> None:
    """One command under this key; each fifth is refused, and each seventh comes in a batch with a second one.

    Raises `OSError` where it is not answered for good.
    """
    data = {"merchant_id": f"M-{id}"}
    number = int(id.rpartition("-")[2])
    if number % 7 == 0:
        named = [{"command": "enrol_merchant", "id": each, "data": {"merchant_id": f"M-{each}"}} for each in ids_of(id)]
        answer = post(f"{address}/v1/commands", token, {"commands": named})
        assert [each["status"] for each in answer["data"]] == [200, 200], answer
    elif number % 5 == 0:
        about = data | {"product_id": "P-1"}
        answer = post(f"{address}/v1/commands/approve_product", token, {"data": about}, key=id)
        assert answer["code"] == "PRODUCT_NOT_SUBMITTED", answer
    else:
        answer = post(f"{address}/v1/commands/enrol_merchant", token, {"data": data}, key=id)
        assert answer["data"]["status"] == "recorded", f"{id}: {answer}"


def ids_of(id: str) -> list[str]:
    """Returns the keys of the commands that `submit_over_http` sends for this id."""
    return [id, f"{id}b"] if int(id.rpartition("-")[2]) % 7 == 0 else [id]


def post(address: str, token: str, body: object, *, key: str = "") -> Any:
    """Returns the answer, also of a refusal. Raises `OSError` if the service asks to come again."""
    headers = bearing(token) | {"content-type": "application/json"} | ({"idempotency-key": key} if key else {})
    request = urllib.request.Request(address, data=json.dumps(body).encode(), headers=headers)
    try:
        with urllib.request.urlopen(request, timeout=PATIENCE_S) as answer:
            return json.loads(answer.read())
    except urllib.error.HTTPError as problem:
        if problem.code == 503:
            raise
        return json.loads(problem.read())
