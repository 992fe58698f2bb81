"""Unusable settings: the error messages, and what they never contain."""

from __future__ import annotations

import traceback
from collections.abc import Sequence

import pytest

from bot.settings.loading import Need, SettingsError
from bot.settings.names import forms
from bot.settings.settings import Settings
from tests.support.settings_environment import Environment

CANARY = "C4NARY"
SIGNING = "c4a11ed0" * 4
SLACK = {"SLACK_BOT_TOKEN": "xoxb-1", "SLACK_APP_TOKEN": "xapp-1"}
GATEWAY = {"GATEWAY_CREDENTIAL": "0" * 40, "GATEWAY_TOKEN": "0" * 6}
SECRETS = {
    "SLACK_BOT_TOKEN": f"xoxp-{CANARY}",
    "SLACK_APP_TOKEN": f"xoxb-{CANARY}",
    "SLACK_SIGNING_SECRET": f"xoxb-{CANARY}",
    "GATEWAY_CREDENTIAL": f"{CANARY}-too-short",
    "GATEWAY_TOKEN": f"{CANARY}-too-long",
    "GATEWAY_PROXY": f"socks5://user:{CANARY}@proxy.example",
    "HTTPS_PROXY": f"socks5h://user:{CANARY}@proxy.example:1080",
    "BOT_HASH_KEY": f"{CANARY}",
}
WRONG = {
    **SECRETS,
    "SLACK_API_URL": "slack.com",
    "BOT_MODE": "carrier pigeon",
    "BOT_HOST": "http://127.0.0.1",
    "BOT_HEALTH_HOST": "127.0.0.1:3001",
    "BOT_PORT": "65536",
    "BOT_HEALTH_PORT": "-1",
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
    "BOT_OWN_TEAMS": "partner.slack.com",
    "ALLOW_CLEAR_TEXT": "perhaps",
}


# Values just accepted, and values just refused or only apparently right.
EDGES: dict[str, tuple[list[str], list[str]]] = {
    "SLACK_BOT_TOKEN": (["xoxb-1"], ["xoxb-1 2", "xoxb-", "xoxb-1\u200b2", '"xoxb-1', "xoxb-…"]),
    "SLACK_SIGNING_SECRET": (
        ["0123456789abcdef" * 2, "g" * 32],
        [f"{'0' * 31}\n0", "\uff18" * 32, f"{'0' * 32} #app", "xapp-1", "xoxb-1"],
    ),
    "BOT_HOST": (
        ["localhost", "0.0.0.0", "::", "[::1]", "fe80::1%eth0", "::ffff:127.0.0.1"],
        ["http://127.0.0.1", "0.0.0.0:3000", "[::]:3000", "two words", "localhost/x"],
    ),
    "BOT_PORT": (["0", "65535"], ["-1", "65536", "1.5"]),
    "BOT_COMMAND": ([f"/{'x' * 31}"], ["/Voice", f"/{'x' * 32}"]),
    "BOT_TIMEZONE": (["UTC"], ["../../etc/passwd"]),
    "BOT_SUPPORT_CONTACT": (["x" * 200], ["x" * 201]),
    "BOT_HASH_KEY": (["x" * 16, "a long key of words", "#" * 16], ["x" * 15, f"{'x' * 16} #x"]),
    "BOT_RETENTION_DAYS": (["1", "3650"], ["0", "3651"]),
    "GATEWAY_CREDENTIAL": (["0" * 40], ["0" * 39, "0" * 41]),
    "GATEWAY_TOKEN": (["0" * 6], ["0" * 5, "0" * 7]),
    "GATEWAY_URL": (
        ["http://gateway.example:65535/", "https://[::1]:1/x?y"],
        [
            *("ftp://gateway.example/", "https://", "https://gateway.example:0/"),
            *("https://gateway.example:65536/", "https://[::1/", "http://gateway..example/"),
        ],
    ),
    "GATEWAY_TIMEOUT_SECONDS": (["0.001", "120"], ["0", "120.1", "nan", "inf"]),
    "GATEWAY_REQUESTS_PER_SECOND": (["0.001", "1000"], ["0", "1000.1"]),
    "GATEWAY_MAX_CONCURRENCY": (["1", "1000"], ["0", "1001", "1.5"]),
    "GATEWAY_SUPPORT_CONTACT": (["x" * 200], ["x" * 201]),
    "GATEWAY_PROXY": (
        ["http://proxy.example:3128", "https://user:word@proxy.example", "proxy.example:3128"],
        ["http://proxy..example:3128", "http://[::1", "http://u:p#@proxy", "http://", "a b:1"],
    ),
    "HTTPS_PROXY": (
        ["proxy", "HTTP://Proxy", "u:p@proxy:3128", "http://[::1]:1/"],
        ["socks5://p:1", "proxy:x"],
    ),
    "GATEWAY_CA_FILE": ([], [__file__, "/no/such/file"]),
    "DATABASE_URL": (["sqlite:///x.db"], ["sqlite:///x y.db", "sqlite://"]),
    "WATCH_INTERVALS_SECONDS": (
        ["0.1", "86400", "1," * 50],
        ["0", "86400.1", "1," * 51, ","],
    ),
    "WATCH_LIMIT_MINUTES": (["0.1", "1440"], ["0", "1440.1"]),
    "WATCH_MAX_OPEN": (["1", "1000000"], ["0", "1000001"]),
    "WATCH_MAX_PER_USER": (["1", "1000000"], ["0", "1000001"]),
    "WATCH_MAX_PER_CHANNEL": (["1", "1000000"], ["0", "1000001"]),
    "BULK_MAX_IDS": (["10", "10000"], ["9", "10001"]),
    # An invalid one among good ones; an id of the other kind; another case; a mention.
    "ALLOWED_CHANNELS": (
        ["C1", f"G{'0' * 30}"],
        ["C0123456789,general", "U0123456789", "c0123456789", "C", f"C{'0' * 31}"],
    ),
    "ALLOWED_USERS": (["U1", f"W{'0' * 30}"], ["C0123456789", "<@U0123456789>", f"U{'0' * 31}"]),
    "ADMIN_USERS": (["W1"], ["U0123456789;U0123456780", "U"]),
    "BOT_OWN_TEAMS": (
        ["T1", f"E{'0' * 30}", "T1,E1 T2"],
        ["T1,*", "t0123456789", "C0123456789", "T", f"T{'0' * 31}", "T1;E1"],
    ),
}


def test_all_wrong_values_are_named_at_once(environment: Environment) -> None:
    """Each with its format, in the order of the list of settings."""
    named = [name for name in map(str.upper, Settings.model_fields) if name in WRONG]
    expected = [f"{name} is wrong. It should be {forms()[name]}." for name in named]
    assert expected == [*environment.refused(Need.SLACK, **WRONG).problems]
    # The others take any text, or must not be set.
    others = {
        "NO_PROXY",
        "HTTP_PROXY",
        "SLACK_CLIENT_ID",
        "SLACK_CLIENT_SECRET",
    }
    assert set(forms()) - others == {*WRONG}


def test_values_at_the_edge_are_taken_and_refused(environment: Environment) -> None:
    """A limit itself is accepted; values that only appear right are refused too."""
    wrong = []
    for name, (taken, refused) in EDGES.items():
        for value in taken:
            with environment.having(**{**SLACK, name: value}):
                wrong += [(name, value, problem) for problem in problems_now(environment)]
        for value in refused:
            with environment.having(**{**SLACK, name: value}):
                if [name] != [line.split()[0] for line in problems_now(environment)]:
                    wrong.append((name, value, "is taken"))
    assert [] == wrong


def problems_now(environment: Environment) -> Sequence[str]:
    """The problems of the given settings."""
    try:
        environment.load(Need.SLACK)
    except SettingsError as error:
        return error.problems
    return ()


def test_wrong_and_missing_are_named_at_once(environment: Environment) -> None:
    """Missing settings are reported beside wrong ones, and each only once."""
    wrong = {
        "BOT_PORT": "many",
        "GATEWAY_TOKEN": "short",
        "DATABASE_URL": "x",
        "SLACK_CLIENT_ID": "1",
    }
    error = environment.refused(Need.GATEWAY, Need.SLACK, **wrong)
    names = [problem.split()[0] for problem in error.problems]
    expected = [
        "SLACK_BOT_TOKEN",
        "SLACK_APP_TOKEN",
        "SLACK_CLIENT_ID",
        "BOT_PORT",
        "GATEWAY_CREDENTIAL",
        "GATEWAY_TOKEN",
        "DATABASE_URL",
    ]
    assert expected == names


def test_no_value_of_a_secret_is_told(environment: Environment) -> None:
    """No secret is in the message, the repr or the traceback of the error."""
    error = environment.refused(Need.GATEWAY, Need.SLACK, **WRONG)
    shown = "".join((str(error), repr(error), *traceback.format_exception(error)))
    assert CANARY not in shown


def test_no_value_of_a_secret_is_kept_in_the_chain(environment: Environment) -> None:
    """The validation error, which contains the values, is not part of ours."""
    error = environment.refused(**SECRETS)
    assert (None, None) == (error.__cause__, error.__context__)


def test_settings_hide_their_secrets(environment: Environment) -> None:
    """Settings can be printed without telling a secret."""
    values = {
        "SLACK_BOT_TOKEN": f"xoxb-{CANARY}",
        "SLACK_APP_TOKEN": f"xapp-{CANARY}",
        "SLACK_SIGNING_SECRET": SIGNING,
        "GATEWAY_CREDENTIAL": CANARY + "0" * 34,
        "GATEWAY_TOKEN": CANARY,
        "GATEWAY_PROXY": f"http://user:{CANARY}@proxy.example",
        "BOT_HASH_KEY": CANARY * 3,
        "HTTPS_PROXY": f"user:{CANARY}@proxy.example:3128",
    }
    environment.set(**values)
    settings = environment.load(Need.GATEWAY, Need.SLACK)
    shown = f"{settings!r} {settings} {settings.model_dump()} {settings.model_dump_json()}"
    assert [] == [secret for secret in (CANARY, SIGNING) if secret in shown]


@pytest.mark.parametrize(
    ("needs", "api_url", "counts"),
    [
        pytest.param([Need.GATEWAY], "https://slack.com/api/", [], id="no Slack"),
        pytest.param([Need.SLACK], "https://slack.com/api/", ["HTTPS_PROXY"], id="https"),
        pytest.param([Need.SLACK], "http://slack.localhost/api/", ["HTTP_PROXY"], id="http"),
    ],
)
def test_only_the_proxy_that_is_used_has_to_be_right(
    environment: Environment, needs: list[Need], api_url: str, counts: list[str]
) -> None:
    """Other programs may need proxies that this bot cannot use."""
    environment.set(SLACK_API_URL=api_url, BOT_PORT="many", **SLACK, **GATEWAY)
    socks = dict.fromkeys(("HTTPS_PROXY", "HTTP_PROXY"), f"socks5://user:{CANARY}@proxy.example")
    assert ["BOT_PORT", *counts] == [*environment.problems(*needs, **socks)]


@pytest.mark.parametrize("name", ["SLACK_CLIENT_ID", "SLACK_CLIENT_SECRET"])
def test_oauth_is_refused_with_its_explanation(environment: Environment, name: str) -> None:
    """Settings for many workspaces are refused as not yet supported."""
    complete = {**GATEWAY, "SLACK_BOT_TOKEN": "xoxb-1", "SLACK_SIGNING_SECRET": "0" * 32}
    found = environment.problems(Need.SLACK, Need.GATEWAY, **complete, **{name: CANARY})
    assert {name: f"{name} {forms()[name]}."} == found
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
    """A variable whose name nearly matches a missing one is named beside it, not its value."""
    found = environment.problems(Need.GATEWAY, Need.SLACK, BOT_MODE="http", **{slip: CANARY})
    assert f"{meant} is missing ({slip} is set; is it a typo?)" in found[meant]
    assert [meant] == [name for name, line in found.items() if slip in line]
    assert CANARY not in "".join(found.values())


@pytest.mark.parametrize("slip", ["SLACK_APP_TOKEM", "SLACK_SIGNIN_SECRET"])
def test_slip_in_the_name_of_either_modes_secret_is_hinted(
    environment: Environment, slip: str
) -> None:
    """Without a chosen mode, a typo in the name of one secret is still found."""
    found = environment.problems(Need.SLACK, SLACK_BOT_TOKEN="xoxb-1", **{slip: CANARY})
    assert [True] == [f"({slip} is set; is it a typo?)" in line for line in found.values()]


@pytest.mark.parametrize(
    "swapped",
    [
        {"SLACK_BOT_TOKEN": f"xapp-{CANARY}", "SLACK_APP_TOKEN": f"xoxb-{CANARY}"},
        {"SLACK_BOT_TOKEN": SIGNING, "SLACK_SIGNING_SECRET": f"xoxb-{CANARY}"},
        {"GATEWAY_CREDENTIAL": CANARY, "GATEWAY_TOKEN": CANARY + "0" * 34},
    ],
    ids=" ".join,
)
def test_swapped_secrets_are_one_problem(environment: Environment, swapped: dict[str, str]) -> None:
    """Both are named; a bot token as app token does not lead to a request for a signing secret."""
    one, other = swapped
    found = environment.refused(*Need, **{**SLACK, **GATEWAY, **swapped})
    assert (f"{one} and {other} are swapped: each has the value of the other.",) == found.problems
