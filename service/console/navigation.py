"""The navigation of the console: every question that the reader may ask without naming a thing, by group."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass

from service.console.page import Page
from service.questions.question import GROUPS
from service.questions.reader import RoleMayNotRead
from service.questions.registry import QUESTIONS


@dataclass(frozen=True, slots=True)
class Composed:
    """A page of several questions. Whoever may ask `question` may open it."""

    label: str
    path: str
    question: str

    def check(self, page: Page) -> None:
        """Raises `RoleMayNotRead` if the reader may not open it."""
        if not page.may_ask(self.question):
            raise RoleMayNotRead.unless(page.reader.role, f"open {self.path}", QUESTIONS[self.question].readers.any)


OPERATIONS = Composed("operations", "/operations", "view-lags")
DIFFERENCE = Composed("what changed", "/difference", "explain-difference")
VERIFICATION = Composed("verification", "/verification", "generations")
COMPOSED: Mapping[str, Sequence[Composed]] = {"ledger": (OPERATIONS, DIFFERENCE, VERIFICATION)}


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
    composed = [(each.label, each.path) for each in COMPOSED.get(group, ()) if page.may_ask(each.question)]
    own = [
        (name, question.path)
        for name, question in QUESTIONS.items()
        if question.group == group and page.may_ask(name)
        if not any(each.required or question.names_in_path(each) for each in question.parameters)
    ]
    return [_entry(page, label, page.linker.page(path)) for label, path in (*composed, *own)]


def _entry(page: Page, label: str, href: str) -> Entry:
    return Entry(page.language.label(label), href, href.partition("?")[0] == page.request.url.path)
