"""Hostile requests with commands, against a server over sockets: refused cheaply and plainly, nothing half-recorded."""

from __future__ import annotations

import json
import logging
from collections.abc import Iterator
from contextlib import closing
from itertools import count
from typing import Any

import pytest

from ledger.refusals.refusal import REFUSALS
from service.access.gate import Bearer
from service.access.token_text import digest_of, new_token
from service.http.application import make_application
from service.http.routes.account_keys import AccountKeys
from service.http.routes.commands import Sent, answers_to
from tests.benchmarks.http_load import latencies_ms, request
from tests.service.http.test_commands import Shop, merchant, problem, shop
from tests.service.http.test_openapi import DOCUMENT
from tests.support.access import bearing
from tests.support.http_server import Server, refused, served
from tests.support.outages import away_for

__all__ = ["shop"]  # the fixture
ENROL = "/v1/commands/enrol_merchant"
_KEYS = (f"hostile-{number}" for number in count())


@pytest.fixture(scope="module")
def server(shop: Shop) -> Iterator[Server]:
    with served(make_application(shop.app)) as server:
        yield server


def enrolled(shop: Shop, merchant_id: str) -> int:
    """Events of the merchant's enrolment in the log, in any book."""
    with shop.app.ledger.engine.connect() as connection:
        found = connection.exec_driver_sql(
            "SELECT count(*) FROM log.events WHERE stream = %s AND type = 'merchant.enrolled'",
            (f"merchant/{merchant_id}",),
        )
        return int(found.scalar_one())


def test_a_thousand_duplicates_at_once_are_recorded_once_and_all_get_the_same_answer(
    shop: Shop, server: Server
) -> None:
    named, answers = merchant(), set[bytes]()
    one = request("POST", ENROL, shop.tokens["finance"], key=next(_KEYS), body=json.dumps({"data": named}).encode())
    assert len(latencies_ms(server.port, [one] * 1_000, connections=100, answers=answers)) == 1_000
    assert (len(answers), enrolled(shop, named["merchant_id"])) == (1, 1)


def test_a_key_with_another_body_is_refused_from_any_token_of_the_account_and_is_free_for_another(shop: Shop) -> None:
    key, named = next(_KEYS), merchant()
    assert shop.post("enrol_merchant", named, key=key).status_code == 200
    other = named | {"markets": ["HK"]}
    for by in ("finance", "finance again"):
        assert problem(shop.post("enrol_merchant", other, key=key, by=by)) == (422, "IDEMPOTENCY_KEY_REUSED")
    assert shop.post("enrol_merchant", named, key=key, by="other").json()["data"]["status"] == "nothing"
    assert enrolled(shop, named["merchant_id"]) == 1


TRICKS = (
    "/" + ENROL, "/v1//commands/enrol_merchant", "/v1/./commands/enrol_merchant/x", "/v1/../v1/commands/x/y",
    "/v1/commands/..", "/v1/commands/%2e%2e", "/v1/commands/%2e%2e%2fenrol_merchant", "/v1/commands%2fenrol_merchant",
    ENROL + "%00", ENROL + "/", ENROL + "%2f", ENROL + ";x=1", ENROL + "%20", ENROL.upper(), "/v1/commands/\\..\\x",
    "/v1/commands/" + "x" * 5_000, "/v1/commands/" + "%c0%ae" * 3, ENROL + "%0d%0aX:%20y", "*", "http://elsewhere/v1",
)  # fmt: skip


@pytest.mark.parametrize("target", TRICKS, ids=lambda target: target[:40])
def test_no_trick_with_the_path_reaches_a_command(shop: Shop, server: Server, target: str) -> None:
    named = merchant()
    body = json.dumps({"data": named}).encode()
    sent = request("POST", target, shop.tokens["finance"], key=next(_KEYS), body=body)
    with closing(server.connect()) as client:
        client.send(sent.replace(b"Host", b"Connection: close\r\nHost"))
        status, code = refused(client.until_closed())
    assert (status in (400, 404, 405, 422), code != "HTTP_ERROR") == (True, True), (status, code)
    assert enrolled(shop, named["merchant_id"]) == 0


@pytest.mark.parametrize("target", [ENROL, "/v1/commands"])
@pytest.mark.parametrize("length", [100_000_000, 10**15])
def test_a_body_of_a_hundred_megabytes_is_refused_before_it_comes(
    shop: Shop, server: Server, target: str, length: int
) -> None:
    sent = request("POST", target, shop.tokens["finance"], key=next(_KEYS), body=b"x")
    sent = sent.replace(b"Content-Length: 1", f"Content-Length: {length}\r\nConnection: close".encode())
    with closing(server.connect()) as client:
        client.send(sent)
        assert refused(client.until_closed()) == (413, "BODY_TOO_LONG")


POSTS = [path for path, methods in DOCUMENT["paths"].items() if "post" in methods and not path.startswith("/webhooks")]
BODIES = {
    "10,000 deep": b"[" * 10_000 + b"]" * 10_000,
    "objects 10,000 deep": b'{"a":' * 10_000 + b"1" + b"}" * 10_000,
    "deep within": b'{"data": ' + b"[" * 10_000 + b"]" * 10_000 + b"}",
    "cut off": b'{"data": {"a',
    "NUL": b"\0",
    "not UTF-8": b'{"data": "\xff"}',
    "a long number": b'{"data": ' + b"9" * 10_000 + b"}",
    "half a pair": rb'{"data": {"merchant_id": "M\ud800"}}',
    "half a pair in a name": rb'{"data": {"\ud800": 1}, "\udfff": 1}',
    "half a pair for a role": rb'{"account_id": "\ud800", "role": "\ud800", "overlap_h": "\ud800"}',
    "half a pair for a code": rb'{"code": "\ud800"}',
    "half a pair in a batch": rb'{"commands": "\ud800"}',
}


@pytest.mark.parametrize("body", BODIES.values(), ids=BODIES)
def test_no_body_is_a_fault_of_any_operation_and_each_refusal_has_a_code_of_its_own(shop: Shop, body: bytes) -> None:
    paths = {path for path in POSTS if not path.startswith("/v1/commands/")} | {ENROL}
    found = {}
    for path in sorted(paths):
        headers = bearing(shop.tokens["finance"]) | {"Idempotency-Key": next(_KEYS), "Content-Type": "application/json"}
        answer = shop.client.post(path.replace("{token_id}", "T-1"), content=body, headers=headers)
        found[path] = (answer.status_code, answer.json()["code"])
    assert {path: each for path, each in found.items() if each[0] not in (400, 422) or each[1] == "HTTP_ERROR"} == {}


@pytest.mark.parametrize("body", BODIES.values(), ids=BODIES)
def test_no_body_harms_the_commands_that_are_decided_with_it(shop: Shop, body: bytes) -> None:
    fay = Bearer("fay", "T-fay", "finance")
    good = [Sent(fay, "enrol_merchant", next(_KEYS), json.dumps({"data": merchant()}).encode()) for _ in range(2)]
    bad = Sent(fay, "enrol_merchant", next(_KEYS), body)
    answers = answers_to(AccountKeys(shop.app), [good[0], bad, good[1]])
    assert [each.status == 200 for each in answers] == [True, False, True]
    assert json.dumps([each.body for each in answers], ensure_ascii=False).encode()


@pytest.mark.parametrize("text", ["\ud800", "M\0"])
def test_no_item_harms_its_batch(shop: Shop, text: str) -> None:
    good = {"command": "enrol_merchant", "id": next(_KEYS), "data": merchant()}
    tax = {"authority": "T-1", "payment_ref": "P-1", "market": text, "amount": "CNY 7.20"}
    bad = [
        {"command": "enrol_merchant", "id": next(_KEYS), "data": {"merchant_id": text}},
        {"command": "record_tax_remitted", "id": next(_KEYS), "data": tax},
        {"command": "record_logistics_charge", "id": next(_KEYS), "data": {text: text}},
        {"command": text, "id": next(_KEYS), "data": {}},
        {"command": "enrol_merchant", "id": text, "data": merchant()},
        text,
    ]
    answers = shop.batch(*bad, good).json()["data"]
    assert [each["status"] // 100 for each in answers] == [4] * len(bad) + [2]


def test_a_mistake_of_ours_in_one_answer_harms_no_other(shop: Shop, monkeypatch: pytest.MonkeyPatch) -> None:
    """While versions of the service change, one may find an answer whose refusal only the other knows."""
    key, named = next(_KEYS), merchant()
    status, code = problem(shop.post("set_auto_export", named | {"enabled": True}, key=key))
    assert status == 409
    good = {"command": "enrol_merchant", "id": next(_KEYS), "data": merchant()}
    again = {"command": "set_auto_export", "id": key, "data": named | {"enabled": True}}
    monkeypatch.delitem(REFUSALS, code)
    assert [each["status"] for each in shop.batch(again, good).json()["data"]] == [500, 200]


def test_while_the_database_is_away_commands_are_refused_and_afterwards_recorded_once(shop: Shop) -> None:
    named, key = merchant(), next(_KEYS)
    with away_for(shop.app.ledger.engine):
        for _ in range(3):
            answer = shop.post("enrol_merchant", named, key=key)
            assert problem(answer) == (503, "DATABASE_UNREACHABLE")
            assert int(answer.headers["retry-after"]) >= 1
            assert "postgres" not in answer.text.replace("PostgreSQL", "").lower()
        assert shop.client.get("/healthz").status_code == 200
    assert shop.post("enrol_merchant", named, key=key).json()["data"]["status"] == "recorded"
    assert enrolled(shop, named["merchant_id"]) == 1


def test_no_token_and_no_digest_is_in_an_answer_or_in_the_log(shop: Shop, caplog: pytest.LogCaptureFixture) -> None:
    caplog.set_level(logging.DEBUG)
    wrong, right, texts = new_token().text, shop.tokens["finance"], []
    with away_for(shop.app.ledger.engine, connections=2):
        for token in (wrong, right, right[:-1], right + "x"):
            for path in (ENROL, "/v1/commands", "/v1/balances", "/v1/tokens/exchange"):
                headers = bearing(token) | {"Idempotency-Key": token[:64]}
                texts += [_said(shop.client.request(method, path, headers=headers)) for method in ("GET", "POST")]
    said = "\n".join([*texts, caplog.text])
    secrets = {part for token in (wrong, right) for part in (token[16:-6], digest_of(token))}
    assert [secret for secret in secrets if secret in said] == []


def _said(answer: Any) -> str:
    return f"{answer.headers} {answer.text}"
