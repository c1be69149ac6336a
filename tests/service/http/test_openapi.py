"""The OpenAPI document: valid, complete, and the same about every error."""

from __future__ import annotations

from collections.abc import Iterator
from typing import Any, cast

import pytest
from openapi_spec_validator import validate

from service.app import App
from service.http.application import make_application
from service.http.errors import KNOWN
from service.http.statuses import ELSEWHERE, EVERYWHERE

DOCUMENT: dict[str, Any] = make_application(cast(App, None)).openapi()
OPERATIONS = [(path, method) for path, methods in DOCUMENT["paths"].items() for method in methods]


def _schemas() -> Iterator[tuple[str, dict[str, Any]]]:
    """Every parameter's schema, those of its choices included."""
    for path, method in OPERATIONS:
        for parameter in DOCUMENT["paths"][path][method].get("parameters", ()):
            for schema in parameter["schema"].get("anyOf", [parameter["schema"]]):
                yield f"{method} {path} {parameter['name']}", schema


def test_it_is_valid() -> None:
    validate(DOCUMENT)


@pytest.mark.parametrize(("path", "method"), OPERATIONS)
def test_every_operation_names_the_statuses_that_any_can_answer_with(path: str, method: str) -> None:
    assert {str(status) for status in EVERYWHERE} <= set(DOCUMENT["paths"][path][method]["responses"])


@pytest.mark.parametrize(("path", "method"), OPERATIONS)
def test_every_error_has_the_one_shape(path: str, method: str) -> None:
    for status, answer in DOCUMENT["paths"][path][method]["responses"].items():
        if status >= "400":
            assert "Problem" in str(answer["content"]["application/problem+json"]["schema"]), status


def test_every_status_that_can_be_answered_with_is_of_some_operation() -> None:
    reported = {
        status for methods in DOCUMENT["paths"].values() for one in methods.values() for status in one["responses"]
    }
    assert {str(status) for status, _ in [*KNOWN.values(), *ELSEWHERE]} <= reported


def test_every_text_in_a_parameter_is_bounded_and_on_one_line() -> None:
    texts = [(name, schema) for name, schema in _schemas() if schema.get("type") == "string"]
    assert texts
    unbounded = [
        name
        for name, schema in texts
        if not (
            schema.get("format") in ("date", "date-time")
            or {"maxLength", "pattern"} <= schema.keys()
            or "enum" in schema
        )
    ]
    assert unbounded == []


def test_every_number_in_a_parameter_is_bounded() -> None:
    numbers = [(name, schema) for name, schema in _schemas() if schema.get("type") == "integer"]
    assert numbers
    assert [name for name, schema in numbers if not {"minimum", "maximum"} <= schema.keys()] == []
