"""Access accounts and tokens from the command line."""

from __future__ import annotations

import re

from service.access.gate import Gate
from service.app import open_app
from service.settings import Settings
from tests.service.cli.conftest import Run

OPEN = ("account", "open", "fay", "--role", "finance", "--by", "admin")


def test_a_token_is_printed_alone_and_opens_its_account(settings: Settings, run: Run) -> None:
    with open_app(settings, create=True):
        pass
    assert run(settings, *OPEN).code == 0
    created = run(settings, "token", "create", "fay", "--by", "admin")
    assert re.fullmatch("rlk_[0-9A-Za-z]{61}\n", created.out)
    with open_app(settings) as app:
        assert Gate(app).bearer_of(created.out.strip()).actor.id == "fay"
    (listed,) = run(settings, "tokens", "--format", "json").data
    assert (listed["account_id"], listed["role"], listed["created_by"]) == ("fay", "finance", "admin")
    assert listed["last_used"] is not None
    assert created.out.strip() not in run(settings, "tokens").out
    rotated = run(settings, "token", "rotate", listed["token_id"], "--overlap-hours", "0", "--by", "admin")
    assert rotated.out != created.out
    (only,) = [row["token_id"] for row in run(settings, "tokens", "--format", "json").data if not row["revoked_by"]]
    assert run(settings, "token", "revoke", only, "--by", "admin").code == 0
    assert run(settings, "account", "close", "fay", "--reason", "left", "--by", "admin").code == 0
    refused = run(settings, "token", "create", "fay", "--by", "admin")
    assert (refused.code, "ACCESS_ACCOUNT_NOT_OPEN" in refused.err, refused.out) == (1, True, "")


def test_an_account_that_does_not_exist_gets_no_token(settings: Settings, run: Run) -> None:
    with open_app(settings, create=True):
        pass
    refused = run(settings, "token", "create", "nobody", "--by", "admin")
    assert (refused.code, "does not exist" in refused.err) == (1, True)
