"""A key store that keeps nothing, for events that are sealed in a test's memory."""

from __future__ import annotations

from collections.abc import Sequence


class OneKey:
    """One key for everybody: nothing here is kept."""

    def obtain(self, _: str) -> bytes:
        return bytes(32)

    def obtain_many(self, subjects: Sequence[str]) -> None:
        """There is one."""

    def find(self, _: str) -> bytes | None:
        return bytes(32)
