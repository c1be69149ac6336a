"""The page of verification: the events of a book, and the views, checked in steps that a person starts.

Each step is an address of its own: it says what was checked up to there and leads to the next one. A script follows by
itself. Nothing is kept on the server.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import asdict, dataclass
from typing import Annotated, Any

from fastapi import APIRouter, Depends, Query, Request
from fastapi.responses import Response

from ledger.limits import LARGEST_POSITION
from ledger.log.verification.finding import Finding
from ledger.log.verification.verify import verify_rows
from projections.engine.candidates import RebuildUnderWay
from projections.engine.fill import CannotApplyEvent
from projections.engine.rebuild import verify
from projections.registry import PROJECTIONS
from service.console.layout import shown
from service.console.navigation import VERIFICATION
from service.console.page import Page, picked_times
from service.console.records import Facts, Grid
from service.failures import NotKnown
from service.http.bearer import AccessBearer
from service.http.parameters import Name
from service.http.read_route import ReadRoute

STEP = 5_000  # events of one step, a second or so
MOST_OF_VIEWS = 50_000  # events of a ledger whose views are verified here
_MOST_SHOWN = 100
Position = Annotated[int | None, Query(ge=1, le=LARGEST_POSITION)]
router = APIRouter(route_class=ReadRoute, dependencies=[Depends(picked_times)])


@dataclass(frozen=True, slots=True)
class Step:
    """One step of a check: what was found, `done` of all, and the address of the next one; or why there is none."""

    facts: Facts | None = None
    findings: Grid | None = None
    faults: int = 0
    done: int = 0
    of: int = 1
    next: str = ""
    trouble: str = ""
    is_too_long: bool = False


@router.get(VERIFICATION.path)
def verification(
    request: Request,
    bearer: AccessBearer,
    book: Annotated[int | None, Query(ge=0, le=LARGEST_POSITION)] = None,
    first: Position = None,
    upto: Position = None,
    since: Position = None,
    view: Annotated[Name | None, Query()] = None,
    faults: Annotated[int, Query(ge=0, le=LARGEST_POSITION)] = 0,
) -> Response:
    """Returns the forms, and one step of the check: `since` and `faults` carry on what the steps before have found."""
    page = Page(request, bearer)
    VERIFICATION.check(page)
    heads = page.app.ledger.reader.heads()
    step: Step | None = None
    if view is not None:
        step = _of_view(page, view, sum(heads.values()), faults)
    elif book is not None:
        if book not in heads:
            raise NotKnown(f"There is no book {book}. Choose one of the list.")
        last = min(upto or heads[book], heads[book])
        if (first or 1) > last:
            raise NotKnown(f"Book {book} has no event from position {first or 1} to {last}.")
        step = _of_log(page, book, since or first or 1, first or 1, last, faults)
    title = page.language.label(VERIFICATION.label)
    fields = {"book": book, "first": since or first or 1, "upto": upto or ""}
    return shown(page, "verification.html", title=title, heads=heads, views=list(PROJECTIONS), fields=fields, step=step)


def _of_log(page: Page, book: int, since: int, first: int, last: int, faults: int) -> Step:
    """Checks the events of one step."""
    reader, text = page.app.ledger.reader, page.language.text
    end = min(first + STEP - 1, last)
    findings = list(verify_rows(reader, book, first, end))
    faults += len(findings)
    following = {"book": book, "first": end + 1, "upto": last, "since": since, "faults": faults}
    newest = reader.read(book, end - 1, 1)
    facts = {
        text("Book"): book, text("From position"): since, text("Up to position"): end, text("Faults"): faults,
        text("Last hash"): newest[0].leaf.hex() if newest else None,
    }  # fmt: skip
    done, of = end - since + 1, last - since + 1
    return _step(page, facts, findings, faults, done=done, of=of, following=following if end < last else None)


def _of_view(page: Page, name: str, events: int, faults: int) -> Step:
    """Compares one view with a fold of the log, which is then dropped."""
    names, text = list(PROJECTIONS), page.language.text
    if name not in PROJECTIONS:
        raise NotKnown(f"There is no view {name[:80]}. The document of views lists them.")
    if events > MOST_OF_VIEWS:
        return Step(is_too_long=True)
    try:
        found = verify(page.app.ledger.engine, PROJECTIONS[name])
    except (RebuildUnderWay, CannotApplyEvent) as failure:
        return Step(trouble=str(failure))
    faults, at = faults + found.count, names.index(name) + 1
    label = page.language.label
    facts = {label("view"): label(name), text("Compared rows"): found.rows, text("Faults"): faults}
    following = {"view": names[at], "faults": faults} if at < len(names) else None
    return _step(page, facts, found.differences, faults, done=at, of=len(names), following=following)


def _step(
    page: Page,
    facts: Mapping[str, Any],
    findings: Sequence[Finding],
    faults: int,
    *,
    done: int,
    of: int,
    following: Mapping[str, Any] | None,
) -> Step:
    records = page.records
    cells = tuple((name, records.cells.of(value, "number")) for name, value in facts.items())
    rows = [asdict(each) for each in findings[:_MOST_SHOWN]]
    return Step(
        Facts("", cells),
        records.grid(page.language.text("Findings"), rows) if rows else None,
        faults,
        done,
        of,
        page.linker.page(VERIFICATION.path, **following) if following else "",
    )  # fmt: skip
