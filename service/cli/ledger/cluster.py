"""`redledger cluster`: a ledger on a Citus cluster of several servers."""

from __future__ import annotations

from dataclasses import replace
from typing import Annotated

import typer

from service.cli.options import Format, FormatOption, takes_settings
from service.cli.output import progress_bar, show, stdout
from service.failures import ServiceFailure
from service.settings import EVERYWHERE, Settings
from service.tables.tables import CLUSTER_DIFFERENCES

_SHARDS, _BOOKS = 16, 65  # merchants are spread over books by a hash, more evenly over many

cluster = typer.Typer(no_args_is_help=True, help="A ledger on a Citus cluster: its books are spread over servers.")

Shards = Annotated[
    int,
    typer.Option(
        min=1,
        max=1024,
        help="Parts that the books are spread over: no more servers than these can hold books, and a question about all"
        " books asks each part. Fixed by the first preparation.",
    ),
]
Books = Annotated[
    int,
    typer.Option(min=2, max=4096, help="Books of the ledger, with the platform's. Fixed by the first preparation."),
]


@cluster.command("prepare")
@takes_settings("database_url")
def prepare_cluster(settings: Settings, shards: Shards = _SHARDS, books: Books = _BOOKS) -> None:
    """Prepare an empty database of the coordinator for a new ledger: roles, tables and functions by book, books.

    The address names the coordinator, and a superuser of it. The extension citus is there, and the workers are added.
    Safe to run again.
    """
    from service.cluster.prepare import prepare

    prepare(address_of(settings), shards=shards, books=books)
    stdout().print("The cluster is prepared. `redledger up` with the same address starts the service.", soft_wrap=True)


@cluster.command("check")
@takes_settings("database_url")
def check_cluster(settings: Settings, format: FormatOption = Format.TABLE) -> None:
    """Compare a cluster with what a ledger needs there. Ends with 0 only if nothing differs.

    A difference is one line: part, expected, found, and what to do.
    """
    from service.cluster.check import differences

    found = differences(address_of(settings))
    if found:
        show(CLUSTER_DIFFERENCES, [each._asdict() for each in found], format)
        raise ServiceFailure(f"The cluster differs in {len(found)} parts from what the ledger needs.")
    stdout().print("The cluster is as the ledger needs it.")


@cluster.command("move")
@takes_settings()
def move_ledger(
    settings: Settings,
    to: Annotated[
        str,
        typer.Option("--to", metavar="ADDRESS", help="Address of an empty database of the coordinator."),
    ],
    shards: Shards = _SHARDS,
) -> None:
    """Move the ledger of one server onto a cluster: same ledger, next epoch. It takes no commands here any more.

    Prepares the cluster, copies book by book, and folds the views there. Ends with 0 only if `verify-log` and
    `verify-views` find nothing there. Open the ledger there only then. Safe to run again.
    """
    from service.cli.ledger.log import verify_log
    from service.cli.ledger.views import verify_views
    from service.cluster.move import move
    from service.cluster.prepare import prepare_tables
    from service.database import open_database

    there = replace(settings, database_url=to, key_file=settings.keys)
    with open_database(settings, create=False) as source, progress_bar("Moving", "books") as watch:
        prepare_tables(address_of(there), shards=shards)
        move(source, address_of(there), watch)
    named = {name: getattr(there, name) for name in EVERYWHERE}
    verify_log(**named, format=Format.TABLE)
    verify_views(**named, format=Format.TABLE)
    stdout().print(
        "The ledger is moved. Start the service with the address of the cluster and the same key file.", soft_wrap=True
    )


def address_of(settings: Settings) -> str:
    """Returns the address of the server. Raises `ServiceFailure` for the embedded one."""
    if settings.server is None:
        raise ServiceFailure(
            "The embedded server is one server, and needs no preparation. Name the coordinator of a cluster with"
            " --database-url."
        )
    return settings.server.render_as_string(hide_password=False)
