"""Exceptions for bodies that are unsigned or do not follow their sender's documentation."""

from __future__ import annotations

from service.failures import ServiceFailure


class PayloadNotUnderstood(ServiceFailure):
    """The body is neither a known format nor what its sender documents."""


class SignatureDoesNotMatch(ServiceFailure):
    """The body is not signed by its sender, was altered, or is too old."""
