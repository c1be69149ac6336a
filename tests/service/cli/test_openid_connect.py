"""The command line with a token of an OpenID Connect issuer: the subject's account acts, checked as over HTTP."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import replace
from itertools import count
from typing import Any

import pytest
from joserfc.jwk import RSAKey

from service.access.issued_tokens import account_of_subject
from service.app import open_app
from service.cli.endings import ExitCode
from service.embedded import EmbeddedPostgres
from service.settings import Settings
from tests.service.cli.conftest import CommandResult, Run
from tests.support.access import open_accounts
from tests.support.buses import Desk, publish_programme
from tests.support.issuer import AUDIENCE, LoopbackIssuer, running_issuer
from tests.support.postgres import clone

_NUMBERS = count(1)


@pytest.fixture(scope="module")
def issuer() -> Iterator[LoopbackIssuer]:
    with running_issuer() as issuer:
        yield issuer


@pytest.fixture(scope="module")
def office(
    postgres: EmbeddedPostgres, template: str, tmp_path_factory: pytest.TempPathFactory, issuer: LoopbackIssuer
) -> Settings:
    """A ledger with the account of the issuer's subject `fay`."""
    folder = tmp_path_factory.mktemp("openid")
    settings = Settings(database_url=clone(postgres, template, "openid_cli"), data_dir=folder)
    with open_app(settings) as app:
        publish_programme(Desk(app.ledger, app.clock))  # type: ignore[arg-type]
        open_accounts(app.bus, account_of_subject(issuer.url, "fay"))
    return settings


def submitted(run: Run, office: Settings, url: str, token: str, *more: str) -> CommandResult:
    """The outcome of a command under this token, with the settings of an issuer at the address."""
    enrol = ("submit", "enrol_merchant", f"merchant_id=M-{next(_NUMBERS)}")
    trusted = ("--oidc-issuer", url, "--oidc-audience", AUDIENCE, "--oidc-roles", "finance=finance")
    return run(replace(office, token=token), *enrol, *trusted, *more)


@pytest.mark.parametrize("named", ["", "{account}", "{account}/finance"])
def test_a_command_acts_as_the_account_of_the_subject(
    office: Settings, issuer: LoopbackIssuer, run: Run, named: str
) -> None:
    account = account_of_subject(issuer.url, "fay")
    by = ("--by", named.format(account=account)) if named else ()
    assert submitted(run, office, issuer.url, issuer.token(), *by).code == 0
    row = run(office, "audit", "--actor", account, "--format", "json").data[0]
    assert (row["actor_id"], row["role"]) == (account, "finance")


@pytest.mark.parametrize(
    ("claims", "says"),
    [
        ({"aud": "another"}, "Audience"),
        ({"sub": "zoe"}, "is not open"),
        ({"roles": ["staff"]}, "none of the roles"),
        ({"exp": 1}, "expired"),
    ],
)
def test_a_token_that_http_refuses_is_refused_here(
    office: Settings, issuer: LoopbackIssuer, run: Run, claims: dict[str, Any], says: str
) -> None:
    said = submitted(run, office, issuer.url, issuer.token(**claims))
    assert said.code == 1
    assert "REDLEDGER_TOKEN: " in said.err
    assert says in " ".join(said.err.split())


def test_the_token_of_one_subject_acts_as_nobody_else(office: Settings, issuer: LoopbackIssuer, run: Run) -> None:
    said = submitted(run, office, issuer.url, issuer.token(), "--by", "admin")
    assert (said.code, "The token is of oidc:" in " ".join(said.err.split())) == (1, True)


def test_a_command_can_be_repeated_when_the_issuer_did_not_answer(
    office: Settings, issuer: LoopbackIssuer, run: Run
) -> None:
    dead = "http://127.0.0.1:9"  # the port of the discard protocol, where nobody listens
    said = submitted(run, office, dead, issuer.token(by=RSAKey.generate_key(2048), iss=dead))
    assert (said.code, "does not answer" in said.err) == (ExitCode.TRY_AGAIN, True)


def test_without_the_settings_a_token_of_an_issuer_opens_nothing(
    office: Settings, issuer: LoopbackIssuer, run: Run
) -> None:
    said = run(replace(office, token=issuer.token()), "submit", "enrol_merchant", "merchant_id=M-0")
    assert (said.code, "no access token of RedLedger" in " ".join(said.err.split())) == (1, True)
