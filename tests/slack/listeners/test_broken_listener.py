"""A listener that fails: an apology with a number that is also in the log, without traceback."""

from __future__ import annotations

import io
import re
from collections.abc import AsyncIterator, Mapping
from contextlib import asynccontextmanager
from dataclasses import fields
from typing import Any, cast

from slack_bolt.async_app import AsyncApp
from slack_sdk.web.async_client import AsyncWebClient

from bot.domain.texts.catalog import Language
from bot.fake_slack.people.interactions import Interactions
from bot.fake_slack.people.person import Kind, Person
from bot.fake_slack.slack_server import LoopbackSlack, running_slack
from bot.fake_slack.state.workspace import CHANNEL_ID
from bot.locales import load_catalog
from bot.services.languages import Languages
from bot.settings.settings import Mode
from bot.slack.api.session import open_session
from bot.slack.api.web_client import SlackClient
from bot.slack.api.workspace import find_workspace
from bot.slack.context import ListenerContext
from bot.slack.inbound.app import AckFirst, build_app
from bot.slack.inbound.people import People
from bot.storage.database import open_database
from bot.storage.preferences import Preferences
from tests.slack.notifying import plain_styles
from tests.support.inbound import connected_app
from tests.support.reading import heading, seen
from tests.support.scene import assert_slack_content
from tests.support.wording import PT, say

CANARY = "canary-in-the-exception"


class BrokenListener:
    """A listener with an internal error."""

    def register(self, app: AsyncApp) -> None:
        """Bind the failing listener to every command."""
        app.command(re.compile("/.*"), middleware=[AckFirst()])(self.on_command)

    async def on_command(self, command: Mapping[str, Any]) -> None:
        """Fail with a key that no command has."""
        del command
        raise KeyError(CANARY)


@asynccontextmanager
async def broken(mode: Mode) -> AsyncIterator[tuple[Person, LoopbackSlack]]:
    """Run a Portuguese bot whose only listener fails."""
    async with (
        running_slack() as slack,
        open_session() as session,
        open_database("sqlite:///:memory:") as database,
    ):
        client = AsyncWebClient(token=slack.bot_token, base_url=slack.api_url, session=session)
        workspace = await find_workspace(client)
        people = People(client=client, workspace=workspace)
        languages = Languages(
            default=Language.PORTUGUESE,
            load=load_catalog,
            preferences=Preferences(database),
            locale_of=people.locale,
        )
        unused = dict.fromkeys((one.name for one in fields(ListenerContext)), cast("Any", None))
        parts = {
            "people": people,
            "styles": plain_styles(languages),
            "slack": SlackClient(client=client, session=session),
            "command": "/voicestatus",
        }
        app = build_app(
            client=client,
            workspace=workspace,
            listeners=[BrokenListener()],
            apologise=ListenerContext(**unused | parts).apologise,
        )
        async with connected_app(app, client, slack, mode) as person:
            yield person, slack
        assert_slack_content(slack)


async def test_the_person_gets_an_apology_whose_number_stands_in_the_log(
    mode: Mode, log: io.StringIO
) -> None:
    """An admin finds the error by the number; the exception's text is in no log line."""
    async with broken(mode) as (person, slack):
        ack = await person.command("/voicestatus", "SANDBOX-OK")
        note = await slack.wait_for_message()

    numbers = re.findall(r"`([0-9a-f]{8})`", seen(note))
    logged = log.getvalue()
    assert 200 == ack.status
    assert say("broken.title", PT) == heading(note)
    assert 1 == len(numbers)
    assert f'"reference": "{numbers[0]}"' in logged
    assert '"exception": "KeyError"' in logged
    assert "on_command" in logged
    assert CANARY not in f"{logged}{seen(note)}{note.text}"
    assert "Traceback" not in f"{logged}{seen(note)}"


async def test_a_request_without_a_response_url_breaks_quietly(mode: Mode) -> None:
    """There is no place for an apology, and the bot goes on."""
    async with broken(mode) as (person, slack):
        asking = Interactions(slack=slack, user=person.user, team=person.team)
        payload = asking.command("/voicestatus", "x", CHANNEL_ID)
        silent = {name: value for name, value in payload.items() if name != "response_url"}
        first = await person.deliver(Kind.COMMAND, silent)
        await person.command("/voicestatus", "SANDBOX-OK")
        await slack.wait_for_message()

    assert 200 == first.status
    assert 1 == len(slack.messages)
