"""Given events, when a command, then events or a refusal: rules as sentences, without a database."""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from datetime import UTC, date, datetime, timedelta
from typing import Any, TypeVar

from commands.bus.decided_events import decided
from commands.command import Command
from commands.menu import MENU
from commands.proposable import PROPOSABLE
from commands.rules import Rules
from commands.two_people import TwoPersonCommand
from ledger.actors import Actor
from ledger.events.event import Event, decode
from ledger.events.platform import FeeScheduleSet, FxRateRecorded, PolicyPublished
from ledger.events.proposals import ProposalMade
from ledger.fx import Rate
from ledger.ids import account_guard
from ledger.journal.posting import post
from ledger.log.places import Places
from ledger.money import Money
from ledger.policies.defaults import default_policies
from ledger.policies.fees import Fees
from ledger.policies.kinds import written
from ledger.policies.policy import Policy
from ledger.policies.reference import Reference
from ledger.policies.reference_pricing import ReferencePricing
from ledger.refusals.refusal import Refusal
from ledger.streams.account import MerchantAccount
from ledger.streams.registry import blank
from ledger.streams.stream import Stream

C = TypeVar("C", bound=Command)

NOW = datetime(2025, 4, 1, 8, tzinfo=UTC)
FROM_THE_START = datetime(2025, 1, 1, tzinfo=UTC)
AGES = timedelta(days=3650)
SYSTEM = Actor(kind="system", id="redledger")
PLATFORM = Actor(kind="platform", id="ping", role="platform_cs")
FINANCE = Actor(kind="platform", id="fang", role="finance")
PROPOSER = Actor(kind="platform", id="pan", role="finance")
MERCHANT = Actor(kind="merchant", id="mei", role="merchant", scope="M-1")
BUYER = Actor(kind="buyer", id="bo", role="buyer", scope="B-1")
PARTNER = Actor(kind="partner", id="bank", role="service")
IMPORTER = Actor(kind="importer", id="importer")

# The worked example of the domain: quoted at 7.2000, captured at 7.1800.
RATES = (
    Rate("USD", "CNY", "7.2000", "reference", "test", date(2025, 3, 1)),
    Rate("USD", "CNY", "7.1800", "book", "test", date(2025, 3, 1)),
    Rate("HKD", "CNY", "0.9260", "reference", "test", date(2025, 3, 1)),
    Rate("HKD", "CNY", "0.9235", "book", "test", date(2025, 3, 1)),
)


def instant(text: str) -> datetime:
    """`"2025-04-21T07:59:59.999Z"` as an instant."""
    return datetime.fromisoformat(text)


def cny(amount: str) -> Money:
    return Money.of(amount, "CNY")


def usd(amount: str) -> Money:
    return Money.of(amount, "USD")


def ask(kind: type[C], /, *, by: Actor = SYSTEM, at: datetime | str = NOW, id: str = "cmd-1", **data: Any) -> C:
    """A command as the bus hands it to its decision. A report happened `at` unless it says otherwise; what takes two
    people was proposed by `proposer` for a `reason`."""
    now = instant(at) if isinstance(at, str) else at
    if not issubclass(kind, TwoPersonCommand):
        return kind.model_validate({"id": id, "actor": by, **data}).stamped(now)
    reason, proposer = data.pop("reason", "asked"), data.pop("proposer", PROPOSER)
    command = kind.model_validate({"id": id, "actor": by, **data}).stamped(now)
    made = {"proposal_id": "P-1", "command": kind.name, "data": {}, "reason": reason}
    return command.proposed_in(ProposalMade(**made, proposer=proposer, proposed_at=now), command)


class Given:
    """The events so far, and the reference data that the decision may read."""

    def __init__(
        self,
        events: Sequence[Event],
        *,
        beside: Mapping[str, Iterable[Event]],
        policies: Iterable[Policy],
        rates: Iterable[Rate],
        accounts: Mapping[str, Money],
        in_open_cases: Money,
        open_day: date,
        places: Places | None,
    ) -> None:
        self._events, self._places = events, places
        self._open_day = open_day
        self._reference = reference_of(policies, rates)
        self._memory: dict[str, Stream] = {name: stream_of(name, given) for name, given in beside.items()}
        for merchant_id, available in accounts.items():
            name = account_guard(merchant_id)
            self._memory[name] = MerchantAccount(
                name, version=1, available=available.minor, in_open_cases=in_open_cases.minor
            )

    def when(self, command: Command) -> When:
        """Decide the command on all of it."""
        if not hasattr(command, "decided_at"):
            command = command.stamped(NOW)
        stream = stream_of(command.stream, self._events)
        loaded = {name: blank(name) for name in command.reads} | self._memory | {command.stream: stream}
        rules = Rules(
            at=command.decided_at,
            reference=self._reference,
            loaded=loaded,
            open_day=lambda: self._open_day,
            places=self._places,
        )
        try:
            events = decided((MENU | PROPOSABLE)[command.name].decide_if_allowed, command, stream, rules)
        except Refusal as refusal:
            return When([], refusal, stream)
        return When(events, None, stream)


class When:
    """The outcome of a command."""

    def __init__(self, events: list[Event], refusal: Refusal | None, stream: Stream) -> None:
        self.events, self.refusal, self.stream = events, refusal, stream

    def then(self, *expected: Event | type[Event]) -> When:
        """Exactly these events, in this order; a class stands for any event of its kind."""
        assert self.refusal is None, f"refused: {self.refusal}"
        shown = [
            event if isinstance(wanted, Event) else type(event)
            for event, wanted in zip(self.events, expected, strict=False)
        ]
        assert (shown, len(self.events)) == (list(expected), len(expected)), self.events
        return self._can_be_recorded()

    def then_nothing(self) -> When:
        """Nothing to do: no event, no refusal."""
        return self.then()

    def then_refused(self, kind: type[Refusal], /, **facts: Any) -> None:
        """Refused for this reason, resting on these facts (instants may be written as texts)."""
        assert type(self.refusal) is kind, f"not refused as {kind.code}: {self.refusal or self.events}"
        for name, wanted in facts.items():
            found = getattr(self.refusal, name)
            wanted = instant(wanted) if isinstance(found, datetime) and isinstance(wanted, str) else wanted
            assert found == wanted, f"{name} is {found}, not {wanted}"

    def event(self, kind: type[Event]) -> Any:
        """The one event of this kind."""
        (found,) = (event for event in self.events if isinstance(event, kind))
        return found

    def _can_be_recorded(self) -> When:
        for event in self.events:
            post(event)
            if not any(getattr(event, field) for field in event.sealed_fields):
                assert decode(event.name, event.schema_version, event.payload()) == event
            self.stream.apply(event)
        return self


def given(
    *events: Event,
    beside: Mapping[str, Iterable[Event]] | None = None,
    policies: Iterable[Policy] = (),
    rates: Iterable[Rate] = RATES,
    accounts: Mapping[str, Money] | None = None,
    in_open_cases: Money = Money(0, "CNY"),  # noqa: B008 - frozen
    open_day: date = date.min,
    places: Places | None = None,
) -> Given:
    """Events of the command's own stream; `beside` events of other streams; `policies` in place of the defaults.

    `accounts` is the available money of merchants, `in_open_cases` what of each may still be taken; days before
    `open_day` are closed; `places` are those of the log.
    """
    return Given(
        events,
        beside=beside or {},
        policies=policies,
        rates=rates,
        accounts=accounts or {},
        in_open_cases=in_open_cases,
        open_day=open_day,
        places=places,
    )


def stream_of(name: str, events: Iterable[Event]) -> Stream:
    """A stream after these events."""
    stream = blank(name)
    for event in events:
        stream.apply(event)
    return stream


def reference_of(policies: Iterable[Policy] = (), rates: Iterable[Rate] = RATES) -> Reference:
    """The default policies as version 1, these as version 2, and the rates. A rate serves for long, unless `policies`
    say otherwise: most tests give one and go on for weeks."""
    reference = Reference()
    for policy in (patient(default.policy) for default in default_policies()):
        reference.apply(published(policy, version=1), reference.position + 1)
    for policy in policies:
        reference.apply(published(policy, version=2), reference.position + 1)
    for rate in rates:
        reference.apply(FxRateRecorded(rate=rate), reference.position + 1)
    return reference


def patient(policy: Policy) -> Policy:
    """The policy, with rates that may be old."""
    return policy.model_copy(update={"max_rate_age": AGES}) if isinstance(policy, ReferencePricing) else policy


def published(
    policy: Policy, *, version: int = 1, effective_from: datetime = FROM_THE_START
) -> PolicyPublished | FeeScheduleSet:
    """A policy as the log holds it."""
    kind = FeeScheduleSet if policy.key == Fees.key else PolicyPublished
    return kind(
        key=policy.key,
        version=version,
        content=written(policy),
        effective_from=effective_from,
        proposer="pan",
        approver="ping",
        published_at=effective_from,
    )
