"""Past 40 lines a function, past 400 a file, something wants to be its own thing; every module says what it is for."""

from __future__ import annotations

import ast
from collections.abc import Iterator
from pathlib import Path

from tests.house.sources import PACKAGES, modules, parsed, shown

LONGEST_FUNCTION = 40
LONGEST_FILE = 400
VAGUE_NAMES = {"utils", "helpers", "common", "manager", "base", "misc"}


def _files() -> Iterator[Path]:
    for package in (*PACKAGES, "tests"):
        yield from modules(package)


def _functions(path: Path) -> Iterator[ast.FunctionDef | ast.AsyncFunctionDef]:
    for node in ast.walk(parsed(path)):
        if isinstance(node, ast.FunctionDef | ast.AsyncFunctionDef):
            yield node


def test_no_function_is_longer_than_forty_lines() -> None:
    wrong = [
        f"{shown(path)}:{node.lineno} {node.name} has {length} lines"
        for path in _files()
        for node in _functions(path)
        if (length := (node.end_lineno or 0) - node.lineno + 1) > LONGEST_FUNCTION
    ]
    assert not wrong, "\n".join(wrong)


def test_no_file_is_longer_than_four_hundred_lines() -> None:
    lengths = {path: len(path.read_text(encoding="utf-8").splitlines()) for path in _files()}
    wrong = [f"{shown(path)} has {length} lines" for path, length in lengths.items() if length > LONGEST_FILE]
    assert not wrong, "\n".join(wrong)


def test_every_module_opens_with_a_sentence_on_what_it_is_for() -> None:
    wrong = [shown(path) for path in _files() if parsed(path).body and not ast.get_docstring(parsed(path))]
    assert not wrong, "\n".join(wrong)


def test_no_module_has_a_name_that_says_nothing() -> None:
    wrong = [shown(path) for path in _files() if path.stem in VAGUE_NAMES]
    assert not wrong, "\n".join(wrong)
