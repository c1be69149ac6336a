"""A changed fold is noticed at start: by a digest of the code that makes the rows, and of nothing else."""

from __future__ import annotations

import sys
from collections.abc import Callable, Iterator
from importlib import import_module, invalidate_caches
from itertools import count
from pathlib import Path
from typing import cast

import pytest

from ledger.ledger import Ledger
from projections.engine import fingerprint as fingerprints
from projections.engine.fingerprint import fingerprint, known, makes_the_same_rows, title
from projections.engine.generations import ViewOutdated
from projections.engine.projection import Projection
from projections.engine.rebuild import ViewsDiffer, rebuild
from projections.engine.views import Views
from projections.engine.worker import ProjectionWorker, catch_up
from projections.registry import PROJECTIONS
from tests.golden.fingerprints import ADVICE, changed, grown, today
from tests.projections.engine.sample_views import Restated, Strict, Tally, TallyWithOtherWords
from tests.support.view_history import History

FOLD = '''
"""A sample."""
from functools import singledispatch
from projections.engine.projection import Projection
from tests.projections.engine.sample_views import TALLY
from {package}.steps import step

LIMIT = 3

@singledispatch
def sized(value: object) -> int:
    return 0

@sized.register
def _(value: str) -> int:
    return 1

class Sample(Projection):
    """Counts."""
    name = "sample"
    version = 1
    tables = (TALLY,)

    def fold(self, batch: object) -> None:
        for recorded in batch.events[:LIMIT]:
            step(recorded, sized(""))

def query(rows: list[int]) -> int:
    return len(rows)
'''
STEPS = '''
"""What the sample does."""
def step(recorded: object, size: int) -> int:
    # counts
    return size + 1
'''
Write = Callable[..., str]
_NUMBERS = count()  # each package is read once in a process


@pytest.fixture
def written(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Iterator[Write]:
    """Writes the sample with replaced texts as a new package, and returns its fingerprint."""
    monkeypatch.syspath_prepend(tmp_path)

    def write(*replaced: tuple[str, str]) -> str:
        package = f"sample_of_fingerprints_{next(_NUMBERS)}"
        (tmp_path / package).mkdir()
        for name, source in (("__init__", '"""A package."""'), ("fold", FOLD), ("steps", STEPS)):
            for old, new in replaced:
                source = source.replace(old, new)
            (tmp_path / package / f"{name}.py").write_text(source.replace("{package}", package))
        invalidate_caches()
        return fingerprint(cast(type[Projection], import_module(f"{package}.fold").Sample))

    yield write
    for module in [name for name in sys.modules if name.startswith("sample_of_fingerprints_")]:
        del sys.modules[module]


@pytest.mark.parametrize(
    "change",
    [
        ("LIMIT = 3", "LIMIT = 4"),
        ("size + 1", "size + 2"),
        ("return 1", "return 2"),
        ("(TALLY,)", "(TALLY, TALLY)"),
        ("events[:LIMIT]", "events[LIMIT:]"),
    ],
    ids=["a constant", "a function of another module", "a registered function", "the tables", "the fold"],
)
def test_a_change_of_what_makes_the_rows_changes_the_fingerprint(written: Write, change: tuple[str, str]) -> None:
    assert written(change) != written()


@pytest.mark.parametrize(
    "change",
    [
        ('"""Counts."""', '"""Counts words."""'),
        ("# counts", "# counts each of them"),
        ("step(recorded, ", "step(\n                recorded,\n                "),
        ("return len(rows)", "return -len(rows)"),
        ("(recorded: object, size: int)", "(recorded: list[int], size: int)"),
    ],
    ids=["a docstring", "a comment", "the layout", "a query", "an annotation"],
)  # fmt: skip
def test_a_change_of_anything_else_does_not(written: Write, change: tuple[str, str]) -> None:
    assert written(change) == written()


def test_a_view_whose_fold_changed_under_its_version_is_neither_read_nor_folded(ledger: Ledger, views: Views) -> None:
    history = History(ledger)
    history.words(1, "a")
    follow(ledger, Tally())
    history.words(1, "a")
    with pytest.raises(ViewOutdated, match=r"the code of tally has changed .* raise the version and rebuild the view"):
        views.status(Restated())
    with pytest.raises(ViewOutdated):
        follow(ledger, Restated())
    assert views.status(Tally())[1].position == 1


def test_no_view_is_folded_together_with_others_after_its_fold_changed(ledger: Ledger, views: Views) -> None:
    history = History(ledger)
    history.words(1, "a")
    catch_up(ledger.engine, ledger.reader, [Tally(), Strict()])
    history.words(1, "a")
    with pytest.raises(ViewOutdated):
        catch_up(ledger.engine, ledger.reader, [Restated(), Strict()])
    assert views.status(Tally())[1].position == 1


def test_a_rebuild_puts_the_changed_code_in_its_place_if_the_rows_are_the_same(ledger: Ledger, views: Views) -> None:
    History(ledger).words(1, "a")
    follow(ledger, Tally())
    rebuild(ledger.engine, ledger.reader, TallyWithOtherWords())
    assert views.status(TallyWithOtherWords())[1].position == 1


def test_a_rebuild_shows_that_the_changed_code_makes_other_rows(ledger: Ledger) -> None:
    History(ledger).words(1, "a")
    follow(ledger, Tally())
    with pytest.raises(ViewsDiffer):
        rebuild(ledger.engine, ledger.reader, Restated())


def test_a_change_that_is_declared_to_keep_the_rows_needs_no_rebuild(
    ledger: Ledger, views: Views, monkeypatch: pytest.MonkeyPatch
) -> None:
    History(ledger).words(1, "a")
    follow(ledger, Tally())
    declared = {title(Tally): [fingerprint(Tally), fingerprint(TallyWithOtherWords)]}
    monkeypatch.setattr(fingerprints, "known", lambda: declared)
    assert views.status(TallyWithOtherWords())[1].position == 1


def test_code_that_nobody_declared_is_not_taken_for_the_same() -> None:
    assert not makes_the_same_rows(Restated, fingerprint(Tally))


def test_every_view_has_the_fingerprint_that_is_committed_with_its_version() -> None:
    new = today()
    assert not changed(known(), new), f"The code of {changed(known(), new)} has changed. {ADVICE}"
    assert known() == grown(known(), new), "python -m tests.golden.fingerprints"


def test_a_changed_fold_is_not_written_without_a_new_version() -> None:
    assert grown({"tally v1": ["a"]}, {"tally v2": "b"}) == {"tally v2": ["b"]}
    assert grown({"tally v1": ["a"]}, {"tally v1": "b"}, ["tally"]) == {"tally v1": ["a", "b"]}
    with pytest.raises(SystemExit, match="tally v1"):
        grown({"tally v1": ["a"]}, {"tally v1": "b"})


def test_every_view_has_a_fingerprint_of_its_own() -> None:
    assert len({fingerprint(type(projection)) for projection in PROJECTIONS.values()}) == len(PROJECTIONS)


def follow(ledger: Ledger, projection: Projection) -> None:
    ProjectionWorker(ledger.engine, ledger.reader, projection).catch_up()
