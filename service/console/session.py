"""The session of a browser: its access token in a cookie, and the proof that a form was made by this session.

The server keeps nothing of a session. The cookie holds the token itself, which no script and no other site reads.
"""

from __future__ import annotations

import hmac
import json
import re
from base64 import urlsafe_b64decode, urlsafe_b64encode
from hashlib import sha256
from http.cookies import CookieError, SimpleCookie
from typing import Literal
from urllib.parse import parse_qsl

from fastapi import Request, Response
from starlette.types import Scope

from service.access.code_flow import CodeFlow
from service.access.gate import TokenRefused

HOME = "/console"
SIGN_IN = f"{HOME}/sign-in"
COOKIE, LANGUAGE_COOKIE, FLOW_COOKIE = "redledger_session", "redledger_language", "redledger_sign_in"
PROOF = "proof"  # the field of each form
LONGEST_TOKEN = 3_000  # letters; a browser keeps cookies of 4,096 bytes
_OWN_PATH = re.compile(r"/console(?:[/?][!-~]*)?")
_YEAR_S = 365 * 24 * 3600
FLOW_S = 600  # in which a person signs in at the issuer


class ProofMissing(Exception):
    """A form was sent by another page than one of this session."""


def token_in_cookie(scope: Scope) -> str:
    """Returns the access token of the request's session, or an empty text."""
    return _held(scope, COOKIE)


def _held(scope: Scope, name: str) -> str:
    try:
        return urlsafe_b64decode(cookies_of(scope).get(name, "").encode("ascii")).decode()
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
    _set(response, request, COOKIE, _encoded(token), max_age=None)


def short_enough(token: str) -> str:
    """Returns the token if a browser keeps it. Raises `TokenRefused`."""
    if len(token) > LONGEST_TOKEN:
        raise TokenRefused(f"A token of more than {LONGEST_TOKEN} letters is too long for a browser.")
    return token


def end(response: Response, request: Request) -> None:
    _set(response, request, COOKIE, "", max_age=0)


def keep_language(response: Response, request: Request, language: str) -> None:
    _set(response, request, LANGUAGE_COOKIE, language, max_age=_YEAR_S)


def keep_flow(response: Response, request: Request, flow: CodeFlow, next_path: str) -> None:
    """Keeps the sign-in that was begun in the browser that began it. The way back comes from the issuer's site: `lax`
    lets the cookie through."""
    held = _encoded(json.dumps([flow.state, flow.nonce, flow.verifier, next_path]))
    _set(response, request, FLOW_COOKIE, held, max_age=FLOW_S, same_site="lax")


def flow_of(request: Request) -> tuple[CodeFlow, str] | None:
    """Returns the sign-in that this browser began and the page that it leads to, or None."""
    try:
        state, nonce, verifier, next_path = map(str, json.loads(_held(request.scope, FLOW_COOKIE)))
    except (ValueError, TypeError):
        return None
    return CodeFlow(state, nonce, verifier), own_path(next_path)


def end_flow(response: Response, request: Request) -> None:
    _set(response, request, FLOW_COOKIE, "", max_age=0, same_site="lax")


def _encoded(text: str) -> str:
    return urlsafe_b64encode(text.encode()).decode()


def _set(
    response: Response,
    request: Request,
    name: str,
    value: str,
    *,
    max_age: int | None,
    same_site: Literal["lax", "strict"] = "strict",
) -> None:
    secure = request.url.scheme == "https"
    response.set_cookie(name, value, max_age=max_age, path=HOME, secure=secure, httponly=True, samesite=same_site)


def proof_of(token: str) -> str:
    """Returns the proof of a session: nobody computes it without the token."""
    return hmac.new(token.encode(), b"a form of the console", sha256).hexdigest()


async def form_of(request: Request) -> dict[str, str]:
    """Returns the fields of a form, without the proof. Raises `ProofMissing` if it is not of this session."""
    fields = await form_before_session(request)
    token, sent = token_in_cookie(request.scope), fields.pop(PROOF, "")
    if token and not hmac.compare_digest(sent.encode(), proof_of(token).encode()):
        raise ProofMissing
    return fields


async def form_before_session(request: Request) -> dict[str, str]:
    """Returns the fields of a form that begins a session, so that it has no proof: the browser's own word on where it
    comes from must do. Raises `ProofMissing`."""
    if request.headers.get("sec-fetch-site", "same-origin") != "same-origin":
        raise ProofMissing
    return await fields_of(request)


async def values_of(request: Request, name: str) -> list[str]:
    """Returns all values of a field of a form, such as its chosen rows."""
    return [value for field, value in await sent_fields(request) if field == name]


async def fields_of(request: Request) -> dict[str, str]:
    """Returns the fields of a form as they were sent, by whomever; of a repeated one the last."""
    return dict(await sent_fields(request))


async def sent_fields(request: Request) -> list[tuple[str, str]]:
    """Returns the names and values of a form in the order of its fields."""
    return parse_qsl((await request.body()).decode("utf-8", "replace"), keep_blank_values=True)


def own_path(path: str) -> str:
    """Returns the path if it is one of the console, else its home: nobody is sent to another site."""
    return path if _OWN_PATH.fullmatch(path) and ".." not in path and "\\" not in path else f"{HOME}/"
