"""Actions: the commands that a person gives about a row of a queue, and the fields that the person fills in."""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, replace
from typing import Any, get_args
from urllib.parse import urlencode

from pydantic.fields import FieldInfo

from commands.authority import role_of
from commands.menu import MENU
from service.console.cells import Linked
from service.console.page import Page
from service.console.records import Grid, Heading
from service.failures import NotKnown
from service.questions.question import Question
from service.questions.reader import RoleMayNotRead


@dataclass(frozen=True, slots=True)
class Action:
    """One command of a queue. `given` are the fields that the row has, with the names of the row's own fields, and
    `typed` those that a person fills in. `only` are the values that a row needs, to be worked on; `having` is a field
    that must have some.

    `part` names the field of the command that holds what is typed, as its only part. `suggested` returns values for
    what is typed, a link for each.
    """

    command: str
    question: str
    given: Mapping[str, str]
    typed: tuple[str, ...] = ()
    only: Mapping[str, str] | None = None
    having: str = ""
    part: str = ""
    suggested: Callable[[Any], Sequence[Mapping[str, str]]] | None = None

    @property
    def is_for_many(self) -> bool:
        """True if many rows may be given what is typed at once."""
        return not self.part

    @property
    def fields(self) -> tuple[str, ...]:
        return (*self.given, *self.typed)

    def needs(self, field: str) -> bool:
        return self._kinds[field].is_required()

    @property
    def _kinds(self) -> Mapping[str, FieldInfo]:
        """The fields of the command, or of its part."""
        kinds = MENU[self.command].command.model_fields
        return {**kinds, **get_args(kinds[self.part].annotation)[0].model_fields} if self.part else kinds

    def data_of(self, form: Mapping[str, str]) -> dict[str, Any]:
        """Returns the data of the command, without the fields that were left empty."""
        kinds = self._kinds
        written = {name: form[name].strip() for name in self.fields if form.get(name, "").strip()}
        data: dict[str, Any] = {
            name: int(text) if kinds[name].annotation is int and text.isascii() and text.isdigit() else text
            for name, text in written.items()
        }
        if not self.part:
            return data
        part = {name: value for name, value in data.items() if name in self.typed}
        return {name: value for name, value in data.items() if name not in part} | {self.part: [part]}


_REFUND = {"merchant_id": "merchant", "order_id": "order_id", "refund_id": "refund_id"}
_CASE = {**_REFUND, "round": "round"}
_PROPOSAL = {"in_stream": "stream", "proposal_id": "proposal_id"}
_BREAK = {"in_stream": "stream", "break_id": "break_id"}
_CAPTURE = {"psp": "system", "capture_ref": "reference"}
_UNDECIDED, _OPEN = {"state": "proposed"}, {"status": "open"}
ACTIONS: Mapping[str, Action] = {
    each.command: each
    for each in (
        Action("approve_refund", "approvals", _CASE, ("note",)),
        Action("reject_refund", "approvals", _CASE, ("reason", "note")),
        Action("approve_proposal", "proposals", _PROPOSAL, (), _UNDECIDED),
        Action("reject_proposal", "proposals", _PROPOSAL, ("note",), _UNDECIDED),
        Action("submit_refund", "unsent-refunds", _REFUND),
        Action("assign_break", "exceptions", _BREAK, ("owner",), _OPEN),
        Action("resolve_break", "exceptions", _BREAK, ("resolution", "reason"), _OPEN),
        Action(
            "match_payment",
            "unmatched",
            _CAPTURE,
            ("merchant_id", "order_id", "amount"),
            having="amount",
            part="parts",
            suggested=lambda row: [_order_named(each) for each in row["orders"]],
        ),
    )
}


def _order_named(name: str) -> dict[str, str]:
    merchant, _, order = name.partition("/")
    return {"merchant_id": merchant, "order_id": order}


def action_for(page: Page, command: str) -> Action:
    """Returns the action. Raises `NotKnown`, and `RoleMayNotRead` if the reader may not give the command."""
    action = ACTIONS.get(command)
    if action is None:
        raise NotKnown(f"The console has no page for the command {command[:60]}.")
    if not may_give(page, command):
        raise RoleMayNotRead(f"The role {page.reader.role} may not submit {command}.")
    return action


def may_give(page: Page, command: str) -> bool:
    """True if the menu lets the reader's role submit the command, about its own at least."""
    authority = MENU[command].authority
    return page.bearer is not None and role_of(page.bearer.actor) in authority.any | authority.own


def with_actions(page: Page, question: Question, rows: Sequence[Any], grid: Grid, *, many: bool = False) -> Grid:
    """Returns the table of a queue with what the reader may do about each row; with `many`, about many rows at once
    too. The past is not worked on."""
    known = [each for each in ACTIONS.values() if each.question == question.name and may_give(page, each.command)]
    if not known or not rows or page.linker.times:
        return grid
    links = [[link for each in known if _takes(each, row) for link in _links(page, each, row)] for row in rows]
    heading = Heading(page.language.text("actions"), sticky=True)
    made = tuple((*cells, page.records.cells.of(found)) for cells, found in zip(grid.rows, links, strict=True))
    grid = replace(grid, headings=(*grid.headings, heading), rows=made)
    together = [each for each in known if each.is_for_many] if many else []
    if not together:
        return grid
    chosen = tuple(urlencode(_given(together[0], row)) if found else "" for row, found in zip(rows, links, strict=True))
    return replace(grid, choices=chosen, commands=tuple(each.command for each in together))


def _takes(action: Action, row: Any) -> bool:
    has = not action.having or _value(row, action.having)
    return bool(has) and all(_value(row, name) == wanted for name, wanted in (action.only or {}).items())


def _links(page: Page, action: Action, row: Any) -> list[Linked]:
    """Returns the link of the action, or one for each suggestion."""
    path, given = f"/commands/{action.command}", _given(action, row)
    suggestions = action.suggested(row) if action.suggested else ()
    return [
        Linked(action.command, page.linker.page(path, **given, **each), "/".join(each.values()))
        for each in suggestions or ({},)
    ]


def _given(action: Action, row: Any) -> dict[str, Any]:
    return {name: _value(row, of) for name, of in action.given.items()}


def _value(row: Any, name: str) -> Any:
    return row.get(name) if isinstance(row, Mapping) else getattr(row, name)
