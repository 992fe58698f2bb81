"""Whether users belong to the bot's organisation, and their locale in Slack."""

from __future__ import annotations

import io
from collections.abc import AsyncIterator, Iterable
from contextlib import asynccontextmanager
from dataclasses import replace
from typing import Any

import pytest
from slack_sdk.web.async_client import AsyncWebClient

from bot.domain.timing import Timing
from bot.fake_slack.slack_server import LoopbackSlack, running_slack
from bot.fake_slack.state.workspace import (
    CHANNEL_ID,
    ENTERPRISE_ID,
    OTHER_USER_ID,
    SISTER_TEAM_ID,
    SLACKBOT_ID,
    STRANGER_ENTERPRISE_ID,
    STRANGER_TEAM_ID,
    STRANGER_USER_ID,
    TEAM_ID,
    USER_ID,
    Profile,
)
from bot.slack.api.session import open_session
from bot.slack.api.workspace import Workspace, find_workspace
from bot.slack.inbound.people import People
from bot.slack.inbound.posts import as_it_is_now
from tests.slack.requests_of_slack import SURFACES, mention
from tests.support.rough_slack import answering, in_turn, rough_slack

READ = {"users:read"}
# Of another workspace of the organisation.
ELISA = Profile(id="U0ELISA0001", name="elisa", real_name="Elisa Reis", team=SISTER_TEAM_ID)
ORGANISATIONS = {
    TEAM_ID: ENTERPRISE_ID,
    SISTER_TEAM_ID: ENTERPRISE_ID,
    STRANGER_TEAM_ID: STRANGER_ENTERPRISE_ID,
}


OF_THE_ORGANISATION = Workspace(
    team_id=TEAM_ID,
    team="Loopback",
    bot_id="B1",
    bot_user_id="U1",
    bot_user="voicestatus",
    enterprise_id=ENTERPRISE_ID,
    org_wide=True,
    scopes=frozenset(READ),
)
OK = {"ok": True}


@asynccontextmanager
async def meeting(
    scopes: Iterable[str] = (),
    *,
    organisations: dict[str, str] = ORGANISATIONS,
    org_wide: bool = False,
    timing: Timing = Timing(),
    **settings: Any,
) -> AsyncIterator[tuple[People, LoopbackSlack]]:
    """`People` at a loopback Slack with these scopes and organisations; no calls counted yet."""
    async with running_slack() as slack, open_session() as session:
        slack.workspace.scopes |= set(scopes)
        slack.workspace.enterprises |= organisations
        slack.workspace.org_wide = org_wide
        slack.workspace.add_person(ELISA)
        client = AsyncWebClient(token=slack.bot_token, base_url=slack.api_url, session=session)
        workspace = await find_workspace(client)
        people = People(client=client, workspace=workspace, timing=timing, **settings)
        await people.prepare()
        slack.calls.clear()
        yield people, slack


async def externals(people: People, user: str, team: str | None) -> set[str]:
    """The surfaces on which a user with this workspace id counts as external."""
    asked = {
        name: await people.asker(as_it_is_now(made(user, team))) for name, made in SURFACES.items()
    }
    assert {(user, TEAM_ID)} == {(asker.user, asker.team) for asker in asked.values()}
    return {name for name, asker in asked.items() if asker.external}


def methods(slack: LoopbackSlack) -> list[str]:
    """The methods that were called, in order."""
    return [call.method for call in slack.calls]


@pytest.mark.parametrize("team", [TEAM_ID, ENTERPRISE_ID, None], ids=["team", "org", "unsaid"])
async def test_people_of_the_workspace_are_colleagues_on_every_surface(team: str | None) -> None:
    """By its id, its organisation's, or no id at all; without a call to Slack."""
    async with meeting(READ, org_wide=True) as (people, slack):
        assert set() == await externals(people, USER_ID, team)
        assert [] == methods(slack)


@pytest.mark.parametrize(
    ("user", "team"),
    [
        (STRANGER_USER_ID, STRANGER_TEAM_ID),
        (STRANGER_USER_ID, STRANGER_ENTERPRISE_ID),
        ("U0NOBODY001", "T0NOWHERE01"),
    ],
    ids=["partner", "the partner's organisation", "unknown to Slack"],
)
@pytest.mark.parametrize(
    "known",
    [
        {},
        {"scopes": READ, "org_wide": True, "own_teams": {SISTER_TEAM_ID, "E0SISTER001"}},
        {"scopes": READ, "organisations": {}},
    ],
    ids=["nothing", "everything", "no organisation"],
)
async def test_people_of_others_are_outsiders_on_every_surface(
    user: str, team: str, known: dict[str, Any]
) -> None:
    """For any organisation that the request also names."""
    async with meeting(**known) as (people, _slack):
        assert set(SURFACES) == await externals(people, user, team)


async def test_colleagues_of_other_workspaces_are_outsiders_where_nothing_speaks_for_them() -> None:
    """Not by the organisation in each request, which is the app's."""
    async with meeting() as (people, slack):
        assert set(SURFACES) == await externals(people, ELISA.id, SISTER_TEAM_ID)
        assert [] == methods(slack)


@pytest.mark.parametrize(
    ("team", "known", "asked"),
    [
        (SISTER_TEAM_ID, {"own_teams": {SISTER_TEAM_ID}}, []),
        ("E0SISTER001", {"own_teams": {"T0OTHER0001", "E0SISTER001"}}, []),
        (SISTER_TEAM_ID, {"scopes": READ}, ["users.info"]),
        (SISTER_TEAM_ID, {"org_wide": True}, []),
    ],
    ids=["workspace that is set", "organisation that is set", "users.info", "auth.teams.list"],
)
async def test_each_of_three_ways_makes_them_colleagues_on_every_surface(
    team: str, known: dict[str, Any], asked: list[str]
) -> None:
    """Slack is called once, and only if necessary."""
    async with meeting(**known) as (people, slack):
        assert set() == await externals(people, ELISA.id, team)
        assert asked == methods(slack)


async def test_an_organisation_that_is_set_counts_for_its_members() -> None:
    """`users.info` names a user's organisation; the request names only their workspace."""
    sisters = {SISTER_TEAM_ID: "E0SISTER001"}
    async with meeting(READ, organisations=sisters, own_teams={"E0SISTER001"}) as (people, _slack):
        assert set() == await externals(people, ELISA.id, SISTER_TEAM_ID)


@pytest.mark.parametrize(
    ("scopes", "user", "external"),
    [
        ((), USER_ID, True),
        (READ, USER_ID, False),
        (READ, ELISA.id, False),
        (READ, STRANGER_USER_ID, True),
        (READ, "U0NOBODY001", True),
    ],
    ids=["no scope", "ours", "of the organisation", "partner", "unknown to Slack"],
)
async def test_in_a_shared_channel_slack_is_asked_whose_an_undescribed_person_is(
    scopes: Iterable[str], user: str, *, external: bool
) -> None:
    """Without an answer they count as external."""
    async with meeting(scopes) as (people, _slack):
        asker = await people.asker(mention(user, None, shared=True))

    assert (user, external) == (asker.user, asker.external)


async def test_a_workspace_of_their_own_that_slack_names_outweighs_no_foreign_word() -> None:
    """Only membership in the organisation does."""
    async with meeting(READ, organisations={}) as (people, _slack):
        assert set(SURFACES) == await externals(people, USER_ID, STRANGER_TEAM_ID)


async def test_a_stranger_is_no_colleague() -> None:
    """For any organisation that Slack names."""
    async with meeting(READ) as (people, slack):
        slack.workspace.add_person(replace(ELISA, is_stranger=True))

        assert set(SURFACES) == await externals(people, ELISA.id, SISTER_TEAM_ID)


FAILURE = pytest.mark.parametrize(
    "failure",
    [{"error": "user_not_found"}, {"error": "internal_error", "status": 500}],
    ids=["refused", "broken"],
)


@FAILURE
async def test_while_slack_does_not_answer_they_are_outsiders(
    failure: dict[str, Any], log: io.StringIO
) -> None:
    """For this request only; the log has the error without a user id."""
    async with meeting(READ) as (people, slack):
        slack.fail_next("users.info", **failure)
        request = mention(ELISA.id, SISTER_TEAM_ID)

        found = [(await people.asker(request)).external for _ in range(2)]

    assert [True, False] == found
    assert f'"error": "{failure["error"]}"' in log.getvalue()
    assert ELISA.id not in log.getvalue()


async def test_what_slack_said_of_somebody_counts_for_a_while() -> None:
    """Then it is fetched again: the user may have left the organisation."""
    async with meeting(READ, timing=Timing(person_known=0.0)) as (people, slack):
        request = mention(ELISA.id, SISTER_TEAM_ID)
        before = await people.asker(request)
        slack.workspace.enterprises.clear()
        after = await people.asker(request)

    assert [False, True] == [before.external, after.external]


async def test_whether_somebody_is_ours_and_their_locale_are_one_call() -> None:
    """`users.info` is called once for each request."""
    async with meeting(READ) as (people, slack):
        asker = await people.asker(mention(ELISA.id, SISTER_TEAM_ID))

        assert "en-US" == await people.locale(asker.user)
        assert ["users.info"] == methods(slack)


async def test_an_answer_that_takes_too_long_is_not_waited_for() -> None:
    """A modal has to open within three seconds of a click."""
    async with meeting(READ, org_wide=True, timing=Timing(person=0.0)) as (people, _slack):
        asker = await people.asker(mention(ELISA.id, SISTER_TEAM_ID))
        locale = await people.locale(USER_ID)

    assert (True, None) == (asker.external, locale)


async def test_a_new_workspace_is_found_without_a_restart() -> None:
    """And one that left no longer counts; the list is fetched again when it is old."""
    async with meeting(org_wide=True, timing=Timing(teams_again=0.0)) as (people, slack):
        found = []
        for team in ("T0NEW000001", SISTER_TEAM_ID):
            slack.workspace.enterprises |= {"T0NEW000001": ENTERPRISE_ID}
            found.append((await people.asker(mention("U0NEW000001", team))).external)
            slack.workspace.enterprises.pop(SISTER_TEAM_ID, None)

    assert [False, True] == found


async def test_the_list_of_workspaces_is_not_asked_for_at_each_foreign_word() -> None:
    """Slack's rate limit is about twenty calls a minute, and a partner's users may ask often."""
    async with meeting(org_wide=True) as (people, slack):
        for _ in range(3):
            await people.asker(mention(STRANGER_USER_ID, STRANGER_TEAM_ID))

        assert [] == methods(slack)


async def test_long_lists_of_workspaces_are_read_to_the_end() -> None:
    """A page has at most a thousand."""
    many = {f"T{number:010d}": ENTERPRISE_ID for number in range(1_500)}
    async with meeting(org_wide=True, organisations=ORGANISATIONS | many) as (people, _slack):
        found = [
            (await people.asker(mention("U1", team))).external
            for team in (min(many), max(many), f"T{1_500:010d}")
        ]

    assert [False, False, True] == found


async def test_a_list_that_cannot_be_had_is_asked_for_again(log: io.StringIO) -> None:
    """Until then the previous list counts."""
    old = Timing(teams_again=0.0, recovery=0.0)
    async with meeting(org_wide=True, timing=old) as (people, slack):
        slack.workspace.enterprises |= {"T0NEW000001": ENTERPRISE_ID}
        found = []
        for team in (SISTER_TEAM_ID, "T0NEW000001"):
            slack.fail_next("auth.teams.list", error="ratelimited")
            found.append((await people.asker(mention("U1", team))).external)
        found.append((await people.asker(mention("U1", "T0NEW000001"))).external)

    assert [False, True, False] == found
    assert '"error": "ratelimited"' in log.getvalue()


@pytest.mark.parametrize(
    "answer",
    [
        {"teams": None},
        {"teams": {"id": SISTER_TEAM_ID}},
        {"teams": [[SISTER_TEAM_ID], SISTER_TEAM_ID, None, {"id": [SISTER_TEAM_ID]}]},
        {"teams": [{"id": f"{SISTER_TEAM_ID} "}, {"id": SISTER_TEAM_ID.lower()}, {"id": ""}]},
        {"teams": [{"id": SISTER_TEAM_ID}], "response_metadata": ["next_cursor"]},
        {"teams": [{"id": SISTER_TEAM_ID}], "response_metadata": {"next_cursor": "again"}},
        {"user": {"enterprise_user": [ENTERPRISE_ID], "team_id": [SISTER_TEAM_ID], "locale": 5}},
        {"user": [{"enterprise_user": {"enterprise_id": ENTERPRISE_ID}}]},
        {"user": None},
    ],
    ids=str,
)
async def test_an_answer_of_another_shape_makes_nobody_a_colleague(answer: dict[str, Any]) -> None:
    """Nor does an endless list."""
    async with rough_slack() as slack, open_session() as session:
        slack.answers |= dict.fromkeys(("auth.teams.list", "users.info"), answering(OK | answer))
        client = AsyncWebClient(token="xoxb-1", base_url=slack.api_url, session=session)
        people = People(client=client, workspace=OF_THE_ORGANISATION, timing=Timing(person=0.2))
        await people.prepare()
        asker = await people.asker(mention(ELISA.id, SISTER_TEAM_ID))
        locale = await people.locale(ELISA.id)

    assert (True, None) == (asker.external, locale)
    assert {"auth.teams.list", "users.info"} == set(slack.calls)


async def test_no_more_workspaces_are_kept_than_an_organisation_can_have() -> None:
    """For a list of any length with any content."""
    odd = [None, {"id": ["T1"]}, {"id": None}, {"id": "t1"}]
    page = [*odd, *({"id": f"T{number}"} for number in range(9_000))]
    more = [{"id": f"T{number}"} for number in range(9_000, 10_000)]
    late = answering(OK | {"teams": [{"id": SISTER_TEAM_ID}]})
    going_on = {"response_metadata": {"next_cursor": "more"}}
    async with rough_slack() as slack, open_session() as session:
        slack.answers["auth.teams.list"] = in_turn(
            answering(OK | going_on | {"teams": page}),
            answering(OK | going_on | {"teams": more}),
            late,
        )
        client = AsyncWebClient(token="xoxb-1", base_url=slack.api_url, session=session)
        people = People(client=client, workspace=replace(OF_THE_ORGANISATION, scopes=frozenset()))
        await people.prepare()
        teams = ("T0", "T9999", SISTER_TEAM_ID)
        found = [(await people.asker(mention("U1", team))).external for team in teams]

    assert [False, False, True] == found


async def test_an_app_of_one_workspace_does_not_ask_for_others() -> None:
    """auth.teams.list is for organisation-wide apps."""
    async with meeting() as (people, slack):
        await people.asker(mention(STRANGER_USER_ID, STRANGER_TEAM_ID))

        assert [] == methods(slack)


async def test_a_person_asks_where_the_request_says() -> None:
    """In the channel of the message, or of the message that a modal was opened from."""
    async with meeting() as (people, _slack):
        found = {
            name: (await people.asker(made(USER_ID, TEAM_ID))).channel
            for name, made in SURFACES.items()
        }

    nowhere = dict.fromkeys(("global shortcut", "button of the App Home"), "")
    direct = dict.fromkeys(
        (
            *("direct message", "edited direct message", "file in a direct message"),
            "opened App Home",
        ),
        "D1",
    )
    assert dict.fromkeys(SURFACES, CHANNEL_ID) | nowhere | direct == found


@pytest.mark.parametrize("odd", [None, 5, ["U1"], {"id": "U1"}], ids=repr)
async def test_what_a_request_leaves_out_is_empty(odd: object) -> None:
    """No field is the text None, nor a value that is not a string."""
    async with meeting() as (people, _slack):
        parts = {"user": {"id": odd}, "channel": {"id": odd}, "container": {"channel_id": odd}}
        event = {"event": {"user": odd, "channel": odd}}
        for body in ({}, {"user_id": odd, "channel_id": odd}, parts, event):
            asker = await people.asker(body)
            assert ("", "", False) == (asker.user, asker.channel, asker.external)


async def test_the_locale_is_asked_once_and_kept() -> None:
    """users.info has a rate limit."""
    async with meeting(READ) as (people, slack):
        found = [await people.locale(user) for user in (OTHER_USER_ID, USER_ID, OTHER_USER_ID)]

        assert ["pt-BR", "en-US", "pt-BR"] == found
        assert 2 == len(slack.calls)


async def test_without_the_scope_nobody_is_asked() -> None:
    """Nor without a user id."""
    async with meeting() as (people, slack):
        assert await people.locale(USER_ID) is None
        assert [] == slack.calls
    async with meeting(READ) as (people, slack):
        assert await people.locale("") is None
        assert [] == slack.calls


@FAILURE
async def test_a_locale_that_slack_does_not_tell_is_asked_for_again(
    failure: dict[str, Any],
) -> None:
    """A temporary failure is not cached."""
    async with meeting(READ) as (people, slack):
        slack.fail_next("users.info", **failure)

        assert [None, "pt-BR"] == [await people.locale(OTHER_USER_ID) for _ in range(2)]


async def test_a_slack_that_is_away_tells_no_locale() -> None:
    """The bot's language applies."""
    async with open_session() as session:
        client = AsyncWebClient(
            token="xoxb-1", base_url="http://127.0.0.1:9/", session=session, retry_handlers=[]
        )
        people = People(client=client, workspace=OF_THE_ORGANISATION)

        assert await people.locale(USER_ID) is None


async def test_only_slack_says_who_is_a_person() -> None:
    """And only with the scope; what it does not say is not known."""
    robot = replace(ELISA, id="U0ROBOT0001", team=TEAM_ID, is_bot=True)
    found = []
    for scopes in (READ, ()):
        async with meeting(scopes) as (people, slack):
            slack.workspace.add_person(robot)
            users = (USER_ID, robot.id, "U0NOBODY001")
            found.append([await people.is_person(user) for user in users])

    assert [[True, False, False], [False, False, False]] == found


async def test_a_reminder_is_its_readers() -> None:
    """Slackbot asks for whoever has the conversation, once the bot knows who that is."""
    said = {"user": USER_ID, "channel": "D1", "channel_type": "im"}
    reminder = {**said, "user": SLACKBOT_ID}
    asked = [
        *(reminder, said, reminder, {**said, "user": None}, reminder),
        *({**reminder, "channel": "D2"}, {**reminder, "channel": CHANNEL_ID}),
    ]
    async with meeting() as (people, _):
        users = [(await people.asker({"event": event})).user for event in asked]

    assert [SLACKBOT_ID, USER_ID, USER_ID, "", USER_ID, SLACKBOT_ID, SLACKBOT_ID] == users
