"""Every setting with its type, its limits and its default; `loading.py` reads them."""

from __future__ import annotations

import re
from collections.abc import Callable, Mapping
from enum import StrEnum
from pathlib import Path
from typing import Annotated, Any, Literal
from urllib.parse import urlsplit
from zoneinfo import ZoneInfo, ZoneInfoNotFoundError

from pydantic import AfterValidator, BeforeValidator, Field, SecretStr, model_validator
from pydantic_settings import BaseSettings, NoDecode, SettingsConfigDict

from bot.domain.jobs.bulk import LARGEST
from bot.domain.texts.catalog import Language, named_language
from bot.gateway.http.handshake import tls_context
from bot.settings.names import COMMAND_PATTERN


def _before(change: Callable[[str], object]) -> BeforeValidator:
    """Change a text before it is validated."""
    return BeforeValidator(lambda value: change(value) if isinstance(value, str) else value)


def _secret_like(pattern: str, check: Callable[[str], object] = str) -> AfterValidator:
    """The whole secret has this form; pydantic's own `pattern` is for plain texts only."""

    def validate(value: SecretStr) -> SecretStr:
        secret = value.get_secret_value()
        if not re.fullmatch(pattern, secret, re.DOTALL):
            raise ValueError("wrong form")
        check(secret)
        return value

    return AfterValidator(validate)


def _check_address(value: str) -> str:
    """Problems that a pattern cannot detect: brackets, the port's range, a host's labels."""
    parts = urlsplit(value)
    if parts.port == 0 or not (parts.hostname or "").encode("idna"):
        raise ValueError("not an address")
    return value


def _check_zone(value: str) -> str:
    try:
        ZoneInfo(value)
    except (ZoneInfoNotFoundError, ValueError, OSError):
        raise ValueError("unknown time zone") from None
    return value


def _check_certificates(value: Path) -> Path:
    try:
        tls_context(value)
    except OSError:
        raise ValueError("no file of certificates") from None
    return value


Secret = Annotated[SecretStr, _before(str.strip)]
Url = Annotated[
    str,
    Field(pattern=r"^https?://[^\s/?#@]+(?:[/?][^\s#]*)?$"),
    AfterValidator(_check_address),
]
_language = _before(lambda text: named_language(text) or text)
# `NoDecode` keeps pydantic-settings from reading these as JSON.
_listed = _before(lambda text: text.replace(",", " ").split())
_ChannelId = Annotated[str, Field(pattern=r"^[CGD][A-Z0-9]{1,30}$")]
_UserId = Annotated[str, Field(pattern=r"^[UW][A-Z0-9]{1,30}$")]
_TeamId = Annotated[str, Field(pattern=r"^[TE][A-Z0-9]{1,30}$")]
UserIds = Annotated[frozenset[_UserId], NoDecode, _listed]
Intervals = Annotated[
    tuple[Annotated[float, Field(gt=0, le=86_400)], ...],
    NoDecode,
    _listed,
    Field(min_length=1, max_length=50),
]
MostWatches = Annotated[int, Field(ge=1, le=1_000_000)]


class Mode(StrEnum):
    """How Slack reaches the bot."""

    SOCKET = "socket"
    HTTP = "http"


class Settings(BaseSettings):
    """Every setting, by the name of its environment variable in lower case."""

    model_config = SettingsConfigDict(
        env_file_encoding="utf-8",
        env_ignore_empty=True,
        extra="ignore",
        frozen=True,
        # pydantic's messages would quote the value, which may be a secret.
        hide_input_in_errors=True,
        str_strip_whitespace=True,
    )

    slack_bot_token: Annotated[Secret, _secret_like(r"xoxb-\S*")] | None = None
    slack_signing_secret: Secret | None = None
    slack_app_token: Annotated[Secret, _secret_like(r"xapp-\S*")] | None = None
    slack_client_id: str | None = None
    slack_client_secret: Secret | None = None
    slack_api_url: Annotated[Url, AfterValidator(lambda url: f"{url.removesuffix('/')}/")] = (
        "https://slack.com/api/"
    )

    bot_mode: Mode | None = None
    bot_host: str = "127.0.0.1"
    bot_port: Annotated[int, Field(ge=0, le=65535)] = 3000
    bot_language: Annotated[Language, _language] = Language.ENGLISH
    bot_command: Annotated[str, Field(pattern=COMMAND_PATTERN)] = "/voicestatus"
    bot_timezone: Annotated[str, AfterValidator(_check_zone)] = "America/Sao_Paulo"
    bot_support_contact: Annotated[str, Field(max_length=200)] = ""
    bot_hash_key: Annotated[Secret, Field(min_length=16)] | None = None
    bot_log_format: Literal["text", "json"] | None = None
    bot_log_level: Annotated[Literal["DEBUG", "INFO", "WARNING", "ERROR"], _before(str.upper)] = (
        "INFO"
    )

    gateway_url: Url = "https://pw-api.com/voice/v_3_00/service.asmx"
    gateway_credential: Annotated[Secret, Field(min_length=40, max_length=40)] | None = None
    gateway_token: Annotated[Secret, Field(min_length=6, max_length=6)] | None = None
    gateway_soap_version: Literal["1.1", "1.2"] = "1.1"
    gateway_timeout_seconds: Annotated[float, Field(gt=0, le=120)] = 10.0
    gateway_requests_per_second: Annotated[float, Field(gt=0, le=1000)] = 10.0
    gateway_max_concurrency: Annotated[int, Field(ge=1, le=1000)] = 20
    gateway_support_contact: Annotated[str, Field(max_length=200)] = ""
    gateway_proxy: Annotated[Secret, _secret_like(r"https?://.*", _check_address)] | None = None
    gateway_ca_file: Annotated[Path, AfterValidator(_check_certificates)] | None = None

    # It may contain a password.
    database_url: Annotated[
        Secret,
        _secret_like(r"(sqlite|postgresql)://\S+"),
        Field(default_factory=lambda: SecretStr("sqlite:///voicestatus.db")),
    ]
    bot_retention_days: Annotated[int, Field(ge=1, le=3650)] = 90
    watch_intervals_seconds: Intervals = (15.0, 30.0, 60.0, 120.0, 300.0)
    watch_limit_minutes: Annotated[float, Field(gt=0, le=1440)] = 30.0
    watch_max_open: MostWatches | None = None
    watch_max_per_user: MostWatches = 250
    watch_max_per_channel: MostWatches = 500
    watch_in_doubt: Literal["repeat", "drop"] = "repeat"
    bulk_max_ids: Annotated[int, Field(ge=10, le=LARGEST)] = LARGEST
    allowed_channels: Annotated[frozenset[_ChannelId], NoDecode, _listed] = frozenset()
    allowed_users: UserIds = frozenset()
    admin_users: UserIds = frozenset()
    allow_external_users: bool = False
    bot_own_teams: Annotated[frozenset[_TeamId], NoDecode, _listed] = frozenset()

    @model_validator(mode="before")
    @classmethod
    def _blank_is_unset(cls, values: Mapping[str, object]) -> Mapping[str, object]:
        """A signing secret of spaces would be known to everyone."""
        return {n: v for n, v in values.items() if not (isinstance(v, str) and not v.strip())}

    @classmethod
    def of(cls, **values: Any) -> Settings:
        """Settings from these values alone; the environment is ignored."""
        # No name of a variable contains a NUL, so none has this prefix.
        return cls(_env_prefix="\0", _env_file=None, _secrets_dir=None, **values)

    @property
    def mode(self) -> Mode:
        """Socket Mode when an app token is set, unless the mode was chosen."""
        return self.bot_mode or (Mode.SOCKET if self.slack_app_token is not None else Mode.HTTP)
