"""Documents made from the code: commands, events, refusals, policies and more, each from the list that is used.

`python -m service.documentation` writes them into `docs/`; a test says when they are out of date.
"""

from __future__ import annotations

from collections.abc import Callable

from service.documentation.carriers import carriers
from service.documentation.cli import cli
from service.documentation.commands import commands
from service.documentation.events import events
from service.documentation.http import http
from service.documentation.liability import liability
from service.documentation.limits import limits
from service.documentation.policies import policies
from service.documentation.refusals import refusals
from service.documentation.settings import settings
from service.documentation.verification import verification
from service.documentation.views import views

DOCUMENTS: dict[str, Callable[[], str]] = {
    "refusals.md": refusals,
    "commands.md": commands,
    "events.md": events,
    "policies.md": policies,
    "settings.md": settings,
    "cli.md": cli,
    "views.md": views,
    "verification.md": verification,
    "http.md": http,
    "limits.md": limits,
    "carriers.md": carriers,
    "liability.md": liability,
}
