"""Fingerprints of projections: digests of the code that makes a view's rows, to notice a change without a new version.

It covers the projection's class and every definition of ours that this class reaches by name: tables, used events,
functions, classes and constants. Comments, docstrings, layout, the order of definitions and their files are left out.
The engine and the log are left out too, because their own tests hold what they promise. An event is its name and
version: its schema is published and never changes.
"""

from __future__ import annotations

import ast
import inspect
import json
from collections.abc import Iterable, Iterator
from dataclasses import dataclass
from functools import cache
from hashlib import sha256
from importlib import import_module
from pathlib import Path
from threading import Lock

from ledger.events.event import Event
from projections.engine.projection import Projection

# Each version of a view, with the fingerprints that are known to make the same rows; the last is of today's code.
FILE = Path(__file__).parent.parent / "fingerprints.json"
_OURS = ("ledger", "projections")
_LEFT_OUT = (
    "projections.engine",
    "ledger.log",
    "ledger.events.event",
    "ledger.events.published",  # a new event changes no row of those before
    "ledger.sealed",
    "ledger.validation_messages",
)
_DIGITS = 16
_PARSING = Lock()  # Python 3.11 fails if threads parse at once ("AST constructor recursion depth mismatch")
# fields of syntax trees that do not change what the code does
_IGNORED = frozenset({"ctx", "kind", "type_comment", "type_params"})


@cache
def fingerprint(projection: type[Projection]) -> str:
    """Returns the fingerprint of a projection: the same on every version of Python, 16 hexadecimal digits."""
    with _PARSING:
        texts = {definition.text for definition in _reached(_Name(projection.__module__, projection.__name__))}
    return sha256("\n".join(sorted(texts)).encode()).hexdigest()[:_DIGITS]


def makes_the_same_rows(projection: type[Projection], made_by: str) -> bool:
    """True if the projection's code makes the rows of the code with the other fingerprint."""
    if (now := fingerprint(projection)) == made_by:
        return True
    return {now, made_by} <= set(known().get(title(projection), ()))


def title(projection: type[Projection]) -> str:
    return f"{projection.name} v{projection.version}"


@cache
def known() -> dict[str, list[str]]:
    """Returns the committed fingerprints of each version of each view."""
    found: dict[str, list[str]] = json.loads(FILE.read_text(encoding="utf-8"))
    return found


@dataclass(frozen=True, slots=True)
class _Name:
    """A name that a module binds at its top level; '' is the whole module."""

    module: str
    name: str


@dataclass(frozen=True, slots=True)
class _Definition:
    """The code of a name, without what does not change it, and the names of ours that it uses."""

    text: str
    uses: tuple[_Name, ...] = ()


@dataclass(frozen=True, slots=True)
class _Module:
    """The top-level statements of a module by the name that they bind, and where its imported names come from."""

    statements: dict[str, list[ast.stmt]]
    imported: dict[str, _Name]


def _reached(first: _Name) -> Iterator[_Definition]:
    waiting, seen = [first], {first}
    while waiting:
        definition = _definition(waiting.pop())
        yield definition
        waiting += (new := set(definition.uses) - seen)
        seen |= new


@cache
def _definition(of: _Name) -> _Definition:
    """Returns the definition of a name, wherever it is imported from."""
    module = _module(of.module)
    if of.name in module.imported:
        return _Definition("", (module.imported[of.name],))
    if of.name and of.name not in module.statements:  # a module imported as a name
        return _Definition("", (_Name(f"{of.module}.{of.name}", ""),))
    kind = getattr(import_module(of.module), of.name, None) if of.name else None
    if isinstance(kind, type) and issubclass(kind, Event):
        return _Definition(f"{getattr(kind, 'name', kind.__name__)} {getattr(kind, 'schema_version', '')}")
    names = [of.name] if of.name else list(module.statements)
    statements = [each for name in names for each in module.statements[name]]
    return _Definition("\n".join(map(_text, statements)), tuple(_used(of.module, module, statements)))


def _used(name: str, module: _Module, statements: Iterable[ast.stmt]) -> Iterator[_Name]:
    """Yields the names of ours that the statements use, each once."""
    names = {each.id: None for statement in statements for each in ast.walk(statement) if isinstance(each, ast.Name)}
    for used in names:
        target = module.imported.get(used) or (_Name(name, used) if used in module.statements else None)
        if target is not None and not target.module.startswith(_LEFT_OUT):
            yield target


@cache
def _module(name: str) -> _Module:
    module = _Module({}, {})
    tree = ast.parse(inspect.getsource(import_module(name)))
    ours = (*_OURS, name.partition(".")[0])
    for node in ast.walk(tree):
        if isinstance(node, ast.ImportFrom) and node.module and node.module.partition(".")[0] in ours:
            module.imported.update((each.asname or each.name, _Name(node.module, each.name)) for each in node.names)
        elif isinstance(node, ast.FunctionDef | ast.ClassDef):
            _strip(node)
    for statement in tree.body:
        for bound in _bound(statement):
            module.statements.setdefault(bound, []).append(statement)
    return module


def _strip(node: ast.FunctionDef | ast.ClassDef) -> None:
    """Removes the docstring, and the annotations of a function that has no decorator to read them."""
    if ast.get_docstring(node, clean=False) is not None:
        del node.body[0]
    if isinstance(node, ast.FunctionDef) and not node.decorator_list:
        node.returns = None
        for argument in (*node.args.posonlyargs, *node.args.args, *node.args.kwonlyargs):
            argument.annotation = None


def _bound(statement: ast.stmt) -> Iterator[str]:
    """Yields the names that a top-level statement binds or adds to, such as the function that `@f.register` extends."""
    if isinstance(statement, ast.FunctionDef | ast.ClassDef):
        yield statement.name
        for decorator in statement.decorator_list:
            called = decorator.func if isinstance(decorator, ast.Call) else decorator
            if isinstance(called, ast.Attribute) and isinstance(called.value, ast.Name):
                yield called.value.id
    elif not isinstance(statement, ast.Import | ast.ImportFrom):
        for node in ast.walk(statement):
            if isinstance(node, ast.Name) and isinstance(node.ctx, ast.Store):
                yield node.id


def _text(node: object) -> str:
    """Returns a syntax tree as text, without empty fields, because Python versions differ in them."""
    if isinstance(node, ast.AST):
        fields = ((name, value) for name in node._fields if (value := getattr(node, name, None)) not in (None, []))
        return f"{type(node).__name__}({','.join(f'{name}={_text(v)}' for name, v in fields if name not in _IGNORED)})"
    if isinstance(node, list):
        return f"[{','.join(map(_text, node))}]"
    return repr(node)
