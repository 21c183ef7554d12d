"""Every setting, each a `TIDINGS_*` variable. `tidings settings` lists them with their defaults."""

from datetime import timedelta
from functools import lru_cache
from typing import Annotated, Literal
from urllib.parse import urlsplit

from pydantic import AfterValidator, BeforeValidator, Field, SecretStr
from pydantic_settings import BaseSettings, SettingsConfigDict

from models.rates import LEAST_PER_SECOND
from models.roles import Role


def _names_postgresql(url: SecretStr) -> SecretStr:
    want = "want postgresql://user:password@host:port/database"
    try:
        parts = urlsplit(url.get_secret_value())
        if not parts.scheme.startswith("postgres") or parts.port == 0:
            raise ValueError
    except ValueError:  # in its own words it would quote the password
        raise ValueError(want) from None
    return url


def _names_a_port(address: str) -> str:
    host, _, port = address.rpartition(":")
    if not host or "/" in host or not port.isdecimal() or not 0 < int(port) < 65536:
        raise ValueError("want host:port")
    return address


def _names_places(places: str) -> str:
    named = [place.strip().lower() for place in places.split(",") if place.strip()]
    return ",".join(map(_names_a_port, named))


def _is_safe(url: str) -> str:
    parts = urlsplit(url)
    here = parts.scheme == "http" and parts.hostname in ("127.0.0.1", "localhost", "::1")
    if url and not (here or (parts.scheme == "https" and parts.hostname)):
        raise ValueError("want https://…, or http://127.0.0.1:port")
    return url.rstrip("/")


def _folded(value: object) -> object:
    return value.strip().casefold() if isinstance(value, str) else value


def _raised(value: object) -> object:
    return value.strip().upper() if isinstance(value, str) else value


DatabaseUrl = Annotated[SecretStr, AfterValidator(_names_postgresql)]
Address = Annotated[str, AfterValidator(_names_a_port)]
Addresses = Annotated[str, AfterValidator(_names_places)]
ConsoleUrl = Annotated[str, AfterValidator(_is_safe)]
LogLevel = Annotated[Literal["DEBUG", "INFO", "WARNING", "ERROR"], BeforeValidator(_raised)]
LogFormat = Annotated[Literal["json", "console"], BeforeValidator(_folded)]


class Settings(BaseSettings):
    """What a process needs to know; read once at its start."""

    model_config = SettingsConfigDict(env_prefix="TIDINGS_", extra="ignore")

    database_url: DatabaseUrl = Field(
        SecretStr("postgresql://tidings@127.0.0.1:5432/tidings"),
        description="PostgreSQL, the truth: postgresql://user:password@host:port/database",
    )
    database_pool: int = Field(8, ge=1, le=200, description="connections a process keeps at most")
    temporal_address: Address = Field(
        "127.0.0.1:7233", description="host:port of Temporal's front end"
    )
    temporal_namespace: str = Field("default", description="the namespace of our workflows")
    temporal_ui_url: str = Field(
        "", description="where operators reach the Temporal UI; shown in tables and pages"
    )
    api_host: str = Field("127.0.0.1", description="the address the API listens on")
    api_port: int = Field(8400, ge=1, le=65535, description="the port the API listens on")
    secret_keys: SecretStr = Field(
        SecretStr(""),
        description="keyring that seals vendor credentials: id:base64(32 bytes), newest first,"
        " separated by commas",
    )
    console_url: ConsoleUrl = Field(
        "",
        description="where browsers reach the console: https://…; plain http for 127.0.0.1 alone."
        " Empty: any https address",
    )
    oidc_issuer: str = Field(
        "", description="the issuer by which the staff may log in; empty: none"
    )
    oidc_client_id: str = Field("", description="what the issuer knows the console by")
    oidc_client_secret: SecretStr = Field(SecretStr(""), description="and its secret")
    oidc_role_claim: str = Field("groups", description="the claim that says who has which role")
    oidc_roles: dict[str, Role] = Field(
        {}, description='JSON, from a value of that claim to a role: {"tidings-admins": "admin"}'
    )
    metrics_host: str = Field("127.0.0.1", description="the address that metrics are served on")
    metrics_port: int = Field(
        0,
        ge=0,
        le=65535,
        description="the port of this process's metrics, for Prometheus; 0: none. Each process of"
        " a machine needs one of its own",
    )
    log_level: LogLevel = Field("INFO", description="DEBUG, INFO, WARNING or ERROR")
    log_format: LogFormat = Field("json", description="json or console")
    share_above: int = Field(
        8,
        ge=0,
        description="accepted but unsent notifications of a priority, above which new ones share"
        " a workflow",
    )
    share_wait: timedelta = Field(
        timedelta(milliseconds=250),
        description="how long the relay gathers notifications for a shared workflow while another"
        " one of their priority is at work",
    )
    key_requests_per_second: float = Field(
        1000,
        ge=LEAST_PER_SECOND,
        le=100_000,
        description="requests a second of a key to each API process, unless the key or its"
        " application has a limit of its own",
    )
    two_approvers_above: int = Field(
        500_000, ge=0, description="people of a campaign above which two must approve it"
    )
    campaign_people_most: int = Field(
        1_000_000, ge=1, description="people that one campaign may have"
    )
    webhook_private_hosts: Addresses = Field(
        "",
        description="host:port of each receiver of webhooks that may be on a private network or"
        " without TLS, as its URL names it, separated by commas",
    )
    relay_after: timedelta = Field(
        timedelta(seconds=5), description="age at which the relay takes over a workflow start"
    )
    reconcile_after: timedelta = Field(
        timedelta(minutes=2),
        description="how long an owner may be overdue before its workflow is started again",
    )
    drain: timedelta = Field(
        timedelta(seconds=10), description="how long a worker finishes its windows on SIGTERM"
    )


@lru_cache
def settings() -> Settings:
    """This process's settings."""
    return Settings()
