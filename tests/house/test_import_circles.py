"""No two files import each other, by whatever way round; nor do two folders, or a folder and a file, of one package."""

from __future__ import annotations

import ast
from collections.abc import Iterator, Mapping
from graphlib import CycleError, TopologicalSorter

import pytest

from tests.house.sources import PACKAGES, REPOSITORY, modules, parsed

Graph = Mapping[str, set[str]]
_ROOTS = (*PACKAGES, "tests")
_FILES = {
    ".".join(path.relative_to(REPOSITORY).with_suffix("").parts).removesuffix(".__init__"): path
    for root in _ROOTS
    for path in modules(root)
}


def _imported(name: str) -> Iterator[str]:
    """Yields the modules of ours that a module imports, also those that only its types need."""
    for node in ast.walk(parsed(_FILES[name])):
        if isinstance(node, ast.Import):
            yield from (alias.name for alias in node.names if alias.name in _FILES)
        elif isinstance(node, ast.ImportFrom):
            for alias in node.names:
                full = f"{node.module}.{alias.name}"
                yield full if full in _FILES else node.module or ""


GRAPH: Graph = {name: {other for other in _imported(name) if other in _FILES and other != name} for name in _FILES}
_FOLDERS = sorted({name.rpartition(".")[0] for name in _FILES if "." in name})


def _circle(graph: Graph) -> list[str]:
    """Returns the names along one circle, the first and the last the same; nothing if there is none."""
    try:
        TopologicalSorter(graph).prepare()
    except CycleError as error:
        return list(reversed(error.args[1]))
    return []


def _children(folder: str, graph: Graph) -> Graph:
    """Returns which files and folders directly in a folder import which others of it."""
    depth = folder.count(".") + 2
    inside = {name: others for name, others in graph.items() if name.startswith(f"{folder}.")}
    children: dict[str, set[str]] = {}
    for name, others in inside.items():
        child = ".".join(name.split(".")[:depth])
        seen = {".".join(other.split(".")[:depth]) for other in others if other.startswith(f"{folder}.")}
        children.setdefault(child, set()).update(seen - {child})
    return children


def test_no_file_imports_itself_by_way_of_others() -> None:
    assert not _circle(GRAPH)


@pytest.mark.parametrize("folder", _FOLDERS)
def test_what_stands_in_one_folder_forms_no_circle(folder: str) -> None:
    assert not _circle(_children(folder, GRAPH))


def test_a_circle_between_folders_is_found_where_no_file_is_on_one() -> None:
    graph = {"p.a.one": {"p.b.one"}, "p.b.one": set(), "p.b.two": {"p.a.two"}, "p.a.two": set()}
    assert not _circle(graph)
    assert set(_circle(_children("p", graph))) == {"p.a", "p.b"}
