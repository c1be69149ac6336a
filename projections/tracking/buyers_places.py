"""Where something happened, as a buyer may read it: carriers and warehouses write their own names into their places."""

from __future__ import annotations

import re
from collections.abc import Collection, Iterator
from functools import lru_cache
from hashlib import sha256

_WORDS = re.compile(r"[^\W_]+")
_LONGEST = 6  # words of a name, however it is written: `D.H.L. Express` has four
_POSTS = ("post", "mail")  # of a postal operator's name the first word is a country's: `china-post`
_EMPTY = re.compile(r"\(\s*\)|\[\s*\]")
_EDGES = " ,;:/|-–·"


def place_for_buyers(location: str, carrier: str) -> str:
    """The place without the name of the carrier that reported it, however that is spelt: `DHL Hub Leipzig` of
    `dhl_express`
    is `Hub Leipzig`."""
    return place_without(location, names_of(carrier)) if location and carrier else location


def place_without(location: str, names: Collection[str]) -> str:
    """The place without any of these names, given by their marks (`names_of`)."""
    said = list(_said(location, names)) if names else []
    if not said:
        return location
    left, since = "", 0
    for start, end in said:
        left, since = f"{left}{location[since:start]} ", end
    left += location[since:]
    return " ".join(_EMPTY.sub(" ", left).split()).replace(" ,", ",").strip(_EDGES)


def names_of(partner: str, *, is_place: bool = False) -> tuple[str, ...]:
    """The marks of a partner's name: of the whole, and of its first word where that is the brand.

    Marks say names apart where they must not be kept. Of what is named after its place the first word may be that.
    """
    words = _WORDS.findall(partner)
    names = ["".join(words)]
    if len(words) > 1 and not is_place and not any(post in word.lower() for word in words[1:] for post in _POSTS):
        names.append(words[0])
    return tuple(_mark(name.casefold()) for name in names if len(name) > 1)


def _said(location: str, names: Collection[str]) -> Iterator[tuple[int, int]]:
    """Where in the place the names stand, the longest first."""
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
