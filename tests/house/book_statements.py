"""Reads SQL as PostgreSQL itself parses it: which tables a statement reads without naming the book."""

from __future__ import annotations

from collections.abc import Iterator
from itertools import pairwise
from typing import Any

import pglast
from pglast import parse_sql

ast: Any = pglast.ast  # by their types the fields of every node may be missing
# The same on every server, with the reason why they have no book.
REFERENCE_TABLES = {
    "log.identity": "one row: which ledger this is",
    "log.directory": "says which book a merchant is in",
    "log.alembic_version": "one row: the schema's revision",
    "views.projections": "which generation of a view is live",
    "views.generations": "which tables a generation has",
}
_SCHEMAS = ("log", "views", "delivery")
_QUERIES = (ast.SelectStmt, ast.UpdateStmt, ast.DeleteStmt, ast.InsertStmt)


def unbound(statement: str) -> list[str]:
    """Returns the tables with a book whose book the statement does not fix: by a value, or by a table that does."""
    return [table for raw in parse_sql(statement) for table in _unbound(raw.stmt, frozenset())]


def tables_of(statement: str) -> set[str]:
    """Returns the tables with a book that the statement names."""
    return {table for raw in parse_sql(statement) for node in _all(raw.stmt) for _, table in _named(node)}


def _unbound(node: Any, outer: frozenset[str]) -> Iterator[str]:
    """Yields the unbound tables of a statement and of the ones inside it. `outer` are bound names around it."""
    if not isinstance(node, _QUERIES):
        for each in _children(node):
            yield from _unbound(each, outer)
        return
    own = list(_own(node))
    tables = [found for each in own for found in _named(each) if not _is_target(node, each)]
    bound = _bound(own, [name for name, _ in tables], outer)
    yield from (table for name, table in tables if name not in bound)
    for each in own:
        for inner in _children(each):
            if isinstance(inner, _QUERIES):
                yield from _unbound(inner, outer | bound)


def _bound(own: list[Any], names: list[str], outer: frozenset[str]) -> frozenset[str]:
    """Returns the names whose book is a value, or equal to that of a bound name."""
    equal: list[tuple[str, str]] = []
    bound = set(outer)
    for each in own:
        if isinstance(each, ast.RangeSubselect) and each.alias and _is_bound(each.subquery):
            bound.add(each.alias.aliasname)
        if isinstance(each, ast.JoinExpr) and "book" in [column.sval for column in each.usingClause or ()]:
            joined = [name for part in (each.larg, each.rarg) for node in _all(part) for name, _ in _named(node)]
            equal += pairwise(joined)
        if not isinstance(each, ast.A_Expr) or [part.sval for part in each.name] != ["="]:
            continue
        left, right = _book_of(each.lexpr, names), _book_of(each.rexpr, names)
        if left and right:
            equal.append((left, right))
        elif (left or right) and _is_value(each.rexpr if left else each.lexpr):
            bound.add(left or right or "")
    for _ in names:
        bound |= {name for pair in equal for name in pair if bound.intersection(pair)}
    return frozenset(bound)


def _is_value(node: Any) -> bool:
    """True for a constant, a list of them, and a function's parameter or variable, whose name begins with p_ or v_."""
    columns = [part for part in _all(node) if isinstance(part, ast.ColumnRef)]
    if any(isinstance(part, ast.SubLink) for part in _all(node)):
        return False
    return all(isinstance(each.fields[0], ast.String) and each.fields[0].sval[:2] in ("p_", "v_") for each in columns)


def _is_bound(query: Any) -> bool:
    """True if the query reads tables with a book, and fixes it for all."""
    return any(True for node in _all(query) for _ in _named(node)) and not any(_unbound(query, frozenset()))


def _book_of(node: Any, names: list[str]) -> str | None:
    """Returns the name whose column `book` this is; without a name, that of the only table."""
    if not isinstance(node, ast.ColumnRef) or not isinstance(node.fields[-1], ast.String):
        return None
    fields = [field.sval for field in node.fields]
    if fields[-1] != "book":
        return None
    return fields[-2] if len(fields) > 1 else names[0] if len(names) == 1 else None


def _named(node: Any) -> Iterator[tuple[str, str]]:
    if isinstance(node, ast.RangeVar) and node.schemaname in _SCHEMAS:
        table = f"{node.schemaname}.{node.relname}"
        if table not in REFERENCE_TABLES:
            yield node.alias.aliasname if node.alias else node.relname, table


def _is_target(query: Any, table: Any) -> bool:
    """True if rows are inserted into the table: each has its book among its values."""
    return isinstance(query, ast.InsertStmt) and query.relation is table


def _own(node: Any) -> Iterator[Any]:
    """Yields the nodes of a statement, without those of the statements inside it."""
    yield node
    for each in _children(node):
        if not isinstance(each, _QUERIES):
            yield from _own(each)


def _all(node: Any) -> Iterator[Any]:
    yield node
    for each in _children(node):
        yield from _all(each)


def _children(node: Any) -> Iterator[Any]:
    if isinstance(node, tuple):
        for each in node:
            yield from _children(each) if isinstance(each, tuple) else [each]
    elif isinstance(node, ast.Node):
        for name in node:
            value = getattr(node, name)
            if isinstance(value, tuple):
                yield from _children(value)
            elif isinstance(value, ast.Node):
                yield value
