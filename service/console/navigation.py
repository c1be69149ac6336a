"""The navigation of the console: every question that the reader may ask without naming a thing, by group."""

from __future__ import annotations

from dataclasses import dataclass

from service.console.page import Page
from service.questions.question import GROUPS
from service.questions.registry import QUESTIONS


@dataclass(frozen=True, slots=True)
class Entry:
    """One page of the navigation. `current`: it is the page that is shown."""

    label: str
    href: str
    current: bool


def navigation(page: Page) -> list[tuple[str, list[Entry]]]:
    """Returns the titles of the groups with their pages."""
    found = [(page.language.text(title), _entries(page, group)) for group, title in GROUPS.items() if group != "search"]
    return [(title, entries) for title, entries in found if entries]


def _entries(page: Page, group: str) -> list[Entry]:
    here = page.request.url.path
    return [
        Entry(page.language.label(name), (href := page.linker.page(question.path)), href.partition("?")[0] == here)
        for name, question in QUESTIONS.items()
        if question.group == group and page.may_ask(name)
        if not any(each.required or question.names_in_path(each) for each in question.parameters)
    ]
