"""Files of carriers, read whole and recorded body by body."""

from __future__ import annotations

import json
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest

from service.app import App
from service.formats.bad_file import BadFile
from service.intake.files import FileSummary
from service.intake.tracking import FORMS, bodies_of, import_tracking
from service.partner_facts.files import RawFile
from tests.support.buses import open_desk, publish_programme
from tests.support.faults import failing
from tests.support.sales import merchant_ready, paid, sent
from tests.support.shops import app_of


@pytest.fixture
def app(database_url: str, tmp_path: Path) -> Iterator[App]:
    """An order under way with the number SFO-1."""
    with open_desk(database_url, tmp_path) as desk:
        publish_programme(desk)
        merchant_ready(desk)
        paid(desk)
        sent(desk)
        yield app_of(desk)


def item(number: str = "SFO-1", code: str = "EMD") -> dict[str, Any]:
    return {"item_id": number, "operator": "cn", "events": [{"code": code, "at": "2025-04-01T08:00:00Z"}]}


def of_lines(*bodies: Any) -> RawFile:
    return RawFile("events.jsonl", "\n".join(map(json.dumps, bodies)).encode())


def read(app: App, file: RawFile, form: str = "upu", sender: str = "upu") -> FileSummary:
    return import_tracking(app, file, form=form, sender=sender)


def types(app: App) -> list[str]:
    reader = app.ledger.reader
    return [row.type for book in reader.heads() for row in reader.read(book, 0, 1_000)]


def test_a_postal_event_reaches_its_parcel(app: App) -> None:
    summary = read(app, of_lines(item(code="EMC"), item(code="EMD")))
    assert (summary.rows, summary.recorded) == (2, 2)
    assert {"parcel.departed", "parcel.arrived"} <= set(types(app))


def test_a_number_nobody_knows_waits_unmatched(app: App) -> None:
    read(app, of_lines(item("ZZ-9")))
    assert "unmatched.fact_reported" in types(app)


def test_the_same_file_again_only_repeats(app: App) -> None:
    read(app, of_lines(item()))
    before = types(app)
    assert read(app, of_lines(item())).repeated == 1
    assert types(app) == before


def test_the_same_scan_in_two_bodies_is_recorded_once(app: App) -> None:
    read(app, of_lines(item(), item()))
    assert types(app).count("parcel.arrived") == 1


def test_a_raw_body_is_kept_whole(app: App) -> None:
    summary = read(app, RawFile("dhl.xml", b"<Track><Status>PU</Status></Track>"), form="raw", sender="dhl")
    assert (summary.recorded, types(app).count("unmatched.fact_reported")) == (1, 1)


@pytest.mark.parametrize("form", FORMS)
def test_a_line_that_nobody_can_use_is_kept_and_its_neighbours_are_recorded(app: App, form: str) -> None:
    summary = read(app, RawFile("events.jsonl", json.dumps(item()).encode() + b"\n{oops"), form=form)
    assert (summary.recorded, len(summary.unread), summary.unread[0].startswith("line 2: ")) == (2, 1, True)


def test_a_file_of_which_no_line_can_be_used_is_refused(app: App) -> None:
    before = types(app)
    with pytest.raises(BadFile, match=r"^events\.jsonl, line 1: "):
        read(app, RawFile("events.jsonl", b"{oops\n{oops"))
    assert types(app) == before


def test_a_document_over_many_lines_is_one_body() -> None:
    assert len(list(bodies_of(RawFile("one.json", json.dumps(item(), indent=2).encode())))) == 1


def test_an_empty_file_is_one_sentence() -> None:
    with pytest.raises(BadFile, match="nothing in it"):
        list(bodies_of(RawFile("empty.json", b" \n")))


def test_a_row_that_fails_is_counted_and_recorded_when_the_file_is_imported_again(app: App) -> None:
    file = of_lines(item(code="EMC"), item(code="EMD"))
    with failing("report_tracking", lambda command: getattr(command, "milestone", "") == "arrived"):
        summary = read(app, file)
    assert (summary.recorded, summary.failed) == (1, 1)
    again = read(app, file)
    assert (again.recorded, again.repeated, again.failed) == (1, 1, 0)
