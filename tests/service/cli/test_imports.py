"""`redledger import olist` on a sample of every oddity of the source."""

from pathlib import Path

from service.settings import Settings
from tests.service.cli.conftest import Run
from tests.service.demo.olist.sample import odd_folder, write_rates


def _asked(tmp_path: Path, *more: str) -> list[str]:
    folder = odd_folder().write(tmp_path / "olist")
    rates = write_rates(tmp_path / "rates.csv")
    return ["import", "olist", str(folder), "--rates", str(rates), *more]


def test_an_import_accounts_for_every_row_and_ties(run: Run, settings: Settings, tmp_path: Path) -> None:
    said = run(settings, *_asked(tmp_path, "--format", "json"))
    assert said.code == 0, said.err
    summary = said.json
    assert summary["ties"] is True
    for words in summary["rows"].values():
        assert words["read"] == sum(count for word, count in words.items() if word != "read")


def test_importing_again_records_nothing(run: Run, settings: Settings, tmp_path: Path) -> None:
    arguments = _asked(tmp_path, "--format", "json")
    first = run(settings, *arguments).json
    again = run(settings, *arguments).json
    assert "recorded" in str(first["commands"])
    assert not any("recorded" in words for words in again["commands"].values())
    assert again["brl"] == first["brl"]


def test_the_summary_is_printed_as_tables_too(run: Run, settings: Settings, tmp_path: Path) -> None:
    said = run(settings, *_asked(tmp_path))
    assert "Source rows" in said.out
    assert "BRL" in said.out


def test_a_folder_that_is_not_there_is_one_sentence(run: Run, settings: Settings, tmp_path: Path) -> None:
    said = run(settings, "import", "olist", str(tmp_path / "nowhere"))
    assert said.code == 1
    assert said.err.startswith("redledger: ")
    assert said.err.count("\n") == 1
