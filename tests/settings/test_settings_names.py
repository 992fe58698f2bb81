"""Variables that resemble settings but are not: warned of, and never a security hole."""

from __future__ import annotations

from pathlib import Path

import pytest

from bot.settings.loading import Need
from bot.settings.names import HINTS, foreign_names, meant_by, misspelt_permissions, unknown_names
from tests.support.settings_environment import Environment

CANARY = "U0CANARY001"
SLACK = {"SLACK_BOT_TOKEN": "xoxb-1", "SLACK_APP_TOKEN": "xapp-1"}


def test_a_name_is_looked_for_wherever_settings_are_read(environment: Environment) -> None:
    """In the environment, the file and the folder; real settings are not named."""
    folder = environment.directory / "secrets"
    environment.put_secrets(BOT_C="1", BOT_PORT="1")
    Path(".env").write_text("BOT_B=1\nbot_language=en\n")
    with environment.having(BOT_A="1", BOT_HOST="1"):
        found = unknown_names(str(folder))
    assert ("BOT_A", "BOT_B", "BOT_C") == foreign_names(found)


def test_no_file_and_no_folder_are_nothing(environment: Environment) -> None:
    """Neither has to be there."""
    nothing = str(environment.directory / "nothing")
    assert () == foreign_names((*unknown_names(nothing), *unknown_names(None)))


def test_what_begins_as_a_setting_does_is_foreign() -> None:
    """In every family; not other programs' variables, nor Kubernetes' links."""
    ours = [f"{name.partition('_')[0]}_X" for name in HINTS]
    links = ["BOT_SERVICE_HOST", "BOT_SERVICE_PORT", "BOT_SERVICE_PORT_HTTP", "GATEWAY_PORT"]
    links += ["BOT_PORT_8080_TCP", "BOT_PORT_8080_TCP_ADDR", "SLACK_PORT_53_UDP"]
    assert tuple(ours) == foreign_names([*ours, *links, "PATH", "ROBOT_X", "DJANGO_ALLOWED_HOSTS"])


@pytest.mark.parametrize(
    ("slip", "meant"),
    [
        ("ALLOWED_CHANELS", "ALLOWED_CHANNELS"),
        ("ALOWED_USERS", "ALLOWED_USERS"),
        ("ALLOW_USERS", "ALLOWED_USERS"),
        ("SLACK_ALLOWED_USERS", "ALLOWED_USERS"),
        ("ADMIN_USER", "ADMIN_USERS"),
        ("allow_external", "ALLOW_EXTERNAL_USERS"),
    ],
)
def test_a_misspelt_permission_stops_the_start(
    environment: Environment, slip: str, meant: str
) -> None:
    """With the right name and never the value; beside all other problems."""
    (problem,) = environment.refused(Need.SLACK, **SLACK, **{slip: CANARY}).problems
    assert (slip.upper(), True) == (problem.split()[0], f"Did you mean {meant}?" in problem)
    wrong = environment.refused(Need.SLACK, **SLACK, **{slip: CANARY}, BOT_PORT="x").problems
    assert [True, problem] == [wrong[0].startswith("BOT_PORT"), wrong[1]]
    assert CANARY not in "".join(wrong)


def test_a_command_in_a_terminal_asks_for_no_permission(environment: Environment) -> None:
    """No user is restricted there, so nothing stops the start."""
    keys = {"GATEWAY_CREDENTIAL": "0" * 40, "GATEWAY_TOKEN": "0" * 6}
    with environment.having(ALOWED_USERS=CANARY, **keys):
        assert environment.load(Need.GATEWAY).allowed_users == frozenset()


def test_names_of_other_programs_open_no_door() -> None:
    """Only a name that nearly matches one of ours does."""
    others = ["ALLOWED_HOSTS", "ALLOWED_ORIGINS", "ADMIN_EMAIL", "ADMIN_PASSWORD", "ALLOW_ALL"]
    assert [] == misspelt_permissions(others)


def test_a_file_that_is_no_text_is_one_problem(environment: Environment) -> None:
    """Its names cannot be read either."""
    Path(".env").write_bytes(b"BOT_X=\xff\xfe")
    (problem,) = environment.refused(Need.SLACK, **SLACK).problems
    assert problem.startswith(".env")


def test_every_setting_is_meant_by_its_own_name() -> None:
    """And never by a name that resembles none."""
    assert [*HINTS] == [meant_by(name) for name in HINTS]
    assert meant_by("BOT_COLOUR_OF_THE_SKY") is None
