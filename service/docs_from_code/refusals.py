"""Generates the document of refusals: code, sentence, facts, remedy, and the commands that may give it."""

from __future__ import annotations

from commands.menu import MENU
from ledger.refusals.catalogue import REFUSALS, Refusal, RoleNotAllowed
from service.docs_from_code.markdown import table
from service.docs_from_code.raised_refusals import refusals_of

_HEAD = """# Refusals

Made from the code by `python -m service.docs_from_code`.

A refusal is an outcome, not a fault: a code that never changes, one plain sentence, the facts it rests on, and what to
do next. A part in [brackets] is said where its facts are known; where what to do depends on a state, the state stands
before it. It leaves the ledger untouched and is kept with who asked, what and when. *Any* stands for
what the bus or the journal says, whatever the command.

"""


def refusals() -> str:
    """Returns the text of `docs/refusals.md`."""
    givers: dict[str, list[str]] = {code: [] for code in REFUSALS}
    for name, handler in MENU.items():
        for code in refusals_of(handler.decide):
            givers[code].append(name)
    givers[RoleNotAllowed.code] = []  # the bus raises it, for any command
    rows = [
        (_code(kind), _sentence(kind), _facts(kind), _remedies(kind), _commands(givers[code]))
        for code, kind in REFUSALS.items()
    ]
    return _HEAD + table(("Code", "Sentence", "Facts", "What to do next", "Commands"), rows) + "\n"


def _code(kind: type[Refusal]) -> str:
    return f"`{kind.code}`"


def _sentence(kind: type[Refusal]) -> str:
    return " ".join((kind.__doc__ or "").split())


def _facts(kind: type[Refusal]) -> str:
    return ", ".join(f"`{name}`" for name in kind.fact_names)


def _remedies(kind: type[Refusal]) -> str:
    return " ".join((kind.remedy, *(f"*{state}*: {remedy}" for state, remedy in kind.remedies.items())))


def _commands(names: list[str]) -> str:
    return ", ".join(f"`{name}`" for name in sorted(names)) or "*any*"
