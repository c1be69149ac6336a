"""Questions about orders: tracking of their parcels, their history, and sales by channel."""

from __future__ import annotations

from datetime import date
from functools import partial
from typing import TYPE_CHECKING, Any

from service.questions.parameters import MARKET, MERCHANT, ORDER, TIMES, Kind, Parameter
from service.questions.question import BUYERS, MERCHANTS, STAFF, Question
from service.tables import tables

if TYPE_CHECKING:
    from service.questions.asked import Asked

_ORDER = ORDER.as_argument("Id of the order, such as 2025-000017.").saying(
    "Id of the order, such as 2025-000017.", filter=""
)
_OF = MERCHANT.saying("Merchant of the order, if several have an order of this id.")


def _track(asked: Asked) -> Any:
    from projections.tracking.tracking import track
    from service.tracking.localisation import DEFAULT, best_locale, localised, reader_of
    from service.tracking.tracking import reported

    accepted = asked["accept_language"]
    language = asked["locale"] or (best_locale(accepted) if accepted else None)
    reader_of(language or DEFAULT)  # a locale without texts is refused before anything is read
    buyer = asked.reader.buyer if asked.reader else None
    found = track(asked.views, asked["order"], merchant=asked["merchant"], buyer=buyer)
    if found is None:
        return None
    words = localised(found, asked.end, reader_of(language, market=found.market)) if language else None
    return reported(found, asked.end) | {"words": words}


def _history(asked: Asked) -> Any:
    from service.questions.shapes import entry_of
    from service.tracking.history import history_of

    times = asked.given("merchant", "as_of", "as_known_at")
    found = history_of(asked.app.ledger, asked["order"], upto=asked["at"], detail_of=asked["detail_of"], **times)
    return [step.as_json() | {"entry": entry_of(step.entry)} for step in found] or None


def _sales(asked: Asked) -> Any:
    from projections.sales.sales_by_channel import sales
    from service.questions.filters import check_days

    check_days(asked["from_day"], asked["to_day"])
    wanted = asked.given("from_day", "to_day", "merchant", "channel", "market")
    return asked.page(partial(sales, asked.views, creator_id=asked["creator"], timepoint=asked.timepoint, **wanted))


QUESTIONS = (
    Question(
        name="track",
        group="orders",
        path="/orders/{order}/tracking",
        says="Show the parcels of an order on both legs, and the after-sales that the buyer may request now.\n\nShows "
        "the buyer's view: no CNY amount, no fee, no partner's name. `words` is the same page in the buyer's language.",
        find=_track,
        answer="service.questions.shapes:TrackedOrder",
        readers=BUYERS,
        views=("customer_tracking",),
        own_parameters=(
            _ORDER,
            _OF,
            Parameter(name="locale", says="Language of the buyer, such as en-US, zh-Hans, zh-Hant-MO or pt-MO."),
            Parameter(name="accept_language", says="", kind=Kind.WORD, header=True),
        ),
        folds=True,
        folds_only_of=("order", "merchant"),
        noun="Order",
        table=tables.TIMELINE,
    ),
    Question(
        name="history",
        group="orders",
        path="/orders/{order}/history",
        says="Show what happened to an order, one event a step: reason, changes, the order after it, the buyer's page "
        "then, and the journal entry; optionally up to an accounting day, or as known at an instant.\n\nReads the log "
        "itself, not a view. Personal values stay sealed.",
        find=_history,
        answer="service.questions.shapes:OrderStep",
        readers=STAFF,  # entries and states have the platform's costs
        own_parameters=(
            _ORDER,
            Parameter(
                name="at",
                says="Only up to this step, with the full state of the order after it.",
                kind=Kind.NUMBER,
                least=1,
            ),
            Parameter(
                name="detail_of",
                says="Changes, the order after it and the buyer's page for this step alone, or the last one if there "
                "are fewer: a long history is answered in a fraction of the time.",
                kind=Kind.NUMBER,
                least=1,
            ),
            _OF,
            *TIMES,
        ),
        listed=True,
        noun="Order",
        table=tables.HISTORY,
    ),
    Question(
        name="sales",
        group="orders",
        path="/sales",
        says="List the number and CNY list price of placed orders a day, by merchant, channel, content, creator and "
        "market; the earliest day first.",
        find=_sales,
        answer="projections.sales.sales_by_channel:ChannelSales",
        readers=MERCHANTS,
        exported=True,
        views=("sales_by_channel",),
        own_parameters=(
            MERCHANT,
            Parameter(name="channel", says="Only this channel: post, live_stream or store.", filter="channel"),
            Parameter(name="creator", says="Only orders through this creator.", filter="creator"),
            MARKET,
            Parameter(name="from_day", says="First day.", kind=Kind.DAY, public="from"),
            Parameter(name="to_day", says="Last day.", kind=Kind.DAY, public="to"),
            *TIMES,
        ),
        key={"day": date, "merchant": str, "channel": str, "content_id": str, "creator_id": str, "market": str},
        table=tables.SALES,
    ),
)
