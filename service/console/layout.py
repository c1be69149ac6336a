"""The layout around every page: navigation, and how far the views are behind."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any

from fastapi.responses import HTMLResponse, Response

from service.console.environment import template
from service.console.navigation import navigation
from service.console.page import Page
from service.console.parts import attempted


@dataclass(frozen=True, slots=True)
class Lag:
    """The lag of the views behind the log, in words. `status` is that of the worst view."""

    status: str
    sentence: str


def shown(page: Page, name: str, **context: Any) -> Response:
    """Returns the page, made of the named template, with the layout around it."""
    made = template(name, page.language).render(page=page, navigation=navigation(page), lag=_lag_of(page), **context)
    return HTMLResponse(made)


def unread(page: Page, name: str, *, status: int = 200, **context: Any) -> Response:
    """Returns a page with the navigation that reads nothing, so that it may be made in the event loop."""
    made = template(name, page.language).render(page=page, navigation=navigation(page), lag=None, **context)
    return HTMLResponse(made, status)


def bare(page: Page, name: str, *, status: int = 200, **context: Any) -> Response:
    """Returns a page that reads nothing and needs no session, for sign-in and for failures."""
    return HTMLResponse(template(name, page.language).render(page=page, lag=None, **context), status)


def _lag_of(page: Page) -> Lag | None:
    """Returns the lag of the views, or None for a reader who may not ask."""
    answer, trouble = attempted(lambda: page.ask("status")) if page.may_ask("status") else (None, "")
    if answer is None:
        return Lag("stopped", trouble) if trouble else None
    text, views = page.language.text, answer.data.views
    if any(view.status in ("stopped", "outdated") for view in views):
        return Lag("stopped", text("A view does not follow"))
    if behind := max((view.lag for view in views), default=0):
        return Lag("behind", text("Views are behind by events:") + f" {page.language.count(behind)}")
    return Lag("current", text("Views are current"))
