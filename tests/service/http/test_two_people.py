"""Two people approve one case over HTTP, on two services at once: one approves it, and a second token is no second
person."""

from __future__ import annotations

from collections.abc import Iterator
from concurrent.futures import ThreadPoolExecutor
from contextlib import ExitStack
from pathlib import Path
from random import Random
from threading import Barrier
from typing import Any, NamedTuple

import pytest
from fastapi.testclient import TestClient

from ledger.log.rows import Status
from service.http.application import make_application
from tests.commands.refunds.test_refund_against_dispatch import meanwhile
from tests.support.access import bearing, token_for
from tests.support.buses import Desk, open_desk, publish_programme
from tests.support.shops import app_of

STREAM = "adjustment/A-1"
LINES = [{"account": "5130", "side": "debit", "amount": "CNY 3.00"},
         {"account": "1010", "side": "credit", "amount": "CNY 3.00"}]  # fmt: skip
PROPOSAL = {
    "proposal_id": "A-1",
    "command": "post_adjustment",
    "data": {"adjustment_id": "A-1", "lines": LINES},
    "reason": "found",
}


class Service(NamedTuple):
    """One of the services on the ledger, and the tokens of all people."""

    desk: Desk
    client: TestClient
    tokens: dict[str, str]

    def post(self, name: str, data: dict[str, Any], *, by: str, key: str) -> Any:
        headers = bearing(self.tokens[by]) | {"Idempotency-Key": key}
        return self.client.post(f"/v1/commands/{name}", json={"data": data}, headers=headers)

    def approve(self, by: str, *, key: str = "") -> tuple[int, str]:
        """Status, and the code of a refusal, or what became of the command."""
        answer = self.post("approve_proposal", {"in_stream": STREAM, "proposal_id": "A-1"}, by=by, key=key or "approve")
        found = answer.json()
        return answer.status_code, found.get("code") or found["data"]["status"]


@pytest.fixture
def services(database_url: str, tmp_path: Path) -> Iterator[tuple[Service, Service]]:
    """Ann has proposed an adjustment. Ann and Bob have two tokens each, and Cy has one."""
    with (
        open_desk(database_url, tmp_path) as one,
        open_desk(database_url, tmp_path) as two,
        ExitStack() as stack,  # a client has one event loop for all of its threads
    ):
        publish_programme(one)
        people = {"ann": "ann", "ann's other": "ann", "bob": "bob", "bob's other": "bob", "cy": "cy"}
        app = app_of(one)
        tokens = {name: token_for(app, account, "finance") for name, account in people.items()}
        first, second = (
            Service(desk, stack.enter_context(TestClient(make_application(app_of(desk)))), tokens)
            for desk in (one, two)
        )
        assert first.post("propose", PROPOSAL, by="ann", key="p").json()["data"]["status"] == "recorded"
        for text in tokens.values():
            for each in (first, second):
                each.client.app.state.gate.bearer_of(text)  # type: ignore[attr-defined]  # so that its use is recorded
        yield first, second


def types(service: Service) -> list[str]:
    return [row.type for row in service.desk.ledger.reader.read_stream(0, STREAM)]


def test_of_two_approvals_at_once_one_counts(
    services: tuple[Service, Service], monkeypatch: pytest.MonkeyPatch
) -> None:
    one, two = services
    statuses = meanwhile(monkeypatch, one.desk.ledger, lambda: two.approve("cy"))
    assert one.approve("bob") == (409, "PROPOSAL_NOT_OPEN")
    assert statuses[0] is Status.CONFLICT, "it was decided on an open proposal, and anew on one that is approved"
    assert types(one).count("adjustment.approved") == 1


@pytest.mark.parametrize("token", ["ann", "ann's other"])
def test_no_token_of_who_proposed_approves_even_while_another_does(
    services: tuple[Service, Service], monkeypatch: pytest.MonkeyPatch, token: str
) -> None:
    one, two = services
    seen: list[tuple[int, str]] = []
    meanwhile(monkeypatch, one.desk.ledger, lambda: seen.append(two.approve(token)))
    assert one.approve("bob") == (200, "recorded")
    assert seen == [(409, "MAKER_IS_CHECKER")]
    assert types(one).count("adjustment.approved") == 1


@pytest.mark.parametrize(("key", "answer"), [("same", (200, "recorded")), ("another", (409, "PROPOSAL_NOT_OPEN"))])
def test_two_tokens_of_one_approver_approve_once(
    services: tuple[Service, Service], monkeypatch: pytest.MonkeyPatch, key: str, answer: tuple[int, str]
) -> None:
    one, two = services
    meanwhile(monkeypatch, one.desk.ledger, lambda: two.approve("bob's other", key="same"))
    assert one.approve("bob", key=key) == answer
    assert types(one).count("adjustment.approved") == 1


@pytest.mark.parametrize("seed", range(3))
def test_however_they_interleave_it_is_posted_once_and_never_by_who_proposed_it(
    services: tuple[Service, Service], seed: int
) -> None:
    askers = [(services[n % 2], by) for n, by in enumerate(["bob", "cy", "ann's other", "bob's other"])]
    Random(seed).shuffle(askers)
    gate = Barrier(len(askers))

    def ask(number: int) -> tuple[str, tuple[int, str]]:
        service, by = askers[number]
        gate.wait(60)
        return by, service.approve(by, key=f"a-{number}")

    with ThreadPoolExecutor(len(askers)) as threads:
        answers = dict(threads.map(ask, range(len(askers))))
    recorded = [by for by, answer in answers.items() if answer == (200, "recorded")]
    assert len(recorded) == 1, f"seed {seed}: {answers}"
    assert recorded != ["ann's other"], f"seed {seed}"
    assert types(services[0]).count("adjustment.approved") == 1, f"seed {seed}"
