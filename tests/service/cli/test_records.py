"""Commands that change something: recording, rebuilding, and what they say when they cannot."""

import json
from pathlib import Path
from typing import Any

import pytest

from service.app import App, open_app
from service.settings import Settings
from tests.service.cli.conftest import Run
from tests.support.faults import failing

ACTOR = {"kind": "importer", "id": "pat"}


def _line(merchant: str, **changed: Any) -> str:
    command = {"command": "enrol_merchant", "id": f"e-{merchant}", "actor": ACTOR, "data": {"merchant_id": merchant}}
    return json.dumps(command | changed) + "\n"


@pytest.fixture
def file(tmp_path: Path) -> Path:
    return tmp_path / "commands.jsonl"


def test_recording_good_lines_ends_well(run: Run, settings: Settings, file: Path) -> None:
    file.write_text(_line("M-1") + _line("M-2"))
    said = run(settings, "record", str(file), "--format", "json")
    assert said.code == 0
    assert said.json == [{"recorded": 2, "repeated": 0, "nothing": 0, "refused": 0, "malformed": 0, "failed": 0}]


def test_a_refusal_is_an_answer_and_ends_well(run: Run, settings: Settings, file: Path) -> None:
    file.write_text(_line("M-1", data={"merchant_id": "M-1", "country": "DE"}))
    said = run(settings, "record", str(file), "--format", "json")
    assert said.code == 0
    assert said.json[0]["refused"] == 1
    assert "MERCHANT_NOT_DOMESTIC" in (file.parent / "commands.jsonl.refusals.jsonl").read_text()


def test_a_malformed_line_is_named_and_ends_badly_and_its_neighbours_are_recorded(
    run: Run, settings: Settings, file: Path
) -> None:
    file.write_text(_line("M-1") + _line("M-2", command="enrol_merchants") + _line("M-3"))
    said = run(settings, "record", str(file), "--format", "json")
    assert said.code == 1
    assert said.json[0]["recorded"] == 2
    assert "line 2, command" in said.err
    assert "UNKNOWN_COMMAND" in said.err


def test_of_a_thousand_malformed_lines_only_some_are_reported_and_all_are_kept(
    run: Run, settings: Settings, file: Path, tmp_path: Path
) -> None:
    file.write_text("{\n" * 1_000)
    said = run(settings, "record", str(file), "--refusals", str(tmp_path / "kept.jsonl"))
    assert said.err.count("MALFORMED_JSON") < 50
    assert len((tmp_path / "kept.jsonl").read_text().splitlines()) == 1_000


def test_a_file_that_is_not_there_is_one_sentence(run: Run, settings: Settings) -> None:
    said = run(settings, "record", "nowhere.jsonl")
    assert said.code == 1
    assert said.err == "redledger: nowhere.jsonl cannot be read: No such file or directory.\n"


def test_a_new_ledger_begins_with_the_default_policies(run: Run, settings: Settings, file: Path) -> None:
    file.write_text("")
    run(settings, "record", str(file))
    with open_app(settings) as app:
        kinds = {row.type for row in app.ledger.reader.read(0, 0, 100)}
    assert kinds == {"policy.published", "fee_schedule.set"}


def test_a_rebuilt_view_is_switched_to(run: Run, settings: Settings, file: Path) -> None:
    file.write_text(_line("M-1"))
    run(settings, "record", str(file))
    said = run(settings, "rebuild", "audit_trail", "--format", "json")
    assert said.code == 0
    (row,) = said.json
    assert (row["view"], row["differences"]) == ("audit_trail", 0)
    with open_app(settings) as app:
        assert _generation(app, "audit_trail") == 2


def test_a_view_is_rebuilt_step_by_step(run: Run, settings: Settings, file: Path) -> None:
    file.write_text(_line("M-1"))
    run(settings, "record", str(file))
    assert _roles(run, settings) == ["live"]
    assert run(settings, "view", "fill", "audit_trail").code == 0
    compared = run(settings, "view", "compare", "audit_trail", "--format", "json")
    assert [(row["view"], row["differences"]) for row in compared.json] == [("audit_trail", 0)]
    assert _roles(run, settings) == ["live", "candidate"]
    assert run(settings, "view", "switch", "audit_trail").code == 0
    assert _roles(run, settings) == ["old", "live"]
    assert run(settings, "view", "drop-old", "audit_trail").out == "audit_trail: dropped its old generation.\n"
    assert _roles(run, settings) == ["live"]


def test_a_candidate_that_differs_is_thrown_away_by_command(run: Run, settings: Settings, file: Path) -> None:
    file.write_text(_line("M-1"))
    run(settings, "record", str(file))
    assert _roles(run, settings) == ["live"]
    run(settings, "view", "fill", "audit_trail")
    with open_app(settings) as app, app.ledger.engine.connect() as connection:
        connection.exec_driver_sql('UPDATE views."audit_trail_v3_g1" SET actor_id = %s', ("somebody-else",))
    compared = run(settings, "view", "compare", "audit_trail")
    assert (compared.code, "expected pat, found somebody-else" in compared.err) == (1, True)
    assert run(settings, "view", "discard", "audit_trail").out == "audit_trail: dropped its candidate.\n"
    nothing = run(settings, "view", "switch", "audit_trail")
    assert (nothing.code, "has no candidate of this code" in nothing.err) == (1, True)


def test_a_rebuild_may_be_throttled_but_not_to_nothing(run: Run, settings: Settings, file: Path) -> None:
    file.write_text(_line("M-1"))
    run(settings, "record", str(file))
    assert run(settings, "rebuild", "audit_trail", "--throttle", "0.5").code == 0
    assert run(settings, "rebuild", "audit_trail", "--throttle", "0").code == 2


def _roles(run: Run, settings: Settings) -> list[str]:
    run(settings, "audit")
    rows = run(settings, "generations", "--format", "json").data
    return [row["role"] for row in rows if row["view"] == "audit_trail"]


def test_rebuilding_all_rebuilds_each(run: Run, settings: Settings, file: Path) -> None:
    file.write_text(_line("M-1"))
    run(settings, "record", str(file))
    rows = run(settings, "rebuild", "--all", "--format", "json").json
    assert {row["view"] for row in rows} >= {"merchant_balances", "audit_trail", "customer_tracking"}


@pytest.mark.parametrize("arguments", [["rebuild"], ["rebuild", "nothing"], ["rebuild", "audit_trail", "--all"]])
def test_a_rebuild_of_nothing_or_of_everything_and_one_is_a_mistake(
    run: Run, settings: Settings, arguments: list[str]
) -> None:
    assert run(settings, *arguments).code == 2


def test_a_view_that_was_tampered_with_is_found(run: Run, settings: Settings, file: Path) -> None:
    file.write_text(_line("M-1"))
    run(settings, "record", str(file))
    run(settings, "rebuild", "--all")
    with open_app(settings) as app, app.ledger.engine.connect() as connection:
        (table,) = connection.exec_driver_sql(
            "SELECT tables FROM views.generations WHERE projection = 'audit_trail' AND role = 'live'"
        ).scalars()
        connection.exec_driver_sql(f'UPDATE views."{table}" SET actor_id = %s', ("somebody-else",))
    said = run(settings, "verify-views", "--format", "json")
    assert said.code == 1
    assert {row["view"]: row["differences"] for row in said.json}["audit_trail"] > 0
    assert "audit_trail" in said.err


def test_a_database_that_is_down_is_one_sentence_without_the_password(run: Run, tmp_path: Path) -> None:
    away = Settings(database_url="postgresql://me:secret@127.0.0.1:1/books", data_dir=tmp_path)
    said = run(away, "balances")
    assert said.code == 75
    assert said.err.startswith("redledger: The database")
    assert said.err.count("\n") == 1
    assert "secret" not in said.err


def test_a_folder_without_a_ledger_is_not_filled_by_a_read(run: Run, tmp_path: Path) -> None:
    nowhere = Settings(data_dir=tmp_path / "typo")
    said = run(nowhere, "balances")
    assert said.code == 1
    assert "There is no ledger in" in said.err
    assert not nowhere.data_dir.exists()


def _generation(app: App, view: str) -> int:
    with app.ledger.engine.connect() as connection:
        found = connection.exec_driver_sql("SELECT generation FROM views.projections WHERE projection = %s", (view,))
        return int(found.scalar_one())


def test_a_line_that_fails_is_named_with_its_reference_and_ends_badly(run: Run, settings: Settings, file: Path) -> None:
    file.write_text(_line("M-1") + _line("M-2") + _line("M-3"))
    with failing("enrol_merchant", lambda command: command.id == "e-M-2"):
        said = run(settings, "record", str(file), "--format", "json")
    assert (said.code, said.json[0]["recorded"], said.json[0]["failed"]) == (1, 2, 1)
    assert "line 2: It failed by a fault of ours, F-" in said.err
