"""Validators of values by the committed schemas, each with the schemas that it refers to."""

from __future__ import annotations

import json
from functools import cache

from jsonschema import Draft202012Validator, FormatChecker
from referencing import Registry, Resource

from service.schemas.catalogue import Kind, SchemaId, catalogue

_FORMATS = FormatChecker(["date-time", "date", "uuid"])


@cache
def _registry() -> Registry[object]:
    resources = [(id.address, Resource.from_contents(json.loads(text))) for id, text in catalogue().items()]
    return Registry().with_resources(resources).crawl()  # finds the anchors once


@cache
def validator(kind: Kind, name: str, anchor: str = "") -> Draft202012Validator:
    """Returns the validator of a schema, or of the part of it that has an anchor."""
    schema = {"$ref": f"{SchemaId(kind, name).address}#{anchor}"}
    return Draft202012Validator(schema, registry=_registry(), format_checker=_FORMATS)
