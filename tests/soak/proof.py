"""Checks at the end of a soak: every reader has every event once and in order, a copy of a view has its rows, and every
view equals a rebuild."""

from __future__ import annotations

import json
from collections import Counter
from collections.abc import Iterable, Mapping
from contextlib import closing
from typing import Any

import psycopg2

from projections.registry import PROJECTIONS
from redledger.items import row_of
from service.app import open_app
from service.feeds.view_feed import RowFilter, ViewFeed
from tests.kills.proof import ended
from tests.soak.notebook import Notebook, Seen, copied
from tests.soak.stage import HOOK_TYPES, HOOKS, VIEW, Stage
from tests.support.nats_servers import last_sequence, messages
from tests.support.services import PATIENCE_S, until

Places = set[tuple[int, int]]
_ALL = 1_000_000
_EVENTS = "SELECT book, position, event_id::text, type, stream FROM log.events ORDER BY book, position"


def check(stage: Stage) -> str:
    """Waits until all readers have what was recorded by now. Raises `AssertionError` where something does not hold."""
    with closing(psycopg2.connect(stage.url.replace("+psycopg2", ""))) as connection, connection.cursor() as cursor:
        cursor.execute(_EVENTS)
        events = cursor.fetchall()
    ids = {(book, position): id for book, position, id, *_ in events}
    hooked = {(book, position) for book, position, _, type, _ in events if type in HOOK_TYPES}
    for name, file in stage.reader_files.items():
        _check_reader(name, _until_has([file], set(ids), what=name), ids)
    handled = _until_has(stage.member_files, set(ids), what="the group")
    _check_group(stage, handled, ids)
    _until_hooked(stage, hooked)
    _check_streams("the endpoint", stage.hooks.notebook.events())
    _check_broker(stage, ids)
    rows = _check_copy(stage)
    for asked in ("verify-log", "verify-views", "trial-balance"):
        assert (code := ended(asked, *stage.place)) == 0, f"{asked} ended with {code}"
    again = sum(len(Notebook(file).settled()) for file in stage.member_files)
    return (
        f"{len(ids):,} events reached 3 readers, a group of 2 ({again:,} acknowledged) and a broker of 3 once each and"
        f" in order, {len(hooked):,} an endpoint that failed at random; a copy of a view at the broker has its"
        f" {rows:,} rows; log and views hold, the trial balance is zero"
    )


def _until_has(files: Iterable[Any], wanted: Places, *, what: str) -> list[Seen]:
    """Returns what the notebooks hold together, once it is all that is wanted. Newer events may be there too."""
    notebooks = [Notebook(file) for file in files]

    def missing() -> Places:
        return wanted - {(seen.book, seen.position) for each in notebooks for seen in each.events()}

    until(lambda: not missing(), what=f"{what} to have every event", patience_s=4 * PATIENCE_S)
    return [seen for each in notebooks for seen in each.events()]


def _check_reader(name: str, seen: list[Seen], ids: Mapping[tuple[int, int], str]) -> None:
    """A reader of the feed or of the broker has each book from its first event on, without a gap."""
    _check_ids(name, seen, ids)
    by_book: dict[int, list[int]] = {}
    for each in seen:
        by_book.setdefault(each.book, []).append(each.position)
    for book, positions in by_book.items():
        assert positions == list(range(1, len(positions) + 1)), f"{name} has not book {book} in order"


def _check_group(stage: Stage, seen: list[Seen], ids: Mapping[tuple[int, int], str]) -> None:
    """No event was acknowledged twice, and the streams were handled in order, whoever handled them."""
    settled = Counter(place for file in stage.member_files for place in Notebook(file).settled())
    assert not (twice := [place for place, times in settled.items() if times > 1]), f"acknowledged twice: {twice[:5]}"
    first: dict[str, Seen] = {}
    for each in sorted(seen, key=lambda each: each.at_ns):
        first.setdefault(each.id, each)
    _check_ids("the group", first.values(), ids)
    _check_streams("the group", first.values())


def _check_ids(name: str, seen: Iterable[Seen], ids: Mapping[tuple[int, int], str]) -> None:
    wrong = [each for each in seen if ids.get((each.book, each.position), each.id) != each.id]
    assert not wrong, f"{name} has other events than the log: {wrong[:5]}"


def _check_streams(name: str, seen: Iterable[Seen]) -> None:
    last: dict[str, int] = {}
    for each in seen:
        assert each.position > last.get(each.stream, 0), f"{name} has {each} after {last[each.stream]}"
        last[each.stream] = each.position


def _until_hooked(stage: Stage, wanted: Places) -> None:
    """Heals the endpoint, and does what a person does with dead events, until it has everything."""
    stage.hooks.fails = 0.0
    replayed = 0

    def has_all() -> bool:
        nonlocal replayed
        for parked in stage.get(f"/v1/subscriptions/{HOOKS}", role="service")["data"]["parked_events"]:
            replayed += 1
            place = {"subscription_id": HOOKS, "book": parked["book"], "position": parked["position"]}
            stage.submit("replay_parked_event", f"replay-{replayed}", place, role="service")
        return wanted <= {(seen.book, seen.position) for seen in stage.hooks.notebook.events()}

    until(has_all, what="the endpoint to have every event", patience_s=4 * PATIENCE_S)


def _check_copy(stage: Stage) -> int:
    """The copy that a reader of the broker keeps of a view has its rows, and no others. Returns their number."""
    notebook, view = Notebook(stage.copy_file), PROJECTIONS[VIEW]
    with open_app(stage.settings) as app:
        app.views.wait_for(view, app.ledger.reader.heads())
        found = ViewFeed(app, view).page({}, RowFilter(), limit=_ALL)
    assert found.is_last
    rows = {copied(row_of(json.loads(frame.text), "")) for frame in found.frames}
    until(lambda: notebook.copies() == rows, what="the copy of the view to be as the view", patience_s=4 * PATIENCE_S)
    return len(rows)


def _check_broker(stage: Stage, ids: Mapping[tuple[int, int], str]) -> None:
    """The sequence of each stream is the position in its book, and the message is its event."""
    heads: dict[int, int] = {}
    for book, position in ids:
        heads[book] = max(position, heads.get(book, 0))
    for book, head in heads.items():
        stream = stage.names.stream(book)
        until(
            lambda stream=stream, head=head: last_sequence(stage.cluster, stream) >= head,  # type: ignore[misc]
            what=f"stream {stream} to have {head:,} events",
            patience_s=4 * PATIENCE_S,
        )
        found = {message.sequence: message.id for message in messages(stage.cluster, stream)}
        wrong = [position for position in range(1, head + 1) if found.get(position) != ids[book, position]]
        assert not wrong, f"stream {stream} differs from book {book} at {wrong[:5]}"
