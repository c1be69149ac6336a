"""Answers with a secret, which is shown once: nobody on the way may keep them."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from fastapi.responses import JSONResponse

from commands.bus.outcome import Outcome
from service.app import App
from service.http.errors import PROBLEM_MEDIA
from service.http.outcomes import problem_of
from service.questions.envelope import enveloped

_NOT_KEPT = {"Cache-Control": "no-store"}


def shown_once(app: App, outcome: Outcome, made: Mapping[str, Any] | None) -> JSONResponse:
    """Returns the secret that a command made, or the problem if it made none."""
    if made is None:
        problem = problem_of(outcome)
        return JSONResponse(problem, problem["status"], headers=_NOT_KEPT, media_type=PROBLEM_MEDIA)
    return JSONResponse(enveloped(app, dict(made), {outcome.book: outcome.last}), headers=_NOT_KEPT)
