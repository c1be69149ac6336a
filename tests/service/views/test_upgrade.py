"""After an upgrade the service rebuilds what an older version has folded, and nothing else."""

from __future__ import annotations

import logging
from collections.abc import Iterator
from pathlib import Path

import pytest

from ledger.canonical import canonical
from ledger.ledger import Ledger
from projections.engine.generations import ViewOutdated
from projections.engine.projection import Projection
from projections.engine.views import Views
from projections.engine.worker import ProjectionWorker
from service.app import open_app
from service.failures import ServiceFailure
from service.running_service import serve
from service.settings import Settings
from service.views.upgrade import upgrading
from tests.projections.engine.sample_views import Restated, Strict, Tally, TallyInAnotherShape
from tests.support.outages import away_for
from tests.support.poison import Poison
from tests.support.view_history import History, NoKeys


class StrictInAnotherShape(Strict):
    """The next version, which cannot apply what the first one could."""

    version = 2


@pytest.fixture
def ledger(fresh_database_url: str) -> Iterator[Ledger]:
    with Ledger.open(fresh_database_url, keys=NoKeys(), books=3) as ledger:
        yield ledger


def follow(ledger: Ledger, projection: Projection) -> None:
    ProjectionWorker(ledger.engine, ledger.reader, projection).catch_up()


def upgraded(ledger: Ledger, *projections: Projection) -> Views:
    with upgrading(ledger, projections, trouble_pause_s=0.01) as thread:
        thread.join()
    return Views(ledger.engine, ledger.reader)


def test_a_view_of_an_older_version_is_rebuilt_and_said_to_be(ledger: Ledger, caplog: pytest.LogCaptureFixture) -> None:
    History(ledger).words(1, "a", "b")
    follow(ledger, Tally())
    with caplog.at_level(logging.WARNING):
        views = upgraded(ledger, TallyInAnotherShape())
    assert views.status(TallyInAnotherShape())[1].position == 2
    assert [record.message for record in caplog.records] == [
        "tally is of version 1: it is rebuilt as version 2, and not read until then", "tally is of version 2 now",
    ]  # fmt: skip


def test_a_view_of_a_newer_version_is_left_alone(ledger: Ledger) -> None:
    History(ledger).words(1, "a")
    follow(ledger, TallyInAnotherShape())
    views = upgraded(ledger, Tally())
    with pytest.raises(ViewOutdated):
        views.status(Tally())
    assert views.status(TallyInAnotherShape())[1].position == 1


def test_a_view_whose_code_changed_without_a_new_version_is_left_to_a_person(ledger: Ledger) -> None:
    History(ledger).words(1, "a")
    follow(ledger, Tally())
    views = upgraded(ledger, Restated())
    with pytest.raises(ViewOutdated, match="raise the version"):
        views.status(Restated())


def test_a_view_that_cannot_be_rebuilt_keeps_no_other_from_it(ledger: Ledger, caplog: pytest.LogCaptureFixture) -> None:
    History(ledger).words(1, "a", "poison")
    for projection in (Strict(cured=True), Tally()):
        follow(ledger, projection)
    views = upgraded(ledger, StrictInAnotherShape(), TallyInAnotherShape())
    assert views.status(TallyInAnotherShape())[1].position == 2
    assert "could not be rebuilt" in caplog.text


def test_a_view_that_nothing_is_wrong_with_is_not_rebuilt(ledger: Ledger, caplog: pytest.LogCaptureFixture) -> None:
    History(ledger).words(1, "a")
    follow(ledger, Tally())
    upgraded(ledger, Tally())
    assert caplog.records == []


def test_a_rebuild_that_meets_a_database_that_is_away_is_taken_up_again(
    ledger: Ledger, caplog: pytest.LogCaptureFixture
) -> None:
    History(ledger).words(1, "a", "b")
    follow(ledger, Tally())
    with away_for(ledger.engine, connections=2):
        views = upgraded(ledger, TallyInAnotherShape())
    assert views.status(TallyInAnotherShape())[1].position == 2
    assert "could not be rebuilt" in caplog.text


def test_a_service_does_not_start_on_rules_that_newer_code_has_published(
    fresh_database_url: str, tmp_path: Path
) -> None:
    settings = Settings(database_url=fresh_database_url, data_dir=tmp_path, port=0)
    about = {"approver": "ann", "proposer": "fay", "effective_from": "2025-04-01T08:00:00Z"}
    payload = canonical(about | {"key": "tariffs", "content": {}, "published_at": "2025-04-01T07:00:00Z", "version": 1})
    with open_app(settings, create=True) as app:
        Poison("policy/tariffs", "policy.published", 1, payload).recorded_in(app.ledger, 0)
    with pytest.raises(ServiceFailure, match="does not know the policy tariffs"):
        serve(settings, first=lambda _: pytest.fail("it starts"), ready=pytest.fail)
