"""Membership: which events the bot receives, and what users of other workspaces may do."""

from __future__ import annotations

from typing import Any

import pytest
from slack_bolt.context.async_context import AsyncBoltContext

from bot.fake_slack.people.person import NotPossibleError
from bot.fake_slack.state import workspace as made_up
from bot.fake_slack.state.workspace import Profile
from tests.fake_slack.blocks import actions, button, modal
from tests.fake_slack.bolt_stage import BoltStage, Payload, refusal_of

MENTION = f"{made_up.BOT_MENTION} SANDBOX-OK"
BETWEEN_PEOPLE = "D0BETWEEN01"


@pytest.fixture
def stage(stage: BoltStage) -> BoltStage:
    """Bolt that records what users write; two of them also have a private conversation."""

    @stage.app.event("app_mention")
    async def mentioned(body: Payload, context: AsyncBoltContext) -> None:
        stage.note(body, context)

    @stage.app.event("message")
    async def written(body: Payload, context: AsyncBoltContext) -> None:
        stage.note(body, context)

    @stage.app.event("app_home_opened")
    async def opened() -> None:
        pass

    people = (made_up.USER_ID, made_up.OTHER_USER_ID)
    stage.slack.workspace.add_channel(BETWEEN_PEOPLE, "two", people, is_direct=True)
    return stage


async def test_the_bot_receives_only_mentions_and_direct_messages(stage: BoltStage) -> None:
    """Messages without a mention of it, or where it is no member, are no event."""
    said = [
        await stage.person.say(text, channel=channel)
        for text, channel in (
            ("SANDBOX-OK", made_up.CHANNEL_ID),
            (f"<@{made_up.OTHER_USER_ID}> SANDBOX-OK", made_up.CHANNEL_ID),
            (MENTION, made_up.CHANNEL_WITHOUT_BOT_ID),
            (MENTION, made_up.PRIVATE_CHANNEL_ID),
            (MENTION, BETWEEN_PEOPLE),
        )
    ]
    assert [None] * 5 == [message.event_id for message in said]
    assert [] == stage.slack.events
    assert said == stage.slack.said


async def test_an_invited_bot_receives_mentions(stage: BoltStage) -> None:
    """After it joined a private channel, mentions there reach it."""
    stage.slack.workspace.join(made_up.PRIVATE_CHANNEL_ID)
    await stage.person.say(MENTION, channel=made_up.PRIVATE_CHANNEL_ID)
    _, context = (await stage.noted())[0]
    assert made_up.PRIVATE_CHANNEL_ID == context.channel_id


@pytest.mark.parametrize("missing", ["scope", "event"])
async def test_events_need_scope_and_subscription(stage: BoltStage, missing: str) -> None:
    """Without app_mentions:read, im:history or the subscription nothing is delivered."""
    workspace = stage.slack.workspace
    if missing == "scope":
        workspace.scopes -= {"app_mentions:read", "im:history"}
    else:
        workspace.events -= {"app_mention", "message.im", "app_home_opened"}
    await stage.person.say(MENTION)
    await stage.person.say("hi", channel=stage.person.direct_channel)
    assert [] == stage.slack.events
    opened = await stage.person.open_home()
    assert (opened is None) == (missing == "event")


async def test_shortcuts_need_their_scope(stage: BoltStage) -> None:
    """An app without the scope commands has no shortcuts."""
    stage.slack.workspace.scopes.discard("commands")
    message = await stage.person.say("x")
    with pytest.raises(NotPossibleError):
        await stage.person.message_shortcut("check", message)
    with pytest.raises(NotPossibleError):
        await stage.person.global_shortcut("ask")


async def test_users_write_only_in_their_channels(stage: BoltStage) -> None:
    """A user outside of a channel cannot write there, nor use messages in a private one."""
    guest = stage.person.as_user(made_up.GUEST_USER_ID)
    with pytest.raises(NotPossibleError, match="is not in"):
        await guest.say("x", channel=made_up.CHANNEL_WITHOUT_BOT_ID)
    with pytest.raises(NotPossibleError, match="is not in"):
        await guest.say("x", channel="C0NOWHERE00")
    message = await stage.person.say("x", channel=made_up.PRIVATE_CHANNEL_ID)
    with pytest.raises(NotPossibleError, match="does not see"):
        await guest.message_shortcut("check", message)


async def test_a_guest_is_a_restricted_member(stage: BoltStage) -> None:
    """Only users.info, not an event, shows that a user is a guest."""
    guest = stage.person.as_user(made_up.GUEST_USER_ID)
    await guest.say(MENTION)
    body, context = (await stage.noted())[0]
    assert made_up.GUEST_USER_ID == context.user_id
    assert (made_up.TEAM_ID, made_up.TEAM_ID) == (body["team_id"], body["event"]["team"])
    stage.slack.workspace.scopes.add("users:read")
    user = (await stage.client.users_info(user=made_up.GUEST_USER_ID))["user"]
    assert (True, False) == (user["is_restricted"], user["is_ultra_restricted"])
    assert "is_stranger" not in user


async def test_a_person_of_another_workspace_mentions_the_bot(stage: BoltStage) -> None:
    """The event gives Bolt both the app's workspace and the user's."""
    stranger = stage.person.as_user(made_up.STRANGER_USER_ID)
    await stranger.say(MENTION, channel=made_up.SHARED_CHANNEL_ID)
    body, context = (await stage.noted())[0]
    assert body["is_ext_shared_channel"]
    assert (made_up.TEAM_ID, made_up.STRANGER_TEAM_ID) == (
        body["authorizations"][0]["team_id"],
        body["event"]["user_team"],
    )
    assert (made_up.TEAM_ID, made_up.STRANGER_TEAM_ID, made_up.STRANGER_USER_ID) == (
        context.team_id,
        context.actor_team_id,
        context.actor_user_id,
    )


async def test_colleagues_in_a_shared_channel_are_colleagues(stage: BoltStage) -> None:
    """The channel is shared, but the user is of this workspace."""
    await stage.person.say(MENTION, channel=made_up.SHARED_CHANNEL_ID)
    body, context = (await stage.noted())[0]
    assert body["is_ext_shared_channel"]
    assert "user_team" not in body["event"]
    assert (made_up.TEAM_ID, made_up.TEAM_ID) == (context.team_id, context.actor_team_id)


async def test_a_person_of_another_workspace_writes_to_the_bot(stage: BoltStage) -> None:
    """The envelope has the user's workspace, and the app's as context."""
    stranger = stage.person.as_user(made_up.STRANGER_USER_ID)
    await stranger.say("hi", channel=stranger.direct_channel)
    body, context = (await stage.noted())[0]
    assert (made_up.STRANGER_TEAM_ID, made_up.TEAM_ID) == (
        body["team_id"],
        body["context_team_id"],
    )
    assert made_up.TEAM_ID == context.team_id


async def test_a_person_of_another_workspace_clicks_and_submits(stage: BoltStage) -> None:
    """Interactions carry the user's workspace, views the one where the app is installed."""

    @stage.app.action("ask")
    async def ask(ack: Any, body: Payload, client: Any) -> None:
        await ack()
        await client.views_open(trigger_id=body["trigger_id"], view=modal())
        stage.note(body)

    @stage.app.view("ask")
    async def asked(ack: Any, body: Payload, context: AsyncBoltContext) -> None:
        await ack()
        stage.note(body, context)

    await stage.client.chat_postMessage(
        channel=made_up.SHARED_CHANNEL_ID, text="x", blocks=[actions(button("ask"))]
    )
    stranger = stage.person.as_user(made_up.STRANGER_USER_ID)
    await stranger.click(stage.slack.messages[-1], "ask")
    body = (await stage.noted())[0]
    expected = {"id": made_up.STRANGER_TEAM_ID, "domain": "partner"}
    assert (expected, made_up.STRANGER_TEAM_ID) == (body["team"], body["user"]["team_id"])
    await stranger.submit(stage.slack.modals_of(made_up.STRANGER_USER_ID)[-1])
    body, context = (await stage.noted(2))[1]
    assert made_up.TEAM_ID == context.team_id
    assert (made_up.STRANGER_TEAM_ID, made_up.TEAM_ID) == (
        body["view"]["team_id"],
        body["view"]["app_installed_team_id"],
    )


async def test_strangers_are_described(stage: BoltStage) -> None:
    """users.info returns a user's workspace, and whether they share a channel."""
    stage.slack.workspace.scopes.add("users:read")
    stage.slack.workspace.add_person(
        Profile(id="U0FAR000001", name="f", real_name="F", team="T0FAR00001", is_stranger=True)
    )
    for user, team, stranger in (
        (made_up.STRANGER_USER_ID, made_up.STRANGER_TEAM_ID, False),
        ("U0FAR000001", "T0FAR00001", True),
    ):
        described = (await stage.client.users_info(user=user))["user"]
        assert (team, stranger) == (described["team_id"], described["is_stranger"])


async def test_the_bot_can_change_only_its_own_messages(stage: BoltStage) -> None:
    """A user's message can neither be updated nor deleted; an ephemeral one is not found."""
    said = await stage.person.say("mine")
    channel, ts = said.channel, said.ts
    refused = await refusal_of(stage.client.chat_update(channel=channel, ts=ts, text="yours"))
    assert "cant_update_message" == refused["error"]
    refused = await refusal_of(stage.client.chat_delete(channel=channel, ts=ts))
    assert "cant_delete_message" == refused["error"]
    answer = await stage.client.chat_postEphemeral(
        channel=made_up.CHANNEL_ID, user=made_up.USER_ID, text="x"
    )
    ts = str(answer["message_ts"])
    refused = await refusal_of(
        stage.client.chat_update(channel=made_up.CHANNEL_ID, ts=ts, text="y")
    )
    assert "message_not_found" == refused["error"]


async def test_a_reply_names_the_author_of_its_thread(stage: BoltStage) -> None:
    """The author of the thread's first message may be a user or the bot."""
    said = await stage.person.say("a call")
    answer = await stage.client.chat_postMessage(
        channel=made_up.CHANNEL_ID, text="x", thread_ts=said.ts
    )
    assert made_up.USER_ID == answer["message"]["parent_user_id"]
    answer = await stage.client.chat_postMessage(
        channel=made_up.CHANNEL_ID, text="y", thread_ts=str(answer["ts"])
    )
    assert made_up.BOT_USER_ID == answer["message"]["parent_user_id"]


async def test_methods_can_be_rate_limited_one_by_one(stage: BoltStage) -> None:
    """fail_next limits any method with Retry-After."""
    stage.slack.fail_next("views.publish", error="ratelimited", retry_after=30)
    call = stage.client.views_publish(user_id=made_up.USER_ID, view={"type": "home", "blocks": []})
    assert "ratelimited" == (await refusal_of(call))["error"]
    again = stage.client.views_publish(user_id=made_up.USER_ID, view={"type": "home", "blocks": []})
    assert (await again)["ok"]
