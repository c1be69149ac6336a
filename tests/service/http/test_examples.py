"""The examples of the document of HTTP, run by a shell against a served ledger."""

from __future__ import annotations

import json
import re
import shutil
import subprocess
from pathlib import Path

import pytest

from service.app import open_app
from service.http.application import make_application
from service.settings import Settings
from tests.support.access import token_for
from tests.support.http_server import served

DOCUMENT = (Path(__file__).parents[3] / "docs" / "http.md").read_text(encoding="utf-8")


@pytest.mark.skipif(shutil.which("curl") is None, reason="the examples are curl commands, and curl is not installed")
def test_the_five_examples_lead_from_a_token_to_a_read_of_the_own_write(settings: Settings, tmp_path: Path) -> None:
    found = re.search(r"```bash\n(.*?)```", DOCUMENT, re.DOTALL)
    assert found is not None
    assert found[1].count("curl ") == 5
    with open_app(settings, create=True) as app, served(make_application(app)) as server:
        script = found[1].replace("$(redledger token create admin --by admin)", token_for(app, "admin", "admin"))
        script = script.replace("127.0.0.1:8600", f"127.0.0.1:{server.port}")
        before, _, read = script.rpartition("curl ")
        said = subprocess.run(["bash", "-euc", before], cwd=tmp_path, capture_output=True, text=True, timeout=60)
        assert said.returncode == 0, said.stderr
        app.catch_up()  # the service itself follows the log
        last = subprocess.run(
            ["bash", "-euc", f"{_names(script)}curl {read}"], cwd=tmp_path, capture_output=True, text=True, timeout=60
        )
    assert '"dry_run":true' in said.stdout
    assert "idempotent-replayed: true" in said.stdout.lower()
    assert json.loads((tmp_path / "answer.json").read_text())["data"][0]["status"] == 200
    rows = json.loads(last.stdout)["data"]
    assert {row["event"] for row in rows} >= {"merchant.enrolled", "merchant.auto_export_enabled"}
    assert {row["actor_id"] for row in rows} == {"admin"}


def _names(script: str) -> str:
    """The lines of the script that set names."""
    return "".join(f"{line}\n" for line in script.splitlines() if re.match("[A-Z]+=", line))
