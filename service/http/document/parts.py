"""Parts of the OpenAPI document: references to its objects, and its operations."""

from __future__ import annotations

from collections.abc import Iterator
from typing import Any

OBJECTS = "#/components/schemas/"


def ref(name: str) -> dict[str, Any]:
    """Returns the reference to an object of the document."""
    return {"$ref": OBJECTS + name}


def operations(document: dict[str, Any]) -> Iterator[tuple[str, str, dict[str, Any]]]:
    """Yields path, method and operation of each operation."""
    for path, methods in document["paths"].items():
        for method, operation in methods.items():
            yield path, method, operation
