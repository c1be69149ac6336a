"""Writes the fingerprints of all views: `python -m tests.golden.fingerprints`, after each change of a fold.

A changed fold needs a new version, because the rows of the old one were made by other code. If a change keeps every
row as it is, `--same-rows VIEW …` says so, and the view goes on without a rebuild.
"""

from __future__ import annotations

import argparse
import json
from collections.abc import Collection, Mapping, Sequence

from projections.engine.fingerprint import FILE, fingerprint, known, title
from projections.registry import PROJECTIONS

Fingerprints = Mapping[str, Sequence[str]]
ADVICE = (
    "Raise the version of the view, in the same commit, and run python -m tests.golden.fingerprints. If the change"
    " keeps every row as it is, add --same-rows and the name of the view."
)


def today() -> dict[str, str]:
    """Returns the fingerprint of each view by name and version."""
    return {title(type(each)): fingerprint(type(each)) for each in PROJECTIONS.values()}


def changed(old: Fingerprints, new: Mapping[str, str]) -> list[str]:
    """Returns the views with a version that other code has already folded."""
    return [view for view, of_code in new.items() if view in old and old[view][-1] != of_code]


def grown(old: Fingerprints, new: Mapping[str, str], same_rows: Collection[str] = ()) -> dict[str, list[str]]:
    """Returns the fingerprints with today's. Raises `SystemExit` for a changed view that is not in `same_rows`."""
    if undeclared := [view for view in changed(old, new) if view.split(" ")[0] not in same_rows]:
        raise SystemExit(f"The code of these views has changed: {', '.join(undeclared)}. {ADVICE}")
    before = {view: [each for each in old.get(view, ()) if each != of_code] for view, of_code in new.items()}
    return {view: [*before[view], new[view]] for view in sorted(new)}


if __name__ == "__main__":
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--same-rows", nargs="*", default=[], metavar="VIEW", choices=list(PROJECTIONS))
    written = grown(known() if FILE.exists() else {}, today(), parser.parse_args().same_rows)
    FILE.write_text(json.dumps(written, indent=1) + "\n", encoding="utf-8")
