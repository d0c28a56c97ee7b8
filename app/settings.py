"""Settings: read once from the environment, frozen, refused when they contradict each other."""

import base64
import binascii
import os
import re
from collections.abc import Mapping
from ipaddress import IPv4Network, IPv6Network
from pathlib import Path
from typing import Annotated, Literal, Self
from urllib.parse import urlsplit

from pydantic import BeforeValidator, Field, SecretStr, ValidationError, model_validator
from pydantic_settings import BaseSettings, NoDecode, PydanticBaseSettingsSource, SettingsConfigDict

from app.errors import Refusal
from app.rates import LONGEST_COUNT_SECONDS, Rate

PREFIX = "FREEQUOTE_"
SAMPLE_KEY = base64.b64encode(b"sample key: never use this one!!").decode()
"""The key that the documentation shows. Production refuses it."""
_KEY_BYTES = 32
LEASE_MARGIN_SECONDS = 30
"""What an attempt may take besides its deadline: to be recorded while the database is slow or away for a moment."""
_ADDRESS = re.compile(r"(?:\[[0-9A-Fa-f:.]+\]|[0-9A-Za-z.-]+):[1-9][0-9]{0,4}")
_LAST_PORT = 65535
_SITE_KEY = re.compile(r"[0-9A-Za-z_-]{1,100}")


def _rate(value: object) -> object:
    return Rate(value) if isinstance(value, str) else value


def _split(value: object) -> object:
    return tuple(part.strip() for part in value.split(",") if part.strip()) if isinstance(value, str) else value


Networks = Annotated[tuple[IPv4Network | IPv6Network, ...], NoDecode, BeforeValidator(_split)]
RateSetting = Annotated[Rate, BeforeValidator(_rate)]


class Settings(BaseSettings):
    """Every setting, each read from `FREEQUOTE_…` or, as `FREEQUOTE_…_FILE`, from a file."""

    model_config = SettingsConfigDict(
        env_prefix=PREFIX, frozen=True, extra="ignore", arbitrary_types_allowed=True, hide_input_in_errors=True
    )

    environment: Literal["development", "production"] = Field(
        "development",
        description="`production` refuses missing or sample secrets and plain HTTP public addresses, "
        "and does not migrate on `serve`.",
    )
    data_dir: Path = Field(
        Path("data"), description="Database file, sealing key and mail folder of the embedded default."
    )
    database_url: SecretStr = Field(
        SecretStr(""),
        description="`sqlite:///<file>` or `postgresql://user@host/name?sslmode=require`, as any tool writes it. "
        "Empty: `freequote.db` in the data folder.",
    )
    direct_database_url: SecretStr = Field(
        SecretStr(""), description="The database without the pooler in between, for migrations and LISTEN."
    )
    host: str = Field("127.0.0.1", description="Where `serve` listens.")
    port: int = Field(8000, ge=0, le=65535, description="The port `serve` listens on.")
    public_url: str = Field(
        "", description="The address that links use; never taken from the Host header. Empty: from host and port."
    )
    sealing_key: SecretStr = Field(
        SecretStr(""),
        description="Base64 of 32 random bytes; several, comma-separated: the first seals, all open. "
        "Made on the first run in development.",
    )
    burst: RateSetting = Field(
        Rate("60/10s"), validate_default=False, description="Requests per client address at the door, then 429."
    )
    flood: RateSetting = Field(
        Rate("100/10m"), validate_default=False, description="Leads per client address, then held for staff to look at."
    )
    openings: RateSetting = Field(
        Rate("120/1m"), validate_default=False, description="Leads that one key or person may open, then 429."
    )
    require_totp: bool = Field(
        default=False, description="Staff must set up an authenticator app before they can do anything else."
    )
    oidc_issuer: str = Field(
        "",
        description="The OpenID provider that staff may sign in through, as it spells itself: "
        "`https://login.clinic.example`. Needs the extra: `pip install 'freequote[oidc]'`.",
    )
    oidc_client_id: str = Field("", description="What the provider calls us.")
    oidc_client_secret: SecretStr = Field(
        SecretStr(""), description="The secret that the provider gave us; empty for a public client."
    )
    oidc_second_factor: Literal["amr", "always"] = Field(
        "amr",
        description="Where an account needs a second factor: `amr` believes the provider where its token says `mfa`; "
        "`always` says that the provider asks everybody for one.",
    )
    oidc_networks: Networks = Field(
        (),
        description="CIDRs, comma-separated, that the provider may be reached in although they are not public, "
        "besides FREEQUOTE_ALLOW_NETWORKS.",
    )
    turnstile_site_key: str = Field(
        "", description="The site key of Cloudflare's Turnstile, for forms that switch it on. Empty: none does."
    )
    turnstile_secret: SecretStr = Field(SecretStr(""), description="The secret that belongs to the site key.")
    turnstile_url: str = Field(
        "https://challenges.cloudflare.com/turnstile/v0/siteverify",
        description="Where Turnstile's tokens are checked; another address is for tests.",
    )
    smtp_url: SecretStr = Field(
        SecretStr(""),
        description="`smtp://user:password@host:587` (STARTTLS required), `smtps://…:465`, `?tls=off` only for a relay "
        "on this machine. Empty: mail goes to a folder, in development only.",
    )
    mail_from: str = Field("", description="The sender of all mail: `Freequote <quotes@clinic.example>`.")
    allow_networks: Networks = Field(
        (), description="CIDRs, comma-separated, that webhooks may reach although they are not public."
    )
    delivery_deadline: int = Field(
        15, ge=1, le=300, description="How long one attempt to deliver may take, in seconds."
    )
    delivery_lease: int = Field(
        60,
        le=3600,
        description="For how long a worker has a delivery to itself, in seconds: at least 30 more than the deadline. "
        "After a crash it is tried again by then.",
    )
    trusted_proxies: Networks = Field(
        (), description="CIDRs, comma-separated, whose forwarded client addresses are believed."
    )
    max_body: int = Field(65536, ge=1024, le=1_048_576, description="The largest request body of any route, in bytes.")
    max_body_seconds: float = Field(
        30, ge=1, le=600, description="How long a request body may take to arrive at the door, in seconds; then 408."
    )
    metrics: str = Field(
        "",
        description="`host:port` of a listener of its own with figures for Prometheus, for example `127.0.0.1:9464`; "
        "never a public one. Empty: none.",
    )
    log_level: Literal["debug", "info", "warning", "error"] = Field("info", description="The least level logged.")
    log_format: Literal["auto", "json", "text"] = Field(
        "auto", description="`json` or `text`; `auto` is text on a terminal in development, else JSON."
    )

    @classmethod
    def settings_customise_sources(
        cls,
        settings_cls: type[BaseSettings],
        init_settings: PydanticBaseSettingsSource,
        env_settings: PydanticBaseSettingsSource,
        dotenv_settings: PydanticBaseSettingsSource,
        file_secret_settings: PydanticBaseSettingsSource,
    ) -> tuple[PydanticBaseSettingsSource, ...]:
        """Take what `read_settings` hands over, nothing else."""
        del settings_cls, env_settings, dotenv_settings, file_secret_settings
        return (init_settings,)

    @property
    def production(self) -> bool:
        """Whether this is the real thing."""
        return self.environment == "production"

    @property
    def effective_database_url(self) -> str:
        """The database's URL, the embedded default included."""
        return self.database_url.get_secret_value() or f"sqlite:///{self.data_dir / 'freequote.db'}"

    @property
    def base_url(self) -> str:
        """Our own public address, without a slash at its end."""
        host = f"[{self.host}]" if ":" in self.host else self.host
        return (self.public_url or f"http://{host}:{self.port}").rstrip("/")

    @property
    def metrics_address(self) -> tuple[str, int] | None:
        """Host and port of the listener for figures; None: there is none."""
        host, _, port = self.metrics.rpartition(":")
        return (host.strip("[]"), int(port)) if port else None

    @property
    def sealing_key_file(self) -> Path:
        """Where the embedded default keeps the key it made."""
        return self.data_dir / "sealing.key"

    @property
    def audit_dir(self) -> Path:
        """Where the audit's checkpoints are kept, outside the database."""
        return self.data_dir / "audit"

    @property
    def mail_dir(self) -> Path:
        """Where mail goes in development while no SMTP server is set."""
        return self.data_dir / "mail"

    @model_validator(mode="after")
    def _consistent(self) -> Self:
        if self.public_url and urlsplit(self.public_url).scheme not in {"http", "https"}:
            raise ValueError("FREEQUOTE_PUBLIC_URL must start with https:// (or http:// in development).")
        if self.smtp_url.get_secret_value() and not self.mail_from:
            raise ValueError("FREEQUOTE_SMTP_URL is set but FREEQUOTE_MAIL_FROM is not: say who mail comes from.")
        if self.oidc_issuer:
            self._check_provider()
        self._check_turnstile()
        self._check_metrics()
        if self.flood.seconds > LONGEST_COUNT_SECONDS:
            raise ValueError("FREEQUOTE_FLOOD counts over an hour at most: where a lead came from is not kept longer.")
        if self.delivery_lease < self.delivery_deadline + LEASE_MARGIN_SECONDS:
            raise ValueError(
                f"FREEQUOTE_DELIVERY_LEASE must be {LEASE_MARGIN_SECONDS} s longer than FREEQUOTE_DELIVERY_DEADLINE: "
                "else another worker sends what one is still sending."
            )
        if self.production:
            self._fit_for_production()
        return self

    def _check_provider(self) -> None:
        parts = urlsplit(self.oidc_issuer)
        if parts.scheme not in {"https", "http"} or not parts.netloc or parts.query or parts.fragment:
            raise ValueError("FREEQUOTE_OIDC_ISSUER must be an https:// address without a query (OIDC Discovery §3).")
        if not self.oidc_client_id:
            raise ValueError("FREEQUOTE_OIDC_ISSUER is set but FREEQUOTE_OIDC_CLIENT_ID is not: register us there.")
        if self.production and parts.scheme != "https":
            raise ValueError("FREEQUOTE_OIDC_ISSUER must start with https:// in production.")

    def _check_turnstile(self) -> None:
        if bool(self.turnstile_site_key) != bool(self.turnstile_secret.get_secret_value()):
            raise ValueError(
                "FREEQUOTE_TURNSTILE_SITE_KEY and FREEQUOTE_TURNSTILE_SECRET belong together: set both, or neither."
            )
        if self.turnstile_site_key and not _SITE_KEY.fullmatch(self.turnstile_site_key):
            raise ValueError("FREEQUOTE_TURNSTILE_SITE_KEY has letters, digits, _ and - only, as Cloudflare shows it.")
        if urlsplit(self.turnstile_url).scheme not in ({"https"} if self.production else {"https", "http"}):
            raise ValueError("FREEQUOTE_TURNSTILE_URL must start with https:// (or http:// in development).")

    def _check_metrics(self) -> None:
        if self.metrics and (not _ADDRESS.fullmatch(self.metrics) or int(self.metrics.rpartition(":")[2]) > _LAST_PORT):
            raise ValueError("FREEQUOTE_METRICS must read host:port, for example 127.0.0.1:9464.")

    def _fit_for_production(self) -> None:
        keys = self.sealing_key.get_secret_value()
        if not keys:
            raise ValueError(
                "FREEQUOTE_SEALING_KEY is missing. Make one with `openssl rand -base64 32`, keep a copy outside this "
                "machine, and set FREEQUOTE_SEALING_KEY or FREEQUOTE_SEALING_KEY_FILE."
            )
        if any(_is_sample(key) for key in keys.split(",")):
            raise ValueError(
                "FREEQUOTE_SEALING_KEY is a sample that anybody can read in the documentation. "
                "Make your own with `openssl rand -base64 32`."
            )
        if not self.public_url.startswith("https://"):
            raise ValueError("FREEQUOTE_PUBLIC_URL must be set and start with https:// in production.")


def _is_sample(key: str) -> bool:
    try:
        raw = base64.b64decode(key.strip(), validate=True)
    except binascii.Error:
        return False
    # Sixteen different bytes among 32 random ones are all but certain; a typed pattern rarely has them.
    return len(raw) == _KEY_BYTES and (key.strip() == SAMPLE_KEY or len(set(raw)) < _KEY_BYTES // 4)


def read_settings(environ: Mapping[str, str] = os.environ) -> Settings:
    """Read the settings, or refuse with one sentence for each thing that is wrong.

    Errors: `Refusal`; its text never repeats a value, since that may be a secret.
    """
    values: dict[str, str] = {}
    for name in Settings.model_fields:
        variable = PREFIX + name.upper()
        path = environ.get(f"{variable}_FILE")
        if path is not None and variable in environ:
            raise Refusal(f"{variable} and {variable}_FILE are both set: keep one.")
        if path is not None:
            values[name] = _read_file(f"{variable}_FILE", Path(path))
        elif environ.get(variable):
            values[name] = environ[variable]
    try:
        return Settings.model_validate(values)
    except ValidationError as error:
        raise Refusal("\n".join(_sentence(detail["loc"], detail["msg"]) for detail in error.errors())) from None


def _read_file(variable: str, path: Path) -> str:
    try:
        return path.read_text(encoding="utf-8").strip()
    except OSError as error:
        raise Refusal(f"{variable}: the file cannot be read ({error.strerror}).") from None


def _sentence(location: tuple[int | str, ...], message: str) -> str:
    text = message.removeprefix("Value error, ")
    return f"{PREFIX}{str(location[0]).upper()}: {text}" if location else text
