"""Which addresses would be reached without TLS, and what is done about them."""

from __future__ import annotations

import pytest

from bot.settings.clear_text import in_clear_text, sslmode_of
from bot.settings.loading import Need
from bot.settings.settings import Settings
from tests.settings.test_settings import HTTP
from tests.support.settings_environment import Environment

HERE = ("localhost", "LOCALHOST.", "slack.localhost", "127.0.0.1", "127.9.9.9", "[::1]")
ELSEWHERE = (
    *("gateway.example", "10.0.0.1", "192.0.2.1", "0.0.0.0", "[::2]", "localhost.example"),
    *("127.0.0.1.example", "2130706433"),
)
# Where PostgreSQL is, in every place where it may stand, with this machine instead of {}.
SERVERS = (
    "postgresql://{}/voice",
    "postgresql://{}:5432/voice",
    "postgresql://bot@{}/voice",
    "postgresql://bot:a:b/c?d#e@{}:5432/voice",
    "postgresql:///voice?host={}",
    "postgresql://localhost/voice?hostaddr={}",
    "postgresql:///voice?host=localhost&host={}",
    "postgresql://localhost,{}/voice",
)


def exposed(**values: str) -> list[str]:
    """The settings that would be used in clear text."""
    return [found.setting for found in in_clear_text(Settings.of(**values))]


def test_an_address_on_this_machine_needs_no_tls() -> None:
    """Any form of it."""
    for host in HERE:
        url = f"http://{host}:8088/x"
        assert [] == exposed(gateway_url=url, slack_api_url=url)


def test_an_address_elsewhere_needs_tls() -> None:
    """However much it looks like this machine."""
    for host in ELSEWHERE:
        url = f"http://{host}:8088/x"
        assert ["GATEWAY_URL"] == exposed(gateway_url=url)
        assert ["SLACK_API_URL"] == exposed(slack_api_url=url)
        assert [] == exposed(gateway_url=f"https://{host}/x", slack_api_url=f"https://{host}/x")


@pytest.mark.parametrize("url", SERVERS)
@pytest.mark.parametrize(
    ("host", "expected"),
    [("localhost", []), ("db.example", ["DATABASE_URL"]), ("10.0.0.1", ["DATABASE_URL"])],
)
def test_a_database_elsewhere_needs_tls(url: str, host: str, expected: list[str]) -> None:
    """Wherever its host stands in the address."""
    address = url.format(host)
    assert expected == exposed(database_url=address)
    sure = f"{address}{'&' if '?' in address.partition('@')[2] or '?h' in address else '?'}"
    assert [] == exposed(database_url=f"{sure}sslmode=require")


@pytest.mark.parametrize(
    ("sslmode", "expected"),
    [
        *((mode, ["DATABASE_URL"]) for mode in ("disable", "allow", "prefer", "REQUIRE", "")),
        *((mode, []) for mode in ("require", "verify-ca", "verify-full")),
    ],
)
def test_only_some_modes_insist_on_tls(
    environment: Environment, sslmode: str, expected: list[str]
) -> None:
    """Libpq's default does not; its variable counts if the address has none."""
    assert expected == exposed(database_url=f"postgresql://db/voice?sslmode={sslmode}")
    with environment.having(PGSSLMODE=sslmode):
        assert expected == exposed(database_url="postgresql://db/voice")
        assert [] == exposed(database_url="postgresql://db/voice?sslmode=verify-full")
        assert ["DATABASE_URL"] == exposed(database_url="postgresql://db/voice?sslmode=prefer")


@pytest.mark.parametrize("name", ["PGHOST", "PGHOSTADDR"])
def test_without_a_host_the_environment_says_where_postgres_is(
    environment: Environment, name: str
) -> None:
    """Otherwise it is a socket of this machine."""
    url = "postgresql:///voice"
    assert sslmode_of(Settings.of(database_url=url)) is None
    for here in ("/run/postgresql", "@voice", "127.0.0.1", "localhost,::1"):
        with environment.having(**{name: here}):
            assert [] == exposed(database_url=url)
    for there in ("db.example", "localhost,db.example"):
        with environment.having(**{name: there}):
            assert ["DATABASE_URL"] == exposed(database_url=url)
            assert [] == exposed(database_url="postgresql://localhost/voice")


def test_a_file_has_no_way_to_be_read_on() -> None:
    """SQLite has no server."""
    assert sslmode_of(Settings.of(database_url="sqlite:///a.db?host=db.example")) is None


GATEWAY = {"GATEWAY_URL": "http://gateway.example/"}
SLACK = {"SLACK_API_URL": "http://slack.example/api/"}
DATABASE = {"DATABASE_URL": "postgresql://bot:C4NARY@db.example/voice"}


@pytest.mark.parametrize(
    ("needs", "names"),
    [
        ((), ["DATABASE_URL"]),
        ((Need.GATEWAY,), ["GATEWAY_URL", "DATABASE_URL"]),
        ((Need.SLACK,), ["SLACK_API_URL", "DATABASE_URL"]),
        ((Need.GATEWAY, Need.SLACK), ["GATEWAY_URL", "SLACK_API_URL", "DATABASE_URL"]),
    ],
)
def test_what_would_be_used_in_clear_text_is_refused(
    environment: Environment, needs: tuple[Need, ...], names: list[str]
) -> None:
    """All at once, with what to do, and without the address; it can be allowed."""
    environment.set(**HTTP, **GATEWAY, **SLACK, **DATABASE)
    problems = environment.refused(*needs).problems
    assert names == [problem.split()[0] for problem in problems]
    assert all("ALLOW_CLEAR_TEXT=true" in problem for problem in problems)
    assert not any(word in "".join(problems) for word in ("C4NARY", "example"))
    with environment.having(ALLOW_CLEAR_TEXT="true"):
        assert environment.load(*needs).allow_clear_text
