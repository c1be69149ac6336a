"""Checks the signatures that senders put into a header of their webhooks."""

from __future__ import annotations

import hmac
from collections.abc import Iterable, Mapping

from service.formats.refused_bodies import SignatureDoesNotMatch


def header_of(headers: Mapping[str, str], header: str) -> str:
    """Returns the header, in any case of letters. Raises `SignatureDoesNotMatch` if it is missing."""
    given = next((value for name, value in headers.items() if name.lower() == header), None)
    if given is None:
        raise SignatureDoesNotMatch(f"The webhook has no {header} header, so that its sender is not known.")
    return given


def expect_one(expected: str, given: Iterable[str], header: str) -> None:
    """Checks that one of the given signatures is the expected one. Raises `SignatureDoesNotMatch`."""
    if not any(hmac.compare_digest(expected.encode(), each.encode()) for each in given):
        raise SignatureDoesNotMatch(f"The webhook's {header} does not match its body and our secret.")
