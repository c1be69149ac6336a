"""The key file: durable before a key is handed out, private, shared by processes, and able to forget."""

from __future__ import annotations

import json
import os
from concurrent.futures import ProcessPoolExecutor, ThreadPoolExecutor
from pathlib import Path

import pytest

from ledger.keys import FileKeyStore, KeyFileUnusable
from tests.support.programs import FORKS


@pytest.fixture
def path(tmp_path: Path) -> Path:
    return tmp_path / "keys"


@pytest.fixture
def keys(path: Path) -> FileKeyStore:
    return FileKeyStore(path)


def obtain_from_another_process(path: Path, subjects: list[str]) -> dict[str, bytes]:
    store = FileKeyStore(path)
    return {subject: store.obtain(subject) for subject in subjects}


def test_a_key_has_32_bytes_and_stays_the_same(keys: FileKeyStore) -> None:
    key = keys.obtain("order/M-1/1")
    assert len(key) == 32
    assert keys.obtain("order/M-1/1") == key


def test_subjects_have_different_keys(keys: FileKeyStore) -> None:
    assert keys.obtain("a") != keys.obtain("b")


def test_a_key_is_there_when_the_file_is_opened_again(keys: FileKeyStore, path: Path) -> None:
    key = keys.obtain("a")
    assert FileKeyStore(path).find("a") == key


def test_a_subject_without_a_key_is_not_given_one_by_looking(keys: FileKeyStore) -> None:
    assert keys.find("a") is None
    assert keys.find("a") is None


def test_the_file_is_for_its_owner_only(keys: FileKeyStore, path: Path) -> None:
    keys.obtain("a")
    assert path.stat().st_mode & 0o777 == 0o600


def test_many_keys_are_made_by_one_flush(keys: FileKeyStore, path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    flushes: list[int] = []
    monkeypatch.setattr(os, "fsync", flushes.append)
    keys.obtain_many([f"s/{n}" for n in range(500)])
    assert len(flushes) == 1
    assert len(path.read_text().splitlines()) == 500


def test_a_key_is_on_disk_before_it_is_handed_out(
    keys: FileKeyStore, path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    at_flush: list[str] = []
    monkeypatch.setattr(os, "fsync", lambda _: at_flush.append(path.read_text()))
    keys.obtain("a")
    assert json.loads(at_flush[0])["subject"] == "a"


def test_a_key_that_could_not_be_flushed_is_not_handed_out(keys: FileKeyStore, monkeypatch: pytest.MonkeyPatch) -> None:
    def full(_: int) -> None:
        raise OSError("no space left on device")

    monkeypatch.setattr(os, "fsync", full)
    with pytest.raises(KeyFileUnusable, match="cannot be written: no space"):
        keys.obtain("a")


def test_what_another_store_appended_is_seen(keys: FileKeyStore, path: Path) -> None:
    other = FileKeyStore(path)
    assert keys.find("a") is None
    assert other.obtain("a") == keys.find("a")


def test_threads_that_want_the_same_key_get_the_same(keys: FileKeyStore) -> None:
    with ThreadPoolExecutor(8) as pool:
        assert len(set(pool.map(keys.obtain, ["a"] * 64))) == 1


def test_processes_that_want_the_same_keys_get_the_same(path: Path) -> None:
    subjects = [f"s/{n}" for n in range(50)]
    with ProcessPoolExecutor(4, mp_context=FORKS) as pool:
        asked = [pool.submit(obtain_from_another_process, path, subjects) for _ in range(4)]
        given = [each.result(timeout=60) for each in asked]
    assert all(each == given[0] for each in given)


def test_a_destroyed_key_is_gone_from_the_file(keys: FileKeyStore, path: Path) -> None:
    keys.obtain_many(["a", "b"])
    keys.destroy("a")
    assert [json.loads(line)["subject"] for line in path.read_text().splitlines()] == ["b"]


def test_another_store_notices_that_a_key_was_destroyed(keys: FileKeyStore, path: Path) -> None:
    other = FileKeyStore(path)
    kept = other.obtain("b")
    other.obtain("a")
    keys.destroy("a")
    assert (other.find("a"), other.find("b")) == (None, kept)


def test_destroying_what_is_not_there_changes_nothing(keys: FileKeyStore, path: Path) -> None:
    keys.obtain("a")
    before = path.read_bytes()
    keys.destroy("b")
    assert path.read_bytes() == before


def test_the_file_is_still_private_after_a_key_was_destroyed(keys: FileKeyStore, path: Path) -> None:
    keys.obtain_many(["a", "b"])
    keys.destroy("a")
    assert path.stat().st_mode & 0o777 == 0o600


def test_a_line_cut_off_in_the_middle_is_dropped(keys: FileKeyStore, path: Path) -> None:
    kept = keys.obtain("a")
    with path.open("a") as file:
        file.write('{"key":"AAAA')
    store = FileKeyStore(path)
    store.obtain("b")
    assert FileKeyStore(path).find("a") == kept
    assert [json.loads(line)["subject"] for line in path.read_text().splitlines()] == ["a", "b"]


@pytest.mark.parametrize("mode", [0o644, 0o640, 0o604])
def test_a_file_that_others_may_read_gets_one_clear_sentence(path: Path, mode: int) -> None:
    path.touch()
    path.chmod(mode)
    with pytest.raises(KeyFileUnusable, match=f"{path.name} can be read by other users.*mode {mode:04o}.*chmod 600"):
        FileKeyStore(path)


def test_a_line_that_is_no_key_gets_one_clear_sentence(path: Path) -> None:
    path.touch(0o600)
    path.write_text('{"subject":"a"}\n')
    with pytest.raises(KeyFileUnusable, match="holds a line that is not a key"):
        FileKeyStore(path)


def test_a_folder_that_is_not_there_gets_one_clear_sentence(tmp_path: Path) -> None:
    with pytest.raises(KeyFileUnusable, match="cannot be opened: No such file or directory"):
        FileKeyStore(tmp_path / "nowhere" / "keys")


def test_a_file_that_was_taken_away_gets_one_clear_sentence(keys: FileKeyStore, path: Path) -> None:
    path.unlink()
    with pytest.raises(KeyFileUnusable, match="is missing"):
        keys.find("a")
