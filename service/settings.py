"""What the service can be told: one table, read from flags and the environment, shown in every command's help."""

from __future__ import annotations

from pathlib import Path
from typing import Any

from pydantic import BaseModel, ConfigDict, Field, ValidationError
from sqlalchemy import URL, make_url
from sqlalchemy.exc import ArgumentError

from service.failures import ServiceFailure

_DRIVER = "postgresql+psycopg2"  # a bare postgresql:// means psycopg 3 to SQLAlchemy 2.1


class Settings(BaseModel):
    """Every setting is a flag and an environment variable: `data_dir` is `--data-dir` and `REDLEDGER_DATA_DIR`."""

    model_config = ConfigDict(frozen=True, extra="forbid")

    data_dir: Path = Field(
        Path(".redledger"), description="Folder of the embedded database, of the keys and of the service's lock."
    )
    database_url: str = Field(
        "", description="A PostgreSQL server to use instead of the embedded one: postgresql://user:password@host/name."
    )
    key_file: Path | None = Field(
        None, description="File with the keys of personal data (mode 0600); 'keys' in the data folder if not given."
    )
    host: str = Field("127.0.0.1", description="Address to listen on.")
    port: int = Field(8600, ge=0, le=65535, description="Port to listen on; 0 takes any free one.")

    aftership_secret: str = Field(
        "", repr=False, description="Secret that AfterShip signs its webhooks with; without it none are taken."
    )
    easypost_secret: str = Field(
        "", repr=False, description="Secret that EasyPost signs its webhooks with; without it none are taken."
    )

    stripe_secret: str = Field(
        "", repr=False, description="Secret that Stripe signs its webhooks with (whsec_…); without it none are taken."
    )
    adyen_secret: str = Field(
        "",
        repr=False,
        pattern=r"^([0-9A-Fa-f]{2})*$",
        description="HMAC key, hexadecimal, that Adyen signs its notifications with; without it none are taken.",
    )

    adyen_capture: str = Field(
        "manual",
        description="When Adyen captures: 'manual', so that a CAPTURE tells of it; 'automatic', so that the "
        "AUTHORISATION is the capture; or the merchant accounts that capture automatically, with commas between them.",
    )

    partners: str = Field(
        "",
        description="Who carries out captures, voids, refunds and payouts: 'simulated'; without it they wait.",
    )

    @property
    def keys(self) -> Path:
        return self.key_file or self.data_dir / "keys"

    @property
    def server(self) -> URL | None:
        """The address of the server asked for, None for the embedded one. Raises `ServiceFailure`."""
        if not self.database_url:
            return None
        try:
            url = make_url(self.database_url)
        except ArgumentError:
            raise ServiceFailure("The database address is not one: postgresql://user:password@host/name.") from None
        if url.drivername.partition("+")[0] not in ("postgresql", "postgres"):
            raise ServiceFailure(f"RedLedger keeps its books on PostgreSQL, not on {url.drivername}.")
        return url.set(drivername=_DRIVER)


EVERYWHERE = ("data_dir", "database_url", "key_file")  # what each command needs to find the ledger
SECRETS = ("aftership_secret", "easypost_secret", "stripe_secret", "adyen_secret")  # what webhooks are signed with
SERVING = (*EVERYWHERE, "host", "port", *SECRETS, "adyen_capture", "partners")


def flag_of(name: str) -> str:
    return f"--{name.replace('_', '-')}"


def variable_of(name: str) -> str:
    return f"REDLEDGER_{name.upper()}"


def settings_from(given: dict[str, Any]) -> Settings:
    """Settings from what was given; what was not (None) keeps its default. Raises `ServiceFailure`."""
    try:
        return Settings(**{name: value for name, value in given.items() if value is not None})
    except ValidationError as error:
        first = error.errors()[0]
        raise ServiceFailure(f"{flag_of(str(first['loc'][0]))}: {first['msg']}.") from None


def settings_table() -> list[dict[str, str]]:
    """The documented table: flag, variable, default and meaning of every setting."""
    return [
        {
            "flag": flag_of(name),
            "variable": variable_of(name),
            "default": "" if field.default is None else str(field.default),
            "meaning": field.description or "",
        }
        for name, field in Settings.model_fields.items()
    ]
