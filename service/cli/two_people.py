"""What the commands about proposals share: what is said of one, and of a value that is none."""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager
from typing import TYPE_CHECKING

from service.cli.output import stderr
from service.failures import ServiceFailure, accepted

if TYPE_CHECKING:
    from commands.bus.outcome import Outcome


def say_proposed(outcome: Outcome) -> None:
    """Say what is proposed, and who decides it. Raises `ServiceFailure` for a refusal."""
    accepted(outcome)
    said = f"Proposed as {outcome.command_id}. Somebody else: redledger approve {outcome.command_id} --by ID"
    stderr().print(said, soft_wrap=True)


@contextmanager
def well_formed() -> Iterator[None]:
    """A name or reason that is no word of the ledger's is one sentence."""
    from pydantic import ValidationError

    from ledger.validation_messages import complaint

    try:
        yield
    except ValidationError as error:
        raise ServiceFailure(f"{complaint(error, shows_value=True)}.") from None
