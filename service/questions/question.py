"""The declaration of a question: one value, from which the command line, HTTP and the documents are made. Imports
nothing heavy, because the command line reads it for its help."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import dataclass, field
from datetime import datetime, timedelta
from typing import Any, Literal

from service.questions.parameters import AFTER, LIMIT, TIMES, Parameter
from service.tables.columns import Table

Group = Literal["search", "money", "orders", "work", "books", "partners", "access", "ledger"]
GROUPS: dict[Group, str] = {
    "search": "Search",
    "money": "Money of merchants",
    "orders": "Orders",
    "work": "Work of people",
    "books": "Books of account",
    "partners": "Partners",
    "access": "Access from outside",
    "ledger": "The ledger itself",
}
Role = Literal["admin", "finance", "support", "auditor", "service", "merchant", "buyer"]


@dataclass(frozen=True, slots=True)
class Readers:
    """The roles that may ask: `any` about everything, `own` only about their own merchant or order."""

    any: frozenset[Role]
    own: frozenset[Role] = frozenset()


ADMINS = Readers(frozenset({"admin", "auditor"}))
FINANCE = Readers(frozenset({"admin", "finance", "auditor"}))
STAFF = Readers(frozenset({"admin", "finance", "support", "auditor", "service"}))
MERCHANTS = Readers(STAFF.any, frozenset({"merchant"}))
BUYERS = Readers(STAFF.any, frozenset({"merchant", "buyer"}))


@dataclass(frozen=True, slots=True)
class Computed:
    """A field of a row that depends on the time of the question: its type, and its value for a row at that time."""

    type: type
    of: Callable[[Any, datetime], Any]


def age_since(field: str) -> dict[str, Computed]:
    """Returns the field `age_h`: whole hours since the instant in another field."""
    return {"age_h": Computed(int, lambda row, end: int((end - getattr(row, field)) // timedelta(hours=1)))}


@dataclass(frozen=True, slots=True, kw_only=True, eq=False)
class Question:
    """One question to the ledger.

    `name` is the command, `path` the address below `/v1`, `says` the help. `find` takes an `Asked` and returns the
    object, or the rows, or None if the thing of the path is not known. `answer` is the class of the object or of
    one row, as `module:Class`; `summary` likewise is the class of figures about a whole list. `key` are the fields that
    order a paged list and identify its rows. `views` are the names of the views that the answer rests on; without one,
    it rests on the log. `noun` names the thing of the path. `table` has the columns for people; a question without one
    is shown field by field. `of_positions`: the answer depends on the values and the ledger alone, not on the clock.
    `exported`: the whole list can be read as CSV, as NDJSON or in Excel.

    A question about a state takes `as_of` and `as_known_at`. `folds`: its views keep no history, so that a past state
    is folded from the events; `folds_only_of` are the parameters that limit the fold to one merchant or order. A
    question without one of the times says in `without_times` why. `needs_all_books`: no part of the books can answer.
    """

    name: str
    group: Group
    path: str
    says: str
    find: Callable[[Any], Any]
    answer: str
    readers: Readers
    views: tuple[str, ...] = ()
    own_parameters: tuple[Parameter, ...] = ()
    key: Mapping[str, type] = field(default_factory=dict)
    listed: bool = False
    rows: int = 500
    noun: str = ""
    table: Table | None = None
    computed: Mapping[str, Computed] = field(default_factory=dict)
    hidden: tuple[str, ...] = ()
    summary: str = ""
    of_positions: bool = False
    exported: bool = False
    folds: bool = False
    folds_only_of: tuple[str, ...] = ()
    without_times: str = ""
    needs_all_books: bool = False

    @property
    def is_paged(self) -> bool:
        return bool(self.key)

    @property
    def is_list(self) -> bool:
        """True if the answer is a list of rows, paged or whole."""
        return self.listed or self.is_paged

    @property
    def parameters(self) -> tuple[Parameter, ...]:
        """All parameters but `at_least`, which HTTP alone has; of a paged list with `limit` and `after`."""
        paging = (LIMIT.saying(LIMIT.says, default=self.rows), AFTER) if self.is_paged else ()
        return (*self.own_parameters, *(TIMES if self.folds else ()), *paging)

    @property
    def may_be_partial(self) -> bool:
        """True for a question about all books: the path of another names the thing, whose book is at hand or not."""
        return "{" not in self.path and not self.needs_all_books

    def names_in_path(self, parameter: Parameter) -> bool:
        return f"{{{parameter.name}}}" in self.path
