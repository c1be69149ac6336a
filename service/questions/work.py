"""Questions about the work of people: cases, proposals, exceptions, unmatched items, late goods, declarations."""

from __future__ import annotations

from datetime import datetime
from functools import partial
from typing import TYPE_CHECKING, Any

from service.questions.parameters import MERCHANT, ORDER, TIMES, Kind, Parameter, choice
from service.questions.question import MERCHANTS, STAFF, Computed, Question, age_since
from service.tables import tables

if TYPE_CHECKING:
    from service.questions.asked import Asked


def _given(value: str) -> str | None:
    """Returns the chosen value, None for all."""
    return None if value == "all" else value


def _approvals(asked: Asked) -> Any:
    from projections.worklists.approvals_queue import waiting_cases

    return asked.page(partial(waiting_cases, asked.views, merchant=asked["merchant"]))


def _proposals(asked: Asked) -> Any:
    from projections.worklists.proposals import proposals

    chosen: Any = {"state": _given(asked["state"]), "merchant": asked["merchant"], "timepoint": asked.timepoint}
    return asked.page(partial(proposals, asked.views, **chosen))


def _exceptions(asked: Asked) -> Any:
    from service.exception_list import exceptions_of

    chosen: Any = {"status": _given(asked["status"]), "timepoint": asked.timepoint, **asked.given("kind", "merchant")}
    return asked.page(partial(exceptions_of, asked.app, **chosen))


def _breaks_by_kind(asked: Asked) -> Any:
    from service.finance.breaks_by_kind import breaks_by_kind

    return breaks_by_kind(asked.app, asked.views, asked.timepoint)


def _unmatched(asked: Asked) -> Any:
    from service.unmatched.items import waiting

    return asked.page(partial(waiting, asked.app, asked.timepoint))


def _overdue(asked: Asked) -> Any:
    from projections.worklists.warehouse_promises import overdue, warnings

    found = warnings if asked["soon"] else overdue
    return asked.page(partial(found, asked.views, asked.end, merchant=asked["merchant"]))


def _unsent(asked: Asked) -> Any:
    from service.unsent_refunds import kept_back

    return asked.page(partial(kept_back, asked.app, asked.now, views=asked.views))


def _declarations(asked: Asked) -> Any:
    from projections.worklists.declarations import ties

    chosen: Any = {"merchant": asked["merchant"], "only_mismatches": asked["mismatches"]}
    return asked.page(partial(ties, asked.views, **chosen))


def _refused(asked: Asked) -> Any:
    from ledger.log.refused_commands import RefusedFilter
    from service.refused_commands import refused

    merchant = asked.reader.scope if asked.reader and asked.reader.role == "merchant" else None
    wanted = RefusedFilter(**asked.given("merchant", "order", "actor", "code", "since", "until"), asked_by=merchant)
    return asked.page(partial(refused, asked.app, wanted))


def _parked(asked: Asked) -> Any:
    from service.automation.parking import parked

    return parked(asked.app.ledger, asked.streams)


QUESTIONS = (
    Question(
        name="approvals",
        group="work",
        path="/approvals",
        says="List refund cases that wait for a decision, the longest waiting first, with the next approver and the "
        "deadline.\n\n`amount` is the buyer's amount in the order's currency; `list_amount` is the merchant's "
        "amount in CNY.",
        find=_approvals,
        answer="projections.worklists.approvals_queue:WaitingCase",
        readers=MERCHANTS,
        views=("approvals_queue",),
        own_parameters=(MERCHANT,),
        folds=True,
        folds_only_of=("merchant",),
        key={"waiting_since": datetime, "merchant": str, "order_id": str, "refund_id": str},
        computed={"late": Computed(bool, lambda case, now: case.is_late(now))},
        table=tables.APPROVALS,
    ),
    Question(
        name="proposals",
        group="work",
        path="/proposals",
        says="List proposals with their CNY amounts, the oldest first: commands, adjustments and write-offs that "
        "another person must decide.",
        find=_proposals,
        answer="projections.worklists.proposals:ProposalRow",
        readers=STAFF,
        views=("proposals",),
        own_parameters=(
            choice("state", "Only this state.", "proposed", "approved", "rejected", "all"),
            MERCHANT,
            *TIMES,
        ),
        key={"proposed_at": datetime, "stream": str, "proposal_id": str},
        table=tables.PROPOSALS,
    ),
    Question(
        name="exceptions",
        group="work",
        path="/exceptions",
        says="List open breaks and unmatched items, the oldest first.\n\nThen lists the items that timers and other "
        "loops have set aside because they failed (set_aside), which are tried again automatically, and the policies "
        "that must be published anew (invalid_policy).",
        find=_exceptions,
        answer="projections.worklists.exceptions:ExceptionRow",
        readers=STAFF,
        views=("exceptions",),
        own_parameters=(
            choice("status", "Only this status.", "open", "resolved", "all"),
            Parameter(name="kind", says="Only this kind, such as capture_without_order.", filter="kind"),
            MERCHANT,
            *TIMES,
        ),
        key={
            "part": int,
            "since": datetime,
            "stream": str,
            "break_id": str,
            "item": str,
            "book": str,
        },
        computed=age_since("since"),
        table=tables.EXCEPTIONS,
    ),
    Question(
        name="breaks-by-kind",
        group="work",
        path="/breaks-by-kind",
        says="Show the open breaks and unmatched items by kind: number, oldest, owners, and amounts; the greatest "
        "value in CNY first.",
        find=_breaks_by_kind,
        answer="service.finance.breaks_by_kind:BreaksOfKind",
        readers=STAFF,
        views=("exceptions",),
        own_parameters=TIMES,
        listed=True,
        table=tables.BREAKS_BY_KIND,
    ),
    Question(
        name="unmatched",
        group="work",
        path="/unmatched",
        says="List unmatched money and facts, the oldest first, with the orders that their references point to.\n\n"
        "`amount` is the captured amount, `base` its CNY value in the books, `refunded` the part owed back to the "
        "payer.",
        find=_unmatched,
        answer="service.unmatched.items:Waiting",
        readers=STAFF,
        views=("exceptions", "psp_references", "tracking_numbers"),
        own_parameters=TIMES,
        key={"happened_at": datetime, "stream": str},
        computed=age_since("happened_at"),
        table=tables.UNMATCHED,
    ),
    Question(
        name="unsent-refunds",
        group="work",
        path="/unsent-refunds",
        says="List approved refunds that are not sent to their providers, the longest waiting first, with what keeps "
        "each: a refusal, a failed attempt whose next one is due later, attempts that are used up, or a switch.\n\n"
        "A refund that waits for its goods is not listed. `amount` is the part that no attempt covers.",
        find=_unsent,
        answer="service.unsent_refunds:UnsentRefund",
        readers=STAFF,
        views=("refunds_to_submit",),
        key={"since": datetime, "stream": str, "refund_id": str},
        computed=age_since("since"),
        without_times="The reasons are those of now: each refund is tried on its order as it is.",
        table=tables.UNSENT_REFUNDS,
    ),
    Question(
        name="overdue",
        group="work",
        path="/overdue",
        says="List parcels and unpacked goods that are late to the transfer warehouse, the earliest promise first.",
        find=_overdue,
        answer="projections.worklists.warehouse_promises:Promised",
        readers=MERCHANTS,
        views=("overdue_to_warehouse",),
        own_parameters=(
            Parameter(
                name="soon",
                says="List instead the goods that must be handed over now to be in time.",
                kind=Kind.FLAG,
                default=False,
            ),
            MERCHANT,
        ),
        folds=True,
        folds_only_of=("merchant",),
        key={"promised_by": datetime, "merchant": str, "order_id": str, "parcel_id": str},
        computed={"hours_late": Computed(int, lambda promised, _: promised.hours_late)},
        hidden=("late_by",),
        table=tables.OVERDUE,
    ),
    Question(
        name="declarations",
        group="work",
        path="/declarations",
        says="List export declarations with their orders and payment receipts, and if the three agree.",
        find=_declarations,
        answer="projections.worklists.declarations:Tie",
        readers=MERCHANTS,
        views=("declarations",),
        own_parameters=(
            Parameter(
                name="mismatches",
                says="Only declarations that do not agree with the order and the payment.",
                kind=Kind.FLAG,
                default=False,
            ),
            MERCHANT,
        ),
        folds=True,  # of all merchants: they may share a declaration
        key={"declaration_no": str, "merchant": str, "order_id": str},
        table=tables.DECLARATIONS,
    ),
    Question(
        name="refused-commands",
        group="work",
        path="/refused-commands",
        says="List refused commands in recorded order: who submitted what, the reason, its facts, and the remedy.\n\n"
        "A merchant sees the commands that its own accounts submitted. Reads the log, not a view. A command that lost "
        "a race is left out: nothing is kept of it.",
        find=_refused,
        answer="service.refused_commands:RefusedCommand",
        readers=MERCHANTS,
        own_parameters=(
            MERCHANT,
            ORDER.saying("Only commands about this order, placed or not.", filter="refused_order"),
            Parameter(name="actor", says="Only commands of this actor.", filter="refused_actor"),
            Parameter(name="code", says="Only this refusal, such as NOT_DUE.", filter="refusal"),
            Parameter(name="since", says="Only commands refused from this instant on.", kind=Kind.INSTANT),
            Parameter(name="until", says="Only commands refused before this instant.", kind=Kind.INSTANT),
        ),
        key={"recorded_at": datetime, "book": int, "number": int},
        without_times="A refusal never changes; `until` ends the list at an instant.",
        table=tables.REFUSED_COMMANDS,
    ),
    Question(
        name="parked",
        group="work",
        path="/parked",
        says="List the parked events and items, and the proposals about them that wait for a second person.\n\n"
        "Reads the log, not a view.",
        find=_parked,
        answer="service.automation.parking:ParkedRow",
        readers=STAFF,
        own_parameters=TIMES,
        listed=True,
        table=tables.PARKED,
    ),
)
