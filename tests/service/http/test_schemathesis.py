"""Schemathesis over the served month: no fault, and no answer that the OpenAPI document does not describe."""

from __future__ import annotations

import os
from dataclasses import replace
from typing import Any, cast

import pytest
import schemathesis
from hypothesis import HealthCheck, Phase, given, seed, settings
from schemathesis import GenerationMode
from schemathesis.checks import CheckFunction, load_all_checks, not_a_server_error
from schemathesis.schemas import BaseSchema
from schemathesis.specs.openapi.checks import (
    content_type_conformance,
    response_headers_conformance,
    response_schema_conformance,
    status_code_conformance,
)

from service.app import App
from service.http.application import make_application
from tests.support.access import AUDITOR, application_for_reads, bearing

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
# Without a token all commands answer alike; those with one have their own tests, on a ledger that may be written.
_COMMANDS = "/v1/commands/"
ADDRESSES = [
    (path, method)
    for path, methods in _PATHS.items()
    for method in methods
    if not path.startswith(_COMMANDS) or path == f"{_COMMANDS}place_order"
]
WITH_PARAMETERS = [(path, method) for path, method in ADDRESSES if "parameters" in _PATHS[path][method]]


@pytest.fixture(scope="module")
def schema(month_app: App) -> BaseSchema:
    """The document of a service with secrets of all senders, as the service itself serves it."""
    secrets: dict[str, Any] = {
        "stripe_secret": "whsec_tea",
        "adyen_secret": "ab" * 32,
        "aftership_secret": "t",
        "easypost_secret": "t",
    }
    app = replace(month_app, settings=replace(month_app.settings, **secrets))
    return schemathesis.openapi.from_asgi("/openapi.json", application_for_reads(app, patience_s=0.1))


def _walk(schema: BaseSchema, path: str, method: str, mode: GenerationMode, examples: int) -> None:
    operation = schema[path][method.upper()]

    @seed(SEED)
    @settings(
        max_examples=examples,
        database=None,
        deadline=None,
        phases=[Phase.generate],
        suppress_health_check=list(HealthCheck),
    )
    @given(case=operation.as_strategy(mode))
    def holds(case: schemathesis.Case[Any]) -> None:
        case.call_and_validate(checks=CHECKS, headers=bearing(AUDITOR))

    holds()


@pytest.mark.parametrize(("path", "method"), ADDRESSES)
def test_what_the_document_allows_is_answered_as_it_says(schema: BaseSchema, path: str, method: str) -> None:
    _walk(schema, path, method, GenerationMode.POSITIVE, 6)


@pytest.mark.parametrize(("path", "method"), WITH_PARAMETERS)
def test_what_the_document_forbids_is_answered_as_it_says(schema: BaseSchema, path: str, method: str) -> None:
    _walk(schema, path, method, GenerationMode.NEGATIVE, 6)


@pytest.mark.histories
@pytest.mark.parametrize("mode", [GenerationMode.POSITIVE, GenerationMode.NEGATIVE])
@pytest.mark.parametrize(("path", "method"), WITH_PARAMETERS)
def test_many_requests_are_answered_as_the_document_says(
    schema: BaseSchema, path: str, method: str, mode: GenerationMode
) -> None:
    _walk(schema, path, method, mode, 300)
