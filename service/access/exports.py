"""The record of exports: who takes which list away, before the first row is sent."""

from __future__ import annotations

import json
from collections.abc import Mapping
from typing import Any

from commands.access.record_export import RecordExport
from ledger.events.access import ExportFormat
from ledger.ids import command_id, exports_stream
from projections.engine.views import Vector
from service.access.tokens import SERVICE
from service.app import App
from service.failures import accepted
from service.questions.presentation import presented
from service.questions.question import Question
from service.questions.reader import Reader


def record_export(
    app: App, question: Question, values: Mapping[str, Any], reader: Reader, form: ExportFormat, positions: Vector
) -> None:
    """Records the export in the ledger, once a day for the same list. Raises `ServiceFailure` and `DatabaseTrouble`:
    nothing is sent that is not recorded."""
    own = {each.name: each.outside for each in question.own_parameters}
    filters = {own[name]: str(presented(value)) for name, value in values.items() if name in own and value is not None}
    day = app.clock().date()
    stream = exports_stream(reader.account_id, day)
    about = (reader.role, reader.scope or "", question.name, form, json.dumps(filters, sort_keys=True))
    command = RecordExport(
        id=command_id("export", stream, *about, *map(str, sorted(positions.items()))),
        actor=SERVICE,
        account_id=reader.account_id,
        role=reader.role,
        scope=reader.scope,
        question=question.name,
        filters=filters,
        format=form,
        positions=dict(positions),
        day=day,
    )
    accepted(app.bus.submit([command])[0])
