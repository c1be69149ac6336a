"""Commands over HTTP: who asks is the token, what was answered stays answered, and a batch harms no neighbour."""

from __future__ import annotations

import json
import urllib.error
import urllib.request
from collections.abc import Iterator
from concurrent.futures import ThreadPoolExecutor
from dataclasses import replace
from itertools import count
from typing import Any, NamedTuple

import pytest
from fastapi.testclient import TestClient

from commands.menu import MENU
from service.access.token_text import new_token
from service.app import App, open_app
from service.embedded import EmbeddedPostgres
from service.http.application import make_application
from service.http.document.command_schemas import OVER_HTTP
from service.settings import Settings
from tests.service.http.test_openapi import DOCUMENT
from tests.support.access import bearing, token_for
from tests.support.http_server import served
from tests.support.postgres import clone

_NUMBERS = count(100)


class Shop(NamedTuple):
    """A ledger that is served, and the tokens of its people."""

    app: App
    client: TestClient
    tokens: dict[str, str]

    def post(
        self, name: str, data: dict[str, Any], *, by: str = "finance", key: str = "", query: str = "", **beside: Any
    ) -> Any:
        headers = bearing(self.tokens[by]) | {"Idempotency-Key": key or f"k-{next(_NUMBERS)}"}
        return self.client.post(f"/v1/commands/{name}{query}", json={"data": data} | beside, headers=headers)

    def batch(self, *items: Any, by: str = "finance") -> Any:
        body = json.dumps({"commands": items})  # which escapes what UTF-8 cannot write
        return self.client.post("/v1/commands", content=body, headers=bearing(self.tokens[by]))


@pytest.fixture(scope="module")
def shop(postgres: EmbeddedPostgres, template: str, tmp_path_factory: pytest.TempPathFactory) -> Iterator[Shop]:
    settings = Settings(
        database_url=clone(postgres, template, f"over_http_{next(_NUMBERS)}"), data_dir=tmp_path_factory.mktemp("http")
    )
    with open_app(settings, create=True) as app:
        tokens = {
            "finance": token_for(app, "fay", "finance"),
            "finance again": token_for(app, "fay", "finance"),
            "other": token_for(app, "finn", "finance"),
            "merchant": token_for(app, "mei", "merchant", scope="M-1"),
            "auditor": token_for(app, "audrey", "auditor"),
        }
        yield Shop(app, TestClient(make_application(app), raise_server_exceptions=False), tokens)


def merchant() -> dict[str, Any]:
    """A merchant that nobody has named yet."""
    return {"merchant_id": f"M-{next(_NUMBERS)}"}


def problem(answer: Any) -> tuple[int, str]:
    assert answer.headers["content-type"] == "application/problem+json"
    return answer.status_code, answer.json()["code"]


def test_a_command_is_recorded_with_the_account_of_the_token_as_its_actor(shop: Shop) -> None:
    answer = shop.post("enrol_merchant", named := merchant())
    data = answer.json()["data"]
    assert (answer.status_code, data["status"], data["command"]) == (200, "recorded", "enrol_merchant")
    (row, *_) = shop.app.ledger.reader.read(data["book"], data["first"] - 1, 1)
    assert json.loads(row.actor) == {"kind": "platform", "id": "fay", "role": "finance"}
    assert named["merchant_id"] in row.stream


def test_the_same_key_gets_the_first_answer_and_says_so(shop: Shop) -> None:
    named = merchant()
    first = shop.post("enrol_merchant", named, key=f"e-{named['merchant_id']}")
    again = shop.post("enrol_merchant", named, key=f"e-{named['merchant_id']}")
    assert "idempotent-replayed" not in first.headers
    assert (again.headers["idempotent-replayed"], again.json()["data"]) == ("true", first.json()["data"])


def test_a_key_belongs_to_the_account_and_not_to_the_token(shop: Shop) -> None:
    named = merchant()
    answers = [shop.post("enrol_merchant", named, key=f"e-{named['merchant_id']}", by=by)
               for by in ("finance", "finance again", "other")]  # fmt: skip
    assert [each.headers.get("idempotent-replayed") for each in answers] == [None, "true", None]
    assert [each.json()["data"]["status"] for each in answers] == ["recorded", "recorded", "nothing"]


def test_a_key_with_another_body_is_refused(shop: Shop) -> None:
    key, named = f"k-{next(_NUMBERS)}", merchant()
    shop.post("enrol_merchant", named, key=key)
    assert problem(shop.post("enrol_merchant", named | {"markets": ["HK"]}, key=key)) == (422, "IDEMPOTENCY_KEY_REUSED")


def test_a_key_is_of_the_account_whichever_merchant_the_command_is_about(shop: Shop) -> None:
    key, first, second = f"k-{next(_NUMBERS)}", merchant(), merchant()
    shop.post("enrol_merchant", first, key=key)
    for query in ("", "?dry_run=true"):
        reused = shop.post("enrol_merchant", second, key=key, query=query)
        assert problem(reused) == (422, "IDEMPOTENCY_KEY_REUSED")
        assert "idempotent-replayed" not in reused.headers
    items = [{"command": "enrol_merchant", "id": key, "data": data} for data in (second, first)]
    assert [each["status"] for each in shop.batch(*items).json()["data"]] == [422, 200]
    assert shop.app.ledger.directory.known_book_of(second["merchant_id"]) is None


def test_a_key_whose_command_was_refused_is_used_too(shop: Shop) -> None:
    key, switched = f"k-{next(_NUMBERS)}", {"enabled": True}
    assert problem(shop.post("set_auto_export", merchant() | switched, key=key))[0] == 409
    assert problem(shop.post("set_auto_export", merchant() | switched, key=key)) == (422, "IDEMPOTENCY_KEY_REUSED")


def test_of_two_merchants_under_one_key_in_one_batch_the_first_has_it(shop: Shop) -> None:
    key, merchants = f"k-{next(_NUMBERS)}", [merchant(), merchant()]
    items = [{"command": "enrol_merchant", "id": key, "data": data} for data in merchants]
    assert [each["status"] for each in shop.batch(*items).json()["data"]] == [200, 422]


def test_of_many_merchants_under_one_key_at_once_one_is_recorded(shop: Shop) -> None:
    key, merchants = f"k-{next(_NUMBERS)}", [merchant() for _ in range(24)]
    headers = bearing(shop.tokens["finance"]) | {"Idempotency-Key": key}
    with served(make_application(shop.app)) as server, ThreadPoolExecutor(12) as clients:
        address = f"http://127.0.0.1:{server.port}/v1/commands/enrol_merchant"

        def status(data: dict[str, Any]) -> int:
            body = json.dumps({"data": data}).encode()
            try:
                with urllib.request.urlopen(urllib.request.Request(address, body, headers), timeout=60) as answer:
                    return int(answer.status)
            except urllib.error.HTTPError as error:
                with error:
                    return error.code

        statuses = list(clients.map(status, merchants))
    assert sorted(statuses) == [200] + [422] * 23
    known = [shop.app.ledger.directory.known_book_of(data["merchant_id"]) for data in merchants]
    assert sum(book is not None for book in known) == 1


def test_a_refusal_has_its_code_its_facts_and_the_remedy_and_is_replayed(shop: Shop) -> None:
    about = {"merchant_id": "M-1", "enabled": True}
    refused = shop.post("set_auto_export", about, key="switch-1")
    found = refused.json()
    assert problem(refused) == (409, "MERCHANT_NOT_ENROLLED")
    assert (found["facts"]["merchant_id"], bool(found["remedy"]), bool(found["detail"])) == ("M-1", True, True)
    assert shop.post("set_auto_export", about, key="switch-1").headers["idempotent-replayed"] == "true"


def test_of_concurrent_duplicates_one_is_recorded_and_all_get_its_answer(shop: Shop) -> None:
    named = merchant()
    body = json.dumps({"data": named}).encode()
    headers = bearing(shop.tokens["finance"]) | {"Idempotency-Key": f"same-{named['merchant_id']}"}
    with served(make_application(shop.app)) as server, ThreadPoolExecutor(12) as clients:
        address = f"http://127.0.0.1:{server.port}/v1/commands/enrol_merchant"

        def send(_: int) -> tuple[str | None, Any]:
            request = urllib.request.Request(address, data=body, headers=headers, method="POST")
            with urllib.request.urlopen(request, timeout=60) as answer:
                return answer.headers["Idempotent-Replayed"], json.load(answer)["data"]

        answers = list(clients.map(send, range(24)))
    assert [replayed for replayed, _ in answers].count(None) == 1
    assert len({json.dumps(data) for _, data in answers}) == 1
    (data,) = {json.dumps(data) for _, data in answers}
    book = json.loads(data)["book"]
    assert len(shop.app.ledger.reader.read_stream(book, f"merchant/{named['merchant_id']}")) == 2


def test_a_batch_answers_each_with_its_own_status_and_harms_no_neighbour(shop: Shop) -> None:
    first, second = merchant(), merchant()
    answer = shop.batch(
        {"command": "enrol_merchant", "id": "b-1", "data": first},
        {"command": "enrol_merchant", "id": "b-2", "data": {"merchant_id": 7}},
        {"command": "nothing_like_it", "id": "b-3", "data": {}},
        7,
        {"command": "set_auto_export", "id": "b-4", "data": merchant() | {"enabled": True}},
        {"command": "set_auto_export", "id": "b-5", "data": first | {"enabled": True}},
        {"command": "enrol_merchant", "id": "b-1", "data": first},
        {"command": "enrol_merchant", "id": "b-6", "actor": {"kind": "system", "id": "x"}, "data": second},
        {"command": "enrol_merchant", "data": second},
    )
    items = answer.json()["data"]
    assert [each["status"] for each in items] == [200, 422, 404, 400, 409, 200, 200, 422, 422]
    assert [each["replayed"] for each in items] == [False] * 6 + [True, False, False]
    assert [(each["problem"] or {}).get("code") for each in items] == [
        None, "INVALID_FIELD", "UNKNOWN_COMMAND", "MALFORMED_JSON", "MERCHANT_NOT_ENROLLED", None, None,
        "ACTOR_NOT_YOURS", "MISSING_FIELD",
    ]  # fmt: skip


@pytest.mark.parametrize("body", [b"", b"[]", b"{}", b'{"commands": []}', b'{"commands": [{}], "x": 1}', b"\xff"])
def test_a_batch_in_another_form_is_refused_whole(shop: Shop, body: bytes) -> None:
    answer = shop.client.post("/v1/commands", content=body, headers=bearing(shop.tokens["finance"]))
    assert answer.status_code in (400, 422)


def test_a_batch_of_more_than_the_limit_is_refused_whole(shop: Shop) -> None:
    assert problem(shop.batch(*[{}] * 501)) == (422, "INVALID_FIELD")


def test_a_dry_run_answers_what_would_be_recorded_and_records_nothing(shop: Shop) -> None:
    named, heads = merchant(), shop.app.ledger.reader.heads()
    tried = shop.post("enrol_merchant", named, key=f"d-{named['merchant_id']}", query="?dry_run=true").json()["data"]
    types = ["merchant.enrolment_requested", "merchant.enrolled"]
    assert (tried["status"], [each["type"] for each in tried["events"]]) == ("recorded", types)
    assert shop.app.ledger.reader.heads() == heads
    assert shop.app.ledger.directory.known_book_of(named["merchant_id"]) is None
    real = shop.post("enrol_merchant", named, key=f"d-{named['merchant_id']}")
    assert (real.json()["data"]["status"], "idempotent-replayed" in real.headers) == ("recorded", False)


def test_a_dry_run_is_refused_as_the_command_would_be_and_the_refusal_is_not_kept(shop: Shop) -> None:
    named, key = merchant(), f"k-{next(_NUMBERS)}"
    switched = named | {"enabled": True}
    tried = shop.post("set_auto_export", switched, key=key, query="?dry_run=true")
    assert problem(tried) == (409, "MERCHANT_NOT_ENROLLED")
    shop.post("enrol_merchant", named)
    assert shop.post("set_auto_export", switched, key=key).status_code == 200


def test_a_dry_run_says_as_much_as_the_role_may_read(shop: Shop) -> None:
    named = {"merchant_id": "M-1"}
    seen = {
        by: shop.post("enrol_merchant", named, by=by, query="?dry_run=true").json()["data"]["events"]
        for by in ("merchant", "finance")
    }
    assert [set(each) for each in seen["merchant"]] == [{"type", "stream"}]
    assert all({"type", "stream", "event", "entry"} == set(each) for each in seen["finance"])


def test_a_merchant_submits_for_its_own_merchant_only(shop: Shop) -> None:
    other = merchant()
    assert problem(shop.post("enrol_merchant", other, by="merchant")) == (403, "SCOPE_NOT_ALLOWED")
    shop.post("enrol_merchant", other)
    assert problem(shop.post("enrol_merchant", other, by="merchant")) == (403, "SCOPE_NOT_ALLOWED")


def test_an_auditor_submits_nothing(shop: Shop) -> None:
    assert problem(shop.post("enrol_merchant", merchant(), by="auditor")) == (403, "ROLE_NOT_ALLOWED")


def test_the_actor_of_a_body_is_refused(shop: Shop) -> None:
    answer = shop.post("enrol_merchant", merchant(), actor={"kind": "platform", "id": "ann", "role": "admin"})
    assert problem(answer) == (422, "ACTOR_NOT_YOURS")


def test_only_a_report_brings_its_instant(shop: Shop) -> None:
    answer = shop.post("enrol_merchant", merchant(), occurred_at="2025-04-01T08:00:00Z")
    assert problem(answer) == (422, "INSTANT_NOT_YOURS")


@pytest.mark.parametrize("name", ["create_access_token", "nothing", "propose%2f"])
def test_what_is_not_on_the_menu_is_not_found(shop: Shop, name: str) -> None:
    assert shop.post(name, {}).status_code == 404


def test_what_takes_two_people_is_proposed(shop: Shop) -> None:
    assert problem(shop.post("close_period", {"period": "2025-03"})) == (422, "TAKES_TWO_PEOPLE")


@pytest.mark.parametrize(
    ("body", "expected"),
    [
        (b"", (400, "MALFORMED_JSON")),
        (b"[" * 10_000, (400, "MALFORMED_JSON")),
        (b'{"data": {"merchant_id": "M-1"}, "id": "x"}', (422, "UNKNOWN_FIELD")),
        (b'{"data": {"merchant_id": "M-1", "merchant_id": "M-2"}}', (400, "MALFORMED_JSON")),
        (b'{"data": {"merchant_id": "M-1", "colour": 1}}', (422, "UNKNOWN_FIELD")),
        (b'{"data": {"merchant_id": "a/b"}}', (422, "INVALID_FIELD")),
    ],
)
def test_a_body_that_is_no_command_is_refused_plainly(shop: Shop, body: bytes, expected: tuple[int, str]) -> None:
    headers = bearing(shop.tokens["finance"]) | {"Idempotency-Key": "bad"}
    assert problem(shop.client.post("/v1/commands/enrol_merchant", content=body, headers=headers)) == expected


@pytest.mark.parametrize("key", [None, "", "a b", "k" * 65, "a/b"])
def test_a_command_needs_a_key(shop: Shop, key: str | None) -> None:
    headers = bearing(shop.tokens["finance"]) | ({} if key is None else {"Idempotency-Key": key})
    answer = shop.client.post("/v1/commands/enrol_merchant", json={"data": merchant()}, headers=headers)
    assert (problem(answer), answer.json()["field"]) == ((422, "INVALID_PARAMETER"), "Idempotency-Key")


@pytest.mark.parametrize(
    ("header", "code", "challenge"),
    [
        ({}, "TOKEN_MISSING", 'Bearer realm="redledger"'),
        ({"Authorization": "Basic YTpi"}, "TOKEN_MISSING", 'Bearer realm="redledger"'),
        ({"Authorization": "Bearer rlk_wrong"}, "TOKEN_REFUSED", 'Bearer realm="redledger", error="invalid_token"'),
        (bearing("rlk_" + "0" * 61), "TOKEN_REFUSED", 'Bearer realm="redledger", error="invalid_token"'),
    ],
)
@pytest.mark.parametrize("path", ["/v1/commands", "/v1/commands/enrol_merchant"])
def test_without_a_token_nothing_is_submitted(
    shop: Shop, path: str, header: dict[str, str], code: str, challenge: str
) -> None:
    answer = shop.client.post(path, json={"data": {}}, headers=header | {"Idempotency-Key": "k"})
    assert (problem(answer), answer.headers["www-authenticate"]) == ((401, code), challenge)


def test_every_answer_has_the_id_of_its_request(shop: Shop) -> None:
    own = shop.client.get("/healthz", headers={"Request-Id": "order-17"})
    made = [shop.client.get("/healthz", headers=sent).headers["request-id"] for sent in ({}, {"Request-Id": "a b\tc"})]
    assert (own.headers["request-id"], len(set(made))) == ("order-17", 2)


@pytest.mark.parametrize("body", [{}, {"data": {"merchant_id": 7}}, {"data": {"merchant_id": "M-2"}}, [1], {"id": "x"}])
@pytest.mark.parametrize("by", ["finance", "merchant", "auditor", "nobody"])
def test_a_command_in_its_plain_form_is_answered_as_by_its_route(shop: Shop, body: Any, by: str) -> None:
    headers = bearing(shop.tokens.get(by, new_token().text)) | {"Idempotency-Key": f"plain-{next(_NUMBERS)}"}
    straight, routed = (
        shop.client.post(f"/v1/commands/enrol_merchant{query}", json=body, headers=headers)
        for query in ("", "?dry_run=false")
    )
    assert straight.status_code == routed.status_code
    assert straight.headers.get("www-authenticate") == routed.headers.get("www-authenticate")
    assert straight.json() == routed.json()


def test_an_account_beyond_its_rate_waits_whichever_token_it_sends_and_another_goes_on(shop: Shop) -> None:
    settings = replace(shop.app.settings, requests_per_second=1)
    client = TestClient(make_application(replace(shop.app, settings=settings)))
    narrow = shop._replace(client=client)
    answers = [
        narrow.post("enrol_merchant", {"merchant_id": "M-1"}, by=by)
        for by in ["finance", "finance again"] * 3 + ["other"]
    ]
    assert [each.status_code for each in answers[:2]] == [200, 200]
    assert (problem(answers[5]), answers[5].headers["retry-after"]) == ((429, "TOO_MANY_REQUESTS"), "1")
    assert answers[-1].status_code == 200


def test_every_command_of_the_menu_has_an_operation_with_its_fields() -> None:
    paths = {path.rpartition("/")[2] for path in DOCUMENT["paths"] if path.startswith("/v1/commands/")}
    assert paths == OVER_HTTP.keys() == MENU.keys() - {"create_access_token"}
    body = DOCUMENT["paths"]["/v1/commands/enrol_merchant"]["post"]["requestBody"]["content"]["application/json"]
    assert body["schema"]["$ref"].endswith("/EnrolMerchantRequest")
    assert DOCUMENT["components"]["schemas"]["EnrolMerchant"]["required"] == ["merchant_id"]
