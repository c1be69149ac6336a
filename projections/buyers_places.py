"""Where something happened, as a buyer may read it: carriers write their own names into their places."""

from __future__ import annotations

import re
from functools import lru_cache

_WORD = r"[^\W_]"
_BETWEEN = r"[\W_]*"
_POSTS = ("post", "mail")  # of a postal operator's name the first word is a country's: `china-post`
_EMPTY = re.compile(r"\(\s*\)|\[\s*\]")
_EDGES = " ,;:/|-–·"


def place_for_buyers(location: str, carrier: str) -> str:
    """The place without the name of the carrier that told it, however that is spelt: `DHL Hub Leipzig` of `dhl_express`
    is `Hub Leipzig`."""
    if not location or not carrier:
        return location
    left = location
    for name in _names(carrier):
        left = name.sub(" ", left)
    if left == location:
        return location
    return " ".join(_EMPTY.sub(" ", left).split()).replace(" ,", ",").strip(_EDGES)


@lru_cache(maxsize=1024)
def _names(carrier: str) -> tuple[re.Pattern[str], ...]:
    """The whole name with anything between its letters, and its first word where that is the brand."""
    words = re.findall(rf"{_WORD}+", carrier)
    names = ["".join(words)]
    if len(words) > 1 and not any(post in word.lower() for word in words[1:] for post in _POSTS):
        names.append(words[0])
    return tuple(
        re.compile(rf"(?<!{_WORD}){_BETWEEN.join(map(re.escape, name))}(?!{_WORD})", re.IGNORECASE)
        for name in names
        if len(name) > 1
    )
