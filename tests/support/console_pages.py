"""The addresses of the console's pages, with things of the small trading month."""

from __future__ import annotations

from typing import Any

from service.questions.registry import QUESTIONS

_IN_PATHS = {
    "show payout": "payout",
    "show statement": "statement",
    "show settlement-run": "run",
    "run-statements": "run",
    "show event": "event",
    "subscription": "other",
}


def paths(of_month: dict[str, Any]) -> list[str]:
    """The address of each question's page, below `/console`."""
    found = ["/"]
    for question in QUESTIONS.values():
        id = of_month[_IN_PATHS.get(question.name, "other")]
        names = {"merchant": of_month["merchant"], "order": of_month["order"], "id": id, "subscription": "none"}
        needed = {"q": of_month["order"], "as_known_at": "2026-11-20T08:00:00Z"}
        asked = [f"{each.outside}={needed[each.outside]}" for each in question.parameters if each.outside in needed]
        found.append(question.path.format(**names) + (f"?{asked[0]}" if asked and "{" not in question.path else ""))
    return found
