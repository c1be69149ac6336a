"""The command line acts as an access account of the ledger: its roles and scope are those of the account alone."""

from __future__ import annotations

import json
from collections.abc import Sequence
from dataclasses import replace
from pathlib import Path
from typing import Any

import pytest
from fastapi.testclient import TestClient

from service.access.tokens import token_of
from service.app import open_app
from service.http.application import make_application
from service.settings import Settings
from tests.service.cli.conftest import Run
from tests.support.access import bearing, open_accounts, token_for
from tests.support.buses import Desk, publish_programme

ENROL = ("submit", "enrol_merchant", "merchant_id=M-1", "--by")
LINES = json.dumps(
    [
        {"account": "5130", "side": "debit", "amount": "CNY 3.00"},
        {"account": "1010", "side": "credit", "amount": "CNY 3.00"},
    ]
)
PROPOSE = ("propose", "post_adjustment", "adjustment_id=A-1", f"lines={LINES}", "--reason", "bank_fee", "--id", "P-1")


@pytest.fixture
def shop(settings: Settings) -> Settings:
    """A ledger with accounts of one role, of two roles, of a merchant and of an auditor, and one that is closed."""
    with open_app(settings) as app:
        desk = Desk(app.ledger, app.clock)  # type: ignore[arg-type]
        publish_programme(desk)
        open_accounts(app.bus, "fay", "ann", "gone")
        open_accounts(app.bus, "sue", roles=("finance", "support"))
        open_accounts(app.bus, "audrey", roles=("auditor",))
        open_accounts(app.bus, "shop-2", roles=("merchant",), scope="M-2")
    return settings


def events(settings: Settings) -> int:
    with open_app(settings) as app:
        return sum(app.ledger.reader.heads().values())


def actors(settings: Settings, run: Run) -> set[tuple[str, str, str]]:
    """Kind, id and role of those who acted on merchant M-1."""
    rows = run(settings, "audit", "--merchant", "M-1", "--format", "json").data
    return {(row["actor_kind"], row["actor_id"], row["role"]) for row in rows}


@pytest.mark.parametrize(
    ("by", "says"),
    [
        ("nobody", "Account 'nobody' does not exist"),
        ("f y", "Account 'f y' does not exist"),
        ("fay/support", "has the roles finance, not support"),
        ("fay/admin", "has the roles finance, not admin"),
        ("sue", "Choose one: --by sue/finance"),
        ("gone", "Account gone is closed"),
        ("audrey", "ROLE_NOT_ALLOWED"),
        ("shop-2", "SCOPE_NOT_ALLOWED"),
    ],
)
def test_nobody_acts_as_an_account_or_in_a_role_that_is_not_there(shop: Settings, run: Run, by: str, says: str) -> None:
    run(shop, "account", "close", "gone", "--reason", "left", "--by", "admin")
    before = events(shop)
    said = run(shop, *ENROL, by)
    assert (said.code, says in " ".join(said.err.split()), events(shop)) == (1, True, before), said.err


@pytest.mark.parametrize(
    ("by", "expected"),
    [("fay", ("platform", "fay", "finance")), ("sue/support", ("platform", "sue", "support"))],
)
def test_an_account_acts_in_a_role_that_it_holds(
    shop: Settings, run: Run, by: str, expected: tuple[str, str, str]
) -> None:
    assert run(shop, *ENROL, by).code == 0
    assert actors(shop, run) == {expected}


def test_a_merchants_account_acts_for_its_own_merchant(shop: Settings, run: Run) -> None:
    with open_app(shop) as app:
        open_accounts(app.bus, "shop-1", roles=("merchant",), scope="M-1")
    assert run(shop, *ENROL, "shop-1").code == 0
    assert actors(shop, run) == {("merchant", "shop-1", "merchant")}


def test_the_first_account_is_there_when_it_is_needed_and_stays(shop: Settings, run: Run) -> None:
    assert run(shop, "account", "open", "lin", "--role", "support", "--by", "admin").code == 0
    opened = {row["account_id"]: row for row in run(shop, "accounts", "--format", "json").data}
    assert (opened["admin"]["roles"], opened["admin"]["opened_by"], opened["lin"]["opened_by"]) == (
        "admin",
        "redledger",
        "admin",
    )
    refused = run(shop, "account", "close", "admin", "--reason", "left", "--by", "admin")
    assert (refused.code, "FIRST_ACCOUNT_STAYS_OPEN" in refused.err) == (1, True)


@pytest.mark.parametrize("by", [(), ("--by", "fay"), ("--by", "fay/finance")], ids=str)
def test_a_token_acts_as_its_account(shop: Settings, run: Run, by: Sequence[str]) -> None:
    assert run(with_token(shop, "fay"), "submit", "enrol_merchant", "merchant_id=M-1", *by).code == 0
    assert actors(shop, run) == {("platform", "fay", "finance")}


@pytest.mark.parametrize("by", ["ann", "fay/support", "admin"])
def test_a_token_acts_as_nobody_else(shop: Settings, run: Run, by: str) -> None:
    said = run(with_token(shop, "fay"), *ENROL, by)
    assert (said.code, "The token is of fay" in said.err) == (1, True)


def test_a_token_that_was_revoked_acts_no_more(shop: Settings, run: Run) -> None:
    holder = with_token(shop, "fay")
    assert run(shop, "token", "revoke", holder.token[4:16], "--by", "admin").code == 0
    with open_app(shop) as app:
        assert token_of(app.ledger, holder.token[4:16]).ends_at
    said = run(holder, "submit", "enrol_merchant", "merchant_id=M-1")
    assert (said.code, "REDLEDGER_TOKEN: This access token is not known" in said.err) == (1, True)


def test_who_proposes_by_hand_does_not_approve_with_a_token_here_or_over_http(shop: Settings, run: Run) -> None:
    assert run(shop, *PROPOSE, "--by", "fay").code == 0
    here = run(with_token(shop, "fay"), "approve", "P-1")
    assert (here.code, "MAKER_IS_CHECKER" in here.err) == (1, True)
    assert over_http(shop, "fay") == (409, "MAKER_IS_CHECKER")
    assert over_http(shop, "ann") == (200, "recorded")


def test_who_proposes_over_http_does_not_approve_by_hand(shop: Settings, run: Run) -> None:
    with open_app(shop) as app:
        client = TestClient(make_application(app))
        data = {"adjustment_id": "A-1", "lines": json.loads(LINES)}
        body = {"data": {"proposal_id": "P-1", "command": "post_adjustment", "data": data, "reason": "bank_fee"}}
        headers = bearing(token_for(app, "fay", "finance")) | {"Idempotency-Key": "p"}
        assert client.post("/v1/commands/propose", json=body, headers=headers).status_code == 200
    assert "MAKER_IS_CHECKER" in run(shop, "approve", "P-1", "--by", "fay").err
    assert run(shop, "approve", "P-1", "--by", "ann").code == 0


IMPORTER = {"kind": "importer", "id": "old-shop"}
IMPERSONATED = [
    {"kind": kind, "id": "ann", "role": "finance"} for kind in ("platform", "merchant", "buyer", "partner", "system")
]


def recorded(run: Run, settings: Settings, folder: Path, *by: str, **envelope: Any) -> dict[str, Any]:
    """The counts of a file of one line, with the code if the line was malformed."""
    file, kept = folder / "one.jsonl", folder / "refusals.jsonl"
    line = {"command": "enrol_merchant", "id": "e-1", "data": {"merchant_id": "M-1"}}
    file.write_text(json.dumps(line | envelope))
    said = run(settings, "record", str(file), "--refusals", str(kept), "--format", "json", *by)
    codes = [(each["code"], each["id"]) for each in map(json.loads, kept.read_text().splitlines())] if said.code else []
    return {name: count for name, count in said.json[0].items() if count} | dict(codes)


def test_a_file_is_recorded_as_the_account_that_acts(shop: Settings, run: Run, tmp_path: Path) -> None:
    assert recorded(run, shop, tmp_path, "--by", "fay") == {"recorded": 1}
    assert actors(shop, run) == {("platform", "fay", "finance")}


def test_a_file_without_an_account_is_an_importers(shop: Settings, run: Run, tmp_path: Path) -> None:
    assert recorded(run, shop, tmp_path, actor=IMPORTER) == {"recorded": 1}
    assert actors(shop, run) == {("importer", "old-shop", "")}


@pytest.mark.parametrize("actor", [*IMPERSONATED, IMPORTER], ids=lambda actor: actor["kind"])
def test_a_line_names_nobody_beside_the_account(
    shop: Settings, run: Run, tmp_path: Path, actor: dict[str, str]
) -> None:
    found = recorded(run, shop, tmp_path, "--by", "fay", actor=actor)
    assert found == {"malformed": 1, "ACTOR_NOT_YOURS": "e-1"}


@pytest.mark.parametrize("actor", IMPERSONATED, ids=lambda actor: actor["kind"])
def test_a_line_without_an_account_names_nobody_but_an_importer(
    shop: Settings, run: Run, tmp_path: Path, actor: dict[str, str]
) -> None:
    assert recorded(run, shop, tmp_path, actor=actor) == {"malformed": 1, "ACTOR_NOT_YOURS": "e-1"}


def with_token(settings: Settings, account_id: str) -> Settings:
    """The settings of somebody who has a new token of the account."""
    with open_app(settings) as app:
        return replace(settings, token=token_for(app, account_id, "finance"))


def over_http(settings: Settings, account_id: str) -> tuple[int, str]:
    """Status and code, or state, of the approval of the proposal with a new token of the account."""
    with open_app(settings) as app:
        client = TestClient(make_application(app))
        headers = bearing(token_for(app, account_id, "finance")) | {"Idempotency-Key": "approve"}
        body = {"data": {"in_stream": "adjustment/A-1", "proposal_id": "P-1"}}
        answer = client.post("/v1/commands/approve_proposal", json=body, headers=headers)
        found = answer.json()
        return answer.status_code, found.get("code") or found["data"]["status"]
