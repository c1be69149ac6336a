"""Access over HTTP: the one-time code of the first start is exchanged for an access token."""

from __future__ import annotations

from datetime import datetime
from typing import Annotated, Any

from fastapi import APIRouter, Request
from fastapi.responses import HTMLResponse, JSONResponse
from pydantic import BaseModel, ConfigDict, StringConstraints

from service.access.gate import Gate
from service.access.tokens import exchange_code
from service.http.admission import Admission
from service.http.errors import error
from service.http.parameters import OpenApp
from service.http.statuses import responses
from service.questions.answer_models import envelope_with
from service.questions.envelope import enveloped

router = APIRouter(tags=["access"])
FIRST_TOKEN = "/first-token"


class Code(BaseModel):
    """A code that `redledger up` has printed."""

    model_config = ConfigDict(extra="forbid", title="Code")

    code: Annotated[str, StringConstraints(max_length=100)]


class NewAccessToken(BaseModel):
    """An access token. `token` is shown in this answer only, and stored nowhere."""

    model_config = ConfigDict(extra="forbid")

    token_id: str
    token: str
    expires_at: datetime


TokenAnswer = envelope_with("TokenAnswer", "The envelope of a new token.", NewAccessToken)


@router.post("/v1/tokens/exchange", response_model=TokenAnswer, responses=responses(401, 409), name="exchange_code")
async def exchange(body: Code, app: OpenApp, request: Request) -> Any:
    """Exchanges the code of the first start for an access token of the first account. A code is used once."""
    admission: Admission = request.app.state.admission
    gate: Gate = request.app.state.gate
    issued = await admission.checked(request, body.code, lambda text: exchange_code(app, gate.code_of(text)))
    if not issued.text:
        return error(409, issued.outcome.code, f"{issued.outcome.sentence} {issued.outcome.remedy}")
    made = {"token_id": issued.token_id, "token": issued.text, "expires_at": issued.expires_at}
    content = enveloped(app, made, {issued.outcome.book: issued.outcome.last})
    return JSONResponse(content, headers={"Cache-Control": "no-store"})


# The code stands behind the # of the link: browsers do not send it, so no log of requests has it.
_PAGE = """<!doctype html><html lang="en"><meta charset="utf-8"><title>First access token</title>
<meta name="referrer" content="no-referrer">
<style>body{font:16px/1.5 system-ui,sans-serif;max-width:42rem;margin:3rem auto;padding:0 1rem}
pre{white-space:pre-wrap;overflow-wrap:anywhere;background:#f3f3f3;padding:1rem}</style>
<h1>First access token</h1>
<p>The code in this link is exchanged for an access token of the account <code>admin</code>, once.</p>
<p><button id="exchange">Show the token</button></p><pre id="said" aria-live="polite"></pre>
<script>
document.getElementById("exchange").onclick = async (event) => {
  event.target.disabled = true;
  const answer = await fetch("/v1/tokens/exchange", {method: "POST",
    headers: {"Content-Type": "application/json"}, body: JSON.stringify({code: location.hash.slice(1)})});
  const found = await answer.json();
  history.replaceState(null, "", location.pathname);
  document.getElementById("said").textContent = answer.ok
    ? found.data.token + "\n\nKeep it: it is not shown again. Send it as\nAuthorization: Bearer " + found.data.token
    : found.detail;
};
</script></html>"""


@router.get(FIRST_TOKEN, include_in_schema=False)
async def first_token() -> HTMLResponse:
    """Returns the page behind the link of the first start."""
    return HTMLResponse(_PAGE, headers={"Cache-Control": "no-store"})
