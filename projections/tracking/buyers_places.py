"""Removes the names of carriers and warehouses from places, so that a buyer does not read them."""

from __future__ import annotations

import re
from collections.abc import Collection, Iterator
from functools import lru_cache
from hashlib import sha256

_WORDS = re.compile(r"[^\W_]+")
_LONGEST = 6  # words of one name in any spelling: `D.H.L. Express` has four
_POSTS = ("post", "mail")  # the first word of a postal operator's name is its country: `china-post`
_EMPTY = re.compile(r"\(\s*\)|\[\s*\]")
_EDGES = " ,;:/|-–·"


def place_for_buyers(location: str, carrier: str) -> str:
    """Returns the place without the name of the carrier that reported it, in any spelling.

    Example: `DHL Hub Leipzig` from `dhl_express` becomes `Hub Leipzig`.
    """
    return place_without(location, names_of(carrier)) if location and carrier else location


def place_without(location: str, names: Collection[str]) -> str:
    """Returns the place without these names, which are given as hashes (`names_of`)."""
    said = list(_said(location, names)) if names else []
    if not said:
        return location
    left, since = "", 0
    for start, end in said:
        left, since = f"{left}{location[since:start]} ", end
    left += location[since:]
    return " ".join(_EMPTY.sub(" ", left).split()).replace(" ,", ",").strip(_EDGES)


def names_of(partner: str, *, is_place: bool = False) -> tuple[str, ...]:
    """Returns hashes of a partner's name: of the whole name, and of its first word if that is the brand.

    Hashes identify names in rows that must not hold them. The first word of a place's name is not a brand.
    """
    words = _WORDS.findall(partner)
    names = ["".join(words)]
    if len(words) > 1 and not is_place and not any(post in word.lower() for word in words[1:] for post in _POSTS):
        names.append(words[0])
    return tuple(_mark(name.casefold()) for name in names if len(name) > 1)


def _said(location: str, names: Collection[str]) -> Iterator[tuple[int, int]]:
    """Yields the start and end of each name in the place, the longest name first."""
    words = list(_WORDS.finditer(location))
    n = 0
    while n < len(words):
        for upto in range(min(len(words), n + _LONGEST), n, -1):
            if _mark("".join(word[0] for word in words[n:upto]).casefold()) in names:
                yield words[n].start(), words[upto - 1].end()
                n = upto - 1
                break
        n += 1


@lru_cache(maxsize=8192)
def _mark(name: str) -> str:
    return sha256(name.encode()).hexdigest()[:16]
