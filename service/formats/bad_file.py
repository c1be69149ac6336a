"""The exception for unusable files, with a plain sentence that names the file and, if known, the line."""

from __future__ import annotations

from service.failures import ServiceFailure


class BadFile(ServiceFailure):
    """The file is refused, and nothing of it is recorded."""

    def __init__(self, name: str, reason: str, *, line: int | None = None) -> None:
        super().__init__(f"{name}, line {line}: {reason}" if line else f"{name}: {reason}")
        self.name, self.reason, self.line = name, reason, line
