"""What is wrong with a file, as one plain sentence with its name and, where there is one, its line."""

from __future__ import annotations

from service.failures import ServiceFailure


class BadFile(ServiceFailure):
    """The file is refused whole; nothing of it was recorded."""

    def __init__(self, name: str, reason: str, *, line: int | None = None) -> None:
        super().__init__(f"{name}, line {line}: {reason}" if line else f"{name}: {reason}")
        self.name, self.reason, self.line = name, reason, line
