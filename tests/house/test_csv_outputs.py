"""A CSV is made from a declared table, in one place: there a currency stands beside every amount."""

from __future__ import annotations

import ast

from tests.house.sources import PACKAGES, modules, parsed, shown

WRITERS = {
    "service/tables/cells.py": "writes every CSV that we hand out",
    "projections/engine/store.py": "speaks to COPY, which nobody reads",
}


def test_only_declared_tables_are_written_as_csv() -> None:
    writers = {
        shown(path)
        for package in PACKAGES
        for path in modules(package)
        for node in ast.walk(parsed(path))
        if isinstance(node, ast.Attribute) and ast.unparse(node) in ("csv.writer", "csv.DictWriter")
    }
    assert writers == WRITERS.keys()
