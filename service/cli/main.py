"""`redledger`: the command line. A command that acts has a line here; one that asks is made from its question."""

from __future__ import annotations

import sys
from collections.abc import Callable, Sequence

import typer

from service.cli.access.accounts import account
from service.cli.access.tokens import token
from service.cli.books.periods import close_period, reopen_period, revalue
from service.cli.endings import MEANINGS, Program, ended
from service.cli.help_pages import WholeSentences
from service.cli.ledger.cluster import cluster
from service.cli.ledger.log import verify_log
from service.cli.ledger.relay import relay
from service.cli.ledger.schemas import schema
from service.cli.ledger.settings import settings
from service.cli.ledger.views import rebuild_views, verify_views, view
from service.cli.money.settlement import settle, statement
from service.cli.partners.exports import exporting
from service.cli.partners.files import from_bank, from_carrier, from_order, from_partner, from_psp
from service.cli.partners.imports import importing
from service.cli.questions import add_questions
from service.cli.record import record
from service.cli.submission import submit
from service.cli.up import up
from service.cli.work.breaks import breaks
from service.cli.work.parking import park, unpark
from service.cli.work.proposals import approve, propose, reject
from service.cli.work.unmatched import match
from service.failures import ServiceFailure
from service.questions.question import GROUPS, Group
from service.questions.registry import QUESTIONS

app = typer.Typer(
    name="redledger",
    cls=Program,
    help="The event-sourced order ledger: record commands, read balances, follow orders, and verify the log.",
    epilog="Ends with: " + " ".join(f"{code.value} {meaning}" for code, meaning in MEANINGS.items()),
    no_args_is_help=True,
    add_completion=False,
    pretty_exceptions_enable=False,
    rich_markup_mode=None,  # help is plain text: to import what draws its frames takes as long as all else together
)
showing = typer.Typer(no_args_is_help=True, help="Show one thing by its id. Personal values stay sealed.")
importing.command("psp")(from_psp)
importing.command("bank")(from_bank)
importing.command("pain002")(from_order)
importing.command("invoices")(from_partner)
importing.command("tracking")(from_carrier)

_COMMANDS: dict[Group, dict[str, Callable[..., None]]] = {
    "money": {"settle": settle, "statement": statement},
    "orders": {"record": record, "submit": submit},
    "work": {"propose": propose, "approve": approve, "reject": reject, "match": match},
    "books": {"close-period": close_period, "reopen-period": reopen_period, "revalue": revalue},
    "ledger": {
        "up": up,
        "relay": relay,
        "settings": settings,
        "schema": schema,
        "verify-log": verify_log,
        "verify-views": verify_views,
        "rebuild": rebuild_views,
    },
}
_GROUPS: dict[str, tuple[typer.Typer, Group]] = {
    "break": (breaks, "work"),
    "park": (park, "work"),
    "unpark": (unpark, "work"),
    "account": (account, "access"),
    "token": (token, "access"),
    "import": (importing, "partners"),
    "export": (exporting, "partners"),
    "show": (showing, "ledger"),
    "view": (view, "ledger"),
    "cluster": (cluster, "ledger"),
}
for _group in GROUPS:
    for _name, _command in _COMMANDS.get(_group, {}).items():
        app.command(_name, rich_help_panel=GROUPS[_group])(_command)
    add_questions(app, {"show": showing}, {n: each for n, each in QUESTIONS.items() if each.group == _group})
for _name, (_below, _group) in _GROUPS.items():
    app.add_typer(_below, name=_name, cls=WholeSentences, rich_help_panel=GROUPS[_group])


def main(arguments: Sequence[str] | None = None) -> None:
    """Runs one command. Prints the reason of a failure as one sentence on standard error, and ends with an
    `ExitCode`."""
    with ended():
        _expect_text(sys.argv[1:] if arguments is None else arguments)
        app(args=arguments)


def _expect_text(arguments: Sequence[str]) -> None:
    """Raises `ServiceFailure` for text that is not UTF-8, and for NUL. PostgreSQL can store neither."""
    for place, argument in enumerate(arguments, 1):
        if "\0" in argument or any("\ud800" <= letter <= "\udfff" for letter in argument):
            raise ServiceFailure(f"Argument {place}, {argument[:40]!a}, is not UTF-8 text. Type it again.")


if __name__ == "__main__":
    main()
