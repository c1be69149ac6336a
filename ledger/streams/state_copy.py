"""Copies the state of a stream: what can change is copied, and what never changes is shared."""

from __future__ import annotations

from collections.abc import Callable
from copy import copy
from dataclasses import fields, is_dataclass
from datetime import date, timedelta
from decimal import Decimal
from enum import Enum
from functools import cache
from types import NoneType
from typing import Any, TypeVar

from pydantic import BaseModel

T = TypeVar("T")
Memo = dict[int, Any]  # the copies so far, by the id of the original
Copier = Callable[[Any, Memo], Any]


def state_copy(state: T) -> T:
    """Returns a copy that changes independently of `state`.

    Events, amounts, instants and other frozen values are shared: most of a stream's state is made of them, and
    `copy.deepcopy` would copy each. Raises TypeError for a value of a type that may change in a way unknown here.
    """
    copied: T = _copied(state, {})
    return copied


def _copied(value: Any, memo: Memo) -> Any:
    kind: type = type(value)
    copier = _copier_of(kind)
    if copier is None:
        return value
    known = memo.get(id(value))
    return copier(value, memo) if known is None else known


@cache
def _copier_of(kind: type) -> Copier | None:
    """Returns the function that copies values of this type, or None if they never change."""
    for container, copier in _CONTAINERS.items():
        if issubclass(kind, container):
            return copier
    if issubclass(kind, _UNCHANGING) or (issubclass(kind, BaseModel) and kind.model_config.get("frozen")):
        return None
    if is_dataclass(kind):
        return None if kind.__dataclass_params__.frozen else _object  # type: ignore[attr-defined]
    if issubclass(kind, BaseModel) or not _is_plain(kind):
        raise TypeError(f"{kind.__module__}.{kind.__qualname__} cannot be copied as a part of a stream's state")
    return _object


def _is_plain(kind: type) -> bool:
    """True if the attributes of a value are all in its `__dict__`."""
    return kind.__dictoffset__ != 0 and not any(vars(each).get("__slots__") for each in kind.__mro__)


def _object(value: Any, memo: Memo) -> Any:
    memo[id(value)] = mine = copy(value)
    kind: type = type(value)
    for name in (*getattr(value, "__dict__", ()), *_slots_of(kind)):
        setattr(mine, name, _copied(getattr(value, name), memo))
    return mine


@cache
def _slots_of(kind: type) -> tuple[str, ...]:
    return tuple(field.name for field in fields(kind)) if is_dataclass(kind) and hasattr(kind, "__slots__") else ()


def _dict(value: dict[Any, Any], memo: Memo) -> dict[Any, Any]:
    memo[id(value)] = mine = copy(value)
    for key, held in value.items():
        mine[key] = _copied(held, memo)
    return mine


def _list(value: list[Any], memo: Memo) -> list[Any]:
    memo[id(value)] = mine = copy(value)
    mine[:] = [_copied(held, memo) for held in value]
    return mine


def _set(value: set[Any], memo: Memo) -> set[Any]:
    memo[id(value)] = mine = set(value)  # its members have a hash, so they do not change
    return mine


def _tuple(value: tuple[Any, ...], memo: Memo) -> tuple[Any, ...]:
    """Returns the same tuple if it holds nothing that can change."""
    parts = [_copied(held, memo) for held in value]
    if all(mine is held for mine, held in zip(parts, value, strict=True)):
        return value
    return type(value)(*parts) if hasattr(value, "_fields") else tuple(parts)


_CONTAINERS: dict[type, Copier] = {dict: _dict, list: _list, set: _set, tuple: _tuple}
_UNCHANGING = (NoneType, str, bytes, int, Decimal, date, timedelta, frozenset, Enum, type)
