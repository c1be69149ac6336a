"""The settings of the service: one table, read from flags and environment variables and shown in the help of every
command.
"""

from __future__ import annotations

import re
from collections.abc import Mapping
from dataclasses import Field, dataclass, field, fields
from pathlib import Path
from typing import TYPE_CHECKING, Any

from service.failures import ServiceFailure
from service.networks import is_network, is_server

if TYPE_CHECKING:
    from sqlalchemy import URL

_DRIVER = "postgresql+psycopg2"  # SQLAlchemy 2.1 maps a plain postgresql:// to psycopg 3
_HIGHEST_PORT = 65_535
_HEXADECIMAL = re.compile(r"([0-9A-Fa-f]{2})*")
_SEVERAL_HOSTS = re.compile(
    r"(?P<login>\w+(?:\+\w+)?://(?:[^@/?]*@)?)(?P<hosts>[^/?@]+,[^/?@]+)/(?P<name>[^?]*)\??(?P<query>.*)"
)
_PREFIX = re.compile(r"[A-Za-z0-9_-]{1,32}")  # a part of names at the broker
_LOG_FORMATS = ("text", "json")
_REPLICAS = (1, 3, 5)  # a cluster decides by majority


def _listed(text: str) -> tuple[str, ...]:
    """Returns the values between the commas."""
    return tuple(filter(None, map(str.strip, text.split(","))))


def _with_hosts(address: str) -> str:
    """Returns the address as SQLAlchemy reads it. One with several hosts is of a primary and its standbys: a connection
    goes to the one that takes writes, unless the address says otherwise.
    """
    if (found := _SEVERAL_HOSTS.fullmatch(address)) is None:
        return address
    query = [*filter(None, [found["query"]]), *(f"host={host}" for host in found["hosts"].split(","))]
    if "target_session_attrs=" not in address:
        query.append("target_session_attrs=read-write")
    return f"{found['login']}/{found['name']}?{'&'.join(query)}"


def _says(description: str, flag: str = "") -> dict[str, str]:
    return {"description": description, "flag": flag}


@dataclass(frozen=True, kw_only=True)
class Settings:
    """Every setting is a flag and an environment variable: `data_dir` is `--data-dir` and `REDLEDGER_DATA_DIR`.

    Raises `ServiceFailure` if a value is invalid.
    """

    data_dir: Path = field(
        default=Path(".redledger"),
        metadata=_says("Folder of the embedded database, of the keys and of the service's lock."),
    )
    database_url: str = field(
        default="",
        metadata=_says(
            "A PostgreSQL server to use instead of the embedded one: postgresql://user:password@host/name. Of a primary"
            " and its standbys, all: postgresql://user:password@host1:5432,host2:5432/name."
        ),
    )
    key_file: Path | None = field(
        default=None,
        metadata=_says("File with the keys of personal data (mode 0600); 'keys' in the data folder if not given."),
    )
    host: str = field(default="127.0.0.1", metadata=_says("Address to listen on."))
    port: int = field(default=8600, metadata=_says("Port to listen on; 0 takes any free one."))

    requests_per_second: int = field(
        default=2000,
        metadata=_says("Requests a second of one access account; more are answered 429. A batch is one request."),
    )
    trusted_proxies: str = field(
        default="",
        metadata=_says(
            "Addresses or networks of reverse proxies, with commas between them. Their X-Forwarded-For names the"
            " client; anybody else's is ignored."
        ),
    )

    log_format: str = field(
        default="text",
        metadata=_says("The service's log: 'text' for people, 'json' with one object a line for programs."),
    )
    otlp_endpoint: str = field(
        default="",
        metadata=_says(
            "Address of an OpenTelemetry collector (OTLP over HTTP), http://127.0.0.1:4318 for one beside the service."
            " Without it no traces are made."
        ),
    )

    oidc_issuer: str = field(
        default="",
        metadata=_says(
            "Issuer of OpenID Connect whose JSON Web Tokens are access tokens too, as its discovery document writes it:"
            " an https address. Without it only tokens of RedLedger are."
        ),
    )
    oidc_audience: str = field(default="", metadata=_says("The audience (`aud`) of the issuer's tokens for us."))
    oidc_roles: str = field(
        default="",
        metadata=_says(
            "Values of the claim of roles and the roles that they grant: ledger-finance=finance,ledger-staff=support."
            " The first that applies is taken."
        ),
    )
    oidc_roles_claim: str = field(
        default="roles", metadata=_says("The claim of roles; a point leads into an object: realm_access.roles.")
    )
    oidc_scope_claim: str = field(
        default="redledger_scope",
        metadata=_says("The claim that names the merchant or the buyer of a token in such a role."),
    )

    oidc_client: str = field(
        default="",
        metadata=_says("Client id of the console and the command line at the issuer; the audience if none is given."),
    )
    oidc_client_secret: str = field(
        default="", repr=False, metadata=_says("Secret of that client, if the issuer asks for one.")
    )

    aftership_secret: str = field(
        default="",
        repr=False,
        metadata=_says("Secret that AfterShip signs its webhooks with; without it they are rejected."),
    )
    easypost_secret: str = field(
        default="",
        repr=False,
        metadata=_says("Secret that EasyPost signs its webhooks with; without it they are rejected."),
    )

    stripe_secret: str = field(
        default="",
        repr=False,
        metadata=_says("Secret that Stripe signs its webhooks with (whsec_…); without it they are rejected."),
    )
    adyen_secret: str = field(
        default="",
        repr=False,
        metadata=_says("HMAC key, hexadecimal, that Adyen signs its notifications with; without it they are rejected."),
    )

    adyen_capture: str = field(
        default="manual",
        metadata=_says(
            "When Adyen captures: 'manual', so that a CAPTURE reports it; 'automatic', so that the AUTHORISATION is "
            "the capture; or the merchant accounts that capture automatically, with commas between them."
        ),
    )

    token: str = field(
        default="",
        repr=False,
        metadata=_says(
            "Access token that the command line acts with, in place of --by: one of RedLedger, or of the issuer of"
            " OpenID Connect. Its account and role are the actor."
        ),
    )

    partners: str = field(
        default="",
        metadata=_says("Who carries out captures, voids, refunds and payouts: 'simulated'; without it, they wait."),
    )

    webhook_networks: str = field(
        default="",
        metadata=_says(
            "Networks, with commas between them, whose webhook endpoints are called although they are private, such as"
            " 10.0.0.0/8. Plain http is allowed there, and nowhere else."
        ),
    )

    relay_to: str = field(
        default="",
        repr=False,
        metadata=_says(
            "Addresses of the NATS servers of one cluster, with commas between them: nats://user:password@host:4222,"
            " or tls:// for TLS.",
            flag="--to",
        ),
    )
    relay_credentials: Path | None = field(
        default=None,
        metadata=_says("Credentials file (.creds) of the relay's user at the broker.", flag="--credentials"),
    )
    relay_views: str = field(
        default="",
        metadata=_says(
            "Views whose rows are relayed too as they change, with commas between them, such as"
            " merchant_balances,payouts.",
            flag="--views",
        ),
    )
    relay_prefix: str = field(
        default="redledger",
        metadata=_says("Beginning of the names of streams and subjects at the broker.", flag="--prefix"),
    )
    relay_replicas: int = field(
        default=1,
        metadata=_says("Copies of a stream that the relay makes: 1, or 3 or 5 in a cluster.", flag="--replicas"),
    )
    relay_keep_days: int = field(
        default=0,
        metadata=_says("Days that a stream that the relay makes keeps an event; 0 is for ever.", flag="--keep-days"),
    )
    relay_keep_mib: int = field(
        default=0,
        metadata=_says("Largest size of a stream that the relay makes, in MiB; 0 is no limit.", flag="--keep-mib"),
    )

    def __post_init__(self) -> None:
        if not 0 <= self.port <= _HIGHEST_PORT:
            raise ServiceFailure(f"{flag_of('port')}: {self.port} is not a port. Give one from 0 to {_HIGHEST_PORT}.")
        if self.requests_per_second < 1:
            raise ServiceFailure(f"{flag_of('requests_per_second')}: give a number from 1.")
        for name in ("trusted_proxies", "webhook_networks"):
            for network in _listed(getattr(self, name)):
                if not is_network(network):
                    raise ServiceFailure(f"{flag_of(name)}: {network!r} is no address of a host or network.")
        if not _HEXADECIMAL.fullmatch(self.adyen_secret):
            raise ServiceFailure(f"{flag_of('adyen_secret')}: the key is not hexadecimal. Copy it as Adyen shows it.")
        if self.log_format not in _LOG_FORMATS:
            raise ServiceFailure(f"{flag_of('log_format')}: give one of {', '.join(_LOG_FORMATS)}.")
        if self.otlp_endpoint and not is_server(self.otlp_endpoint, "http", "https"):
            raise ServiceFailure(f"{flag_of('otlp_endpoint')}: an address is written as http://host:4318.")
        self._expect_relay()

    def _expect_relay(self) -> None:
        for address in self.brokers:
            if not is_server(address, "nats", "tls"):
                raise ServiceFailure(f"{flag_of('relay_to')}: an address is written as nats://host:4222.")
        if self.relay_credentials is not None and not self.relay_credentials.is_file():
            raise ServiceFailure(f"{flag_of('relay_credentials')}: {self.relay_credentials} is no file.")
        if not _PREFIX.fullmatch(self.relay_prefix):
            raise ServiceFailure(f"{flag_of('relay_prefix')}: give up to 32 letters, digits, hyphens and underscores.")
        if self.relay_replicas not in _REPLICAS:
            raise ServiceFailure(f"{flag_of('relay_replicas')}: give 1, 3 or 5.")
        for name in ("relay_keep_days", "relay_keep_mib"):
            if getattr(self, name) < 0:
                raise ServiceFailure(f"{flag_of(name)}: give a number from 0.")

    @property
    def proxies(self) -> tuple[str, ...]:
        return _listed(self.trusted_proxies)

    @property
    def brokers(self) -> tuple[str, ...]:
        return _listed(self.relay_to)

    @property
    def views_to_relay(self) -> tuple[str, ...]:
        return _listed(self.relay_views)

    @property
    def networks_of_webhooks(self) -> tuple[str, ...]:
        return _listed(self.webhook_networks)

    @property
    def keys(self) -> Path:
        return self.key_file or self.data_dir / "keys"

    @property
    def server(self) -> URL | None:
        """Returns the address of an external server, or None for the embedded server. Raises `ServiceFailure`."""
        if not self.database_url:
            return None
        from sqlalchemy import make_url
        from sqlalchemy.exc import ArgumentError

        try:
            url = make_url(_with_hosts(self.database_url))
        except ArgumentError:
            raise ServiceFailure(
                "The database address is invalid. Write it as postgresql://user:password@host/name."
            ) from None
        if url.drivername.partition("+")[0] not in ("postgresql", "postgres"):
            raise ServiceFailure(f"RedLedger keeps its books on PostgreSQL, not on {url.drivername}.")
        return url.set(drivername=_DRIVER)


EVERYWHERE = ("data_dir", "database_url", "key_file")  # needed by each command to find the ledger
SECRETS = ("aftership_secret", "easypost_secret", "stripe_secret", "adyen_secret")  # secrets that sign webhooks
OIDC = ("oidc_issuer", "oidc_audience", "oidc_roles", "oidc_roles_claim", "oidc_scope_claim")
OIDC_CLIENT = ("oidc_client", "oidc_client_secret")
SERVING = (
    *EVERYWHERE,
    "host",
    "port",
    "requests_per_second",
    "trusted_proxies",
    *OIDC,
    *OIDC_CLIENT,
    *SECRETS,
    "adyen_capture",
    "log_format",
    "otlp_endpoint",
    "partners",
    "webhook_networks",
)
RELAYING = (
    *EVERYWHERE,
    "log_format",
    "otlp_endpoint",
    "relay_to",
    "relay_credentials",
    "relay_views",
    "relay_prefix",
    "relay_replicas",
    "relay_keep_days",
    "relay_keep_mib",
)


def flag_of(name: str) -> str:
    return SETTINGS[name].metadata["flag"] or f"--{name.replace('_', '-')}"


def variable_of(name: str) -> str:
    return f"REDLEDGER_{name.upper()}"


def settings_from(given: Mapping[str, Any]) -> Settings:
    """Builds the settings from the given values; a value that is missing or None keeps its default. Raises
    `ServiceFailure`.
    """
    return Settings(**{name: value for name, value in given.items() if value is not None})


SETTINGS: dict[str, Field[Any]] = {each.name: each for each in fields(Settings)}


def description_of(name: str) -> str:
    return str(SETTINGS[name].metadata["description"])


def settings_table() -> list[dict[str, str]]:
    """Returns the table of settings: flag, variable, default and meaning of each."""
    return [
        {
            "flag": flag_of(name),
            "variable": variable_of(name),
            "default": "" if setting.default is None else str(setting.default),
            "meaning": description_of(name),
        }
        for name, setting in SETTINGS.items()
    ]
