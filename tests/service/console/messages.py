"""The messages of the console: those of its templates and its code, and the names of what its pages show."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import fields, is_dataclass
from pathlib import Path
from typing import Any, Literal, get_args, get_origin, get_type_hints

from babel.messages.extract import extract_from_file
from pydantic import BaseModel

import service.console
from ledger.events.milestones import MILESTONES
from ledger.events.orders import ChannelType
from ledger.journal.accounts import CHART
from ledger.log.verification.finding import Finding
from ledger.policies.automation import STEPS
from projections.accounting.order_contribution import ELEMENTS
from projections.registry import PROJECTIONS
from service.console.actions import ACTIONS
from service.console.cells import Linked
from service.console.navigation import COMPOSED
from service.console.replay import BUCKETS, BalanceChange
from service.console.words import WORDS, words_of
from service.questions.answer_models import class_named
from service.questions.question import GROUPS, Role
from service.questions.registry import QUESTIONS
from service.tracking.order_axes import Axes

FOLDER = Path(service.console.__path__[0])


def of_templates() -> set[str]:
    """The texts that the templates mark."""
    options = {"trimmed": "true", "newstyle_gettext": "true"}
    paths = FOLDER.glob("templates/*.html")
    found = (extract_from_file("jinja2.ext:babel_extract", path, options=options) for path in paths)
    return {str(text) for messages in found for _, text, *_ in messages}


def of_code() -> set[str]:
    """The texts that the modules hand to `text` and `label`."""
    keywords = {"text": None, "label": None}
    found = (extract_from_file("python", path, keywords=keywords) for path in FOLDER.glob("*.py"))
    return {words_of(str(text)) for messages in found for _, text, *_ in messages}


def of_names() -> set[str]:
    """The words of questions, parameters, columns and fields of answers."""
    titles = {each.title for each in CHART.values()}
    return {words_of(name) for name in _names() if name[:1].isalpha()} | titles


def _names() -> Iterator[str]:
    yield from get_args(Role)
    yield from GROUPS.values()
    seen: set[type] = set()
    for own in (BalanceChange, Axes, Finding):
        yield from _fields(own, seen)
    yield from BUCKETS.values()
    yield from (each.label for pages in COMPOSED.values() for each in pages)
    yield from STEPS
    yield from PROJECTIONS
    yield from WORDS
    yield from MILESTONES
    yield from ELEMENTS
    yield from get_args(ChannelType)
    for action in ACTIONS.values():
        yield from (action.command, *action.fields)
    for question in QUESTIONS.values():
        yield question.name
        yield question.name.removeprefix("show ")
        yield from question.table.names if question.table else ()
        yield from question.computed
        for parameter in question.parameters:
            yield parameter.outside
            yield from parameter.choices
        for path in filter(None, (question.answer, question.summary)):
            yield from _fields(class_named(path), seen)


def fields_of_words() -> set[str]:
    """The fields of answers with a closed list of words."""
    return {name for name, _ in _closed()}


def values_of_words() -> set[str]:
    """The words of the closed lists of answers."""
    return {value for _, values in _closed() for value in values}


def _closed() -> Iterator[tuple[str, tuple[str, ...]]]:
    seen: set[type] = set()
    for question in QUESTIONS.values():
        for path in filter(None, (question.answer, question.summary)):
            yield from _lists_of(class_named(path), "", seen)


def _lists_of(kind: Any, name: str, seen: set[type]) -> Iterator[tuple[str, tuple[str, ...]]]:
    if get_origin(kind) is Literal:
        yield name, tuple(each for each in get_args(kind) if isinstance(each, str))
        return
    for each in get_args(kind):
        yield from _lists_of(each, name, seen)
    for each, hint in _hints(kind, seen).items():
        yield from _lists_of(hint, each, seen)


def _hints(kind: Any, seen: set[type]) -> dict[str, Any]:
    """The fields of a class with their types, the first time that it is asked for."""
    if not isinstance(kind, type) or kind in {*seen, Linked} or not (is_dataclass(kind) or issubclass(kind, BaseModel)):
        return {}
    seen.add(kind)
    named = [each.name for each in fields(kind)] if is_dataclass(kind) else list(kind.model_fields)
    hints = get_type_hints(kind)
    return {name: hints[name] for name in named}


def _fields(kind: Any, seen: set[type]) -> Iterator[str]:
    if get_origin(kind) is Literal:
        yield from (each for each in get_args(kind) if isinstance(each, str))
        return
    for each in get_args(kind):
        yield from _fields(each, seen)
    for name, hint in _hints(kind, seen).items():
        yield name
        yield from _fields(hint, seen)
