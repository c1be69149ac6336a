"""Imports carriers' files: API answers, messages of postal operators, and bodies of unknown formats."""

from __future__ import annotations

from collections.abc import Callable, Iterator, Mapping

from pydantic_core import from_json

from projections.tracking.tracking_numbers import TrackingNumbers
from service.adapters.carriers import aftership, easypost, parsed, upu
from service.app import App
from service.formats.bad_file import BadFile
from service.formats.bodies import unmapped
from service.formats.refused_bodies import PayloadNotUnderstood
from service.formats.unread import refuse_if_all
from service.intake.files import FileSummary, Progress, import_rows
from service.intake.unread_rows import unread_rows
from service.partner_facts.bodies import UnreadItem
from service.partner_facts.facts import PartnerFact
from service.partner_facts.files import RawFile
from service.partner_reports.references import RecordedReferences
from service.partner_reports.rows import Row
from service.partner_reports.table import commands_of

KIND = "tracking"
RAW = "raw"
_READERS: Mapping[str, Callable[[bytes], list[PartnerFact]]] = {
    aftership.PROVIDER: aftership.facts_from,
    easypost.PROVIDER: easypost.facts_from,
    upu.PROVIDER: upu.facts_from,
    parsed.PROVIDER: parsed.facts_from,
}
FORMS = (*_READERS, RAW)


def import_tracking(
    app: App, file: RawFile, *, form: str, sender: str, progress: Progress = lambda _done, _total: None
) -> FileSummary:
    """Imports every body of the file. A `raw` body is kept whole and sealed, with its codes unsealed.

    An unusable body is kept with its reason. Raises `BadFile` if no body can be used.
    """
    app.catch_up([TrackingNumbers()])
    read: list[tuple[int, list[PartnerFact]]] = []
    unread: list[UnreadItem] = []
    for line, body in bodies_of(file):
        try:
            read.append((line, [unmapped(body, sender)] if form == RAW else _READERS[form](body)))
        except PayloadNotUnderstood as problem:
            unread.append(UnreadItem(line, str(problem), body))
    refuse_if_all(file.name, unread, understood=bool(read))
    known = RecordedReferences(app, [fact for _, facts in read for fact in facts])
    rows = [Row(line, tuple(command for fact in facts for command in commands_of(fact, known))) for line, facts in read]
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
