"""`redledger park` and `unpark`: leave out an event that stopped a view, or an item that fails."""

from __future__ import annotations

from typing import Annotated

import typer

from service.cli.actor import ACTING, By, acting, say_proposed
from service.cli.options import takes_settings
from service.settings import Settings

park = typer.Typer(no_args_is_help=True, help="Propose to leave out an event or an item, so that the rest continues.")
unpark = typer.Typer(no_args_is_help=True, help="Propose to take up a parked event or item again.")

View = Annotated[str, typer.Argument(metavar="VIEW", help="Name of the view, as `status` shows it.")]
Loop = Annotated[str, typer.Argument(metavar="LOOP", help="Name of the loop, as `status` shows it.")]
Position = Annotated[int, typer.Argument(metavar="POSITION", help="Position of the event in its book.")]
Item = Annotated[str, typer.Argument(metavar="ITEM", help="Name of the item, as `exceptions` shows it.")]
Book = Annotated[int, typer.Option("--book", help="Number of the book.")]
Reason = Annotated[
    str, typer.Option("--reason", metavar="WORD", help="Reason in one word, such as payload_unreadable.")
]


@park.command("effect")
@takes_settings(*ACTING)
def park_effect(settings: Settings, view: View, position: Position, book: Book, reason: Reason, by: By = None) -> None:
    """Propose that a view leaves out one event. The view is marked incomplete until the event is unparked."""
    _effect(settings, "park_effect", view, book=book, position=position, reason=reason, by=by)


@unpark.command("effect")
@takes_settings(*ACTING)
def unpark_effect(
    settings: Settings, view: View, position: Position, book: Book, reason: Reason, by: By = None
) -> None:
    """Propose that a view takes up an event again. The view then folds the book again."""
    _effect(settings, "unpark_effect", view, book=book, position=position, reason=reason, by=by)


@park.command("item")
@takes_settings(*ACTING)
def park_item(settings: Settings, loop: Loop, item: Item, book: Book, reason: Reason, by: By = None) -> None:
    """Propose that a loop no longer tries one item."""
    _item(settings, "park_item", loop, book=book, item=item, reason=reason, by=by)


@unpark.command("item")
@takes_settings(*ACTING)
def unpark_item(settings: Settings, loop: Loop, item: Item, book: Book, reason: Reason, by: By = None) -> None:
    """Propose that a loop tries an item again."""
    _item(settings, "unpark_item", loop, book=book, item=item, reason=reason, by=by)


def _effect(
    settings: Settings, command: str, view: str, *, book: int, position: int, reason: str, by: str | None
) -> None:
    from service.automation.parking import propose_effect

    with acting(settings, by) as (app, actor):
        say_proposed(propose_effect(app, command, view, book=book, position=position, reason=reason, by=actor))


def _item(settings: Settings, command: str, loop: str, *, book: int, item: str, reason: str, by: str | None) -> None:
    from service.automation.parking import propose_item

    with acting(settings, by) as (app, actor):
        say_proposed(propose_item(app, command, loop, book=book, item=item, reason=reason, by=actor))
