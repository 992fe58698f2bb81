from __future__ import annotations

import json
from functools import cache
from pathlib import Path
from typing import Any

import jsonschema
import pytest
import yaml
from typer.testing import CliRunner

from bot.commands.app import _app
from bot.domain.texts.catalog import Language
from bot.locales import load_catalog
from bot.settings.names import forms
from bot.slack.manifest import (
    EVENTS,
    GLOBAL_SHORTCUT,
    MESSAGE_SHORTCUT,
    OPTIONAL_SCOPES,
    SCOPES,
    manifest,
)
from bot.web import SLACK_PATH

REPOSITORY = Path(__file__).parents[2]
# Slack's own, from https://github.com/slackapi/manifest-schema (MIT), version 1.0.0.
SCHEMA = REPOSITORY / "tests" / "samples" / "manifest.schema.1.0.0.json"
OUTSIDE = "https://voice.example"

VARIANTS: dict[str, list[str]] = {
    "socket": [],
    "http": ["--http", OUTSIDE],
    "pt-BR": ["--language", "pt-BR"],
    "pt-BR over http": ["--language", "pt-BR", "--http", OUTSIDE],
    "own command": ["--command", "/chamada"],
}


# `.env` of the working directory is read.
pytestmark = pytest.mark.usefixtures("empty_folder")
EVERY_VARIANT = pytest.mark.parametrize("name", VARIANTS)


@cache
def variant(name: str) -> Any:
    """The manifest of one way to run the bot, as data."""
    return data(*VARIANTS[name])


def printed(*options: str, env: dict[str, str] | None = None) -> str:
    """The output of `voicestatus manifest`."""
    result = CliRunner().invoke(_app, ["manifest", *options], env=env)
    assert (0, "") == (result.exit_code, result.stderr)
    return result.stdout


def data(*options: str, env: dict[str, str] | None = None) -> Any:
    """That output, parsed."""
    return yaml.safe_load(printed(*options, env=env))


def test_file_in_the_repository_is_what_is_printed() -> None:
    """`manifest.yml` is exactly the output of `voicestatus manifest`."""
    assert (REPOSITORY / "manifest.yml").read_text(encoding="utf-8") == printed()


def test_every_variant_is_valid_for_slack() -> None:
    """They match Slack's published schema."""
    schema = json.loads(SCHEMA.read_text(encoding="utf-8"))
    validator = jsonschema.validators.validator_for(schema)(schema)
    assert [] == [(n, e.message) for n in VARIANTS for e in validator.iter_errors(variant(n))]


def test_texts_are_within_slacks_limits() -> None:
    """Slack rejects longer texts, and a long description that is too short."""
    limits = {
        "display_information.name": (1, 35),
        "display_information.description": (1, 140),
        "display_information.long_description": (175, 4_000),
        "features.bot_user.display_name": (1, 80),
        "features.slash_commands.0.command": (2, 32),
        "features.slash_commands.0.description": (1, 2_000),
        "features.slash_commands.0.usage_hint": (1, 1_000),
        "features.shortcuts.0.name": (1, 24),
        "features.shortcuts.0.callback_id": (1, 255),
        "features.shortcuts.0.description": (1, 150),
        "features.shortcuts.1.name": (1, 24),
        "features.shortcuts.1.callback_id": (1, 255),
        "features.shortcuts.1.description": (1, 150),
    }
    texts = [(name, path, at(variant(name), path)) for name in VARIANTS for path in limits]
    assert [] == [one for one in texts if not limits[one[1]][0] <= len(one[2]) <= limits[one[1]][1]]


def at(value: Any, path: str) -> Any:
    """The value at a path of names and indices."""
    for step in path.split("."):
        value = value[int(step)] if step.isdigit() else value[step]
    return value


def test_scopes_are_those_of_every_variant() -> None:
    """The needed ones, and the optional ones, which the installer may decline."""
    wanted = {"bot": sorted(SCOPES), "bot_optional": sorted(OPTIONAL_SCOPES)}
    assert [wanted] * len(VARIANTS) == [at(variant(n), "oauth_config.scopes") for n in VARIANTS]


# The scope for each event, from the pages of docs.slack.dev/reference/events; app_home_opened
# needs none.
SCOPE_OF_EVENT = {
    "app_home_opened": None,
    "app_mention": "app_mentions:read",
    "message.im": "im:history",
}


def test_scopes_are_those_of_the_features() -> None:
    """Commands and shortcuts, posting, and the events; the others are optional."""
    of_events = {SCOPE_OF_EVENT[event] for event in EVENTS} - {None}
    assert {"commands", "chat:write"} | of_events == set(SCOPES)
    reading = {"channels:history", "groups:history", "mpim:history", "im:write"}
    files = {"files:read", "files:write"}
    assert {"users:read"} | files | reading == set(OPTIONAL_SCOPES)


@EVERY_VARIANT
def test_events_are_those_that_are_answered(name: str) -> None:
    """Mentions, direct messages, and opening the App Home."""
    events = at(variant(name), "settings.event_subscriptions.bot_events")
    assert ["app_home_opened", "app_mention", "message.im"] == events


@EVERY_VARIANT
def test_shortcuts_are_those_that_are_listened_to(name: str) -> None:
    """The callback ids are those that the listener registers."""
    shortcuts = at(variant(name), "features.shortcuts")
    names = [(shortcut["type"], shortcut["callback_id"]) for shortcut in shortcuts]
    assert [("message", MESSAGE_SHORTCUT), ("global", GLOBAL_SHORTCUT)] == names


@EVERY_VARIANT
def test_people_can_open_the_home_and_write_to_the_bot(name: str) -> None:
    """The app has both tabs, and the messages tab accepts messages."""
    assert {
        "home_tab_enabled": True,
        "messages_tab_enabled": True,
        "messages_tab_read_only_enabled": False,
    } == at(variant(name), "features.app_home")


def test_socket_mode_has_no_address() -> None:
    """Without --http the manifest has Socket Mode and no URL."""
    made = data()
    assert made["settings"]["socket_mode_enabled"] is True
    assert "url" not in made["features"]["slash_commands"][0]
    for part in ("event_subscriptions", "interactivity"):
        assert "request_url" not in made["settings"][part]
    assert made["settings"]["interactivity"]["is_enabled"] is True


@pytest.mark.parametrize(
    "given",
    [OUTSIDE, f"{OUTSIDE}/", f"{OUTSIDE}{SLACK_PATH}", f"{OUTSIDE}{SLACK_PATH}/"],
    ids=["bare", "with a slash", "with the path", "with the path and a slash"],
)
def test_http_mode_names_the_endpoint(given: str) -> None:
    """With --http commands, clicks and events go to the path that the server serves."""
    made = data("--http", given)
    assert made["settings"]["socket_mode_enabled"] is False
    assert f"{OUTSIDE}{SLACK_PATH}" == made["features"]["slash_commands"][0]["url"]
    for part in ("event_subscriptions", "interactivity"):
        assert f"{OUTSIDE}{SLACK_PATH}" == made["settings"][part]["request_url"]


@pytest.mark.parametrize("address", ["http://voice.example", "voice.example", "ftp://x"])
def test_address_without_tls_is_refused(address: str) -> None:
    """Slack requires https://, so any other URL is exit code 2."""
    result = CliRunner().invoke(_app, ["manifest", "--http", address])
    assert (2, "") == (result.exit_code, result.stdout)
    assert "https://" in result.stderr


@pytest.mark.parametrize(
    ("options", "env"),
    [(["--command", "/chamada"], {}), ([], {"BOT_COMMAND": "/chamada"})],
    ids=["--command", "BOT_COMMAND"],
)
def test_command_is_the_one_that_the_bot_listens_to(
    options: list[str], env: dict[str, str]
) -> None:
    """Another command name changes only the command in the manifest."""
    renamed, usual = data(*options, env=env), data()
    assert "/chamada" == renamed["features"]["slash_commands"][0].pop("command")
    assert "/voicestatus" == usual["features"]["slash_commands"][0].pop("command")
    assert usual == renamed


@pytest.mark.parametrize(
    ("options", "lines", "env", "command"),
    [
        pytest.param([], "BOT_COMMAND=/file\n", {}, "/file", id="file"),
        pytest.param([], "bot_command = '/file'\n", {}, "/file", id="quoted, in lower case"),
        pytest.param([], "BOT_COMMAND=/file\n", {"BOT_COMMAND": "/env"}, "/env", id="environment"),
        pytest.param([], "BOT_COMMAND=/file\n", {"BOT_COMMAND": ""}, "/file", id="blank variable"),
        pytest.param(["--command", "/own"], "BOT_COMMAND=/file\n", {}, "/own", id="option"),
        pytest.param([], "BOT_COMMAND=\nOTHER\n= =\n", {}, "/voicestatus", id="nothing in it"),
    ],
)
def test_command_is_read_from_the_env_file_too(
    tmp_path: Path, options: list[str], lines: str, env: dict[str, str], command: str
) -> None:
    """The option overrides the environment, which overrides `.env`."""
    (tmp_path / ".env").write_text(lines)
    assert command == data(*options, env=env)["features"]["slash_commands"][0]["command"]


@pytest.mark.parametrize(
    "wrong", ["voicestatus", "/Voice", "/a b", "/", "", f"/{'x' * 32}", "/x\n"]
)
def test_command_that_slack_would_not_take_is_refused(wrong: str) -> None:
    """A name without a slash, or one that Slack does not allow, is exit code 2."""
    result = CliRunner().invoke(_app, ["manifest", "--command", wrong])
    assert (2, "") == (result.exit_code, result.stdout)
    assert f"--command is wrong. It should be {forms()['BOT_COMMAND']}.\n" == result.stderr


def test_wrong_setting_of_the_command_is_named() -> None:
    """The error names BOT_COMMAND, beside all other problems."""
    options = ["manifest", "--http", "http://voice.example"]
    result = CliRunner().invoke(_app, options, env={"BOT_COMMAND": "voicestatus"})
    assert (2, "") == (result.exit_code, result.stdout)
    assert ["--http", "BOT_COMMAND"] == [line.split()[0] for line in result.stderr.splitlines()]


def test_language_is_read_from_the_env_file_too(tmp_path: Path) -> None:
    """BOT_LANGUAGE in `.env` sets the texts, as in the environment."""
    (tmp_path / ".env").write_text("BOT_LANGUAGE=pt_BR\n")
    assert data("--language", "pt-BR") == data()
    assert data("--language", "en") != data()


@pytest.mark.parametrize(
    ("options", "env"),
    [
        (["--language", "pt-BR"], {}),
        (["--language", "pt"], {}),
        ([], {"BOT_LANGUAGE": "pt-BR"}),
        ([], {"BOT_LANGUAGE": "pt_br"}),
    ],
    ids=["--language", "--language pt", "BOT_LANGUAGE", "BOT_LANGUAGE=pt_br"],
)
def test_texts_are_in_the_language(options: list[str], env: dict[str, str]) -> None:
    """Descriptions and hint are from the language file; a Slack manifest has one language."""
    catalog = load_catalog(Language.PORTUGUESE)
    made = data(*options, env=env)
    command = made["features"]["slash_commands"][0]
    shown = made["display_information"]
    assert catalog.say("manifest.description") == shown["description"]
    assert catalog.say("manifest.long_description") == shown["long_description"]
    assert catalog.say("manifest.command_description") == command["description"]
    assert catalog.say("manifest.command_usage") == command["usage_hint"]
    for shortcut in made["features"]["shortcuts"]:
        name = f"manifest.{shortcut['type']}_shortcut"
        told = (shortcut["name"], shortcut["description"])
        assert (catalog.say(name), catalog.say(f"{name}_description")) == told
    assert data()["display_information"]["description"] != shown["description"]


def test_command_text_comes_as_it_was_typed() -> None:
    """Slack must not replace text that looks like a mention: an IDMSG is opaque."""
    assert data()["features"]["slash_commands"][0]["should_escape"] is False


@pytest.mark.parametrize("absent", ["functions", "workflow_steps", "unfurl_domains"])
def test_what_is_not_there_yet_is_not_offered(absent: str) -> None:
    """The manifest has no workflow step and no unfurling, because no listener handles them."""
    made = data()
    assert absent not in {*made, *made["features"], *made["settings"]}


def test_printed_text_reads_back_as_the_data() -> None:
    """Folded lines and accents do not change the text."""
    catalog = load_catalog(Language.PORTUGUESE)
    made = manifest(catalog, command="/voicestatus")
    assert made == data("--language", "pt-BR")
    assert "\\u" not in printed("--language", "pt-BR")
