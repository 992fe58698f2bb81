"""Every setting with its type, its limits and its default; `loading.py` reads them."""

from __future__ import annotations

import re
from collections.abc import Callable
from enum import StrEnum
from pathlib import Path
from typing import Annotated, Any, Literal
from urllib.parse import urlsplit
from zoneinfo import ZoneInfo, ZoneInfoNotFoundError

from pydantic import AfterValidator, BeforeValidator, Field, SecretStr
from pydantic_settings import (
    BaseSettings,
    DotEnvSettingsSource,
    InitSettingsSource,
    PydanticBaseSettingsSource,
    SettingsConfigDict,
)

from bot.domain.jobs.bulk import LARGEST
from bot.domain.texts.catalog import Language, named_language
from bot.gateway.http.handshake import tls_context
from bot.settings.names import COMMAND_PATTERN
from bot.settings.sources import ENV_FILE, SECRETS_DIRECTORY, read_sources


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


def _with_scheme(proxy: str) -> str:
    """As curl reads it, which many addresses of proxies are written for."""
    return proxy if "://" in proxy else f"http://{proxy}"


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


_Proxy = Annotated[
    SecretStr, _before(_with_scheme), _secret_like(r"(?i:https?)://\S+", _check_address)
]
Url = Annotated[
    str,
    Field(pattern=r"^https?://[^\s/?#@]+(?:[/?][^\s#]*)?$"),
    AfterValidator(_check_address),
]
_language = _before(lambda text: named_language(text) or text)
# Items are copied with quotes around each of them, too.
_listed = _before(lambda text: re.findall(r"""[^\s,"']+""", text))
# IPv6 is written in brackets where a port follows. Neither a scheme nor a port belongs here.
_Host = Annotated[
    str,
    _before(lambda text: text.removeprefix("[").removesuffix("]")),
    Field(pattern=r"^(?:[^\s/:\[\]]*|[0-9A-Fa-f.]*:[0-9A-Fa-f.]*:[0-9A-Fa-f:.]*(?:%\w+)?)$"),
]
_Port = Annotated[int, Field(ge=0, le=65535)]
_ChannelId = Annotated[str, Field(pattern=r"^[CGD][A-Z0-9]{1,30}$")]
_UserId = Annotated[str, Field(pattern=r"^[UW][A-Z0-9]{1,30}$")]
_TeamId = Annotated[str, Field(pattern=r"^[TE][A-Z0-9]{1,30}$")]
UserIds = Annotated[frozenset[_UserId], _listed]
Intervals = Annotated[
    tuple[Annotated[float, Field(gt=0, le=86_400)], ...],
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

    # pydantic's messages would quote the value, which may be a secret.
    model_config = SettingsConfigDict(
        env_file=ENV_FILE, extra="forbid", frozen=True, hide_input_in_errors=True
    )

    slack_bot_token: Annotated[SecretStr, _secret_like(r"xoxb-[!-~]+")] | None = None
    slack_signing_secret: Annotated[SecretStr, _secret_like(r"(?!xox|xapp)[!-~]+")] | None = None
    slack_app_token: Annotated[SecretStr, _secret_like(r"xapp-[!-~]+")] | None = None
    slack_client_id: str | None = None
    slack_client_secret: SecretStr | None = None
    slack_api_url: Annotated[Url, AfterValidator(lambda url: f"{url.removesuffix('/')}/")] = (
        "https://slack.com/api/"
    )

    bot_mode: Annotated[Mode, _before(str.lower)] | None = None
    bot_host: _Host = "127.0.0.1"
    bot_port: _Port = 3000
    bot_health_host: _Host | None = None
    bot_health_port: _Port | None = None
    bot_language: Annotated[Language, _language] = Language.ENGLISH
    bot_command: Annotated[str, Field(pattern=COMMAND_PATTERN)] = "/voicestatus"
    bot_timezone: Annotated[str, AfterValidator(_check_zone)] = "America/Sao_Paulo"
    bot_support_contact: Annotated[str, Field(max_length=200)] = ""
    bot_hash_key: Annotated[SecretStr, _secret_like(r"(?!.*\s#).{16,}")] | None = None
    bot_log_format: Annotated[Literal["text", "json"], _before(str.lower)] | None = None
    bot_log_level: Annotated[Literal["DEBUG", "INFO", "WARNING", "ERROR"], _before(str.upper)] = (
        "INFO"
    )

    gateway_url: Url = "https://pw-api.com/voice/v_3_00/service.asmx"
    gateway_credential: Annotated[SecretStr, _secret_like(r"[!-~]{40}")] | None = None
    gateway_token: Annotated[SecretStr, _secret_like(r"[!-~]{6}")] | None = None
    gateway_soap_version: Literal["1.1", "1.2"] = "1.1"
    gateway_timeout_seconds: Annotated[float, Field(gt=0, le=120)] = 10.0
    gateway_requests_per_second: Annotated[float, Field(gt=0, le=1000)] = 10.0
    gateway_max_concurrency: Annotated[int, Field(ge=1, le=1000)] = 20
    gateway_support_contact: Annotated[str, Field(max_length=200)] = ""
    gateway_proxy: _Proxy | None = None
    gateway_ca_file: Annotated[Path, AfterValidator(_check_certificates)] | None = None

    https_proxy: _Proxy | None = None
    http_proxy: _Proxy | None = None
    no_proxy: Annotated[tuple[str, ...], _listed] = ()

    # It may contain a password.
    database_url: Annotated[
        SecretStr,
        _secret_like(r"(sqlite|postgresql)://\S+"),
        Field(default_factory=lambda: SecretStr("sqlite:///voicestatus.db")),
    ]
    bot_retention_days: Annotated[int, Field(ge=1, le=3650)] = 90
    watch_intervals_seconds: Intervals = (15.0, 30.0, 60.0, 120.0, 300.0)
    watch_limit_minutes: Annotated[float, Field(gt=0, le=1440)] = 30.0
    watch_max_open: MostWatches | None = None
    watch_max_per_user: MostWatches = 250
    watch_max_per_channel: MostWatches = 500
    watch_in_doubt: Annotated[Literal["repeat", "drop"], _before(str.lower)] = "repeat"
    bulk_max_ids: Annotated[int, Field(ge=10, le=LARGEST)] = LARGEST
    allowed_channels: Annotated[frozenset[_ChannelId], _listed] = frozenset()
    allowed_users: UserIds = frozenset()
    admin_users: UserIds = frozenset()
    allow_external_users: bool = False
    allow_clear_text: bool = False
    bot_own_teams: Annotated[frozenset[_TeamId], _listed] = frozenset()

    @classmethod
    def settings_customise_sources(
        cls,
        settings_cls: type[BaseSettings],
        init_settings: PydanticBaseSettingsSource,
        env_settings: PydanticBaseSettingsSource,
        dotenv_settings: PydanticBaseSettingsSource,
        file_secret_settings: PydanticBaseSettingsSource,
    ) -> tuple[PydanticBaseSettingsSource, ...]:
        """Arguments go before what is set; `of` reads nothing else."""
        del env_settings
        if isinstance(dotenv_settings, DotEnvSettingsSource) and dotenv_settings.env_file is None:
            return (init_settings,)
        directory = getattr(file_secret_settings, "secrets_dir", None) or SECRETS_DIRECTORY
        found = read_sources(str(directory)).values
        # One source that reads all places by the same rule, instead of the library's three.
        texts: dict[str, Any] = {name.lower(): text for name, text in found.items()}
        return init_settings, InitSettingsSource(settings_cls, texts)

    @classmethod
    def of(cls, **values: Any) -> Settings:
        """Settings from these values alone, as texts or with their types."""
        return cls(_env_file=None, _secrets_dir=None, **values)

    @property
    def mode(self) -> Mode:
        """Socket Mode when an app token is set, unless the mode was chosen."""
        return self.bot_mode or (Mode.SOCKET if self.slack_app_token is not None else Mode.HTTP)

    @property
    def health_address(self) -> tuple[str, int] | None:
        """Where health and metrics are served, if they have an address of their own."""
        host, port = self.bot_health_host, self.bot_health_port
        own = self.bot_host if host is None else host, self.bot_port if port is None else port
        # Port 0 is a free one each time it is given.
        return None if own == (self.bot_host, self.bot_port) and port != 0 else own
