"""Runs the command line in this process, on databases of the tests."""

import json
from collections.abc import Callable
from dataclasses import dataclass
from typing import Any

import pytest

from service.cli.main import main
from service.settings import Settings


@dataclass(frozen=True)
class CommandResult:
    """The exit code and the output of a command."""

    code: int
    out: str
    err: str

    @property
    def json(self) -> Any:
        return json.loads(self.out)

    @property
    def data(self) -> Any:
        """The data in the envelope of an answer."""
        return self.json["data"]


Run = Callable[..., CommandResult]


@pytest.fixture(autouse=True)
def as_into_a_pipe(monkeypatch: pytest.MonkeyPatch) -> None:
    """Tables as wide as in a pipe, whatever `COLUMNS` the tests were started with."""
    monkeypatch.delenv("COLUMNS", raising=False)


@pytest.fixture
def run(capfd: pytest.CaptureFixture[str]) -> Run:
    """`run(settings, "balances", "--format", "json")`."""

    def run(settings: Settings, *arguments: str) -> CommandResult:
        capfd.readouterr()
        place = ["--database-url", settings.database_url, "--data-dir", str(settings.data_dir)]
        place += ["--token", settings.token] if settings.token else []
        with pytest.raises(SystemExit) as ended:
            main([*arguments, *place])
        code = ended.value.code
        said = capfd.readouterr()
        return CommandResult(int(code or 0), said.out, said.err)

    return run
