"""Imports carriers' files: API answers, messages of postal operators, and bodies of unknown formats."""

from __future__ import annotations

from collections.abc import Callable, Iterator, Mapping
from functools import partial

from pydantic_core import from_json

from commands.command import Command
from projections.tracking.tracking_numbers import TrackingNumbers, parcels_numbered
from service.adapters.carriers import aftership, easypost, parsed, upu
from service.adapters.carriers.scan_commands import Lookup
from service.adapters.files.bad_file import BadFile
from service.adapters.files.importer import FileSummary, Progress, RawFile, Row, import_rows
from service.adapters.files.unread import UnreadItem, refuse_if_all, unread_rows
from service.adapters.raw_bodies import unmapped
from service.adapters.refused_bodies import PayloadNotUnderstood
from service.app import App

KIND = "tracking"
RAW = "raw"
_READERS: Mapping[str, Callable[[bytes, Mapping[str, str], str | None, Lookup], list[Command]]] = {
    aftership.PROVIDER: aftership.commands_from,
    easypost.PROVIDER: easypost.commands_from,
    upu.PROVIDER: upu.commands_from,
    parsed.PROVIDER: parsed.commands_from,
}
FORMS = (*_READERS, RAW)


def import_tracking(
    app: App, file: RawFile, *, form: str, sender: str, progress: Progress = lambda _done, _total: None
) -> FileSummary:
    """Imports every body of the file. A `raw` body is kept whole and sealed, with its codes unsealed.

    An unusable body is kept with its reason. Raises `BadFile` if no body can be used.
    """
    app.catch_up([TrackingNumbers()])
    lookup = partial(parcels_numbered, app.views)
    rows: list[Row] = []
    unread: list[UnreadItem] = []
    for line, body in bodies_of(file):
        try:
            rows.append(Row(line, tuple(_commands(body, form, sender, lookup))))
        except PayloadNotUnderstood as problem:
            unread.append(UnreadItem(line, str(problem), body))
    refuse_if_all(file.name, unread, understood=bool(rows))
    rows += unread_rows(file, unread, system=sender)
    return import_rows(app, file, kind=KIND, partner=sender, header={"form": form}, rows=rows, progress=progress)


def bodies_of(file: RawFile) -> Iterator[tuple[int, bytes]]:
    """Yields the bodies with their line numbers: the whole file if it is one JSON or XML document, else each line that
    is not blank.
    """
    if not file.content.strip():
        raise BadFile(file.name, "there is nothing in it")
    if _is_one_body(file.content):
        yield 1, file.content
        return
    for number, line in enumerate(file.content.splitlines(), 1):
        if line.strip():
            yield number, line


def _is_one_body(content: bytes) -> bool:
    if content.lstrip()[:1] == b"<":
        return True
    try:
        from_json(content)
    except ValueError:
        return False
    return True


def _commands(body: bytes, form: str, sender: str, lookup: Lookup) -> list[Command]:
    return unmapped(body, sender) if form == RAW else _READERS[form](body, {}, None, lookup)
