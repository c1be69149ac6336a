"""Generates the document of verification: the protection of each column of the log and the views, and its gaps."""

from __future__ import annotations

from collections.abc import Iterator, Mapping

from ledger.log.verification.evidence import EVIDENCE, Proof
from projections.engine.evidence import CONTROL
from service.docs_from_code.markdown import table

_HEAD = """# What verification covers, and what it cannot

Made from the code by `python -m service.docs_from_code`.

`redledger verify-log` checks the schema and every row of the log, `redledger verify-views` every row of the views. A
finding is one line: the table, the row, the column, what was expected and what was found. Both end with 0 only if
there is none. A test changes every column below by hand, takes rows out and puts rows in, and expects a finding each
time.

- *hash of the row*: `leaf` is SHA-256 over the row's fields, and is computed anew.
- *recomputed*: the value follows from other rows, and is computed anew.
- *not evidence*: nothing rests on it; the table says why.
"""
_FOLDED = """
Every other table of `views` belongs to a read model ([views.md](views.md)). All of its columns are recomputed: the
view is folded again from the first event, and compared row by row, deleted rows and `changed_at_position` included.
"""
_LIMITS = """
## What cannot be found

A hash is no signature. Who owns the database can change rows and make every hash that rests on them again. Against
that helps only what is kept where that person cannot write: a copy of the last `leaf` and `outcome_leaf` of each
book, or a backup.

- **The newest rows of a book.** Events taken off the end are missed by `log.heads`, by guards of merchants' money, by
  outcomes that were given after them, and by views that hold them. Where all of these were put back as well, nothing
  says that there was more. The same holds for the newest outcomes of a book.
- **A directory line of a merchant that nothing was recorded or refused for**, and **the last book while it is
  empty**: nothing rests on either.
- **A checkpoint that is gone together with the rows of its book.** The view is behind, says so, and is folded again.
- **Personal data under keys that were destroyed**: the sealed bytes are verified, what was in them cannot be read.
- **Functions, triggers, checks and rights that were changed and put back.** They are held against those that the
  revisions make (`ledger/log/verification/schema.py`) as they are at the time of the check.
"""


def verification() -> str:
    """Returns the text of `docs/verification.md`."""
    return f"{_HEAD}\n## The log\n\n{_covered(EVIDENCE)}\n\n## The views\n\n{_covered(CONTROL)}\n{_FOLDED}{_LIMITS}"


def _covered(evidence: Mapping[str, Mapping[str, Proof]]) -> str:
    return table(("Table", "Columns", "Covered by", "How"), _rows(evidence))


def _rows(evidence: Mapping[str, Mapping[str, Proof]]) -> Iterator[tuple[str, ...]]:
    for name, columns in evidence.items():
        by_proof: dict[Proof, list[str]] = {}
        for column, proof in columns.items():
            by_proof.setdefault(proof, []).append(f"`{column}`")
        for proof, named in by_proof.items():
            yield f"`{name}`", ", ".join(named), proof.cover.value, proof.how
