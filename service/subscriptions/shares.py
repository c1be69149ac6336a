"""The books of a group's members: everyone has the same number of books, give or take one."""

from __future__ import annotations

from collections.abc import Collection, Mapping
from typing import NamedTuple


class Share(NamedTuple):
    """The books of one member: those that it has and keeps, free ones that it takes, and those that it gives up once
    nothing of them is in flight."""

    keeps: tuple[int, ...]
    takes: tuple[int, ...]
    gives_up: tuple[int, ...]


def share_of(member: str, owners: Mapping[int, str], live: Collection[str]) -> Share:
    """Returns the member's share. `owners` has the owner of each book, or an empty text; the books of an owner that is
    not `live` are free."""
    members = sorted({member, *live})
    each, rest = divmod(len(owners), len(members))
    quota = each + (members.index(member) < rest)
    own = sorted(book for book, owner in owners.items() if owner == member)
    free = sorted(book for book, owner in owners.items() if owner not in members)
    return Share(tuple(own[:quota]), tuple(free[: max(0, quota - len(own))]), tuple(own[quota:]))
