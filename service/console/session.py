"""The session of a browser: its access token in a cookie, and the proof that a form was made by this session.

The server keeps nothing of a session. The cookie holds the token itself, which no script and no other site reads.
"""

from __future__ import annotations

import hmac
import re
from base64 import urlsafe_b64decode, urlsafe_b64encode
from hashlib import sha256
from http.cookies import CookieError, SimpleCookie
from urllib.parse import parse_qsl

from fastapi import Request, Response
from starlette.types import Scope

HOME = "/console"
COOKIE, LANGUAGE_COOKIE = "redledger_session", "redledger_language"
PROOF = "proof"  # the field of each form
LONGEST_TOKEN = 3_000  # letters; a browser keeps cookies of 4,096 bytes
_OWN_PATH = re.compile(r"/console(?:[/?][!-~]*)?")
_YEAR_S = 365 * 24 * 3600


class ProofMissing(Exception):
    """A form was sent by another page than one of this session."""


def token_in_cookie(scope: Scope) -> str:
    """Returns the access token of the request's session, or an empty text."""
    try:
        held = cookies_of(scope).get(COOKIE, "")
        return urlsafe_b64decode(held.encode("ascii")).decode()
    except ValueError:  # nobody but us writes it in our form
        return ""


def cookies_of(scope: Scope) -> dict[str, str]:
    """Returns the cookies of the request. A header that is none holds none."""
    found: dict[str, str] = {}
    for name, value in scope["headers"]:
        if name == b"cookie":
            try:
                found |= {key: each.value for key, each in SimpleCookie(value.decode("latin-1")).items()}
            except CookieError:
                continue
    return found


def begin(response: Response, request: Request, token: str) -> None:
    """Gives the browser the session of this token. It ends with the browser, or with the token."""
    held = urlsafe_b64encode(token.encode()).decode()
    _set(response, request, COOKIE, held, max_age=None)


def end(response: Response, request: Request) -> None:
    _set(response, request, COOKIE, "", max_age=0)


def keep_language(response: Response, request: Request, language: str) -> None:
    _set(response, request, LANGUAGE_COOKIE, language, max_age=_YEAR_S)


def _set(response: Response, request: Request, name: str, value: str, *, max_age: int | None) -> None:
    secure = request.url.scheme == "https"
    response.set_cookie(name, value, max_age=max_age, path=HOME, secure=secure, httponly=True, samesite="strict")


def proof_of(token: str) -> str:
    """Returns the proof of a session: nobody computes it without the token."""
    return hmac.new(token.encode(), b"a form of the console", sha256).hexdigest()


async def form_of(request: Request) -> dict[str, str]:
    """Returns the fields of a form, without the proof. Raises `ProofMissing` if it is not of this session.

    Before there is a session, the browser's own word on where the form comes from must do.
    """
    fields = await fields_of(request)
    token, sent = token_in_cookie(request.scope), fields.pop(PROOF, "")
    if request.headers.get("sec-fetch-site", "same-origin") != "same-origin":
        raise ProofMissing
    if token and not hmac.compare_digest(sent.encode(), proof_of(token).encode()):
        raise ProofMissing
    return fields


async def values_of(request: Request, name: str) -> list[str]:
    """Returns all values of a field of a form, such as its chosen rows."""
    sent = parse_qsl((await request.body()).decode("utf-8", "replace"))
    return [value for field, value in sent if field == name]


async def fields_of(request: Request) -> dict[str, str]:
    """Returns the fields of a form as they were sent, by whomever."""
    return dict(parse_qsl((await request.body()).decode("utf-8", "replace"), keep_blank_values=True))


def own_path(path: str) -> str:
    """Returns the path if it is one of the console, else its home: nobody is sent to another site."""
    return path if _OWN_PATH.fullmatch(path) and ".." not in path and "\\" not in path else f"{HOME}/"
