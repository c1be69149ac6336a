"""The issuer of OpenID Connect in the settings: its address, our audience and registration, and the roles that its
claims grant."""

from __future__ import annotations

from dataclasses import dataclass, field
from typing import Any, get_args
from urllib.parse import urlsplit

from service.failures import ServiceFailure
from service.networks import is_loopback
from service.questions.question import Role
from service.settings import Settings, flag_of

_ROLES: tuple[Role, ...] = get_args(Role)
_ISSUER = flag_of("oidc_issuer")


@dataclass(frozen=True, slots=True)
class Client:
    """Our registration at the issuer: the id, and the secret if the issuer gives one."""

    id: str
    secret: str = field(default="", repr=False)


@dataclass(frozen=True, slots=True)
class Issuer:
    """`roles` are pairs of a value of the claim and the role that it grants; the first that applies is taken."""

    url: str
    audience: str
    roles_claim: str
    roles: tuple[tuple[str, Role], ...]
    scope_claim: str
    client: Client


def issuer_of(settings: Settings) -> Issuer | None:
    """Returns the issuer, or None if none is set. Raises `ServiceFailure` for settings that do not go together."""
    if not settings.oidc_issuer:
        return None
    if not is_protected(settings.oidc_issuer):
        raise _wrong("oidc_issuer", f"{settings.oidc_issuer!r} is no https address")
    if not settings.oidc_audience:
        raise _wrong("oidc_audience", f"it is needed with {_ISSUER}: tokens for other services would be accepted")
    roles = tuple(_granted(pair.strip()) for pair in settings.oidc_roles.split(",") if pair.strip())
    if not roles:
        raise _wrong("oidc_roles", f"it is needed with {_ISSUER}: without it nobody has a role")
    return Issuer(
        url=settings.oidc_issuer,
        audience=settings.oidc_audience,
        roles_claim=settings.oidc_roles_claim,
        roles=roles,
        scope_claim=settings.oidc_scope_claim,
        client=Client(settings.oidc_client or settings.oidc_audience, settings.oidc_client_secret),
    )


def is_protected(url: str) -> bool:
    """True for an https address, and for an http address of this machine itself."""
    try:
        parts = urlsplit(url)
    except ValueError:
        return False
    if parts.username or parts.password or parts.query or parts.fragment or not parts.hostname:
        return False
    return parts.scheme == "https" or (parts.scheme == "http" and is_loopback(parts.hostname))


def claim_in(claims: dict[str, Any], path: str) -> Any:
    """Returns the claim, or None. A point leads into an object, as in `realm_access.roles`; a claim whose own name has
    points, such as `https://example.org/roles`, is found first."""
    if path in claims:
        return claims[path]
    found: Any = claims
    for name in path.split("."):
        found = found.get(name) if isinstance(found, dict) else None
    return found


def _granted(pair: str) -> tuple[str, Role]:
    value, _, name = pair.rpartition("=")
    role = next((role for role in _ROLES if role == name.strip()), None)
    if not value.strip() or role is None:
        raise _wrong("oidc_roles", f"{pair!r} is no VALUE=ROLE, with a role of {', '.join(_ROLES)}")
    return value.strip(), role


def _wrong(name: str, reason: str) -> ServiceFailure:
    return ServiceFailure(f"{flag_of(name)}: {reason}.")
