"""Parts of a page that has several: each is the answer to a question, or the reason why there is none now."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from typing import Any, TypeVar

from service.console.actions import with_actions
from service.console.cells import Cell
from service.console.page import Page
from service.console.records import Grid
from service.http.errors import KNOWN
from service.questions.registry import QUESTIONS

T = TypeVar("T")


@dataclass(frozen=True, slots=True)
class Part:
    """A titled list of a page. `href` leads to the whole list, and `cut` says that rows are missing here.

    `trouble` is the sentence of a failure that passes, such as a view that is behind.
    """

    title: str
    href: str
    grid: Grid | None
    cut: bool = False
    trouble: str = ""


@dataclass(frozen=True, slots=True)
class Tile:
    """One figure of a page, and the page that it leads to."""

    label: str
    cell: Cell
    href: str = ""


def part_of(page: Page, name: str, *, path: str = "", **values: Any) -> Part:
    """Returns the answer to a list's question as a part of the page."""
    question = QUESTIONS[name]
    title = page.language.label(name)
    narrower = {each: value for each, value in values.items() if each != "limit" and f"{{{each}}}" not in question.path}
    href = page.linker.page(path or question.path, **narrower)
    answer, trouble = attempted(lambda: page.ask(name, **values))
    if answer is None:
        return Part(title, href, None, trouble=trouble)
    grid = with_actions(page, question, answer.data, page.records.grid_of(question, answer.data))
    return Part(title, href, grid, cut=bool(answer.next))


def attempted(find: Callable[[], T]) -> tuple[T | None, str]:
    """Returns what is found, or the sentence of the failure: one part in trouble leaves the others standing."""
    try:
        return find(), ""
    except tuple(KNOWN) as failure:
        return None, str(failure)
