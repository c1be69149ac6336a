"""Schemathesis over every operation, by every role and without a token: no fault, and no answer that the OpenAPI
document does not describe. Reads run over the served month, and everything else over a ledger that may be written.
"""

from __future__ import annotations

import os
from collections.abc import Iterator
from dataclasses import replace
from random import Random
from typing import Any, NamedTuple, cast

import pytest
import schemathesis
from fastapi.testclient import TestClient
from hypothesis import HealthCheck, Phase, given, seed, settings
from hypothesis import strategies as st
from schemathesis import GenerationMode
from schemathesis.checks import CheckFunction, load_all_checks, not_a_server_error
from schemathesis.schemas import BaseSchema
from schemathesis.specs.openapi.checks import (
    content_type_conformance,
    response_headers_conformance,
    response_schema_conformance,
    status_code_conformance,
)

from ledger.events.access import ACCOUNT_ROLES
from service.access.gate import Bearer, Gate
from service.app import App, open_app
from service.embedded import EmbeddedPostgres
from service.http.application import make_application
from service.http.document.examples import EXAMPLES
from service.settings import Settings
from tests.service.http.test_document_examples import send
from tests.support.access import HeldTokens, bearing, token_for
from tests.support.noting_bus import NotingBus
from tests.support.postgres import clone

load_all_checks()
CHECKS = cast(
    "list[CheckFunction]",
    [
        not_a_server_error,
        status_code_conformance,
        content_type_conformance,
        response_headers_conformance,
        response_schema_conformance,
    ],
)
SEED = int(os.environ.get("REDLEDGER_TEST_SEED", "9"))
_PATHS = make_application(cast(App, None)).openapi()["paths"]
ADDRESSES = [(path, method) for path, methods in _PATHS.items() for method in methods]
FORBIDDING = [
    (path, method) for path, method in ADDRESSES if {"parameters", "requestBody"} & _PATHS[path][method].keys()
]
_COMMANDS = "/v1/commands/"
_EXAMPLES = 4
_MANY = int(os.environ.get("REDLEDGER_TEST_EXAMPLES", "300"))  # of each address in `make histories`
# Commands share one route. `make test` tries a few of them, chosen by the seed, and `make histories` all.
_CHOSEN = set(Random(SEED).sample(sorted(path for path, _ in ADDRESSES if path.startswith(_COMMANDS)), 12))
_SCOPES = {"merchant": "M-1042", "buyer": "B-7"}
_SECRETS: dict[str, Any] = {
    "stripe_secret": "whsec_tea",
    "adyen_secret": "ab" * 32,
    "aftership_secret": "t",
    "easypost_secret": "t",
}


class Served(NamedTuple):
    """The document as a service serves it, and who asks: the headers of each role, of nobody and of a stranger."""

    schema: BaseSchema
    askers: list[dict[str, str]]


def _served(app: App, gate: Gate | None, tokens: list[str]) -> Served:
    app = replace(app, settings=replace(app.settings, **_SECRETS))
    application = make_application(app, patience_s=0.1, gate=gate)
    return Served(
        schemathesis.openapi.from_asgi("/openapi.json", application),
        [{}, bearing("rlk_" + "0" * 61), *map(bearing, tokens)],
    )


@pytest.fixture(scope="module")
def month_served(month_app: App) -> Served:
    held = {role: Bearer(role, f"T-{role}", role, _SCOPES.get(role)) for role in ACCOUNT_ROLES}
    app = replace(month_app, bus=cast("Any", NotingBus(month_app.bus)))  # an export of the month is not recorded in it
    return _served(app, HeldTokens({str(role): bearer for role, bearer in held.items()}), list(held))


@pytest.fixture(scope="module")
def written(postgres: EmbeddedPostgres, template: str, tmp_path_factory: pytest.TempPathFactory) -> Iterator[Served]:
    """A ledger that may be written, with what the examples of the document record."""
    settings = Settings(database_url=clone(postgres, template, "fuzzed"), data_dir=tmp_path_factory.mktemp("fuzzed"))
    with open_app(settings, create=True) as app:
        tokens = [token_for(app, f"{role}-1", role, scope=_SCOPES.get(role)) for role in ACCOUNT_ROLES]
        client = TestClient(make_application(app))
        for example in EXAMPLES:
            send(client, example, tokens[0])
        app.catch_up()
        yield _served(app, None, tokens)


def _walk(served: Served, path: str, method: str, mode: GenerationMode, examples: int) -> None:
    operation = served.schema[path][method.upper()]

    @seed(SEED)
    @settings(
        max_examples=examples,
        database=None,
        deadline=None,
        phases=[Phase.generate],
        suppress_health_check=list(HealthCheck),
    )
    @given(case=operation.as_strategy(mode), asker=st.sampled_from(served.askers))
    def holds(case: schemathesis.Case[Any], asker: dict[str, str]) -> None:
        case.call_and_validate(checks=CHECKS, headers=asker)

    holds()


def _few(addresses: list[tuple[str, str]]) -> list[tuple[str, str]]:
    return [(path, method) for path, method in addresses if path in _CHOSEN or not path.startswith(_COMMANDS)]


@pytest.fixture
def served(request: pytest.FixtureRequest, method: str) -> Served:
    found: Served = request.getfixturevalue("month_served" if method == "get" else "written")
    return found


@pytest.mark.parametrize(("path", "method"), _few(ADDRESSES))
def test_what_the_document_allows_is_answered_as_it_says(served: Served, path: str, method: str) -> None:
    _walk(served, path, method, GenerationMode.POSITIVE, _EXAMPLES)


@pytest.mark.parametrize(("path", "method"), _few(FORBIDDING))
def test_what_the_document_forbids_is_answered_as_it_says(served: Served, path: str, method: str) -> None:
    _walk(served, path, method, GenerationMode.NEGATIVE, _EXAMPLES)


@pytest.mark.histories
@pytest.mark.parametrize("mode", [GenerationMode.POSITIVE, GenerationMode.NEGATIVE])
@pytest.mark.parametrize(("path", "method"), FORBIDDING)
def test_many_requests_are_answered_as_the_document_says(
    served: Served, path: str, method: str, mode: GenerationMode
) -> None:
    _walk(served, path, method, mode, -(-_MANY // 6) if path.startswith(_COMMANDS) else _MANY)
