"""Who somebody is to the workspace that the bot serves, and which locale their Slack has."""

from __future__ import annotations

from collections.abc import AsyncIterator, Iterable
from contextlib import asynccontextmanager

import pytest
from slack_sdk.web.async_client import AsyncWebClient

from bot.connections import slack_session
from bot.demo.loopback.workspace import OTHER_USER_ID, STRANGER_TEAM_ID, TEAM_ID, USER_ID
from bot.demo.slack_server import LoopbackSlack, running_slack
from bot.slack.people import People
from bot.slack.workspace import Workspace


def workspace(scopes: Iterable[str] = (), *, enterprise: str | None = None) -> Workspace:
    """The bot's workspace, in an enterprise or on its own."""
    return Workspace(
        team_id=TEAM_ID,
        team="Loopback",
        bot_id="B1",
        bot_user_id="U1",
        bot_user="voicestatus",
        enterprise_id=enterprise,
        scopes=frozenset(scopes),
    )


@asynccontextmanager
async def meeting(scopes: Iterable[str]) -> AsyncIterator[tuple[People, LoopbackSlack]]:
    """The people of a loopback Slack that granted these scopes."""
    async with running_slack() as slack, slack_session() as session:
        slack.workspace.scopes |= set(scopes)
        client = AsyncWebClient(token=slack.bot_token, base_url=slack.api_url, session=session)
        yield People(client=client, workspace=workspace(scopes)), slack


@pytest.mark.parametrize(
    ("team", "enterprise", "own_enterprise", "external"),
    [
        (TEAM_ID, None, None, False),
        (None, None, None, False),
        ("", None, None, False),
        (STRANGER_TEAM_ID, None, None, True),
        (STRANGER_TEAM_ID, "E0OTHER", None, True),
        (STRANGER_TEAM_ID, "E0OWN", "E0OWN", False),
        ("E0OWN", None, "E0OWN", False),
        (STRANGER_TEAM_ID, "E0OTHER", "E0OWN", True),
    ],
    ids=[
        "own workspace",
        "not said",
        "said to be none",
        "another workspace",
        "another enterprise",
        "another workspace of our enterprise",
        "our enterprise itself",
        "another enterprise than ours",
    ],
)
def test_whoever_belongs_elsewhere_is_of_another_organisation(
    team: str | None, enterprise: str | None, own_enterprise: str | None, *, external: bool
) -> None:
    """By the workspace that the payload gives; settings are those of the bot's own."""
    people = People(client=AsyncWebClient(), workspace=workspace(enterprise=own_enterprise))

    asker = people.asker(user="U2", channel="C2", team=team, enterprise=enterprise)

    assert ("U2", "C2", TEAM_ID, external) == (
        asker.user,
        asker.channel,
        asker.team,
        asker.external,
    )


def test_what_a_payload_leaves_out_is_empty() -> None:
    """No field is ever the word None."""
    people = People(client=AsyncWebClient(), workspace=workspace())

    asker = people.asker(user=None, channel=None, team=None)

    assert ("", "", False) == (asker.user, asker.channel, asker.external)


async def test_the_locale_is_asked_once_and_kept() -> None:
    """Slack limits how often it may be asked."""
    async with meeting({"users:read"}) as (people, slack):
        found = [await people.locale(user) for user in (OTHER_USER_ID, USER_ID, OTHER_USER_ID)]

        assert ["pt-BR", "en-US", "pt-BR"] == found
        assert 2 == len(slack.calls)


async def test_without_the_scope_nobody_is_asked() -> None:
    """Nor for somebody who is not named."""
    async with meeting(()) as (people, slack):
        assert await people.locale(USER_ID) is None
        assert [] == slack.calls
    async with meeting({"users:read"}) as (people, slack):
        assert await people.locale("") is None
        assert [] == slack.calls


@pytest.mark.parametrize(
    "failure",
    [{"error": "user_not_found"}, {"error": "internal_error", "status": 500}],
    ids=["refused", "broken"],
)
async def test_a_locale_that_slack_does_not_tell_is_asked_for_again(
    failure: dict[str, str | int],
) -> None:
    """A fault of the moment is not kept for a day."""
    async with meeting({"users:read"}) as (people, slack):
        slack.fail_next("users.info", **failure)  # type: ignore[arg-type]

        assert [None, "pt-BR"] == [await people.locale(OTHER_USER_ID) for _ in range(2)]


async def test_a_slack_that_is_away_tells_no_locale() -> None:
    """The bot's language holds."""
    async with slack_session() as session:
        client = AsyncWebClient(
            token="xoxb-1", base_url="http://127.0.0.1:9/", session=session, retry_handlers=[]
        )
        people = People(client=client, workspace=workspace({"users:read"}))

        assert await people.locale(USER_ID) is None
