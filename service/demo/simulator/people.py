"""Simulated buyers: invented names, addresses and phone numbers, by market."""

from __future__ import annotations

from dataclasses import dataclass
from random import Random

LOCALES = {"US": "en-US", "HK": "zh-Hant-HK", "MO": "zh-Hant-MO"}
_GIVEN = {
    "US": ("Avery", "Jordan", "Maya", "Elena", "Noah", "Priya", "Marcus", "Hannah", "Diego", "Ruth"),
    "HK": ("Ka-yan", "Chi-ming", "Wing-sze", "Ho-yin", "Tsz-ching", "Siu-fung", "Mei-ling", "Yuk-lan"),
    "MO": ("Ana", "João", "Ieng", "Weng-chi", "Sofia", "Kuok-wai", "Beatriz", "Man-teng"),
}
_FAMILY = {
    "US": ("Whitfield", "Okafor", "Castellano", "Lindqvist", "Baptiste", "Nakamura", "Delgado", "Abernathy"),
    "HK": ("Cheung", "Lau", "Yip", "Kwok", "Tsang", "Fung", "Mok", "Leung"),
    "MO": ("Ho", "Xavier", "Lei", "Rosário", "Fong", "Nogueira", "Sio", "Vong"),
}
_STREETS = {
    "US": ("Larkspur Ave", "Quarry Rd", "Mariner St", "Old Mill Ln", "Juniper Ct"),
    "HK": ("Bonham Strand", "Cheung Sha Wan Rd", "Fa Yuen St", "Hennessy Rd"),
    "MO": ("Rua do Campo", "Avenida de Horta e Costa", "Rua da Praia"),
}
_CITIES = {
    "US": ("Portland OR 97205", "Austin TX 78702", "Columbus OH 43201", "Tampa FL 33602"),
    "HK": ("Sheung Wan", "Mong Kok", "Wan Chai", "Sha Tin"),
    "MO": ("Macau Peninsula", "Taipa", "Coloane"),
}
_PHONES = {"US": "+1-555-01{:02d}-{:04d}", "HK": "+852-5{:02d}0-{:04d}", "MO": "+853-6{:02d}0-{:04d}"}
MARKETS = ("US", "HK", "MO")
_WEIGHTS = (60, 28, 12)


@dataclass(frozen=True, slots=True)
class Buyer:
    """A buyer of the marketplace. Only `ref` may be unsealed in the ledger."""

    ref: str
    market: str
    name: str
    street: str
    city: str
    phone: str

    @property
    def ship_to(self) -> dict[str, str]:
        return {"name": self.name, "street": self.street, "city": self.city, "phone": self.phone}

    @property
    def personal_values(self) -> tuple[str, ...]:
        """Returns the values that must never be found unsealed in the database."""
        return (self.name, self.street, self.phone)


def make_buyers(random: Random, count: int) -> list[Buyer]:
    return [_buyer(random, number) for number in range(1, count + 1)]


def _buyer(random: Random, number: int) -> Buyer:
    (market,) = random.choices(MARKETS, _WEIGHTS)
    return Buyer(
        ref=f"B-{number:05d}",
        market=market,
        name=f"{random.choice(_GIVEN[market])} {random.choice(_FAMILY[market])}",
        street=f"{random.randint(1, 990)} {random.choice(_STREETS[market])}",
        city=random.choice(_CITIES[market]),
        phone=_PHONES[market].format(random.randint(0, 99), random.randint(0, 9999)),
    )
