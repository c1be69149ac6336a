"""Questions about partners: instructions that they have not answered."""

from __future__ import annotations

from datetime import datetime
from functools import partial
from typing import TYPE_CHECKING, Any

from service.questions.parameters import TIMES, Parameter
from service.questions.question import STAFF, Question, age_since
from service.tables import tables

if TYPE_CHECKING:
    from service.questions.asked import Asked


def _instructions(asked: Asked) -> Any:
    from projections.reconciliation.instructions import open_instructions

    return asked.page(partial(open_instructions, asked.views, asked.timepoint, partner=asked["partner"]))


QUESTIONS = (
    Question(
        name="instructions",
        group="partners",
        path="/instructions",
        says="List captures, voids, refunds and payouts that were requested and are not answered, the oldest first.\n\n"
        "The service sends them to the partners of its settings. Without a partner they wait until their results are "
        "recorded.",
        find=_instructions,
        answer="projections.reconciliation.instructions:Instruction",
        readers=STAFF,
        views=("instructions",),
        own_parameters=(
            Parameter(name="partner", says="Only instructions to this partner, such as stripe.", filter="partner"),
            *TIMES,
        ),
        key={"requested_at": datetime, "kind": str, "stream": str, "subject": str, "id": str},
        computed=age_since("requested_at"),
        table=tables.INSTRUCTIONS,
    ),
)
