"""Documents name paths and modules that exist."""

from __future__ import annotations

import re
from collections.abc import Iterator
from pathlib import Path

import pytest

from tests.house.sources import PACKAGES, REPOSITORY, modules

ROOTS = "|".join((*PACKAGES, "tests", "examples", "docs"))
PATH = re.compile(rf"`((?:{ROOTS})/[\w/.*-]*)(?:::\w+)?`")
MODULE = re.compile(rf"`(?:python -m )?((?:{'|'.join((*PACKAGES, 'tests'))})(?:\.[a-z_]\w*)+)`")
BARE_FILE = re.compile(r"`(\w+\.py)`")
RUN = re.compile(r"python -m ([a-z_]+(?:\.[a-z_]+)*)")

DOCUMENTS = [REPOSITORY / "README.md", *sorted((REPOSITORY / "docs").glob("*.md"))]
FILE_NAMES = {path.name for package in (*PACKAGES, "tests") for path in modules(package)}
NO_MODULES = {"service.lock"}  # a file of the data folder


@pytest.mark.parametrize("document", DOCUMENTS, ids=lambda path: path.name)
def test_every_path_and_module_of_a_document_exists(document: Path) -> None:
    assert sorted(set(_missing(document.read_text(encoding="utf-8")))) == []


def _missing(text: str) -> Iterator[str]:
    yield from (path for path in PATH.findall(text) if not any(REPOSITORY.glob(path.rstrip("/"))))
    yield from (name for name in (*MODULE.findall(text), *RUN.findall(text)) if not _is_module(name))
    yield from (name for name in BARE_FILE.findall(text) if name not in FILE_NAMES)


def _is_module(name: str) -> bool:
    """True for a module, a package, an attribute of either, and a name of `NO_MODULES`."""
    if name in NO_MODULES:
        return True
    path = REPOSITORY / name.replace(".", "/")
    return path.is_dir() or path.with_suffix(".py").is_file() or path.parent.with_suffix(".py").is_file()
