"""Generates the document of policies: the defaults of a new ledger, with their assumptions marked."""

from __future__ import annotations

import json

from ledger.policies.defaults import default_policies
from ledger.policies.kinds import written
from service.docs_from_code.markdown import sentences


def policies() -> str:
    """Returns the text of `docs/policies.md`."""
    parts = [
        "# Policies\n\nMade from the code by `python -m service.docs_from_code`.\n\n"
        "Every rule that the business tunes is a versioned policy. These are the defaults; **assumption** marks what"
        " the programme's own words do not settle.\n\n"
        "A policy is tried on sample orders before it is published; one that fails is refused as `POLICY_NOT_USABLE`,"
        " with what failed. A version that was published before there were bounds does not stop the ledger: without a"
        " known zone, or with a duration beyond the limits, it has no effect, and the version before it governs. Where"
        " there is none before it, such a duration is read as the limit. `redledger status` and `redledger exceptions`"
        " name the version until a newer one is published.\n"
    ]
    for default in default_policies():
        content = json.dumps(written(default.policy), indent=2, ensure_ascii=False, sort_keys=True)
        mark = "**Assumption.** " if default.assumption else ""
        parts += [f"\n## {default.key}\n\n{sentences(type(default.policy).__doc__)}\n\n{mark}{default.note}\n"]
        parts += [f"\n```json\n{content}\n```\n"]
    return "".join(parts)
