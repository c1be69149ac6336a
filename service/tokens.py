"""Cursors as outsiders hold them: a vector of positions in one opaque word, good for one ledger and one epoch."""

from __future__ import annotations

import json
from base64 import urlsafe_b64decode, urlsafe_b64encode
from collections.abc import Mapping

from ledger.canonical import canonical
from ledger.log.identity import Identity
from projections.projection import Projection


class TokenUnusable(ValueError):
    """The token is not one, or was made by another ledger or before a restore of this one."""


def token_of(identity: Identity, vector: Mapping[int, int], view: Projection | None = None) -> str:
    """One word for where a reader stands in every book, and of which view it speaks."""
    content: dict[str, object] = {
        "ledger": identity.ledger_id,
        "epoch": identity.epoch,
        "at": {str(book): position for book, position in vector.items() if position},
    }
    if view is not None:
        content |= {"view": view.name, "version": view.version}
    return urlsafe_b64encode(canonical(content).encode()).decode().rstrip("=")


def vector_of(identity: Identity, token: str) -> dict[int, int]:
    """The positions a token stands for. Raises `TokenUnusable`."""
    try:
        content = json.loads(urlsafe_b64decode(token + "=" * (-len(token) % 4)))
        vector = {int(book): int(position) for book, position in content["at"].items()}
        made_by = (content["ledger"], content["epoch"])
    except (ValueError, KeyError, TypeError, AttributeError):
        raise TokenUnusable("This is not a token of a ledger.") from None
    if made_by != (identity.ledger_id, identity.epoch):
        raise TokenUnusable("The token is another ledger's, or older than a restore of this one: read from the start.")
    return vector
