"""Generates the document of carriers' vocabularies: the milestone of each status and detail."""

from __future__ import annotations

from collections.abc import Sequence

from service.adapters.carriers import aftership, easypost, parsed, upu
from service.docs_from_code.markdown import table
from service.formats.vocabulary import Meaning, Vocabulary

VOCABULARIES: Sequence[Vocabulary] = (aftership.VOCABULARY, easypost.VOCABULARY, upu.VOCABULARY, parsed.VOCABULARY)
_HEAD = """# Carriers' words

Made from the code by `python -m service.docs_from_code`, from the one table of each provider in `service/adapters/carriers/`.

A status and its detail are read together. Every published word has a row; `(alone)` is a status without a detail. An unknown detail leaves what its status says alone, unless that is a delivery: then the scan
is `noted`, for what we do not understand is no signature. An unknown status is `noted`. The provider's own words are kept with every fact (`raw_code`).

## To whom a delivery went

`signed_for` is what the carrier said, not yet whose the parcel is. The ledger reads that from all facts of the parcel, in whatever order they are reported:

| The delivery | is read as |
|---|---|
| names its recipient | the recipient's signature; beside a return to sender, or a later step of the way, a break is open |
| happened at or after a fact of return to sender, and names no recipient | `returned_to_sender`: nothing is released, `refund_returned_parcel` is granted |
| happened before a fact of return to sender, and names no recipient | no proof: the carrier has the parcel again; a break is open |
| happened before the warehouse received the parcel, or before it left the country, and names no recipient | one of the first leg, to the warehouse |
| is only deemed, and the parcel goes back | nothing |

Facts of return to sender are `returning_to_sender`, `returned_to_sender` and `returned_to_warehouse`. A tracking's own status counts as such a fact if none of its scans does. Money that was released before such a fact was reported stays where it is, and a break is open.
"""  # noqa: E501


def carriers() -> str:
    """Returns the text of `docs/carriers.md`."""
    return _HEAD + "".join(_section(vocabulary) for vocabulary in VOCABULARIES)


def _section(vocabulary: Vocabulary) -> str:
    groups: dict[tuple[str, str, str], list[str]] = {}
    for status, detail in vocabulary.published():
        found = vocabulary.read(status, detail)
        groups.setdefault((status, found.reached, _evidence(found)), []).append(detail or "(alone)")
    rows = [
        (
            f"`{status}`",
            ", ".join(f"`{detail}`" if detail != "(alone)" else detail for detail in details),
            f"`{reached}`",
            evidence,
        )
        for (status, reached, evidence), details in groups.items()
    ]
    head = ("Status", "Details", "Read as", "Evidence")
    return f"\n## {vocabulary.title}\n\n{vocabulary.source}.\n\n{table(head, rows)}\n"


def _evidence(found: Meaning) -> str:
    return f"`{found.evidence_kind}`" if found.reached == "signed_for" else ""
