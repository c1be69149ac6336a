"""The menu of commands that take two people: each is asked for by `propose` and decided again by `approve_proposal`."""

from __future__ import annotations

from commands import park_effect, park_item, unpark_effect, unpark_item
from commands.command import Handler

PROPOSABLE: dict[str, Handler] = {
    "park_effect": Handler(park_effect.ParkEffect, park_effect.decide),
    "unpark_effect": Handler(unpark_effect.UnparkEffect, unpark_effect.decide),
    "park_item": Handler(park_item.ParkItem, park_item.decide),
    "unpark_item": Handler(unpark_item.UnparkItem, unpark_item.decide),
}
