"""The file of lines that were not recorded: one JSON line each, with the line number of the input."""

from __future__ import annotations

import json
import os
from pathlib import Path
from types import TracebackType
from typing import Any, Self, TextIO

from service.failures import OutputUnusable, ServiceFailure


class RefusalsFile:
    """A file that every run writes again, line by line. A run without refusals leaves no file."""

    def __init__(self, path: Path, *, not_the_input: Path | None = None) -> None:
        if not_the_input is not None and path.exists() and path.samefile(not_the_input):
            raise ServiceFailure(f"The refusals cannot be written over their own input, {path}.")
        self.path = path
        self.count = 0
        self._file: TextIO | None = None

    def __enter__(self) -> Self:
        self._file = self._open()
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        assert self._file is not None
        try:
            self._file.close()
        except OSError as full:
            raise self._unusable(full) from None
        if self.count == 0 and self.path.is_file():  # a device or a pipe must not be removed
            self.path.unlink()

    def add(self, **what: Any) -> None:
        assert self._file is not None
        self.count += 1
        try:
            self._file.write(json.dumps(what, ensure_ascii=False, default=str) + "\n")
            self._file.flush()
        except OSError as error:
            raise self._unusable(error) from None

    def _open(self) -> TextIO:
        try:
            # The facts of a refusal are for its owner only.
            file = os.open(self.path, os.O_WRONLY | os.O_CREAT | os.O_TRUNC | os.O_CLOEXEC, 0o600)
        except OSError as error:
            raise self._unusable(error) from None
        return os.fdopen(file, "w", encoding="utf-8", errors="backslashreplace")

    def _unusable(self, error: OSError) -> OutputUnusable:
        return OutputUnusable(
            f"The refusals cannot be written to {self.path}: {error.strerror}. Record the same again with --refusals"
            " naming another file: what was recorded repeats, and refusals are answered again."
        )
