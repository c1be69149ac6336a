"""Generates the document of commands: their data and the refusals that they may give."""

from __future__ import annotations

from collections.abc import Iterator

from commands.authority import in_words
from commands.command import Command, Handler
from commands.menu import MENU
from commands.proposable import PROPOSABLE
from service.docs_from_code.markdown import fields_of, sentences, table
from service.docs_from_code.raised_refusals import refusals_of
from service.docs_from_code.shapes import shapes


def commands() -> str:
    """Returns the text of `docs/commands.md`."""
    head = (
        "# Commands\n\nMade from the code by `python -m service.docs_from_code`.\n\n"
        'A command is one JSON line: `{"command": name, "id": …, "data": {…}}`. Its id is the'
        " idempotency key. Only reports bring `occurred_at`, the instant something happened in the world; importers"
        " bring it with every command. [importing.md](importing.md) has the whole envelope. The fields of a command are"
        " its `data`; the [shapes](#shapes) inside them are at the end.\n"
    )
    inside = shapes(handler.command for handler in (MENU | PROPOSABLE).values())
    return head + "".join(f"\n{part}\n" for part in _commands()) + f"\n## Shapes\n{inside}"


def _commands() -> Iterator[str]:
    for name, handler in (MENU | PROPOSABLE).items():
        yield f"## {name}"
        yield _kind(name, handler) + sentences(handler.command.__doc__)
        yield f"Roles: {in_words(handler.authority.any | handler.authority.own)} ([authority](authority.md))."
        yield table(("Field", "Type", "Needed"), fields_of(handler.command, besides=Command.model_fields))
        if codes := refusals_of(handler.decide):
            yield "Refusals: " + ", ".join(f"[`{code}`](refusals.md)" for code in codes)


def _kind(name: str, handler: Handler) -> str:
    if name in PROPOSABLE:
        return "Takes two people: sent inside [`propose`](#propose).\n\n"
    return "A report: recorded whatever it contradicts.\n\n" if handler.command.reports_a_fact else ""
