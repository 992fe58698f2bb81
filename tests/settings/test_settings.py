"""The settings: their sources, their defaults, and the required ones."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import pytest
from pydantic import SecretStr

from bot.domain.texts.catalog import Language
from bot.settings.loading import Need
from bot.settings.names import forms
from bot.settings.settings import Mode, Settings
from tests.support.settings_environment import Environment

BOT_TOKEN = "xoxb-C4NARY"
APP_TOKEN = "xapp-C4NARY"
SIGNING_SECRET = "c4a11ed0" * 4
CREDENTIAL = "C4NARY" + "0" * 34
TOKEN = "C4NARY"
GATEWAY = {"GATEWAY_CREDENTIAL": CREDENTIAL, "GATEWAY_TOKEN": TOKEN}
SOCKET = {**GATEWAY, "SLACK_BOT_TOKEN": BOT_TOKEN, "SLACK_APP_TOKEN": APP_TOKEN}
HTTP = {**GATEWAY, "SLACK_BOT_TOKEN": BOT_TOKEN, "SLACK_SIGNING_SECRET": SIGNING_SECRET}

# Every name of the interface with its default; None is "not set".
DEFAULTS: dict[str, Any] = {
    "SLACK_BOT_TOKEN": None,
    "SLACK_SIGNING_SECRET": None,
    "SLACK_APP_TOKEN": None,
    "SLACK_CLIENT_ID": None,
    "SLACK_CLIENT_SECRET": None,
    "SLACK_API_URL": "https://slack.com/api/",
    "BOT_MODE": None,
    "BOT_HOST": "127.0.0.1",
    "BOT_PORT": 3000,
    "BOT_HEALTH_HOST": None,
    "BOT_HEALTH_PORT": None,
    "BOT_LANGUAGE": "en",
    "GATEWAY_URL": "https://pw-api.com/voice/v_3_00/service.asmx",
    "GATEWAY_CREDENTIAL": None,
    "GATEWAY_TOKEN": None,
    "GATEWAY_SOAP_VERSION": "1.1",
    "GATEWAY_TIMEOUT_SECONDS": 10,
    "GATEWAY_REQUESTS_PER_SECOND": 10,
    "GATEWAY_MAX_CONCURRENCY": 20,
    "DATABASE_URL": SecretStr("sqlite:///voicestatus.db"),
    "ALLOWED_CHANNELS": frozenset(),
    "ALLOWED_USERS": frozenset(),
    "ADMIN_USERS": frozenset(),
    "ALLOW_EXTERNAL_USERS": False,
    "BOT_OWN_TEAMS": frozenset(),
    "ALLOW_CLEAR_TEXT": False,
    "BOT_COMMAND": "/voicestatus",
    "BOT_TIMEZONE": "America/Sao_Paulo",
    "BOT_SUPPORT_CONTACT": "",
    "GATEWAY_SUPPORT_CONTACT": "",
    "BOT_HASH_KEY": None,
    "BOT_RETENTION_DAYS": 90,
    "WATCH_INTERVALS_SECONDS": (15, 30, 60, 120, 300),
    "WATCH_LIMIT_MINUTES": 30,
    "WATCH_MAX_OPEN": None,
    "WATCH_MAX_PER_USER": 250,
    "WATCH_MAX_PER_CHANNEL": 500,
    "WATCH_IN_DOUBT": "repeat",
    "BULK_MAX_IDS": 10_000,
    "BOT_LOG_FORMAT": None,
    "BOT_LOG_LEVEL": "INFO",
    "GATEWAY_PROXY": None,
    "GATEWAY_CA_FILE": None,
    "HTTPS_PROXY": None,
    "HTTP_PROXY": None,
    "NO_PROXY": (),
}


def values(settings: Settings) -> dict[str, Any]:
    """Every setting by its name."""
    return {name: getattr(settings, name.lower()) for name in DEFAULTS}


def test_settings_have_the_defaults_of_the_interface(environment: Environment) -> None:
    """A setting that is not set has the value that the design gives it."""
    assert DEFAULTS == values(environment.load())


def test_there_are_no_other_settings() -> None:
    """The settings are those that the interface lists, and each has a line on its form."""
    assert sorted(DEFAULTS) == sorted(name.upper() for name in Settings.model_fields)
    assert sorted(DEFAULTS) == sorted(forms())


@pytest.mark.parametrize(
    ("name", "value", "read"),
    [
        ("BOT_LANGUAGE", "pt-BR", Language.PORTUGUESE),
        ("BOT_LANGUAGE", "pt", Language.PORTUGUESE),
        ("BOT_LANGUAGE", "pt-br", Language.PORTUGUESE),
        ("BOT_LANGUAGE", " pt_BR ", Language.PORTUGUESE),
        ("BOT_LANGUAGE", "en-US", Language.ENGLISH),
        ("BOT_LOG_LEVEL", "debug", "DEBUG"),
        ("BOT_COMMAND", "/chamada", "/chamada"),
        ("SLACK_API_URL", "https://slack-gov.com/api", "https://slack-gov.com/api/"),
        ("GATEWAY_SOAP_VERSION", "1.2", "1.2"),
        ("GATEWAY_TIMEOUT_SECONDS", "2.5", 2.5),
        ("BOT_PORT", " 8080 ", 8080),
        ("ALLOW_EXTERNAL_USERS", "true", True),
        # A public channel, a private one of the older kind, a direct message.
        ("ALLOWED_CHANNELS", "C1,G2 D03ABCDEF12", {"C1", "G2", "D03ABCDEF12"}),
        ("ALLOWED_CHANNELS", """"C1", 'G2',D03""", {"C1", "G2", "D03"}),
        ("ALLOWED_USERS", " U1 , U2,,U1 ", {"U1", "U2"}),
        # W begins the ids of some users of an Enterprise organisation.
        ("ADMIN_USERS", "U1 W2", {"U1", "W2"}),
        # A workspace and an organisation.
        ("BOT_OWN_TEAMS", "T1, E2", {"T1", "E2"}),
        ("DATABASE_URL", "postgresql:///voice", SecretStr("postgresql:///voice")),
        ("BOT_RETENTION_DAYS", "30", 30),
        ("WATCH_INTERVALS_SECONDS", " 1, 2.5,3 ", (1, 2.5, 3)),
        (
            "NO_PROXY",
            " localhost, .slack.com ,10.0.0.0/8 ",
            ("localhost", ".slack.com", "10.0.0.0/8"),
        ),
        ("HTTPS_PROXY", "proxy.example:3128", SecretStr("http://proxy.example:3128")),
        ("https_proxy", "https://u:p@proxy.example", SecretStr("https://u:p@proxy.example")),
    ],
)
def test_value_is_read(environment: Environment, name: str, value: str, read: object) -> None:
    """A value from the environment arrives with its type."""
    environment.set(**{name: value})
    assert read == getattr(environment.load(), name.lower())


@pytest.mark.parametrize(
    ("values", "meant"),
    [
        pytest.param({}, Mode.HTTP, id="no app token"),
        pytest.param({"SLACK_APP_TOKEN": APP_TOKEN}, Mode.SOCKET, id="an app token"),
        pytest.param({"SLACK_APP_TOKEN": APP_TOKEN, "BOT_MODE": "http"}, Mode.HTTP, id="chosen"),
        pytest.param({"BOT_MODE": "socket"}, Mode.SOCKET, id="chosen without a token"),
    ],
)
def test_mode(environment: Environment, values: dict[str, str], meant: Mode) -> None:
    """An app token makes it Socket Mode, unless the mode was chosen."""
    environment.set(**values)
    assert meant is environment.load().mode


@pytest.mark.parametrize(
    ("values", "own"),
    [
        ({}, None),
        ({"BOT_HEALTH_HOST": "127.0.0.1", "BOT_HEALTH_PORT": "3000"}, None),
        ({"BOT_HEALTH_PORT": "3001"}, ("127.0.0.1", 3001)),
        ({"BOT_HEALTH_PORT": "3001", "BOT_HOST": "0.0.0.0", "BOT_PORT": "1"}, ("0.0.0.0", 3001)),
        ({"BOT_HEALTH_HOST": "[::1]", "BOT_PORT": "1"}, ("::1", 1)),
        ({"BOT_PORT": "0"}, None),
        ({"BOT_PORT": "0", "BOT_HEALTH_PORT": "0"}, ("127.0.0.1", 0)),
    ],
)
def test_health_may_have_an_address_of_its_own(
    environment: Environment, values: dict[str, str], own: tuple[str, int] | None
) -> None:
    """What is not set is as for Slack's requests; port 0 is another free port."""
    environment.set(**values)
    assert own == environment.load().health_address


@pytest.mark.parametrize("values", [SOCKET, HTTP], ids=["socket", "http"])
def test_complete_settings_are_taken(environment: Environment, values: dict[str, str]) -> None:
    """The settings of a mode are enough to run in it."""
    environment.set(**values)
    assert BOT_TOKEN == _shown(environment.load(Need.GATEWAY, Need.SLACK).slack_bot_token)


def _shown(secret: Any) -> str:
    return str(secret.get_secret_value())


def test_given_settings_look_nowhere_else(environment: Environment) -> None:
    """`Settings.of` takes its arguments alone: the demo knows no variable and no `.env`."""
    environment.set(BOT_PORT="8080", BOT_HOST="0.0.0.0")
    (environment.directory / ".env").write_text("BOT_COMMAND=/file\n")
    settings = Settings.of(bot_port=1)
    found = (settings.bot_port, settings.bot_host, settings.bot_command)
    assert (1, "127.0.0.1", "/voicestatus") == found


@pytest.mark.parametrize(
    ("needs", "missing"),
    [
        pytest.param([Need.GATEWAY], ["GATEWAY_CREDENTIAL", "GATEWAY_TOKEN"], id="lookup"),
        pytest.param(
            [Need.GATEWAY, Need.SLACK],
            ["SLACK_BOT_TOKEN", "SLACK_APP_TOKEN", "GATEWAY_CREDENTIAL", "GATEWAY_TOKEN"],
            id="run",
        ),
    ],
)
def test_all_that_is_missing_is_named(
    environment: Environment, needs: list[Need], missing: list[str]
) -> None:
    """One error names everything that a command needs and does not find."""
    assert missing == [*environment.problems(*needs)]


def test_socket_mode_needs_an_app_token(environment: Environment) -> None:
    """Socket Mode asks for the app token instead of the signing secret."""
    environment.set(**{**HTTP, "BOT_MODE": "socket"})
    assert ["SLACK_APP_TOKEN"] == [*environment.problems(Need.SLACK)]


@pytest.mark.parametrize(
    ("values", "first_words"),
    [
        pytest.param(
            {},
            "SLACK_APP_TOKEN (Socket Mode) or SLACK_SIGNING_SECRET (HTTP mode) is missing: ",
            id="no mode is meant",
        ),
        pytest.param({"BOT_MODE": "socket"}, "SLACK_APP_TOKEN is missing: xapp-", id="socket"),
        pytest.param({"BOT_MODE": "http"}, "SLACK_SIGNING_SECRET is missing: 32 ", id="http"),
    ],
)
def test_secret_of_the_mode_is_asked_for(
    environment: Environment, values: dict[str, str], first_words: str
) -> None:
    """One line asks for the mode's settings; for either secret if no mode was chosen."""
    environment.set(**GATEWAY, SLACK_BOT_TOKEN=BOT_TOKEN, **values)
    (problem,) = environment.refused(Need.GATEWAY, Need.SLACK).problems
    assert problem.startswith(first_words)
    assert problem.endswith(".")


def test_a_word_may_be_in_capitals(environment: Environment) -> None:
    """Every setting whose value is one of a few words takes them in any case."""
    words = {"BOT_MODE": "Http", "BOT_LOG_FORMAT": "JSON", "BOT_LOG_LEVEL": "info"}
    environment.set(**words, WATCH_IN_DOUBT="Drop", BOT_LANGUAGE="PT-br")
    read = environment.load(*())
    assert ("http", "json", "INFO", "drop", "pt-BR") == (
        *(read.mode, read.bot_log_format, read.bot_log_level, read.watch_in_doubt),
        read.bot_language,
    )


def test_certificates_are_loaded_for_a_file_only(
    environment: Environment, monkeypatch: pytest.MonkeyPatch
) -> None:
    """A start with another problem does not read all of the system's certificates."""
    loaded: list[Path | None] = []
    monkeypatch.setattr("bot.settings.settings.tls_context", loaded.append)
    environment.set(BOT_PORT="many")
    environment.refused()
    Settings.of(gateway_ca_file=None)
    assert [] == loaded
