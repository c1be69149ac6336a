"""A client generated from the OpenAPI document: every operation has its function, and a program on it is typed through
and works."""

from __future__ import annotations

import json
import re
import subprocess
import sys
from collections.abc import Iterator
from copy import deepcopy
from pathlib import Path
from typing import Any

import pytest

from service.app import open_app
from service.http.application import make_application
from service.settings import Settings
from service.views.follower import following
from tests.service.http.test_openapi import DOCUMENT
from tests.support.access import token_for
from tests.support.http_server import served

PROGRAM = (Path(__file__).parent / "client_program.txt").read_text(encoding="utf-8")
PACKAGE = "redledger_client"
IN_BATCH = ("enrol_merchant", "set_auto_export")
USED = {*IN_BATCH, "propose", "record_fx_rate", "report_payment_captured", "submit_commands", "audit", "balance"}
_REF = re.compile(r'"#/components/schemas/(\w+)"')


def _generate(document: dict[str, Any], folder: Path) -> Path:
    """Writes the package and the program into the folder. The generator fails for what it would have to leave out."""
    (folder / "openapi.json").write_text(json.dumps(document), encoding="utf-8")
    (folder / "config.yml").write_text(f"package_name_override: {PACKAGE}\npost_hooks: []\n", encoding="utf-8")
    asked = ["generate", "--path", "openapi.json", "--config", "config.yml", "--meta", "none", "--fail-on-warning"]
    command = [sys.executable, "-m", "openapi_python_client", *asked, "--output-path", PACKAGE]
    said = subprocess.run(command, cwd=folder, capture_output=True, text=True, timeout=300)
    assert said.returncode == 0, said.stdout[-3000:] + said.stderr[-3000:]
    (folder / "program.py").write_text(PROGRAM, encoding="utf-8")
    return folder


def _used_part() -> dict[str, Any]:
    """The document with the operations of the program alone, so that the checker of types has less to read."""
    part = deepcopy(DOCUMENT)
    paths = {
        path: {method: one for method, one in methods.items() if one["operationId"] in USED}
        for path, methods in part["paths"].items()
    }
    part["paths"] = {path: methods for path, methods in paths.items() if methods}
    schemas = part["components"]["schemas"]
    items = schemas["BatchRequest"]["properties"]["commands"]["items"]
    items["discriminator"]["mapping"] = {name: items["discriminator"]["mapping"][name] for name in IN_BATCH}
    items["oneOf"] = [{"$ref": ref} for ref in items["discriminator"]["mapping"].values()]
    named = set(_REF.findall(json.dumps([part["paths"], part["components"]["responses"]])))
    while more := {ref for name in named for ref in _REF.findall(json.dumps(schemas[name]))} - named:
        named |= more
    part["components"]["schemas"] = {name: schema for name, schema in schemas.items() if name in named}
    return part


@pytest.fixture(scope="module")
def whole(tmp_path_factory: pytest.TempPathFactory) -> Path:
    return _generate(DOCUMENT, tmp_path_factory.mktemp("whole"))


def _complaints(folder: Path, *targets: str) -> str:
    command = [sys.executable, "-m", "mypy", "--strict", "--no-incremental", *targets]
    return subprocess.run(command, cwd=folder, capture_output=True, text=True, timeout=600).stdout


def test_every_operation_has_a_function_of_its_own_name(whole: Path) -> None:
    functions = {path.stem for path in (whole / PACKAGE / "api").glob("*/*.py")} - {"__init__"}
    assert functions == {one["operationId"] for methods in DOCUMENT["paths"].values() for one in methods.values()}


def test_every_answer_has_a_type_and_every_object_a_name_without_a_number(whole: Path) -> None:
    untyped = [
        path.name
        for path in (whole / PACKAGE / "api").glob("*/*.py")
        if re.search(r"-> .*\bAny \|", path.read_text(encoding="utf-8"))
    ]
    numbered = [path.name for path in (whole / PACKAGE / "models").glob("*_type_[0-9].py")]
    assert (untyped, numbered) == ([], [])


@pytest.fixture
def address(settings: Settings) -> Iterator[tuple[str, str]]:
    """The address of a new ledger that follows its log, and the token of an admin."""
    with open_app(settings, create=True) as app, following(app.ledger), served(make_application(app)) as server:
        yield f"http://127.0.0.1:{server.port}", token_for(app, "ann", "admin")


def test_a_program_on_the_client_works(whole: Path, address: tuple[str, str]) -> None:
    said = subprocess.run(
        [sys.executable, "program.py", *address], cwd=whole, capture_output=True, text=True, timeout=120
    )
    assert (said.stdout, said.returncode) == ("all as typed\n", 0), said.stderr


def test_a_program_on_the_client_is_typed_through(tmp_path: Path) -> None:
    assert _complaints(_generate(_used_part(), tmp_path), "program.py").startswith("Success")


@pytest.mark.histories
def test_the_whole_client_is_typed(whole: Path) -> None:
    assert _complaints(whole, "program.py", PACKAGE).startswith("Success")
