"""Questions about the ledger itself: its events, its audit trail, the state of its views."""

from __future__ import annotations

import re
from datetime import datetime
from functools import partial
from typing import TYPE_CHECKING, Any

from service.questions.parameters import MERCHANT, ORDER, Kind, Parameter
from service.questions.question import STAFF, Question
from service.tables import tables

if TYPE_CHECKING:
    from service.questions.asked import Asked

_PLACE = re.compile(r"([0-9]{1,5}):([1-9][0-9]{0,17})")


def _audit(asked: Asked) -> Any:
    from projections.audit.trail import TrailFilter, trail
    from service.questions.filters import event_types

    chosen: Any = asked.given("order", "merchant", "actor", "since", "until")
    if asked["type"]:
        chosen |= {"types": sorted(event_types(asked["type"]))}
    if asked["command"]:
        chosen |= {"places": asked.app.ledger.reader.place_of_command(asked["command"])}
    return asked.page(partial(trail, asked.views, TrailFilter(**chosen)))


def _event(asked: Asked) -> Any:
    from projections.audit.trail import place_of
    from projections.balances.payouts import statement_covering
    from service.questions.shapes import shown_event

    place = _place(asked["id"]) or place_of(asked.views, asked["id"])
    if place is None or place[1] > asked.app.ledger.reader.heads().get(place[0], 0):
        return None
    row = asked.row(*place)
    return shown_event(
        row, covered_by=lambda merchant: statement_covering(asked.views, row.book, row.position, merchant)
    )


def _place(id: str) -> tuple[int, int] | None:
    """Returns book and position of an id such as `3:1042`, or None if it is an event's id."""
    match = _PLACE.fullmatch(id)
    return (int(match[1]), int(match[2])) if match else None


def _status(asked: Asked) -> Any:
    from service.views.status import status_of

    return status_of(asked.app)


def _generations(asked: Asked) -> Any:
    from service.views.generations import generations

    return generations(asked.app.ledger.engine)


def _view_lags(asked: Asked) -> Any:
    from service.views.lags import view_lags

    return view_lags(asked.app)


def _automation(asked: Asked) -> Any:
    from service.automation.steps import steps_at

    return steps_at(asked.app, asked.now)


QUESTIONS = (
    Question(
        name="audit",
        group="ledger",
        path="/audit",
        says="List the audit trail in recorded order: actor, action, time, reason, effect.",
        find=_audit,
        answer="projections.audit.trail:TrailRow",
        readers=STAFF,
        of_positions=True,
        exported=True,
        views=("audit_trail",),
        own_parameters=(
            ORDER,
            MERCHANT,
            Parameter(name="actor", says="Only events of this actor.", filter="actor"),
            Parameter(
                name="type",
                says="Only events of this type, or of all whose types begin so: payment.captured or payment.*",
                filter="event_type",
            ),
            Parameter(name="command", says="Only events of the command with this id.", filter="command"),
            Parameter(name="since", says="Only events recorded from this instant on.", kind=Kind.INSTANT),
            Parameter(name="until", says="Only events recorded before this instant.", kind=Kind.INSTANT),
        ),
        key={"recorded_at": datetime, "book": int, "position": int},
        without_times="A recorded event never changes; `until` ends the list at an instant.",
        table=tables.AUDIT,
    ),
    Question(
        name="show event",
        group="ledger",
        path="/events/{id}",
        says="Show an event by its id, or by book and position such as 3:1042: who recorded it and when, its fields "
        "and its journal entry. Personal values stay sealed.",
        find=_event,
        answer="service.questions.shapes:ShownEvent",
        readers=STAFF,
        of_positions=True,
        views=("audit_trail", "payouts"),
        own_parameters=(
            Parameter(name="id", says="Id of the event, or its book and position.", argument=True, required=True),
        ),
        noun="Event",
        without_times="A recorded event never changes.",
    ),
    Question(
        name="status",
        group="ledger",
        path="/status",
        says="Show the books with their last positions, and the number of events that each view is behind.\n\n"
        "The table has a line for each view; CSV has a line for each book and a column for each view.",
        find=_status,
        answer="service.views.status:LedgerStatus",
        readers=STAFF,
        without_times="It shows how this service stands now; nothing is kept of how it stood.",
        table=tables.VIEWS,
    ),
    Question(
        name="view-lags",
        group="ledger",
        path="/view-lags",
        says="List the views with their lag behind the log in events and in seconds, and the progress of a rebuild; "
        "the worst first.",
        find=_view_lags,
        answer="service.views.lags:ViewLag",
        readers=STAFF,
        without_times="It shows how this service stands now; nothing is kept of how it stood.",
        needs_all_books=True,
        listed=True,
        table=tables.VIEW_LAGS,
    ),
    Question(
        name="automation",
        group="ledger",
        path="/automation",
        says="List the steps that the service takes by itself, and if the policy that is in force switches each on.",
        find=_automation,
        answer="service.automation.steps:AutomaticStep",
        readers=STAFF,
        without_times="A policy of the past is an event; `audit` lists it.",
        listed=True,
        table=tables.AUTOMATION,
    ),
    Question(
        name="generations",
        group="ledger",
        path="/generations",
        says="List the tables of each view: the live ones, the candidate of a rebuild with its progress, and the old "
        "ones that are kept.",
        find=_generations,
        answer="service.views.generations:GenerationRow",
        readers=STAFF,
        without_times="It shows which tables there are now; nothing is kept of earlier ones.",
        needs_all_books=True,
        listed=True,
        table=tables.GENERATIONS,
    ),
)
