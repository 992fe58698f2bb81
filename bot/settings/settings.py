"""The settings: environment, `.env`, or files in `/run/secrets`. Read by the top floors only.

All problems are reported together, by name, with the format of the value and where to get it; never
with the value itself.
"""

from __future__ import annotations

import difflib
import re
import ssl
from collections.abc import Collection, Iterable, Mapping
from enum import StrEnum
from pathlib import Path
from typing import Annotated, Any, Literal
from urllib.parse import urlsplit
from zoneinfo import ZoneInfo, ZoneInfoNotFoundError

from pydantic import (
    AfterValidator,
    BeforeValidator,
    Field,
    SecretStr,
    ValidationError,
    field_validator,
    model_validator,
)
from pydantic_settings import (
    BaseSettings,
    NoDecode,
    PydanticBaseSettingsSource,
    SettingsConfigDict,
)
from pydantic_settings import SettingsError as UnreadableSourceError

from bot.domain.jobs.bulk import LARGEST
from bot.domain.texts.catalog import Language, named_language
from bot.settings.hints import COMMAND_PATTERN, EITHER_FORM, EITHER_MODE, HINTS
from bot.settings.names import (
    ENV_FILE,
    SECRETS_DIRECTORY,
    foreign_names,
    misspelt_permissions,
    unknown_names,
)

Port = Annotated[int, Field(ge=0, le=65535)]
ChannelIds = Annotated[frozenset[Annotated[str, Field(pattern=r"^[CGD][A-Z0-9]{1,30}$")]], NoDecode]
UserIds = Annotated[frozenset[Annotated[str, Field(pattern=r"^[UW][A-Z0-9]{1,30}$")]], NoDecode]
TeamIds = Annotated[frozenset[Annotated[str, Field(pattern=r"^[TE][A-Z0-9]{1,30}$")]], NoDecode]
Intervals = Annotated[
    tuple[Annotated[float, Field(gt=0, le=86_400)], ...],
    NoDecode,
    Field(min_length=1, max_length=50),
]
_stripped = BeforeValidator(lambda value: value.strip() if isinstance(value, str) else value)


def _begins_with(prefix: str) -> AfterValidator:
    def check(value: SecretStr) -> SecretStr:
        secret = value.get_secret_value()
        if not secret.startswith(prefix) or any(c.isspace() for c in secret):
            raise ValueError("wrong beginning")
        return value

    return AfterValidator(check)


Secret = Annotated[SecretStr, _stripped]


def _check_address(value: str) -> str:
    """Problems that a pattern cannot detect: brackets, the port's range, a host's labels."""
    parts = urlsplit(value)
    if parts.port == 0 or not (parts.hostname or "").encode("idna"):
        raise ValueError("not an address")
    return value


Url = Annotated[
    str,
    Field(pattern=r"^https?://[^\s/?#@]+(?:[/?][^\s#]*)?$"),
    AfterValidator(_check_address),
]


class Mode(StrEnum):
    """How Slack reaches the bot."""

    SOCKET = "socket"
    HTTP = "http"


class Need(StrEnum):
    """What a command is going to use, and so which settings must be set."""

    GATEWAY = "gateway"
    SLACK = "slack"


class SettingsError(Exception):
    """The settings are not usable; one line per problem."""

    def __init__(self, problems: Iterable[str]) -> None:
        self.problems = tuple(problems)
        super().__init__("\n".join(self.problems))


class Settings(BaseSettings):
    """Every setting, by the name of its environment variable in lower case."""

    model_config = SettingsConfigDict(
        env_file_encoding="utf-8",
        env_ignore_empty=True,
        extra="ignore",
        frozen=True,
        hide_input_in_errors=True,
        str_strip_whitespace=True,
    )

    slack_bot_token: Annotated[Secret, _begins_with("xoxb-")] | None = None
    slack_signing_secret: Secret | None = None
    slack_app_token: Annotated[Secret, _begins_with("xapp-")] | None = None
    slack_client_id: str | None = None
    slack_client_secret: Secret | None = None
    slack_api_url: Url = "https://slack.com/api/"

    bot_mode: Mode | None = None
    bot_host: str = "127.0.0.1"
    bot_port: Port = 3000
    bot_language: Language = Language.ENGLISH
    bot_command: Annotated[str, Field(pattern=COMMAND_PATTERN)] = "/voicestatus"
    bot_timezone: str = "America/Sao_Paulo"
    bot_support_contact: Annotated[str, Field(max_length=200)] = ""
    bot_hash_key: Annotated[Secret, Field(min_length=16)] | None = None
    bot_log_format: Literal["text", "json"] | None = None
    bot_log_level: Literal["DEBUG", "INFO", "WARNING", "ERROR"] = "INFO"

    gateway_url: Url = "https://pw-api.com/voice/v_3_00/service.asmx"
    gateway_credential: Annotated[Secret, Field(min_length=40, max_length=40)] | None = None
    gateway_token: Annotated[Secret, Field(min_length=6, max_length=6)] | None = None
    gateway_soap_version: Literal["1.1", "1.2"] = "1.1"
    gateway_timeout_seconds: Annotated[float, Field(gt=0, le=120)] = 10.0
    gateway_requests_per_second: Annotated[float, Field(gt=0, le=1000)] = 10.0
    gateway_max_concurrency: Annotated[int, Field(ge=1, le=1000)] = 20
    gateway_support_contact: Annotated[str, Field(max_length=200)] = ""
    gateway_proxy: Secret | None = None
    gateway_ca_file: Path | None = None

    # It may contain a password.
    database_url: Annotated[
        Secret, Field(default_factory=lambda: SecretStr("sqlite:///voicestatus.db"))
    ]
    bot_retention_days: Annotated[int, Field(ge=1, le=3650)] = 90
    watch_intervals_seconds: Intervals = (15.0, 30.0, 60.0, 120.0, 300.0)
    watch_limit_minutes: Annotated[float, Field(gt=0, le=1440)] = 30.0
    watch_max_open: Annotated[int, Field(ge=1, le=1_000_000)] | None = None
    watch_max_per_user: Annotated[int, Field(ge=1, le=1_000_000)] = 250
    watch_max_per_channel: Annotated[int, Field(ge=1, le=1_000_000)] = 500
    watch_in_doubt: Literal["repeat", "drop"] = "repeat"
    bulk_max_ids: Annotated[int, Field(ge=10, le=LARGEST)] = LARGEST
    allowed_channels: ChannelIds = frozenset()
    allowed_users: UserIds = frozenset()
    admin_users: UserIds = frozenset()
    allow_external_users: bool = False
    bot_own_teams: TeamIds = frozenset()

    @model_validator(mode="before")
    @classmethod
    def _blank_is_unset(cls, values: Mapping[str, object]) -> Mapping[str, object]:
        """A signing secret of spaces would be known to everyone."""
        return {n: v for n, v in values.items() if not (isinstance(v, str) and not v.strip())}

    @field_validator(
        "allowed_channels", "allowed_users", "admin_users", "bot_own_teams", mode="before"
    )
    @classmethod
    def _split(cls, value: object) -> object:
        return frozenset(value.replace(",", " ").split()) if isinstance(value, str) else value

    @field_validator("watch_intervals_seconds", mode="before")
    @classmethod
    def _listed(cls, value: object) -> object:
        return tuple(value.replace(",", " ").split()) if isinstance(value, str) else value

    @field_validator("bot_language", mode="before")
    @classmethod
    def _named(cls, value: object) -> object:
        return (named_language(value) or value) if isinstance(value, str) else value

    @field_validator("bot_log_level", mode="before")
    @classmethod
    def _upper(cls, value: object) -> object:
        return value.upper() if isinstance(value, str) else value

    @field_validator("slack_api_url")
    @classmethod
    def _with_slash(cls, value: str) -> str:
        return value if value.endswith("/") else f"{value}/"

    @field_validator("bot_timezone")
    @classmethod
    def _known_zone(cls, value: str) -> str:
        try:
            ZoneInfo(value)
        except (ZoneInfoNotFoundError, ValueError, OSError):
            raise ValueError("unknown time zone") from None
        return value

    @field_validator("database_url")
    @classmethod
    def _known_database(cls, value: SecretStr) -> SecretStr:
        if not re.fullmatch(r"(sqlite|postgresql)://\S+", value.get_secret_value()):
            raise ValueError("not an address of a database")
        return value

    @field_validator("gateway_proxy")
    @classmethod
    def _proxy_url(cls, value: SecretStr | None) -> SecretStr | None:
        if value is not None and not value.get_secret_value().startswith(("http://", "https://")):
            raise ValueError("not an address")
        if value is not None:
            _check_address(value.get_secret_value())
        return value

    @field_validator("gateway_ca_file")
    @classmethod
    def _readable_file(cls, value: Path | None) -> Path | None:
        if value is None:
            return None
        try:
            ssl.create_default_context(cafile=value)
        except OSError:
            raise ValueError("no file of certificates") from None
        return value

    @classmethod
    def of(cls, **values: Any) -> Settings:
        """Settings from these values alone; the environment is ignored."""
        return _GivenSettings(**values)

    @property
    def mode(self) -> Mode:
        """Socket Mode when an app token is set, unless the mode was chosen."""
        return self.bot_mode or (Mode.SOCKET if self.slack_app_token is not None else Mode.HTTP)


class _GivenSettings(Settings):
    """Settings that read only their arguments."""

    @classmethod
    def settings_customise_sources(
        cls,
        settings_cls: type[BaseSettings],
        init_settings: PydanticBaseSettingsSource,
        env_settings: PydanticBaseSettingsSource,
        dotenv_settings: PydanticBaseSettingsSource,
        file_secret_settings: PydanticBaseSettingsSource,
    ) -> tuple[PydanticBaseSettingsSource, ...]:
        del settings_cls, env_settings, dotenv_settings, file_secret_settings
        return (init_settings,)


def load_settings(
    needs: Iterable[Need] = (),
    *,
    env_file: str | None = ENV_FILE,
    secrets_directory: str = SECRETS_DIRECTORY,
) -> Settings:
    """Read the settings and check that the required ones are set.

    Args:
        needs: what a command is going to use.
        env_file: in the working directory, if it exists.
        secrets_directory: where container orchestrators put one file per secret.

    Raises:
        SettingsError: with all problems together.
    """
    secrets = secrets_directory if Path(secrets_directory).is_dir() else None
    wanted = frozenset(needs)
    unknown = _unknown(env_file, secrets)
    # Permissions apply to Slack users; a terminal command has none.
    misspelt = misspelt_permissions(unknown) if Need.SLACK in wanted else []
    try:
        settings = Settings(_env_file=env_file, _secrets_dir=secrets)
    except ValidationError as error:
        faults = error.errors(include_input=False, include_url=False)
        wrong = {str(fault["loc"][0]).upper() for fault in faults}
        present = _valid_part(wrong, env_file, secrets)
        missing = _missing(present, wanted, wrong) - wrong if present is not None else set()
        raise SettingsError([*_problems(wrong, missing, unknown), *misspelt]) from None
    except (UnicodeDecodeError, UnreadableSourceError):
        where = env_file if secrets is None else f"{env_file} or a file in {secrets}"
        raise SettingsError([f"{where} is not a text file in UTF-8."]) from None
    wrong = {n for n in ("SLACK_CLIENT_ID", "SLACK_CLIENT_SECRET") if _value(settings, n)}
    missing = _missing(settings, wanted)
    wrong = wrong if Need.SLACK in wanted else set()
    if missing or wrong or misspelt:
        raise SettingsError([*_problems(wrong, missing, unknown), *misspelt])
    return settings


def _unknown(env_file: str | None, secrets: str | None) -> tuple[str, ...]:
    try:
        return unknown_names(env_file, secrets)
    except UnicodeDecodeError:
        return ()  # the reader of the values reports it


def _valid_part(wrong: set[str], env_file: str | None, secrets: str | None) -> Settings | None:
    """The settings without the wrong ones, so that missing ones are reported as well."""
    try:
        return Settings(
            _env_file=env_file,
            _secrets_dir=secrets,
            **{name.lower(): Settings.model_fields[name.lower()].default for name in wrong},
        )
    except ValidationError:
        return None


def _missing(settings: Settings, needs: frozenset[Need], wrong: Collection[str] = ()) -> set[str]:
    wanted: list[str] = []
    if Need.GATEWAY in needs:
        wanted += ["GATEWAY_CREDENTIAL", "GATEWAY_TOKEN"]
    if Need.SLACK in needs:
        wanted += ["SLACK_BOT_TOKEN", _secret_of_mode(settings, wrong)]
    return {name for name in wanted if name == EITHER_MODE or _value(settings, name) is None}


def _secret_of_mode(settings: Settings, wrong: Collection[str]) -> str:
    """The mode's required settings; either secret if no setting names the mode."""
    if settings.mode is Mode.SOCKET or (settings.bot_mode is None and "SLACK_APP_TOKEN" in wrong):
        return "SLACK_APP_TOKEN"
    if settings.bot_mode is None and settings.slack_signing_secret is None:
        return EITHER_MODE
    return "SLACK_SIGNING_SECRET"


def _value(settings: Settings, name: str) -> Any:
    return getattr(settings, name.lower())


def _problems(wrong: Iterable[str], missing: Iterable[str], unknown: Iterable[str]) -> list[str]:
    lines = [(name, f"{name} is wrong. It should be {HINTS[name]}.") for name in wrong]
    lines = [(n, line.replace("is wrong. It should be must", "must")) for n, line in lines]
    forms = {**HINTS, EITHER_MODE: EITHER_FORM}
    lines += [
        (name, f"{name} is missing{_slip(name, unknown)}: {forms[name]}.") for name in missing
    ]
    order = list(HINTS)
    return [line for _, line in sorted(lines, key=lambda item: order.index(item[0].split()[0]))]


def _slip(name: str, unknown: Iterable[str]) -> str:
    """A variable whose name nearly matches a setting, and so was probably meant."""
    ours = foreign_names(unknown)
    meant = [word for word in name.split() if word in HINTS]
    close = [c for n in meant for c in difflib.get_close_matches(n, ours, n=1, cutoff=0.85)]
    return f" ({close[0]} is set; is that a slip?)" if close else ""
