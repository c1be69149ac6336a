"""Policies, fee schedules and exchange rates of book 0, folded in memory for quick look-up."""

from __future__ import annotations

from bisect import bisect_right, insort
from dataclasses import dataclass, replace
from datetime import date, datetime
from decimal import Context, Decimal
from functools import lru_cache
from typing import TypeVar, cast

from ledger.events.event import Event
from ledger.events.platform import FeeScheduleSet, FxRateRecorded, PolicyPublished
from ledger.fx import CNY, Rate, RateKind, unity
from ledger.ids import policy_stream
from ledger.policies.kinds import KINDS, read_content
from ledger.policies.policy import Policy
from ledger.refusals.catalogue import PolicyNotEffective, RateMissing

P = TypeVar("P", bound=Policy)

MOP_PER_HKD = Decimal("1.03")  # the Monetary Authority of Macao's peg to the Hong Kong dollar
_DERIVED_DIGITS = Context(prec=12)


class PolicyLine:
    """All usable versions of one policy, by number and by the instant from which they are in force."""

    def __init__(self) -> None:
        self.by_version: dict[int, Policy] = {}
        self._effective: list[tuple[datetime, int]] = []
        self._limited: list[tuple[datetime, int]] = []  # beyond today's limits: in force where no other version is

    def add(self, effective_from: datetime, version: int, content: Policy, *, is_limited: bool = False) -> None:
        self.by_version[version] = content
        insort(self._limited if is_limited else self._effective, (effective_from, version))

    def in_force(self, at: datetime) -> int | None:
        """Returns the version in force at `at`; None if there is none. If two start together, the newer counts."""
        for versions in (self._effective, self._limited):
            if index := bisect_right(versions, at, key=lambda entry: entry[0]):
                return versions[index - 1][1]
        return None

    def numbered(self, version: int) -> Policy | None:
        """Returns this version, or the last usable one before it, or else the first one after it; None if there is
        none.
        """
        before = max((known for known in self.by_version if known <= version), default=None)
        usable = min(self.by_version, default=None) if before is None else before
        return None if usable is None else self.by_version[usable]

    def copy(self) -> PolicyLine:
        twin = PolicyLine()
        twin.by_version = dict(self.by_version)
        twin._effective, twin._limited = list(self._effective), list(self._limited)
        return twin


class RateLine:
    """The rates of one currency and kind by day. The last one recorded for a day counts."""

    def __init__(self) -> None:
        self._days: list[date] = []
        self._rates: dict[date, Rate] = {}

    def add(self, rate: Rate) -> None:
        if rate.as_of not in self._rates:
            insort(self._days, rate.as_of)
        self._rates[rate.as_of] = rate

    def on(self, day: date) -> Rate | None:
        """Returns the rate of the last day up to `day`; None if there is none."""
        index = bisect_right(self._days, day)
        return self._rates[self._days[index - 1]] if index else None

    def copy(self) -> RateLine:
        twin = RateLine()
        twin._days, twin._rates = list(self._days), dict(self._rates)
        return twin


@dataclass(frozen=True, slots=True)
class Defect:
    """An event of a policy or rate that has no effect, or not its whole effect, with a sentence for the operator."""

    stream: str
    position: int  # in book 0
    sentence: str


class Reference:
    """Policies and rates as recorded up to `position` of book 0."""

    def __init__(self) -> None:
        self.position = 0
        self._policies: dict[str, PolicyLine] = {}
        self._rates: dict[tuple[str, RateKind], RateLine] = {}
        self.unusable: set[tuple[str, int]] = set()  # versions of policies that have no effect
        self._bounded: dict[tuple[str, int], int] = {}  # versions that today's rules would not accept → position
        self._newest: dict[str, int] = {}
        self._unread: dict[str, int] = {}  # stream → position of its last event that cannot be read

    def pass_over(self, stream: str, position: int) -> None:
        """Notes an event that this code cannot read. It has no effect, as an unusable policy has none."""
        self._unread[stream] = self.position = position

    def apply(self, event: Event, position: int) -> None:
        """Applies the next event of book 0. An event that is no policy or rate only moves the position."""
        match event:
            case PolicyPublished() | FeeScheduleSet():
                self._publish(event, position)
            case FxRateRecorded(rate=rate) if rate.quote == CNY:
                self._rates.setdefault((rate.base, rate.kind), RateLine()).add(rate)
        self.position = position

    def _publish(self, event: PolicyPublished | FeeScheduleSet, position: int) -> None:
        """Adds a version of a policy. A version that this code cannot use has no effect: the version before it stays in
        force. So it does for a version beyond today's limits.
        """
        line, version = self._policies.setdefault(event.key, PolicyLine()), (event.key, event.version)
        if not (is_of_today := _is_of_today(event)):
            self._bounded[version] = position
        try:
            content = read_content(event.key, event.content, stored=True)
        except ValueError:
            self.unusable.add(version)
        else:
            line.add(event.effective_from, event.version, content, is_limited=not is_of_today)
        self._newest[event.key] = event.version

    @property
    def unknown(self) -> tuple[str, ...]:
        """The keys of policies that this code does not know, because a newer version of it published them."""
        return tuple(sorted(self._newest.keys() - KINDS.keys()))

    def to_put_right(self) -> tuple[Defect, ...]:
        """Returns the events of policies and rates that cannot be read, and the policies whose newest version has no
        effect or has a duration above the limit.
        """
        unread = "cannot be read by this version of RedLedger and has no effect. Run the version that recorded it"
        return (
            *(
                Defect(name, position, f"{name}: position {position} of book 0 {unread}.")
                for name, position in sorted(self._unread.items())
            ),
            *(
                Defect(policy_stream(key), self._bounded[key, version], self._sentence(key, version))
                for key, version in sorted(self._newest.items())
                if key in KINDS and (key, version) in self._bounded
            ),
        )

    def _sentence(self, key: str, version: int) -> str:
        none, some = "has no effect", "has a duration above the limit and no effect for new decisions"
        what = none if (key, version) in self.unusable else some
        return f"Policy {key} version {version} {what}: the version before it stays in force. Publish it anew."

    def copy(self) -> Reference:
        """Returns a copy that can go on while others read this one."""
        twin = Reference()
        twin.position = self.position
        twin._policies = {key: line.copy() for key, line in self._policies.items()}
        twin._rates = {key: line.copy() for key, line in self._rates.items()}
        twin.unusable, twin._bounded = set(self.unusable), dict(self._bounded)
        twin._newest, twin._unread = dict(self._newest), dict(self._unread)
        return twin

    def policy(self, kind: type[P], at: datetime) -> tuple[P, int]:
        """Returns the policy that is in force at `at`, and its version. Raises `PolicyNotEffective`."""
        line = self._policies.get(kind.key)
        version = line.in_force(at) if line else None
        if line is None or version is None:
            raise PolicyNotEffective(policy=kind.key, at=at)
        return cast(P, line.by_version[version]), version

    def version(self, kind: type[P], version: int, *, at: datetime) -> P:
        """Returns the version that an order keeps, or the last usable one before it. Raises `PolicyNotEffective`."""
        found = self._policies[kind.key].numbered(version)
        if found is None:
            raise PolicyNotEffective(policy=kind.key, at=at)
        return cast(P, found)

    def rate(self, currency: str, kind: RateKind, on: date) -> Rate:
        """Returns CNY for one unit of `currency`, as last recorded up to the day. Raises `RateMissing`.

        CNY has the rate 1. MOP is derived from HKD by the peg if no MOP rate is as new as the HKD rate; the source says
        so.
        """
        if currency == CNY:
            return replace(unity(CNY, on), kind=kind)
        rate = self._recorded(currency, kind, on)
        if currency == "MOP" and (hkd := self._recorded("HKD", kind, on)) and (not rate or rate.as_of < hkd.as_of):
            return _by_peg(hkd)
        if rate:
            return rate
        raise RateMissing(pair=f"{currency}/{CNY}", kind=kind, day=on)

    @property
    def currencies(self) -> tuple[str, ...]:
        """The currencies with a recorded or derived rate, sorted."""
        recorded = {currency for currency, _ in self._rates}
        return tuple(sorted(recorded | ({"MOP"} if "HKD" in recorded else set())))

    def _recorded(self, currency: str, kind: RateKind, on: date) -> Rate | None:
        line = self._rates.get((currency, kind))
        return line.on(on) if line else None


def _is_of_today(event: PolicyPublished | FeeScheduleSet) -> bool:
    """True if today's rules would accept the content."""
    try:
        read_content(event.key, event.content)
    except ValueError:
        return False
    return True


@lru_cache(maxsize=4096)
def _by_peg(hkd: Rate) -> Rate:
    value = _DERIVED_DIGITS.divide(Decimal(hkd.value), MOP_PER_HKD)
    return replace(hkd, base="MOP", value=f"{value.normalize():f}", source=f"{hkd.source}, MOP at HKD/{MOP_PER_HKD}")
