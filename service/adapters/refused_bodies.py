"""What is wrong with a body that a partner sends: nobody signed it, or it is not what the partner documents."""

from __future__ import annotations

from service.failures import ServiceFailure


class PayloadNotUnderstood(ServiceFailure):
    """A body that is not even what any carrier or provider writes, or not what its sender documents."""


class SignatureDoesNotMatch(ServiceFailure):
    """A body that its sender did not sign, or that was altered or held back on its way."""
