"""Tokens of an OpenID Connect issuer: only what it signed for us, now, opens an account, in a role that both grant."""

from __future__ import annotations

import hmac
import json
from base64 import urlsafe_b64encode
from collections.abc import Callable, Iterator
from concurrent.futures import ThreadPoolExecutor
from dataclasses import replace
from datetime import UTC, datetime
from pathlib import Path
from threading import Event
from time import time
from typing import Any

import pytest
from joserfc.errors import SecurityWarning
from joserfc.jwk import ECKey, RSAKey

from ledger.actors import Actor
from ledger.events.access import AccessAccountClosed, AccessAccountOpened
from ledger.ids import access_account_stream, is_id
from ledger.streams.access import AccessAccount
from service.access.gate import Bearer, TokenRefused
from service.access.issued_tokens import LONGEST_TOKEN, IssuedTokens, account_of_subject
from service.access.issuer import Issuer, is_protected, issuer_of
from service.access.issuer_keys import FETCH_EVERY_S, FRESH_FOR_S, IssuerKeys, IssuerUnreachable, fetched
from service.failures import ServiceFailure
from service.running_service import serve
from service.settings import Settings
from tests.support.issuer import AUDIENCE, LoopbackIssuer, parts, running_issuer

ADMIN = Actor(kind="platform", id="ada", role="admin")
NOON = datetime(2026, 4, 1, 12, tzinfo=UTC)


class Checked:
    """The check of an issuer's tokens over a few accounts, on a monotonic clock that tests move."""

    def __init__(self, url: str, **changed: Any) -> None:
        self.seconds = 0.0
        self.accounts: dict[str, AccessAccount] = {}
        settings = Settings(oidc_issuer=url, oidc_audience=AUDIENCE, oidc_roles="finance=finance, staff=support")
        issuer = issuer_of(replace(settings, **changed))
        assert issuer is not None
        self.issuer: Issuer = issuer
        keys = IssuerKeys(url, monotonic=lambda: self.seconds)
        self.tokens = IssuedTokens(issuer, keys, self._account, now=time, monotonic=lambda: self.seconds)

    def _account(self, id: str) -> AccessAccount:
        return self.accounts.setdefault(id, AccessAccount(access_account_stream(id)))

    def open(self, subject: str, *roles: Any, scope: str | None = None) -> AccessAccount:
        id = account_of_subject(self.issuer.url, subject)
        account = self._account(id)
        account.evolve(
            AccessAccountOpened(account_id=id, kind="person", roles=roles, scope=scope, opened_by=ADMIN, opened_at=NOON)
        )
        return account

    def refusal_of(self, text: str) -> str:
        with pytest.raises(TokenRefused) as refused:
            self.tokens.bearer_of(text)
        return str(refused.value)


@pytest.fixture(scope="module")
def shared_issuer() -> Iterator[LoopbackIssuer]:
    """An issuer that no test changes."""
    with running_issuer() as issuer:
        issuer.keys["e1"] = ECKey.generate_key("P-256")
        with pytest.warns(SecurityWarning):
            issuer.keys["weak"] = RSAKey.generate_key(1024)
        issuer.more = [issuer.keys["k1"].as_dict(private=False, kid="secret", use="enc")]
        yield issuer


@pytest.fixture
def issuer() -> Iterator[LoopbackIssuer]:
    with running_issuer() as issuer:
        yield issuer


@pytest.fixture
def checked(shared_issuer: LoopbackIssuer) -> Checked:
    found = Checked(shared_issuer.url)
    found.open("fay", "finance")
    return found


def test_a_token_of_the_issuer_is_the_account_of_its_subject(checked: Checked, shared_issuer: LoopbackIssuer) -> None:
    bearer = checked.tokens.bearer_of(shared_issuer.token())
    assert bearer.actor == Actor(kind="platform", id=account_of_subject(shared_issuer.url, "fay"), role="finance")


@pytest.mark.parametrize("claims", [{"aud": ["other", AUDIENCE]}, {"iat": None}, {"nbf": 1}])
@pytest.mark.parametrize("header", [{}, {"typ": "at+JWT"}])
def test_what_the_issuer_may_write_otherwise_opens_too(
    checked: Checked, shared_issuer: LoopbackIssuer, claims: dict[str, Any], header: dict[str, Any]
) -> None:
    assert checked.tokens.bearer_of(shared_issuer.token(header=header, **claims)).role == "finance"


@pytest.mark.parametrize("changed", ["exp", "nbf"])
def test_a_clock_may_differ_by_half_a_minute(checked: Checked, shared_issuer: LoopbackIssuer, changed: str) -> None:
    claims: dict[str, Any] = {changed: int(time()) + {"exp": -30, "nbf": 30}[changed]}
    assert checked.tokens.bearer_of(shared_issuer.token(**claims)).role == "finance"


def test_what_is_signed_by_hand_opens_too(checked: Checked, shared_issuer: LoopbackIssuer) -> None:
    signed = shared_issuer.by_hand({"alg": "RS256", "kid": "k1"}, shared_issuer.claims())
    assert checked.tokens.bearer_of(signed).role == "finance"


def test_a_key_of_an_elliptic_curve_signs_too(checked: Checked, shared_issuer: LoopbackIssuer) -> None:
    signed = shared_issuer.token(by=shared_issuer.keys["e1"], header={"alg": "ES256", "kid": "e1"})
    assert checked.tokens.bearer_of(signed).role == "finance"


def _by_hs256(issuer: LoopbackIssuer) -> str:
    """The public key, which everybody has, taken for a secret."""
    public = issuer.keys["k1"].as_pem(private=False)
    text = parts({"alg": "HS256", "kid": "k1"}, issuer.claims()).rstrip(".")
    return f"{text}.{_base64(hmac.digest(public, text.encode(), 'sha256'))}"


def _base64(data: bytes) -> str:
    return urlsafe_b64encode(data).rstrip(b"=").decode()


def _altered(issuer: LoopbackIssuer) -> str:
    head, _, signature = issuer.token().split(".")
    return f"{head}.{_base64(json.dumps(issuer.claims(roles=['finance', 'staff'])).encode())}.{signature}"


def _own_key_in_header(issuer: LoopbackIssuer) -> str:
    key = RSAKey.generate_key(2048)
    return issuer.token(by=key, header={"jwk": key.as_dict(private=False)})


BAD: dict[str, Callable[[LoopbackIssuer], str]] = {
    "another issuer": lambda issuer: issuer.token(iss="https://login.example"),
    "the issuer with a slash": lambda issuer: issuer.token(iss=issuer.url + "/"),
    "no issuer": lambda issuer: issuer.token(iss=None),
    "another audience": lambda issuer: issuer.token(aud="https://shop.example"),
    "no audience": lambda issuer: issuer.token(aud=None),
    "no subject": lambda issuer: issuer.token(sub=None),
    "a subject that is no text": lambda issuer: issuer.token(sub=7),
    "an empty subject": lambda issuer: issuer.token(sub=""),
    "expired": lambda issuer: issuer.token(exp=int(time()) - 90),
    "without an end": lambda issuer: issuer.token(exp=None),
    "an end that is no number": lambda issuer: issuer.token(exp="never"),
    "not yet": lambda issuer: issuer.token(nbf=int(time()) + 90),
    "issued tomorrow": lambda issuer: issuer.token(iat=int(time()) + 86_400),
    "another key under the same id": lambda issuer: issuer.token(by=RSAKey.generate_key(2048)),
    "a key id that is not published": lambda issuer: issuer.token(header={"kid": "k9"}),
    "no key id among several keys": lambda issuer: issuer.token(header={"kid": None}),
    "a key for encryption": lambda issuer: issuer.token(header={"kid": "secret"}),
    "a key of another kind": lambda issuer: issuer.token(header={"kid": "e1"}),
    "a key that is too short": lambda issuer: issuer.token(by=issuer.keys["weak"], header={"kid": "weak"}),
    "its own key in the header": _own_key_in_header,
    "no algorithm": lambda issuer: parts({"alg": "none", "kid": "k1"}, issuer.claims()),
    "no algorithm in capitals": lambda issuer: parts({"alg": "NONE", "kid": "k1"}, issuer.claims()),
    "the public key as a secret": _by_hs256,
    "altered claims": _altered,
    "a cut signature": lambda issuer: issuer.token()[:-20],
    "no signature": lambda issuer: issuer.token().rpartition(".")[0] + ".",
    "a critical header that nobody knows": lambda issuer: issuer.by_hand(
        {"alg": "RS256", "kid": "k1", "crit": ["x"], "x": 1}, issuer.claims()
    ),
    "a token of a logout": lambda issuer: issuer.token(header={"typ": "logout+jwt"}),
    "a key id that is no text": lambda issuer: issuer.by_hand({"alg": "RS256", "kid": ["k1"]}, issuer.claims()),
    "a header that is a list": lambda _: parts([1], {}),
    "a header nested deeply": lambda _: f"{_base64(b'[' * 5000)}.e30.e30",
    "letters that are not Base64": lambda _: "eyJ\u00e4.eyJ.eyJ",
    "claims that are a list": lambda issuer: issuer.by_hand({"alg": "RS256", "kid": "k1"}, []),
}  # fmt: skip


@pytest.mark.parametrize("bad", BAD)
def test_a_bad_token_is_refused(checked: Checked, shared_issuer: LoopbackIssuer, bad: str) -> None:
    checked.open("", "finance")
    assert checked.refusal_of(BAD[bad](shared_issuer))


def test_a_long_token_is_refused_before_it_is_read(checked: Checked, shared_issuer: LoopbackIssuer) -> None:
    asked = len(shared_issuer.asked)
    assert "longer" in checked.refusal_of(shared_issuer.token(filler="x" * 100_000))
    assert str(LONGEST_TOKEN) in checked.refusal_of("eyJ." + "a" * 100_000 + ".b")
    assert len(shared_issuer.asked) == asked


def test_a_closed_account_is_refused_within_a_second(checked: Checked, shared_issuer: LoopbackIssuer) -> None:
    token, account = shared_issuer.token(), checked.open("fay", "finance")
    checked.tokens.bearer_of(token)
    account.evolve(
        AccessAccountClosed(account_id=account.access_account or "", reason="left", closed_by=ADMIN, closed_at=NOON)
    )
    assert checked.tokens.remembered(token) is not None
    checked.seconds += 1.0
    assert checked.tokens.remembered(token) is None
    assert "is not open" in checked.refusal_of(token)


def test_the_refusal_of_a_subject_without_an_account_names_the_account_to_open(
    checked: Checked, shared_issuer: LoopbackIssuer
) -> None:
    account_id = account_of_subject(shared_issuer.url, "zoe")
    assert f"redledger account open {account_id}" in checked.refusal_of(shared_issuer.token(sub="zoe"))


@pytest.mark.parametrize(
    ("account", "claim", "role"),
    [
        (("finance", "support"), ["staff", "finance"], "finance"),  # the first of the setting
        (("support",), ["staff", "finance"], "support"),
        (("finance", "support"), "staff", "support"),
        (("finance",), ["staff"], None),  # granted, and not of the account
        (("admin", "finance"), ["admin"], None),  # of the account, and not granted
        (("finance",), None, None),
        (("finance",), {"finance": True}, None),
        (("finance",), [["finance"], 7, "Finance"], None),
    ],
)
def test_a_role_is_what_the_mapping_grants_and_the_account_has(
    shared_issuer: LoopbackIssuer, account: tuple[Any, ...], claim: Any, role: str | None
) -> None:
    checked = Checked(shared_issuer.url)
    checked.open("fay", *account)
    token = shared_issuer.token(roles=claim)
    if role is None:
        assert "none of the roles" in checked.refusal_of(token)
    else:
        assert checked.tokens.bearer_of(token).role == role


def test_a_role_may_stand_inside_another_claim(shared_issuer: LoopbackIssuer) -> None:
    checked = Checked(shared_issuer.url, oidc_roles_claim="realm_access.roles")
    checked.open("fay", "finance")
    bearer = checked.tokens.bearer_of(shared_issuer.token(roles=None, realm_access={"roles": ["finance"]}))
    assert bearer.role == "finance"


def test_a_merchant_acts_for_the_merchant_that_token_and_account_both_name(shared_issuer: LoopbackIssuer) -> None:
    checked = Checked(shared_issuer.url, oidc_roles="shop=merchant")
    checked.open("mei", "merchant", scope="M-1")
    claims: dict[str, Any] = {"sub": "mei", "roles": ["shop"]}
    own: Bearer = checked.tokens.bearer_of(shared_issuer.token(**claims, redledger_scope="M-1"))
    assert own.scope == "M-1"
    for other in ("M-2", None, ["M-1"]):
        assert "acts for M-1" in checked.refusal_of(shared_issuer.token(**claims, redledger_scope=other))


def test_a_rotated_key_is_found_and_a_withdrawn_one_refused(issuer: LoopbackIssuer) -> None:
    checked = Checked(issuer.url)
    checked.open("fay", "finance")
    old = issuer.token()
    checked.tokens.bearer_of(old)
    issuer.keys = {"k2": RSAKey.generate_key(2048)}
    checked.seconds += FETCH_EVERY_S
    assert checked.tokens.bearer_of(issuer.token()).role == "finance"
    assert "does not publish" in checked.refusal_of(old)


def test_a_withdrawn_key_is_refused_after_a_while_though_no_new_one_is_used(issuer: LoopbackIssuer) -> None:
    checked = Checked(issuer.url)
    checked.open("fay", "finance")
    old = issuer.token()
    checked.tokens.bearer_of(old)
    issuer.keys = {"k2": RSAKey.generate_key(2048)}
    checked.seconds += FRESH_FOR_S
    assert "does not publish" in checked.refusal_of(old)


def test_invented_key_ids_make_us_fetch_no_oftener(checked: Checked, shared_issuer: LoopbackIssuer) -> None:
    checked.tokens.bearer_of(shared_issuer.token())
    asked = len(shared_issuer.asked)
    for number in range(50):
        checked.seconds += 1.0
        checked.refusal_of(shared_issuer.token(header={"kid": f"k-{number}"}))
    assert len(shared_issuer.asked) - asked <= 2 * 2  # two documents, every thirty seconds


def test_while_the_issuer_is_down_known_keys_go_on_and_unknown_ones_are_refused_plainly(issuer: LoopbackIssuer) -> None:
    checked = Checked(issuer.url)
    checked.open("fay", "finance")
    known, unknown = issuer.token(), issuer.token(header={"kid": "k2"})
    checked.tokens.bearer_of(known)
    issuer.stop()
    checked.seconds += FRESH_FOR_S
    assert checked.tokens.bearer_of(known).role == "finance"
    checked.seconds += 10
    with pytest.raises(IssuerUnreachable) as unreachable:
        checked.tokens.bearer_of(unknown)
    assert unreachable.value.wait_s == FETCH_EVERY_S - 10
    issuer.__init__()  # type: ignore[misc] # the fixture stops it again


@pytest.mark.parametrize(
    "changed",
    [{"issuer": "https://login.example"}, {"jwks_uri": "http://keys.example/keys"}, {"jwks_uri": "file:///etc/keys"},
     {"jwks_uri": None}],
)  # fmt: skip
def test_a_discovery_document_that_leads_elsewhere_is_not_followed(
    issuer: LoopbackIssuer, changed: dict[str, Any]
) -> None:
    issuer.changed = changed
    with pytest.raises(IssuerUnreachable):
        Checked(issuer.url).tokens.bearer_of(issuer.token())
    assert issuer.asked == ["/.well-known/openid-configuration"]


def test_a_redirect_of_the_issuer_is_not_followed(issuer: LoopbackIssuer) -> None:
    issuer.redirects_to = f"{issuer.url}/keys"
    with pytest.raises(IssuerUnreachable):
        Checked(issuer.url).tokens.bearer_of(issuer.token())
    assert issuer.asked == ["/.well-known/openid-configuration"]


def test_an_issuer_that_sends_byte_after_byte_is_left_alone_after_the_deadline(issuer: LoopbackIssuer) -> None:
    issuer.drips = True
    with pytest.raises(TimeoutError, match="was not read in"):
        fetched(f"{issuer.url}/keys", within_s=0.2)


def test_while_one_thread_waits_for_the_issuer_no_other_waits_with_it_for_ever(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    monkeypatch.setattr("service.access.issuer_keys.FETCH_WITHIN_S", 0.05)
    begins, ends = Event(), Event()

    def fetch(_url: str) -> dict[str, Any]:
        begins.set()
        assert ends.wait(30)
        return {}

    keys = IssuerKeys("https://login.example", fetch=fetch)
    with ThreadPoolExecutor() as pool:
        first = pool.submit(keys.key, "k1")
        assert begins.wait(30)
        with pytest.raises(IssuerUnreachable):
            keys.key("k2")
        ends.set()
        assert isinstance(first.exception(), IssuerUnreachable)


def test_two_issuers_and_odd_subjects_never_share_an_account() -> None:
    subjects = ["fay", "Fay", "auth0|fay", "fay ", "f" * 50, "f" * 51, "f" * 255, "é", "a/b", "+x"]
    ids = [account_of_subject(url, each) for url in ("https://a.example", "https://a.example/") for each in subjects]
    ids += [account_of_subject("https://a.example", ids[-1].partition("+")[2])]
    assert len(set(ids)) == len(ids)
    assert all(is_id(id) for id in ids)


@pytest.mark.parametrize(
    ("url", "protected"),
    [("https://login.example/realm", True), ("http://127.0.0.1:9", True), ("http://[::1]/", True),
     ("http://localhost:8", True), ("http://login.example", False), ("http://127.0.0.1.example", False),
     ("https://me:secret@login.example", False), ("https://login.example?a=1", False), ("ftp://127.0.0.1", False),
     ("file:///etc/keys", False), ("http://[::1", False), ("", False)],
)  # fmt: skip
def test_only_https_and_this_machine_are_asked(url: str, protected: bool) -> None:
    assert is_protected(url) is protected


@pytest.mark.parametrize(
    ("changed", "flag"),
    [({"oidc_issuer": "http://login.example"}, "--oidc-issuer"), ({"oidc_audience": ""}, "--oidc-audience"),
     ({"oidc_roles": " , "}, "--oidc-roles"), ({"oidc_roles": "a=owner"}, "--oidc-roles"),
     ({"oidc_roles": "finance"}, "--oidc-roles")],
)  # fmt: skip
def test_settings_that_do_not_go_together_are_refused_by_their_flag_before_anything_is_made(
    tmp_path: Path, changed: dict[str, str], flag: str
) -> None:
    good = {"oidc_issuer": "https://login.example", "oidc_audience": AUDIENCE, "oidc_roles": "a=finance"}
    settings = Settings(**(good | changed), data_dir=tmp_path / "data")  # type: ignore[arg-type]
    with pytest.raises(ServiceFailure, match=flag):
        serve(settings, first=lambda _: pytest.fail("it starts"), ready=pytest.fail)
    assert not settings.data_dir.exists()


def test_without_an_issuer_in_the_settings_nothing_is_accepted() -> None:
    assert issuer_of(Settings(oidc_audience=AUDIENCE, oidc_roles="a=finance")) is None
