"""Personal values are opened at known places only, and each of these records what it does with them."""

from __future__ import annotations

import ast
from collections.abc import Iterator
from pathlib import Path

from tests.house.sources import PACKAGES, modules, parsed, shown

OPENING = {
    "service/webhooks/endpoints.py",  # signs webhooks with the secret of their subscription
    "service/unmatched/scan_matches.py",  # reports the scan to its order, where its text is sealed again
}
IN_CLEAR = {  # before the value is sealed, in the command that brings it
    "commands/limits.py",  # refuses a text that is too long
    "ledger/readable.py",  # tries if JSON can hold it
}


def _opens(path: Path) -> Iterator[int]:
    """Yields the lines that open a sealed value: calls of `open` with the place and the keys."""
    for node in ast.walk(parsed(path)):
        match node:
            case ast.Call(func=ast.Attribute(attr="open"), keywords=given) if "place" in {each.arg for each in given}:
                yield node.lineno


def _reads_in_clear(path: Path) -> bool:
    return any(isinstance(node, ast.Attribute) and node.attr == "in_clear" for node in ast.walk(parsed(path)))


def _all() -> Iterator[Path]:
    return (path for package in PACKAGES for path in modules(package))


def test_sealed_values_are_opened_at_known_places_only() -> None:
    assert {shown(path) for path in _all() if list(_opens(path))} == OPENING


def test_values_in_clear_are_read_before_they_are_sealed_only() -> None:
    assert {shown(path) for path in _all() if _reads_in_clear(path)} == IN_CLEAR
