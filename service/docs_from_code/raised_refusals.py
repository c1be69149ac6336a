"""Finds the refusals that a decision may raise, by following its function calls through the source."""

from __future__ import annotations

import ast
import inspect
import sys
from collections.abc import Callable, Iterator
from functools import cache
from types import FunctionType
from typing import Any

from ledger.refusals.catalogue import REFUSALS, Refusal

_OURS = ("commands", "ledger")
# The methods of objects with these names are followed; a policy's refusing methods begin with `expect`.
_RECEIVERS = {"rules": "commands.rules", "_reference": "ledger.policies.reference"}


def refusals_of(decide: Callable[..., Any]) -> list[str]:
    """Returns the codes in the order of the list of refusals."""
    assert isinstance(decide, FunctionType), "a decision is a plain function"
    seen: set[tuple[str, str]] = set()
    raised: set[str] = set()
    waiting = [(decide.__module__, decide.__name__)]
    while waiting:
        place = waiting.pop()
        if place not in seen:
            seen.add(place)
            raised |= set(_raised(*place))
            waiting += _called(*place)
    return [code for code in REFUSALS if code in raised]


def _raised(module: str, name: str) -> Iterator[str]:
    for node in _functions(module).get(name, ()):
        if isinstance(node, ast.Name):
            found = getattr(sys.modules[module], node.id, None)
            if isinstance(found, type) and issubclass(found, Refusal) and found is not Refusal:
                yield found.code


def _called(module: str, name: str) -> Iterator[tuple[str, str]]:
    for node in _functions(module).get(name, ()):
        if isinstance(node, ast.Name):
            yield from _known(getattr(sys.modules[module], node.id, None))
        elif isinstance(node, ast.Call) and isinstance(node.func, ast.Attribute):
            yield from _of_method(node.func)


def _known(found: object) -> Iterator[tuple[str, str]]:
    """Yields the functions behind a name of the module: a function of ours, or the methods of a class of commands."""
    if isinstance(found, FunctionType) and found.__module__.partition(".")[0] in _OURS:
        yield found.__module__, found.__name__
    elif isinstance(found, type) and found.__module__.startswith("commands."):
        yield from ((found.__module__, method) for method in vars(found) if method in _functions(found.__module__))


def _of_method(call: ast.Attribute) -> Iterator[tuple[str, str]]:
    receiver = call.value
    named = receiver.id if isinstance(receiver, ast.Name) else getattr(receiver, "attr", "")
    if named in _RECEIVERS:
        yield _RECEIVERS[named], call.attr
    elif call.attr.startswith("expect"):
        yield from ((module, call.attr) for module in sorted(sys.modules) if module.startswith("ledger.policies."))


@cache
def _functions(module: str) -> dict[str, list[ast.AST]]:
    """Returns the body of every function of a module by its name, methods included."""
    source = inspect.getsource(sys.modules[module])
    found = (node for node in ast.walk(ast.parse(source)) if isinstance(node, ast.FunctionDef))
    return {node.name: [inner for statement in node.body for inner in ast.walk(statement)] for node in found}
