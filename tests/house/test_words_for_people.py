"""Validation errors are said in plain words by one renderer, and every pattern has words of its own."""

from __future__ import annotations

import ast
from collections.abc import Iterator
from pathlib import Path

from tests.house.sources import PACKAGES, modules, parsed, shown

RENDERER = "ledger/validation_messages.py"
SOURCES = [path for package in PACKAGES for path in modules(package)]


def test_every_pattern_of_a_value_stands_beside_its_words() -> None:
    bare = [
        f"{shown(path)}:{node.lineno}"
        for path in SOURCES
        for node in ast.walk(parsed(path))
        if isinstance(node, ast.Call) and any(keyword.arg == "pattern" for keyword in node.keywords)
        if not _has_words(path, node)
    ]
    assert bare == [], "give it words: Annotated[str, StringConstraints(pattern=…), InWords(…)]"


def test_nobody_but_the_renderer_shows_the_words_of_the_library() -> None:
    assert [place for path in SOURCES if shown(path) != RENDERER for place in _library_words(path)] == []


def _library_words(path: Path) -> Iterator[str]:
    for node in ast.walk(parsed(path)):
        match node:
            case ast.Subscript(slice=ast.Constant(value="msg")):
                yield f"{shown(path)}:{node.lineno}"


def _has_words(path: Path, call: ast.Call) -> bool:
    """True if the call, or the name it is kept under, is annotated with `InWords` or read as no field of a model."""
    text = path.read_text()
    statements = [each for each in ast.walk(parsed(path)) if isinstance(each, ast.Assign | ast.AnnAssign)]
    for statement in statements:
        if call in ast.walk(statement):
            source = ast.get_source_segment(text, statement) or ""
            kept = statement.targets[0] if isinstance(statement, ast.Assign) else statement.target
            name = kept.id if isinstance(kept, ast.Name) else ""
            return "InWords(" in source or f"{name}, InWords(" in text
    return False
