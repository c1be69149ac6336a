"""Parameters of questions as data: each is an option of the command line and a parameter over HTTP. Imports nothing
heavy, because the command line reads it for its help."""

from __future__ import annotations

from dataclasses import dataclass, replace
from enum import Enum, auto
from typing import Any

from ledger.limits import LARGEST_POSITION
from service.questions.limits import MOST_ROWS_OF_A_PAGE


class Kind(Enum):
    """The kind of value that a parameter takes."""

    NAME = auto()  # an id or a name: at most 255 characters on one line
    WORD = auto()  # a longer text on one line: a cursor, a header
    DAY = auto()
    INSTANT = auto()
    NUMBER = auto()
    FLAG = auto()
    CHOICE = auto()


METAVARS = {Kind.DAY: "YYYY-MM-DD", Kind.INSTANT: "INSTANT"}


@dataclass(frozen=True, slots=True, kw_only=True)
class Parameter:
    """One parameter. `public` is its name outside if that is no Python name, and `filter` its entry in `FILTERS`.

    An `argument` stands without a flag on the command line, and in the path over HTTP if the path names it. A `header`
    comes with the HTTP request and is no option.
    """

    name: str
    says: str
    kind: Kind = Kind.NAME
    default: Any = None
    choices: tuple[str, ...] = ()
    least: int = 0
    most: int = LARGEST_POSITION
    filter: str = ""
    public: str = ""
    metavar: str = ""
    shown_default: str = ""
    argument: bool = False
    required: bool = False
    header: bool = False

    @property
    def outside(self) -> str:
        """The name over HTTP; the flag is made from it too."""
        return self.public or self.name

    @property
    def flag(self) -> str:
        return f"--{self.outside.replace('_', '-')}"

    def saying(self, says: str, **changed: Any) -> Parameter:
        """Returns the same parameter with another explanation."""
        return replace(self, says=says, **changed)

    def as_argument(self, says: str = "", *, required: bool = True) -> Parameter:
        """Returns the parameter as an argument of the command line."""
        return replace(self, says=says or self.says, argument=True, required=required)


def choice(name: str, says: str, *choices: str) -> Parameter:
    """Returns a parameter with a closed list of values, of which the first is the default."""
    return Parameter(name=name, says=says, kind=Kind.CHOICE, default=choices[0], choices=choices)


MERCHANT = Parameter(name="merchant", says="Only this merchant, such as M-1042.", filter="merchant")
ORDER = Parameter(name="order", says="Only this order, such as 2025-000017.", filter="order")
MARKET = Parameter(name="market", says="Only orders of this market, such as HK.", filter="market")
AS_OF = Parameter(name="as_of", says="State at the end of this accounting day.", kind=Kind.DAY)
AS_KNOWN_AT = Parameter(
    name="as_known_at", says="State as known at this instant, such as 2025-07-03T08:00:00Z.", kind=Kind.INSTANT
)
TIMES = (AS_OF, AS_KNOWN_AT)
LIMIT = Parameter(
    name="limit", says="Greatest number of rows of the page.", kind=Kind.NUMBER, least=1, most=MOST_ROWS_OF_A_PAGE
)
AFTER = Parameter(name="after", says="`next` of the previous page.", kind=Kind.WORD, metavar="CURSOR")
FORMAT = Parameter(
    name="format",
    says="`csv`, `ndjson` or `xlsx` (Excel): the whole list as of one moment, without pages. Without this parameter, "
    "the header `Accept` decides.",
    kind=Kind.CHOICE,
    default="json",
    choices=("json", "csv", "ndjson", "xlsx"),
)
PARTIAL = Parameter(
    name="partial",
    says="Answer without the books whose server is lost, and name them. Without it, a question about all books is "
    "refused while one is lost.",
    kind=Kind.FLAG,
    default=False,
)
AT_LEAST = Parameter(
    name="at_least",
    says="`position` of an earlier answer: the read waits until it includes all that the position names. A position "
    "ahead of the ledger is refused.",
    kind=Kind.WORD,
)
