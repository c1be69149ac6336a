"""Actions: the commands that a person gives about a row of a queue, and the fields that the person fills in."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, replace
from typing import Any

from commands.authority import role_of
from commands.menu import MENU
from service.console.cells import Linked
from service.console.page import Page
from service.console.records import Grid, Heading
from service.questions.question import Question


@dataclass(frozen=True, slots=True)
class Action:
    """One command of a queue. `given` are the fields that the row has, with the names of the row's own fields, and
    `typed` those that a person fills in. `only` are the values that a row needs, to be worked on.
    """

    command: str
    question: str
    given: Mapping[str, str]
    typed: tuple[str, ...] = ()
    only: Mapping[str, str] | None = None

    @property
    def fields(self) -> tuple[str, ...]:
        return (*self.given, *self.typed)

    def needs(self, field: str) -> bool:
        return MENU[self.command].command.model_fields[field].is_required()

    def data_of(self, form: Mapping[str, str]) -> dict[str, Any]:
        """Returns the data of the command, without the fields that were left empty."""
        kinds = MENU[self.command].command.model_fields
        written = {name: form[name].strip() for name in self.fields if form.get(name, "").strip()}
        return {
            name: int(text) if kinds[name].annotation is int and text.isascii() and text.isdigit() else text
            for name, text in written.items()
        }


_CASE = {"merchant_id": "merchant", "order_id": "order_id", "refund_id": "refund_id", "round": "round"}
_PROPOSAL = {"in_stream": "stream", "proposal_id": "proposal_id"}
_BREAK = {"in_stream": "stream", "break_id": "break_id"}
_UNDECIDED, _OPEN = {"state": "proposed"}, {"status": "open"}
ACTIONS: Mapping[str, Action] = {
    each.command: each
    for each in (
        Action("approve_refund", "approvals", _CASE, ("note",)),
        Action("reject_refund", "approvals", _CASE, ("reason", "note")),
        Action("approve_proposal", "proposals", _PROPOSAL, (), _UNDECIDED),
        Action("reject_proposal", "proposals", _PROPOSAL, ("note",), _UNDECIDED),
        Action("assign_break", "exceptions", _BREAK, ("owner",), _OPEN),
        Action("resolve_break", "exceptions", _BREAK, ("resolution", "reason"), _OPEN),
    )
}


def may_give(page: Page, command: str) -> bool:
    """True if the menu lets the reader's role submit the command, about its own at least."""
    authority = MENU[command].authority
    return page.bearer is not None and role_of(page.bearer.actor) in authority.any | authority.own


def with_actions(page: Page, question: Question, rows: Sequence[Any], grid: Grid) -> Grid:
    """Returns the table of a queue with what the reader may do about each row. The past is not worked on."""
    known = [each for each in ACTIONS.values() if each.question == question.name and may_give(page, each.command)]
    if not known or not rows or page.linker.times:
        return grid
    cells = [page.records.cells.of(_links(page, known, row)) for row in rows]
    heading = Heading(page.language.text("actions"), sticky=True)
    made = tuple((*cells_of_row, cell) for cells_of_row, cell in zip(grid.rows, cells, strict=True))
    return replace(grid, headings=(*grid.headings, heading), rows=made)


def _links(page: Page, known: Sequence[Action], row: Any) -> list[Linked]:
    def value(name: str) -> Any:
        return row[name] if isinstance(row, Mapping) else getattr(row, name)

    return [
        Linked(
            each.command,
            page.linker.page(f"/commands/{each.command}", **{name: value(of) for name, of in each.given.items()}),
        )
        for each in known
        if all(value(name) == wanted for name, wanted in (each.only or {}).items())
    ]
