"""`redledger cluster` on a server that is no cluster."""

from __future__ import annotations

import pytest

from service.cli.main import main

COMMANDS = ("prepare", "check")


def failed(capsys: pytest.CaptureFixture[str], *arguments: str) -> str:
    """Runs the command, which fails, and returns its sentence."""
    with pytest.raises(SystemExit) as ended:
        main(["cluster", *arguments])
    assert ended.value.code == 1
    return capsys.readouterr().err


@pytest.mark.parametrize("command", COMMANDS)
def test_a_plain_server_needs_no_preparation(
    bare_database_url: str, capsys: pytest.CaptureFixture[str], command: str
) -> None:
    assert "a ledger on it needs no preparation" in failed(capsys, command, "--database-url", bare_database_url)


@pytest.mark.parametrize("command", COMMANDS)
def test_the_embedded_server_needs_no_preparation(capsys: pytest.CaptureFixture[str], command: str) -> None:
    assert "The embedded server is one server" in failed(capsys, command)
