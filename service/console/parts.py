"""Parts of a page that has several: each is the answer to a question, or the reason why there is none now."""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from typing import Any, TypeVar

from service.console.actions import with_actions
from service.console.cells import Cell
from service.console.page import Page
from service.console.records import Grid
from service.feeds.view_query import readers_of
from service.http.errors import KNOWN
from service.questions.registry import QUESTIONS

T = TypeVar("T")


@dataclass(frozen=True, slots=True)
class Tile:
    """One figure of a page, and the page that it leads to."""

    label: str
    cell: Cell
    href: str = ""


@dataclass(frozen=True, slots=True)
class Part:
    """A titled list of a page. `href` leads to the whole list, and `cut` says that rows are missing here.

    `trouble` is the sentence of a failure that passes, such as a view that is behind. `tiles` are figures above the
    list, and `id` is the part's own name on its page. `views` are those whose changes renew it.
    """

    title: str
    href: str
    grid: Grid | None
    cut: bool = False
    trouble: str = ""
    tiles: tuple[Tile, ...] = ()
    id: str = ""
    views: tuple[str, ...] = ()


def part_of(page: Page, name: str, *, path: str = "", most: int | None = None, **values: Any) -> Part:
    """Returns the answer to a list's question as a part of the page. `most` cuts a list that has no pages."""
    answer, trouble = attempted(lambda: page.ask(name, **values))
    if answer is None:
        return Part(*_heading(page, name, path, values), None, trouble=trouble, id=name)
    return part_with(
        page, name, answer.data[:most], path=path, cut=bool(answer.next or (most and answer.data[most:])), **values
    )


def part_with(page: Page, name: str, rows: Sequence[Any], *, path: str = "", cut: bool = False, **values: Any) -> Part:
    """Returns rows of a question's answer as a part of the page."""
    question = QUESTIONS[name]
    grid = with_actions(page, question, rows, page.records.grid_of(question, rows))
    return Part(*_heading(page, name, path, values), grid, cut=cut, id=name, views=followed(page, name))


def followed(page: Page, name: str) -> tuple[str, ...]:
    """Returns the views of a question that the reader may follow."""
    return tuple(view for view in QUESTIONS[name].views if page.reader.role in readers_of(view))


def _heading(page: Page, name: str, path: str, values: Mapping[str, Any]) -> tuple[str, str]:
    """Returns the title of a question's part, and the address of the whole list."""
    question = QUESTIONS[name]
    narrower = {each: value for each, value in values.items() if each != "limit" and f"{{{each}}}" not in question.path}
    return page.language.label(name), page.linker.page(path or question.path, **narrower)


def attempted(find: Callable[[], T]) -> tuple[T | None, str]:
    """Returns what is found, or the sentence of the failure: one part in trouble leaves the others standing."""
    try:
        return find(), ""
    except tuple(KNOWN) as failure:
        return None, str(failure)
