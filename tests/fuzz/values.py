"""A value for any field of any command: one the history knows, a plain new one, or an odd one that is still allowed."""

from __future__ import annotations

from collections.abc import Callable
from datetime import date, datetime, timedelta, timezone
from random import Random
from types import NoneType, UnionType
from typing import Annotated, Any, Literal, Union, get_args, get_origin

from pydantic import AwareDatetime, BaseModel

from commands.command import Command
from commands.proposable import PROPOSABLE
from ledger.fx import Rate
from ledger.journal.accounts import CHART
from ledger.money import Money
from ledger.policies.defaults import default_policies
from ledger.policies.fees import Fees
from ledger.policies.kinds import KINDS, written
from ledger.sealed import Sealed
from tests.fuzz.facts import Fact, Facts

PEOPLE = ("ann", "ben", "cai", "dee")
ENVELOPE = frozenset(Command.model_fields)
_TEXTS = (
    "plain words",
    "",
    "茶杯 \U0001f375",
    'it\'s "quoted" <b>&amp;</b>',
    "a" * 500,
    "line\nline",
    "\u202eodd\u0301",
)
_RATES = ("7.1800", "0.92", "0.000000000001", "999999999999", "1")
_NAMED: dict[str, tuple[Any, ...]] = {
    "country": ("CN", "CN", "HK"),
    "currency": ("CNY", "CNY", "USD"),
    "market": ("US", "HK", "MO", "FR"),
    "markets": (("US",), ("US", "HK", "MO"), ()),
    "locale": ("en-US", "zh-Hant-HK", "pt"),
    "pair": ("USD/CNY", "HKD/CNY", "MOP/CNY", "EUR/CNY", "JPY/CNY", "CNY/CNY", "USD/HKD", "KWD/CNY"),
    "rate": _RATES,
    "value": _RATES,
    "base": ("USD", "HKD", "JPY"),
    "quote": ("CNY", "CNY", "USD"),
    "source": ("test",),
    "period": ("2025-03", "2025-04", "2025-05", "2024-12", "2000-01", "0001-01", "9999-12"),
    "account": tuple(CHART),
    "command": tuple(PROPOSABLE),
    "proposer": PEOPLE,
    "owner": PEOPLE,
    "merchant_id": ("M-1", "M-2", "M-1", "M-2", "M-3"),
    "product_id": ("P-1", "P-1", "P-2"),
    "category_id": ("home",),
    "psp": ("stripe", "stripe", "adyen"),
    "partner": ("sf", "post"),
    "carrier": ("sf", "post"),
    "customs_mode": ("9610", "9710"),
    "round": (1, 2, 1, 2, 3, 0),
    "digest": ("0" * 64, "ab" * 32),
    "lines_hash": ("0" * 64,),
    "text_hash": ("0" * 64,),
    "trial_balance_hash": ("0" * 64,),
    "zone": ("Asia/Shanghai", "UTC", "Pacific/Kiritimati", "America/Los_Angeles"),
    "rate_bps": (0, 500, 10_000),
    "kind": ("stripe", "file", "dispute", "book"),
    "book": (0, 1, 1, 1, 2, 99),
    "system": ("stripe", "post"),
    "in_stream": ("order/M-1/O-1", "payouts/M-1", "unmatched/stripe/x", "account/M-1", "periods/ledger", "odd/x"),
    "streams": (("order/M-1/O-1",),),
}  # fmt: skip
_CURRENCIES = ("CNY", "CNY", "CNY", "CNY", "USD", "USD", "USD", "HKD", "EUR", "JPY", "KWD", "CLF")
_PLAIN_MINOR = (1, 100, 700, 5_000, 14_000, 1_944)
_ODD_MINOR = (0, 1, -1, -14_000, 2**31, 10**13, 2**53 - 1, -(2**53) + 1)
_ODD_WHOLE = (0, -1, 2**31 - 1, 2**31, 2**53 - 1, 10**6)
_ODD_DAYS = (date(2000, 1, 1), date(2024, 2, 29), date(9999, 12, 31), date(1, 1, 1), date(2999, 1, 1))
_ODD_ZONES = (timezone(timedelta(hours=14)), timezone(timedelta(hours=-12)), timezone(timedelta(hours=5, minutes=45)))
_ODD_SHIFTS = (-36_500, -20_000, -9_000, 740, 9_000, 2_900_000)
_DURATIONS = ("P0D", "PT1S", "P1D", "P7D", "P20D", "P30D", "P400D")


class Values:
    """Draws values for one history. `clock` says what time it is there; `odd` is how often a value is at an edge."""

    def __init__(self, random: Random, facts: Facts, clock: Callable[[], datetime], *, odd: float) -> None:
        self.random, self.facts, self.clock, self.odd = random, facts, clock, odd
        self._names = 0

    def name(self, of: str) -> str:
        """An id that nobody has used."""
        self._names += 1
        return f"{of[:3].strip('_').upper()}-{self._names}"

    def model(self, kind: type[BaseModel], about: Fact, *, leave: frozenset[str] = frozenset()) -> dict[str, Any]:
        """A value for each field of the model that is needed, and for some that are not."""
        drawn: dict[str, Any] = {}
        for name, field in kind.model_fields.items():
            if name in leave:
                continue
            if not field.is_required() and self.random.random() < (0.35 if about.get(name) else 0.6):
                continue
            drawn[name] = self.field(name, field.annotation, about)
            about = about | {name: drawn[name]}
        if {"gross", "fee", "net"} <= drawn.keys() and self.random.random() < 0.8:
            self._add_up(drawn)
        return drawn

    def _add_up(self, line: dict[str, Any]) -> None:
        """A provider's line whose net is its gross less its fee."""
        gross: dict[str, Any] = (
            line["gross"] if isinstance(line["gross"], dict) else {"currency": "USD", "minor": 1_944}
        )
        fee = self.random.choice((0, 0, 30, gross["minor"], -30))
        line |= {"gross": gross, "fee": gross | {"minor": fee}, "net": gross | {"minor": gross["minor"] - fee}}

    def field(self, name: str, annotation: Any, about: Fact) -> Any:
        """A value of this type: the one the fact has, one of another, or a new one."""
        if self._is_nested(annotation) or self.random.random() < self.odd:
            return self.fresh(name, annotation, about)
        known = about.get(name)
        if known is not None and known != "" and self.random.random() < 0.8:
            return self._near(known)
        if self.random.random() < 0.5 and (other := self.facts.value(self.random, name)) is not None:
            return other
        return self.fresh(name, annotation, about)

    def fresh(self, name: str, annotation: Any, about: Fact) -> Any:
        """A new value of this type."""
        choice, odd = self.random.choice, self.random.random() < self.odd
        origin, of = get_origin(annotation), get_args(annotation)
        if origin is Annotated:
            return self.fresh(name, of[0], about)
        if origin in (Union, UnionType):
            return self.fresh(name, choice([each for each in of if each is not NoneType]), about)
        if origin is Literal:
            return choice(of)
        if origin is Sealed:
            return {"name": choice(_TEXTS)} if get_origin(of[0]) is dict else choice(_TEXTS)
        if name in _NAMED and not odd:
            return choice(_NAMED[name])
        if origin is tuple:
            known = [each for each in about.values() if isinstance(each, list)]
            return [self._element(name, of[0], about, known) for _ in range(choice((1, 1, 2, 3)))]
        if origin is dict:
            return self._mapping(name, of, about)
        return self._plain(name, annotation, about, odd=odd)

    def _plain(self, name: str, annotation: Any, about: Fact, *, odd: bool) -> Any:
        choice = self.random.choice
        if annotation is Money:
            return {"currency": choice(_CURRENCIES), "minor": choice(_ODD_MINOR if odd else _PLAIN_MINOR)}
        if annotation is Rate:
            return self._rate(about)
        if annotation is bool:
            return choice((True, False))
        if annotation is int:
            return choice(_ODD_WHOLE) if odd else choice((0, 1, 1, 1, 2, 3))
        if annotation is date:
            return choice(_ODD_DAYS) if odd else self.clock().date() - timedelta(days=choice((0, 0, 1, 30, -1)))
        if annotation in (datetime, AwareDatetime):
            return self.instant(odd=odd)
        if annotation is timedelta:
            return choice(_DURATIONS)
        if annotation is Fees:
            return self.policy("fees")
        if isinstance(annotation, type) and issubclass(annotation, BaseModel):
            return self.model(annotation, about)
        if odd:
            return choice((*_TEXTS, "x" * 64, "x" * 65, "1", "0"))
        return self.name(name)

    def _rate(self, about: Fact) -> dict[str, Any]:
        """A rate of the currency that the fact's amount is in, mostly."""
        money = about.get("gross") or about.get("amount") or {}
        base = money.get("currency") if isinstance(money, dict) else None
        return {
            "base": base if base and self.random.random() < 0.8 else self.random.choice(_NAMED["base"]),
            "quote": "CNY",
            "value": self.random.choice(_RATES),
            "kind": self.random.choice(("provider_settlement", "provider_settlement", "book")),
            "source": "test",
            "as_of": self.clock().date().isoformat(),
        }

    def instant(self, *, odd: bool) -> datetime:
        """About now; or far away, or of another zone."""
        now, choice = self.clock(), self.random.choice
        if not odd:
            return now + timedelta(minutes=choice((-60_000, -3_000, -90, -5, 0, 2, 5, 90, 3_000, 60_000)))
        far = now + timedelta(days=choice(_ODD_SHIFTS))
        return far.astimezone(choice(_ODD_ZONES))

    def policy(self, key: str) -> dict[str, Any]:
        """The programme's own policy with a field or two changed."""
        content = next(written(default.policy) for default in default_policies() if default.key == key)
        fields = KINDS[key].model_fields
        for name in self.random.sample(sorted(fields), k=min(len(fields), self.random.choice((0, 1, 1, 2)))):
            content[name] = self.fresh(name, fields[name].annotation, content)
        return content

    def _near(self, known: Any) -> Any:
        """The value as it is; an amount sometimes a part of it, more than it, or in another currency."""
        if not (isinstance(known, dict) and known.keys() == {"currency", "minor"}) or self.random.random() < 0.7:
            return known
        minor, choice = known["minor"], self.random.choice
        if choice((True, False, False)):
            return known | {"currency": choice(_CURRENCIES)}
        return known | {"minor": choice((minor // 2, minor + 1, minor - 1, minor * 2, max(1, minor // 3)))}

    def _element(self, name: str, kind: Any, about: Fact, known: list[list[Any]]) -> Any:
        """One of several: a model's fields from one of those the fact holds."""
        dicts = [each for some in known for each in some if isinstance(each, dict)]
        return self.fresh(name, kind, about | (self.random.choice(dicts) if dicts else {}))

    def _mapping(self, name: str, of: tuple[Any, ...], about: Fact) -> dict[Any, Any]:
        if name == "content":
            key = about.get("key")
            return self.policy(key if key in KINDS else "release")
        if name == "data":
            command = about.get("command")
            kind = PROPOSABLE[command if command in PROPOSABLE else "park_item"].command
            return self.model(kind, about, leave=ENVELOPE)
        if of[0] is int:
            return {n: self.random.choice((0, 1, 10, 10**6)) for n in range(self.random.choice((0, 1, 2, 17)))}
        if of[1] is Any:
            return {"said": self.random.choice((1, None, "x", ["a", {"b": True}], {"c": {"d": []}}))}
        return {self.name("key"): self.fresh("text", of[1], about) for _ in range(self.random.choice((0, 1, 3)))}

    @staticmethod
    def _is_nested(annotation: Any) -> bool:
        """Returns True if the type contains models, which are drawn field by field."""
        inner = [each for each in get_args(annotation) if each not in (NoneType, Ellipsis)]
        kinds = [annotation, *inner, *(each for one in inner for each in get_args(one))]
        return any(isinstance(each, type) and issubclass(each, BaseModel) for each in kinds)
