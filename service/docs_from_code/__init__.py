"""Generates documents from the code: commands, events, refusals, policies and more, each from the list that the code
uses.

`python -m service.docs_from_code` writes them into `docs/`; a test fails if they are out of date.
"""

from __future__ import annotations

from collections.abc import Callable

from service.docs_from_code.authority import authority
from service.docs_from_code.carriers import carriers
from service.docs_from_code.cli import cli
from service.docs_from_code.commands import commands
from service.docs_from_code.events import events
from service.docs_from_code.http import http
from service.docs_from_code.liability import liability
from service.docs_from_code.limits import limits
from service.docs_from_code.metrics import metrics
from service.docs_from_code.pictures import PICTURES
from service.docs_from_code.policies import policies
from service.docs_from_code.questions import questions
from service.docs_from_code.refusals import refusals
from service.docs_from_code.settings import settings
from service.docs_from_code.verification import verification
from service.docs_from_code.views import views

DOCUMENTS: dict[str, Callable[[], str]] = {
    "refusals.md": refusals,
    "commands.md": commands,
    "authority.md": authority,
    "events.md": events,
    "policies.md": policies,
    "settings.md": settings,
    "cli.md": cli,
    "views.md": views,
    "verification.md": verification,
    "http.md": http,
    "questions.md": questions,
    "limits.md": limits,
    "metrics.md": metrics,
    "carriers.md": carriers,
    "liability.md": liability,
    **PICTURES,
}
