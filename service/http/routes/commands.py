"""Commands over HTTP, made from the menu: one at a time, or a batch that is answered one by one."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Annotated, Any, NamedTuple

from fastapi import APIRouter, Header, Query, Request
from fastapi.responses import JSONResponse
from pydantic import BaseModel, ConfigDict
from starlette.concurrency import run_in_threadpool
from starlette.datastructures import State

from commands.bus.fault import fault_of
from commands.bus.outcome import Outcome
from commands.bus.trial import TriedEvent
from commands.command import Command
from ledger.actors import Actor
from ledger.events.access import AccountRole
from ledger.ids import PLATFORM_BOOK, Id
from service.access.gate import Bearer
from service.app import App
from service.http.bearer import AccessBearer
from service.http.document.command_schemas import OVER_HTTP
from service.http.document.statuses import responses
from service.http.errors import PROBLEM_MEDIA, Problem
from service.http.joined_calls import JoinedCalls
from service.http.lanes import Lane
from service.http.limits import MOST_COMMANDS
from service.http.outcomes import REPLAYED, CommandResult, problem_of, problem_of_malformed, result_of
from service.http.routes.account_keys import AccountKeys
from service.questions.answer_models import envelope_with
from service.questions.envelope import enveloped
from service.questions.links import links_for
from service.questions.presentation import presented
from service.questions.question import FINANCE, STAFF
from service.questions.shapes import entry_of
from service.record.parser import Malformed, command_in_body, command_in_item, is_plain, json_value

router = APIRouter(tags=["commands"])
IdempotencyKey = Annotated[
    Id,
    Header(
        alias="Idempotency-Key",
        description="Id of the command, chosen by the client, such as a UUID. The same key of the same account always "
        "gets the first answer again, for ever, with the header `Idempotent-Replayed: true`. With another body it is "
        "refused.",
    ),
]
DryRun = Annotated[
    bool, Query(description="Decide only: answer what would be recorded, and record nothing, the key included.")
]


class ItemAnswer(BaseModel):
    """The answer to one command of a batch: its HTTP status, and its result or its problem."""

    model_config = ConfigDict(extra="forbid")

    status: int
    replayed: bool
    result: CommandResult | None
    problem: Problem | None


CommandAnswer = envelope_with("CommandAnswer", "The envelope of a command's answer.", CommandResult)
BatchAnswer = envelope_with(
    "BatchAnswer", "The envelope of a batch's answers, in the order of its commands.", list[ItemAnswer]
)


class Sent(NamedTuple):
    """A request with one command: who sends it, its name, its key and the body."""

    bearer: Bearer
    name: str
    key: str
    body: bytes


class Answered(NamedTuple):
    """The answer to one command: HTTP status, body of the result or the problem, and the outcome if it was decided."""

    status: int
    body: dict[str, Any]
    outcome: Outcome | None = None

    @property
    def replayed(self) -> bool:
        return self.outcome is not None and self.outcome.repeated


@router.post(
    "/v1/commands/{name}",
    response_model=CommandAnswer,
    responses=responses(400, 401, 403, 404, 409),
    name="submit_command",
)
async def submit(
    name: Id,
    request: Request,
    bearer: AccessBearer,
    idempotency_key: IdempotencyKey,
    dry_run: DryRun = False,
) -> JSONResponse:
    """Submits one command. The actor is the account of the access token.

    `occurred_at` is for reports alone. An answer is given once it is on disk. A duplicate that comes while the first is
    being decided waits for its answer.
    """
    sent = Sent(bearer, name, idempotency_key, await request.body())
    return await (tried if dry_run else submitted)(request.app.state, sent)


@router.post(
    "/v1/commands",
    response_model=BatchAnswer,
    responses=responses(400, 401),
    name="submit_commands",
)
async def submit_batch(request: Request, bearer: AccessBearer) -> JSONResponse:
    """Submits a batch of commands, and answers each with its own status. A refused one harms no neighbour.

    The body is `{"commands": [{"command": …, "id": …, "data": {…}}, …]}`; the `id` of each is its idempotency key.
    Later commands are decided on what earlier ones left.
    """
    body = await request.body()
    lane: Lane = request.app.state.batches
    async with lane.entered(bearer.account_id):
        return await run_in_threadpool(_batch, request.app.state.account_keys, bearer, body)


async def submitted(state: State, sent: Sent) -> JSONResponse:
    """Answers one command, together with those that other requests bring meanwhile."""
    lane: Lane = state.commands
    joined: JoinedCalls[Sent, Answered] = state.joined_commands
    async with lane.entered(sent.bearer.account_id):
        return _single(state.app, sent.name, await joined.answer_to(sent))


async def tried(state: State, sent: Sent) -> JSONResponse:
    """Answers a dry run of one command: what would be recorded."""
    lane: Lane = state.batches
    async with lane.entered(sent.bearer.account_id):
        return await run_in_threadpool(_tried, state.account_keys, sent)


def answers_to(keys: AccountKeys, sent: Sequence[Sent]) -> list[Answered]:
    """Answers requests with one command each, which are decided and recorded together.

    A command that cannot be read or answered, even by a mistake of ours, harms no neighbour.
    """
    return _decided(keys, [_read_single(each) for each in sent])[0]


def trials_of(keys: AccountKeys, sent: Sequence[Sent]) -> list[Answered]:
    """Answers dry runs of one command each. None sees what another would record."""
    read = [_read_single(each) for each in sent]
    return [_answered(each, keys.trial(each).outcome) if isinstance(each, Command) else each for each in read]


def _read_single(sent: Sent) -> Command | Answered:
    try:
        return command_in_body(sent.body, OVER_HTTP, actor=sent.bearer.actor, command=sent.name, id=sent.key)
    except Exception as error:
        return _unread(error, sent.name, sent.key)


def _decided(keys: AccountKeys, read: Sequence[Command | Answered]) -> tuple[list[Answered], list[Outcome]]:
    """Submits those that could be read. Returns the answers to all in their order, and the outcomes."""
    commands = [each for each in read if isinstance(each, Command)]
    outcomes = keys.submit(commands)
    decided = iter(zip(commands, outcomes, strict=True))
    answers = [each if isinstance(each, Answered) else _answered(*next(decided)) for each in read]
    return answers, outcomes


def _single(app: App, name: str, answer: Answered) -> JSONResponse:
    headers = {REPLAYED: "true"} if answer.replayed else {}
    if answer.status != 200:
        return JSONResponse(answer.body, answer.status, headers=headers, media_type=PROBLEM_MEDIA)
    assert answer.outcome is not None, f"{name} was answered without an outcome"
    return JSONResponse(enveloped(app, answer.body, _vector([answer.outcome])), headers=headers)


def _batch(keys: AccountKeys, bearer: Bearer, body: bytes) -> JSONResponse:
    try:
        items = _items(body)
    except Malformed as malformed:
        problem = problem_of_malformed(malformed)
        return JSONResponse(problem, problem["status"], media_type=PROBLEM_MEDIA)
    actor, plain = bearer.actor, is_plain(body)
    answers, outcomes = _decided(keys, [_read(item, actor, is_plain=plain) for item in items])
    data = [
        {
            "status": each.status,
            "replayed": each.replayed,
            "result": each.body if each.status == 200 else None,
            "problem": None if each.status == 200 else each.body,
        }
        for each in answers
    ]
    return JSONResponse(enveloped(keys.app, data, _vector(outcomes)))


def _items(body: bytes) -> list[Any]:
    """Returns the items of a batch. Raises `Malformed`."""
    found = json_value(body)
    items = found.get("commands") if isinstance(found, dict) and found.keys() == {"commands"} else None
    if not isinstance(items, list):
        raise Malformed("INVALID_FIELD", 'the body is {"commands": […]}', field="commands")
    if not 1 <= len(items) <= MOST_COMMANDS:
        raise Malformed("INVALID_FIELD", f"a batch has 1 to {MOST_COMMANDS} commands", field="commands")
    return items


def _read(item: Any, actor: Actor, *, is_plain: bool) -> Command | Answered:
    try:
        return command_in_item(item, OVER_HTTP, actor=actor, is_plain=is_plain)
    except Exception as error:
        return _unread(error)


def _unread(error: Exception, name: str = "", key: str = "") -> Answered:
    """Returns the answer to a command that cannot be read. Any error but `Malformed` is a fault."""
    if not isinstance(error, Malformed):
        return _fault(error, name, key)
    problem = problem_of_malformed(error)
    return Answered(problem["status"], problem)


def _answered(command: Command, outcome: Outcome) -> Answered:
    if outcome.is_accepted:
        return Answered(200, result_of(command.name, outcome), outcome)
    try:
        problem = problem_of(outcome)
    except Exception as error:  # another version of the service may have stored a refusal that this one does not know
        return _fault(error, command.name, command.id)
    return Answered(problem["status"], problem, outcome)


def _fault(error: Exception, name: str, key: str) -> Answered:
    problem = problem_of(fault_of(error, command=name, id=key, book=PLATFORM_BOOK, stream=""))
    return Answered(problem["status"], problem)


def _tried(keys: AccountKeys, sent: Sent) -> JSONResponse:
    """Answers a dry run: the events that would be recorded, as far as the role may read them elsewhere. Staff read
    events, finance their entries too; a merchant and a buyer get the types of the events."""
    command = _read_single(sent)
    if isinstance(command, Answered):
        return _single(keys.app, sent.name, command)
    trial = keys.trial(command)
    answer = _answered(command, trial.outcome)
    if answer.status != 200:
        return _single(keys.app, command.name, answer)
    role = sent.bearer.role
    events = presented([_shown(event, role) for event in trial.events], links_for(role))
    return JSONResponse(enveloped(keys.app, answer.body | {"dry_run": True, "events": events}, {}))


def _shown(event: TriedEvent, role: AccountRole) -> dict[str, Any]:
    content = {"event": event.event} if role in STAFF.any else {}
    entry = {"entry": entry_of(event.lines)} if role in FINANCE.any else {}
    return {"type": event.type, "stream": event.stream} | content | entry


def _vector(outcomes: list[Outcome]) -> dict[int, int]:
    vector: dict[int, int] = {}
    for outcome in outcomes:
        if outcome.last:
            vector[outcome.book] = max(vector.get(outcome.book, 0), outcome.last)
    return vector
