"""Subscriptions over HTTP: events by lease, and acknowledgements. They are created and changed by commands, and read by
questions."""

from __future__ import annotations

import json
from collections.abc import Callable, Sequence
from typing import Annotated, Any

from fastapi import APIRouter, Path, Request
from fastapi.responses import Response
from pydantic import AfterValidator, BaseModel, ConfigDict, Field, StringConstraints
from starlette.concurrency import run_in_threadpool

from ledger.ids import Id
from ledger.limits import LARGEST_NUMBER
from ledger.numbers import read_whole
from service.app import App
from service.http.bearer import AccessReader, token_in
from service.http.document.statuses import responses
from service.http.lanes import Lane
from service.http.parameters import Name, OpenApp
from service.http.read_route import CheckedRoute
from service.http.routes.feeds import CloudEvent
from service.http.routes.lease_wait import leased_within
from service.questions.answer_models import envelope_with
from service.questions.envelope import enveloped
from service.questions.reader import Reader
from service.subscriptions.book_delivery import Receipt
from service.subscriptions.subscriptions import Leased, Subscriptions

_MOST = 1_000  # events of a call
_LONGEST_WAIT_S = 7 * 24 * 3600
_LONGEST_LEASE_WAIT_S = 30  # proxies close a connection that is silent for longer


def _receipt_in(text: str) -> Receipt:
    numbers = [read_whole(part) for part in text.split(".")]
    is_written_so = text == ".".join(map(str, numbers))  # one receipt has one text: their number is answered
    if len(numbers) != 3 or not is_written_so or not all(0 <= number <= LARGEST_NUMBER for number in numbers):
        raise ValueError("this is no receipt; each event of a lease has one, such as 3.17.1042")
    return Receipt(*numbers)


def _receipt(text: str) -> str:
    _receipt_in(text)
    return text


def _printable(text: str) -> str:
    """Returns the text on one line. The reason is often that of an exception, and no event waits for a better one; but
    the database stores no NUL, and a terminal obeys an escape."""
    return "".join(letter if letter.isprintable() else " " for letter in text)


ReceiptText = Annotated[str, StringConstraints(max_length=64), AfterValidator(_receipt)]
Receipts = Annotated[list[ReceiptText], Field(min_length=1, max_length=_MOST)]
SubscriptionId = Annotated[Name, Path(description="Id of the subscription.")]


class LeaseRequest(BaseModel):
    """The member of the group that asks, by a name that it keeps; the greatest number of events; and the seconds to
    wait for one if there is none now."""

    model_config = ConfigDict(extra="forbid", title="LeaseRequest")

    member: Id
    most: Annotated[int, Field(ge=1, le=_MOST)] = 100
    wait_s: Annotated[int, Field(ge=0, le=_LONGEST_LEASE_WAIT_S)] = 0


class Acknowledgement(BaseModel):
    """The member, and the receipts of events that it has handled. All are settled, or none."""

    model_config = ConfigDict(extra="forbid", title="Acknowledgement")

    member: Id
    receipts: Receipts


class Rejection(BaseModel):
    """The member, and the receipts of events that it could not handle. They are delivered again after a time, by
    default one that doubles from 1 s to 5 min; or parked, until a person replays or skips them."""

    model_config = ConfigDict(extra="forbid", title="Rejection")

    member: Id
    receipts: Receipts
    retry_after_s: Annotated[int | None, Field(ge=0, le=_LONGEST_WAIT_S)] = None
    park: bool = False
    reason: Annotated[str, StringConstraints(max_length=200), AfterValidator(_printable)] = ""


class Delivery(BaseModel):
    """An event with its receipt. `attempt` counts its deliveries, this one included."""

    model_config = ConfigDict(extra="forbid")

    receipt: str
    attempt: int
    event: CloudEvent


class LeasedEvents(BaseModel):
    """Events in the order of each stream. Acknowledge or reject them within `ack_within_s` seconds. A `state` other
    than `active` delivers nothing."""

    model_config = ConfigDict(extra="forbid")

    state: str
    ack_within_s: int
    events: list[Delivery]


class Settled(BaseModel):
    """The number of events that were settled or given back."""

    model_config = ConfigDict(extra="forbid")

    events: int


LeaseAnswer = envelope_with("LeaseAnswer", "The envelope of leased events.", LeasedEvents)
SettledAnswer = envelope_with("SettledAnswer", "The envelope of an acknowledgement.", Settled)
_ANSWERS = responses(401, 403, 404, 409, 410)

router = APIRouter(tags=["subscriptions"], route_class=CheckedRoute, prefix="/v1/subscriptions/{id}")


@router.post("/lease", response_model=LeaseAnswer, responses=_ANSWERS, name="lease_events")
async def lease(request: Request, app: OpenApp, reader: AccessReader, id: SubscriptionId, body: LeaseRequest) -> Any:
    """Leases events of the subscription to a member of its group. Only a token of the account that owns it may ask.

    Members share the books. Each call says that the member is there: after `ack_within_s` without one, its books and
    its events go to the others, and its receipts are refused. With `wait_s`, the answer comes as soon as there are
    events, or without any after these seconds; without it, an answer without events means that there are none now."""
    state, sent = request.app.state, token_in(request)

    def leased() -> Leased:
        return Subscriptions(app).lease(id, body.member, body.most, reader=reader)

    def leased_if_still_allowed() -> Leased:
        state.gate.bearer_of(sent)  # the token may have ended while the call waited
        return leased()

    async def look() -> Leased:
        found: Leased = await _in_lane(request, reader, leased_if_still_allowed)
        return found

    if not body.wait_s:
        return _answer(app, await _in_lane(request, reader, leased))
    async with state.streams.entered(reader.account_id):
        found = await leased_within(body.wait_s, state.tail, look, request.is_disconnected)
    return _answer(app, found) if found else Response(status_code=204)


@router.post("/ack", response_model=SettledAnswer, responses=_ANSWERS, name="acknowledge_events")
async def acknowledge(
    request: Request, app: OpenApp, reader: AccessReader, id: SubscriptionId, body: Acknowledgement
) -> Any:
    """Settles events that the member holds: they are not delivered again.

    If one of the receipts is not of an event that the member holds, all are refused with `LEASE_NOT_HELD`, and nothing
    changes. Acknowledge the events of a stream in order."""

    def settled() -> dict[str, Any]:
        Subscriptions(app).acknowledge(id, body.member, _receipts(body.receipts), reader=reader)
        return enveloped(app, {"events": len(set(body.receipts))}, {})

    return await _in_lane(request, reader, settled)


@router.post("/nack", response_model=SettledAnswer, responses=_ANSWERS, name="reject_events")
async def reject(request: Request, app: OpenApp, reader: AccessReader, id: SubscriptionId, body: Rejection) -> Any:
    """Gives events back that the member could not handle, and with each the later events of its stream.

    An event is parked after its last retry. Then its stream waits, and the others go on."""

    def given_back() -> dict[str, Any]:
        Subscriptions(app).give_back(
            id,
            body.member,
            _receipts(body.receipts),
            retry_after_s=body.retry_after_s,
            park=body.park,
            reason=body.reason,
            reader=reader,
        )
        return enveloped(app, {"events": len(set(body.receipts))}, {})

    return await _in_lane(request, reader, given_back)


def _answer(app: App, leased: Leased) -> Response:
    return Response(_written(app, leased), media_type="application/json")


async def _in_lane(request: Request, reader: Reader, answer: Callable[[], Any]) -> Any:
    lane: Lane = request.app.state.feed_reads
    async with lane.entered(reader.account_id):
        return await run_in_threadpool(answer)


def _receipts(texts: Sequence[str]) -> list[Receipt]:
    return list(map(_receipt_in, texts))


def _written(app: App, leased: Leased) -> str:
    """Returns the answer as JSON. The events are texts already: parsing them only to write them again costs."""
    reached: dict[int, int] = {}
    for each in leased.events:
        reached[each.row.book] = max(each.row.position, reached.get(each.row.book, 0))
    rest = json.dumps({key: value for key, value in enveloped(app, None, reached).items() if key != "data"})
    events = ",".join(
        f'{{"receipt":"{receipt.book}.{receipt.lease}.{receipt.position}","attempt":{each.attempt},"event":{each.text}}}'
        for each in leased.events
        for receipt in (each.receipt,)
    )
    stated = f'"state":{json.dumps(leased.state)},"ack_within_s":{leased.ack_within_s}'
    return f'{{"data":{{{stated},"events":[{events}]}},{rest[1:]}'
