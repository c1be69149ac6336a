"""Functions that the commands of people share."""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager
from typing import TYPE_CHECKING

from service.cli.output import stderr
from service.failures import ServiceFailure, accepted

if TYPE_CHECKING:
    from commands.bus.outcome import Outcome
    from ledger.actors import Actor


def person(id: str, role: str) -> Actor:
    """Returns a person of the platform in this role."""
    from ledger.actors import Actor

    return Actor(kind="platform", id=id, role=role)


def say_proposed(outcome: Outcome) -> None:
    """Prints the proposal and the command that approves it. Raises `ServiceFailure` for a refusal."""
    accepted(outcome)
    said = (
        f"Proposed as {outcome.command_id}. Another person approves it: redledger approve {outcome.command_id} --by ID"
    )
    stderr().print(said, soft_wrap=True)


@contextmanager
def well_formed() -> Iterator[None]:
    """Turns a validation error of a name or a reason into a `ServiceFailure`."""
    from pydantic import ValidationError

    from ledger.validation_messages import complaint

    try:
        yield
    except ValidationError as error:
        raise ServiceFailure(f"{complaint(error, shows_value=True)}.") from None
