"""The home page: the figures and queues of the reader's role, each as a part that leads on to the whole."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Iterator
from dataclasses import dataclass
from datetime import datetime

from fastapi import APIRouter, Depends, Request
from fastapi.responses import RedirectResponse, Response

from projections.accounting.exposure import DUE_FROM_MERCHANTS
from service.console.cells import Linked
from service.console.layout import shown
from service.console.page import Page, picked_times
from service.console.parts import Part, Tile, attempted, part_of
from service.console.replay import BUCKETS
from service.http.bearer import AccessBearer
from service.http.read_route import ReadRoute

router = APIRouter(route_class=ReadRoute, dependencies=[Depends(picked_times)])
_QUEUE, _WORST, _MOST_BREAKS = 8, 8, 500


@dataclass(frozen=True, slots=True)
class BreaksOfKind:
    """The open breaks of one kind: their number, the age of the oldest, and the owners."""

    kind: Linked
    breaks: int
    oldest: datetime
    owner: tuple[str, ...]


def home(request: Request, bearer: AccessBearer) -> Response:
    """Returns the home page: a merchant's is its own page, a buyer's the search."""
    page = Page(request, bearer)
    if page.reader.merchant is not None:
        return RedirectResponse(page.linker.page(f"/merchants/{page.reader.merchant}/balance"), 303)
    tiles, trouble = attempted(lambda: list(_tiles(page)))
    parts = [
        *_breaks(page),
        *(part_of(page, name, limit=_QUEUE) for name in ("approvals", "overdue", "unmatched") if page.may_ask(name)),
        *_worst(page),
    ]
    return shown(page, "home.html", tiles=tiles or [], trouble=trouble, parts=parts)


def _tiles(page: Page) -> Iterator[Tile]:
    """Yields the sums owed to merchants by bucket, and the sum due from them."""
    if not page.may_ask("trial-balance"):
        return
    balances = page.linker.page("/balances")
    for row in page.ask("trial-balance").data.accounts:
        if row.account in BUCKETS and row.currency == "CNY":
            yield Tile(page.language.label(BUCKETS[row.account]), page.records.cells.of(-row.closing), balances)
    for owed in page.ask("exposure").data.classes:
        if owed.account == DUE_FROM_MERCHANTS:
            label = page.language.label("due_from_merchant")
            yield Tile(label, page.records.cells.of(owed.base), page.linker.page("/books/open-items"))


def _breaks(page: Page) -> Iterator[Part]:
    """Yields the open breaks by kind, the most first."""
    if not page.may_ask("exceptions"):
        return
    title, href = page.language.text("Open breaks by kind"), page.linker.page("/exceptions")
    answer, trouble = attempted(lambda: page.ask("exceptions", limit=_MOST_BREAKS))
    if answer is None:
        yield Part(title, href, None, trouble=trouble)
        return
    of_kind = defaultdict(list)
    for row in answer.data:
        of_kind[row["kind"]].append(row)
    kinds = [
        BreaksOfKind(
            Linked(kind, page.linker.page("/exceptions", kind=kind)),
            len(rows),
            min(row["since"] for row in rows),
            tuple(sorted({row["owner"] for row in rows})),
        )
        for kind, rows in of_kind.items()
    ]
    grid = page.records.grid(title, sorted(kinds, key=lambda each: (-each.breaks, each.oldest)))
    yield Part(title, href, grid, cut=bool(answer.next))


def _worst(page: Page) -> Iterator[Part]:
    if page.may_ask("contribution"):
        yield part_of(page, "contribution", limit=_WORST)


home.folds = True  # type: ignore[attr-defined] # a past state of it is folded
router.get("/")(home)
