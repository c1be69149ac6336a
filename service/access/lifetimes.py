"""Lifetimes of access tokens and codes. `LONGEST_LIFE` of `create_access_token` is the most that a token may have."""

from __future__ import annotations

from datetime import timedelta

LIFE = timedelta(days=90)
CODE_LIFE = timedelta(days=1)
OVERLAP, LONGEST_OVERLAP = timedelta(days=1), timedelta(days=30)  # of a token and the one that takes its place
HOUR = timedelta(hours=1)
