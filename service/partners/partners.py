"""Chooses the partners that carry out instructions, by the setting `partners`: none, or the simulated ones."""

from __future__ import annotations

from collections.abc import Callable

from service.failures import ServiceFailure
from service.partners.ports import Partners
from service.partners.simulated.bank import SimulatedBank
from service.partners.simulated.counter import FailureRates
from service.partners.simulated.provider import SimulatedProvider
from service.settings import Settings


def _simulated(settings: Settings) -> Partners:
    folder = settings.data_dir
    folder.mkdir(parents=True, exist_ok=True)
    return Partners(
        bank=SimulatedBank(folder / "simulated-bank.sqlite", FailureRates()),
        any_provider=SimulatedProvider(folder / "simulated-provider.sqlite", FailureRates()),
    )


PARTNERS: dict[str, Callable[[Settings], Partners]] = {"simulated": _simulated}


def partners_of(settings: Settings) -> Partners | None:
    """Returns the partners, or None if another system carries out instructions. Raises `ServiceFailure` for an unknown
    value.
    """
    if not settings.partners:
        return None
    if settings.partners not in PARTNERS:
        raise ServiceFailure(
            f"{settings.partners!r} is not a known value of --partners. Known are: {', '.join(PARTNERS)}."
        )
    return PARTNERS[settings.partners](settings)
