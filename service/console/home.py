"""The home pages: the figures of finance and the queues of support, each a part that leads on to the whole."""

from __future__ import annotations

from collections.abc import Callable, Iterator, Mapping
from datetime import datetime, time

from fastapi import APIRouter, Depends, Request
from fastapi.responses import RedirectResponse, Response

from ledger.accounting_days import ACCOUNTING_ZONE, accounting_day
from projections.accounting.order_contribution import ELEMENTS
from service.console.layout import shown
from service.console.page import Page, picked_times
from service.console.parts import Part, Tile, attempted, followed, part_of, part_with
from service.http.bearer import AccessBearer
from service.http.read_route import ReadRoute
from service.questions.registry import QUESTIONS

router = APIRouter(route_class=ReadRoute, dependencies=[Depends(picked_times)])
OWED = ("pending", "available", "on_hold", "in_transit", "due_from_merchant")
_FEW, _WORST = 6, 8
_MOST = 500  # cases of the queue that are put in order


def home(request: Request, bearer: AccessBearer) -> Response:
    """Returns the home page of the reader's role: a merchant's is its own page, a buyer's the search."""
    page = Page(request, bearer)
    if page.reader.merchant is not None:
        return RedirectResponse(page.linker.page(f"/merchants/{page.reader.merchant}/balance"), 303)
    return _support(page) if page.reader.role in ("support", "service") else _finance(page)


def support(request: Request, bearer: AccessBearer) -> Response:
    """Returns the queues of support, for whoever may read them."""
    return _support(Page(request, bearer))


def _finance(page: Page) -> Response:
    return shown(page, "home.html", title=page.language.text("Home"), parts=list(_parts(page, _FINANCE)))


def _support(page: Page) -> Response:
    return shown(page, "home.html", title=page.language.text("Support"), parts=list(_parts(page, _SUPPORT)))


def _parts(page: Page, parts: Mapping[str, Callable[[Page], Part]]) -> Iterator[Part]:
    """Yields the parts that the reader may ask for. A page of the past leaves out what is known of now alone."""
    for name, make in parts.items():
        if page.may_ask(name) and not (page.linker.times and QUESTIONS[name].without_times):
            yield make(page)


def _owed(page: Page) -> Part:
    """Returns the sums of what is owed to merchants, and of what is due from them."""
    title, href = page.language.text("Owed to merchants"), page.linker.page("/balances")
    answer, trouble = attempted(lambda: page.ask("balance-totals"))
    if answer is None:
        return Part(title, href, None, trouble=trouble, id="balances")
    sums, cells, due = answer.data, page.records.cells, page.linker.page("/books/open-items")
    tiles = tuple(
        Tile(page.language.label(name), cells.of(getattr(sums, name)), due if name == OWED[-1] else href)
        for name in OWED
    )
    return Part(title, href, None, tiles=tiles, id="balances", views=followed(page, "balances"))


def _result(page: Page) -> Part:
    """Returns the result of the month by element, and the orders that lost most in it with the greatest cost."""
    since = page.day.replace(day=1)
    title, href = page.language.text("Result of the month"), page.linker.page("/books/contribution", since=since)
    answer, trouble = attempted(lambda: page.ask("contribution", since=since, limit=_WORST))
    if answer is None:
        return Part(title, href, None, trouble=trouble, id="contribution")
    total, cells = answer.summary.total, page.records.cells
    names = ("result", *ELEMENTS)
    tiles = tuple(Tile(page.language.label(name), cells.of(getattr(total, name)), href) for name in names)
    losses = [row for row in answer.data if row.result.minor < 0]
    columns = ("order_id", "merchant", "market", "result", "largest_cost")
    grid = page.records.grid(page.language.text("Orders that lost most"), losses, columns) if losses else None
    views = followed(page, "contribution")
    return Part(title, href, grid, cut=bool(answer.next), tiles=tiles, id="contribution", views=views)


def _latest_run(page: Page) -> Part:
    return part_of(page, "settlement-runs", most=1)


def _my_approvals(page: Page) -> Part:
    """Returns the cases that wait for the reader's role, by deadline and round; for other roles, all."""
    answer, _ = attempted(lambda: page.ask("approvals", limit=_MOST))
    if answer is None:
        return part_of(page, "approvals", limit=_FEW)
    mine = [row for row in answer.data if row["role_needed"] == page.reader.role] or answer.data
    ordered = sorted(mine, key=lambda row: (row["due_at"] is None, row["due_at"] or row["waiting_since"], row["round"]))
    return part_with(page, "approvals", ordered[:_WORST], cut=len(ordered) > _WORST or bool(answer.next))


def _refused_today(page: Page) -> Part:
    since = datetime.combine(accounting_day(page.app.clock()), time.min, ACCOUNTING_ZONE)
    return part_of(page, "refused-commands", since=since, limit=_WORST)


def _few(name: str) -> Callable[[Page], Part]:
    return lambda page: part_of(page, name, limit=_FEW)


_FINANCE: Mapping[str, Callable[[Page], Part]] = {
    "balances": _owed,
    "breaks-by-kind": lambda page: part_of(page, "breaks-by-kind", most=_WORST),
    "expected-money": lambda page: part_of(page, "expected-money"),
    "contribution": _result,
    "close-checklist": lambda page: part_of(page, "close-checklist"),
    "next-releases": _few("next-releases"),
    "settlement-runs": _latest_run,
    "approvals": _few("approvals"),
    "unmatched": _few("unmatched"),
}
_SUPPORT: Mapping[str, Callable[[Page], Part]] = {
    "approvals": _my_approvals,
    "unsent-refunds": _few("unsent-refunds"),
    "instructions": _few("instructions"),
    "overdue": _few("overdue"),
    "unmatched": _few("unmatched"),
    "refused-commands": _refused_today,
}
for _make in (home, support):
    _make.folds = True  # type: ignore[attr-defined] # a past state of it is folded
router.get("/")(home)
router.get("/support")(support)
