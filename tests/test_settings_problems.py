"""Settings that cannot be used: what is said about them, and what never is."""

from __future__ import annotations

import traceback
from pathlib import Path

import pytest
from settings_environment import Environment

from bot.settings import Need, SettingsError, load_settings
from bot.settings_forms import FORMS

CANARY = "C4NARY"
GATEWAY = {"GATEWAY_CREDENTIAL": "0" * 40, "GATEWAY_TOKEN": "0" * 6}
SECRETS = {
    "SLACK_BOT_TOKEN": f"xoxp-{CANARY}",
    "SLACK_APP_TOKEN": f"xoxb-{CANARY}",
    "GATEWAY_CREDENTIAL": f"{CANARY}-too-short",
    "GATEWAY_TOKEN": f"{CANARY}-too-long",
    "GATEWAY_PROXY": f"socks5://user:{CANARY}@proxy.example",
    "BOT_HASH_KEY": f"{CANARY}",
}
WRONG = {
    **SECRETS,
    "SLACK_API_URL": "slack.com",
    "BOT_MODE": "carrier pigeon",
    "BOT_PORT": "65536",
    "BOT_LANGUAGE": "es",
    "BOT_COMMAND": "voicestatus",
    "BOT_TIMEZONE": "Sao Paulo",
    "BOT_SUPPORT_CONTACT": "x" * 201,
    "BOT_LOG_FORMAT": "xml",
    "BOT_LOG_LEVEL": "LOUD",
    "BOT_RETENTION_DAYS": "0",
    "WATCH_INTERVALS_SECONDS": "15,soon",
    "WATCH_LIMIT_MINUTES": "1441",
    "WATCH_MAX_OPEN": "0",
    "WATCH_MAX_PER_USER": "none",
    "WATCH_MAX_PER_CHANNEL": "-1",
    "WATCH_IN_DOUBT": "perhaps",
    "BULK_MAX_IDS": "10001",
    "GATEWAY_URL": f"https://user:{CANARY}@gateway.example/",
    "GATEWAY_SOAP_VERSION": "2.0",
    "GATEWAY_TIMEOUT_SECONDS": "0",
    "GATEWAY_REQUESTS_PER_SECOND": "-1",
    "GATEWAY_MAX_CONCURRENCY": "1.5",
    "GATEWAY_SUPPORT_CONTACT": "x" * 201,
    "GATEWAY_CA_FILE": "/no/such/file.pem",
    "DATABASE_URL": f"mysql://user:{CANARY}@db/",
    "ALLOW_EXTERNAL_USERS": "perhaps",
    "ALLOWED_CHANNELS": "#support",
    "ALLOWED_USERS": "ana",
    "ADMIN_USERS": "@ana",
}


@pytest.fixture
def environment(monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> Environment:
    """An environment without any setting."""
    return Environment(monkeypatch, tmp_path)


def refused(environment: Environment, *needs: Need, **values: str) -> SettingsError:
    """The error that these values end in."""
    environment.set(**values)
    with pytest.raises(SettingsError) as caught:
        load_settings(needs)
    return caught.value


def problems(environment: Environment, *needs: Need, **values: str) -> dict[str, str]:
    """The problems of these values, by name."""
    return {line.split()[0]: line for line in refused(environment, *needs, **values).problems}


@pytest.mark.parametrize("name", WRONG)
def test_wrong_value_is_named_with_its_form(environment: Environment, name: str) -> None:
    """A value that cannot be used is named, with what it should look like."""
    found = problems(environment, **{name: WRONG[name]})
    assert {name: f"{name} is wrong. It should be {FORMS[name]}."} == found


@pytest.mark.parametrize(
    ("name", "value"),
    [
        ("SLACK_BOT_TOKEN", "xoxb-1 2"),
        ("GATEWAY_CREDENTIAL", "0" * 41),
        ("GATEWAY_TOKEN", "0" * 5),
        ("GATEWAY_URL", "ftp://gateway.example/"),
        ("GATEWAY_URL", "https://"),
        ("GATEWAY_URL", "https://gateway.example:0/"),
        ("GATEWAY_URL", "https://gateway.example:65536/"),
        ("GATEWAY_URL", "https://[::1/"),
        ("GATEWAY_PROXY", "http://proxy..example:3128"),
        ("GATEWAY_TIMEOUT_SECONDS", "nan"),
        ("GATEWAY_TIMEOUT_SECONDS", "inf"),
        ("BOT_COMMAND", "/Voice"),
        ("BOT_COMMAND", "/" + "x" * 32),
        ("BOT_TIMEZONE", "../../etc/passwd"),
        # One that is none among good ones; an id of the other kind; another case; a mention.
        ("ALLOWED_CHANNELS", "C0123456789,general"),
        ("ALLOWED_CHANNELS", "U0123456789"),
        ("ALLOWED_CHANNELS", "c0123456789"),
        ("ALLOWED_USERS", "C0123456789"),
        ("ALLOWED_USERS", "<@U0123456789>"),
        ("ADMIN_USERS", "U0123456789;U0123456780"),
        ("ADMIN_USERS", "U"),
    ],
)
def test_value_at_the_edge_is_refused(environment: Environment, name: str, value: str) -> None:
    """Values that only look right are refused too."""
    assert [name] == list(problems(environment, **{name: value}))


def test_all_wrong_values_are_named_at_once(environment: Environment) -> None:
    """One error names every wrong value, in the order of the list of settings."""
    found = problems(environment, Need.GATEWAY, Need.SLACK, **WRONG)
    assert [name for name in FORMS if name in found] == list(found)
    assert set() == set(WRONG) - set(found)


def test_wrong_and_missing_are_named_at_once(environment: Environment) -> None:
    """What is missing is reported beside what is wrong, and each only once."""
    error = refused(environment, Need.GATEWAY, Need.SLACK, BOT_PORT="many", GATEWAY_TOKEN="short")
    names = [problem.split()[0] for problem in error.problems]
    expected = [
        "SLACK_BOT_TOKEN",
        "SLACK_APP_TOKEN",
        "BOT_PORT",
        "GATEWAY_CREDENTIAL",
        "GATEWAY_TOKEN",
    ]
    assert expected == names


def test_no_value_of_a_secret_is_told(environment: Environment) -> None:
    """No secret stands in the message, the repr or the traceback of the error."""
    error = refused(environment, Need.GATEWAY, Need.SLACK, **WRONG)
    told = "".join((str(error), repr(error), *traceback.format_exception(error)))
    assert CANARY not in told


def test_no_value_of_a_secret_is_kept_in_the_chain(environment: Environment) -> None:
    """The error of the validation, which holds the values, is not shown with ours."""
    error = refused(environment, **SECRETS)
    assert (None, True) == (error.__cause__, error.__suppress_context__)


def test_settings_hide_their_secrets(environment: Environment) -> None:
    """Settings can be printed without telling a secret."""
    values = {
        "SLACK_BOT_TOKEN": f"xoxb-{CANARY}",
        "SLACK_APP_TOKEN": f"xapp-{CANARY}",
        "SLACK_SIGNING_SECRET": CANARY,
        "GATEWAY_CREDENTIAL": CANARY + "0" * 34,
        "GATEWAY_TOKEN": CANARY,
        "GATEWAY_PROXY": f"http://user:{CANARY}@proxy.example",
        "BOT_HASH_KEY": CANARY * 3,
    }
    environment.set(**values)
    settings = load_settings([Need.GATEWAY, Need.SLACK])
    assert (
        CANARY
        not in f"{settings!r} {settings} {settings.model_dump()} {settings.model_dump_json()}"
    )


@pytest.mark.parametrize("name", ["SLACK_CLIENT_ID", "SLACK_CLIENT_SECRET"])
def test_oauth_is_refused_with_its_explanation(environment: Environment, name: str) -> None:
    """Settings for many workspaces are refused, and told to come later."""
    complete = {**GATEWAY, "SLACK_BOT_TOKEN": "xoxb-1", "SLACK_SIGNING_SECRET": "0" * 32}
    found = problems(environment, Need.SLACK, Need.GATEWAY, **complete, **{name: CANARY})
    assert {name: f"{name} {FORMS[name]}."} == found
    assert "one workspace" in found[name]
    assert CANARY not in found[name]


@pytest.mark.parametrize(
    ("slip", "meant"),
    [
        ("GATEWAY_CREDENCIAL", "GATEWAY_CREDENTIAL"),
        ("GATEWAY_TOKENS", "GATEWAY_TOKEN"),
        ("SLACK_BOT_TOKE", "SLACK_BOT_TOKEN"),
        ("SLACK_SIGNIN_SECRET", "SLACK_SIGNING_SECRET"),
    ],
)
def test_slip_in_a_name_is_hinted(environment: Environment, slip: str, meant: str) -> None:
    """A variable whose name is nearly that of a missing one is named beside it, not its value."""
    found = problems(environment, Need.GATEWAY, Need.SLACK, BOT_MODE="http", **{slip: CANARY})
    assert f"{meant} is missing ({slip} is set; is that a slip?)" in found[meant]
    assert [meant] == [name for name, line in found.items() if slip in line]
    assert CANARY not in "".join(found.values())


@pytest.mark.parametrize("slip", ["SLACK_APP_TOKEM", "SLACK_SIGNIN_SECRET"])
def test_slip_in_the_name_of_either_modes_secret_is_hinted(
    environment: Environment, slip: str
) -> None:
    """Where no mode was chosen, a slip in the name of one secret is still seen."""
    found = problems(environment, Need.SLACK, SLACK_BOT_TOKEN="xoxb-1", **{slip: CANARY})
    assert [True] == [f"({slip} is set; is that a slip?)" in line for line in found.values()]


def test_swapped_tokens_are_two_problems(environment: Environment) -> None:
    """A bot token in the place of the app token is no reason to ask for a signing secret."""
    swapped = {"SLACK_BOT_TOKEN": f"xapp-{CANARY}", "SLACK_APP_TOKEN": f"xoxb-{CANARY}"}
    found = problems(environment, Need.SLACK, Need.GATEWAY, **GATEWAY, **swapped)
    assert {n: f"{n} is wrong. It should be {FORMS[n]}." for n in sorted(swapped)} == dict(
        sorted(found.items())
    )
