"""The OpenAPI document: valid, complete, and the same about every error."""

from __future__ import annotations

import re
from collections.abc import Iterator
from typing import Any, cast

import pytest
from openapi_schema_validator import OAS31Validator
from openapi_spec_validator import validate

from service.app import App
from service.http.application import make_application
from service.http.document.statuses import ELSEWHERE, EVERYWHERE
from service.http.errors import KNOWN

DOCUMENT: dict[str, Any] = make_application(cast(App, None)).openapi()
OPERATIONS = [(path, method) for path, methods in DOCUMENT["paths"].items() for method in methods]


def answers(path: str, method: str) -> dict[str, Any]:
    """The answers of an operation by their status, also those that operations share."""
    shared = DOCUMENT["components"]["responses"]
    found = DOCUMENT["paths"][path][method]["responses"]
    return {status: shared[one["$ref"].rpartition("/")[2]] if "$ref" in one else one for status, one in found.items()}


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
    for status, answer in answers(path, method).items():
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


def test_every_operation_has_a_readable_id_of_its_own() -> None:
    ids = [DOCUMENT["paths"][path][method]["operationId"] for path, method in OPERATIONS]
    assert len(set(ids)) == len(ids)
    assert [id for id in ids if not re.fullmatch(r"[a-z]+(_[a-z]+)*", id)] == []


def _objects(schema: Any, place: str) -> Iterator[tuple[str, dict[str, Any]]]:
    """Every schema of an object, with its place."""
    if isinstance(schema, dict):
        if schema.get("type") == "object":
            yield place, schema
        for word, inner in schema.items():
            if word not in ("example", "examples", "default"):
                yield from _objects(inner, f"{place}/{word}")
    elif isinstance(schema, list):
        for inner in schema:
            yield from _objects(inner, place)


def test_every_object_of_fields_is_closed() -> None:
    found = list(_objects(DOCUMENT["components"]["schemas"], ""))
    assert found
    assert [place for place, one in found if "properties" in one and one.get("additionalProperties") is not False] == []


def test_every_schema_speaks_the_words_of_json_schema() -> None:
    """Pydantic hands on words of its own for some types, which no client understands."""
    known = OAS31Validator.VALIDATORS.keys() | {"title", "default", "examples"}
    unknown = {word for schema in DOCUMENT["components"]["schemas"].values() for word in _words(schema)} - known
    assert unknown == set()


def _words(schema: Any) -> Iterator[str]:
    if isinstance(schema, list):
        for each in schema:
            yield from _words(each)
    elif isinstance(schema, dict):
        for word, value in schema.items():
            yield word
            if word in ("properties", "patternProperties"):
                for each in value.values():
                    yield from _words(each)
            elif word not in ("example", "examples", "default", "enum", "const", "discriminator"):
                yield from _words(value)


def test_nothing_is_deprecated_without_the_headers_that_the_policy_promises() -> None:
    operations = [DOCUMENT["paths"][path][method] for path, method in OPERATIONS]
    assert not [each["operationId"] for each in operations if each.get("deprecated")], "docs/http.md, Versions"
