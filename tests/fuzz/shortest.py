"""The shortest part of a history that still fails, as JSON lines, each with its actor."""

from __future__ import annotations

from collections.abc import Callable, Sequence

from ledger.canonical import canonical
from tests.fuzz.history import SubmittedTogether, unwritten
from tests.fuzz.values import ENVELOPE

_REPLAYS = 150  # enough for any failure so far; what is left then is shown as it is


def shortest(
    asked: Sequence[SubmittedTogether], fails: Callable[[Sequence[SubmittedTogether]], bool]
) -> list[SubmittedTogether]:
    """Commands left out, ever fewer at once, while it still fails."""
    left = [SubmittedTogether(each.at, (command,)) for each in asked for command in each.commands]
    left = left if fails(left) else list(asked)
    replays, size = 0, max(1, len(left) // 2)
    while size and replays < _REPLAYS:
        for start in range(len(left) - size, -1, -size):
            fewer = left[:start] + left[start + size :]
            replays += 1
            if fails(fewer):
                left = fewer
            if replays == _REPLAYS:
                break
        size = min(size // 2, len(left))
    return left


def written(asked: Sequence[SubmittedTogether]) -> str:
    """One line a command, with the time it was asked at; personal values are left out."""
    return "\n".join(
        canonical(
            {
                "requested_at": each.at.isoformat(),
                "command": command.name,
                **command.model_dump(mode="json", include=set(ENVELOPE), exclude_none=True),
                "data": command.model_dump(mode="json", exclude=unwritten(type(command)), exclude_none=True),
            }
        )
        for each in asked
        for command in each.commands
    )
