"""What a user types, chooses and presses, as slack-bolt passes it to a listener."""

from __future__ import annotations

from typing import Any

import pytest
from slack_bolt.context.async_context import AsyncBoltContext

from bot.fake_slack.people.person import NotPossibleError
from bot.fake_slack.state import workspace as made_up
from bot.fake_slack.state.ledger import Message
from bot.settings.settings import Mode
from tests.fake_slack.blocks import actions, button, modal, options, plain
from tests.fake_slack.bolt_stage import BoltStage, refusal_of

MENTION = f"{made_up.BOT_MENTION} SANDBOX-OK"


async def card(stage: BoltStage, *elements: dict[str, Any], **fields: Any) -> Message:
    """Post a message of the bot with these elements."""
    place = {"channel": made_up.CHANNEL_ID} | fields
    await stage.client.chat_postMessage(text="card", blocks=[actions(*elements)], **place)
    return stage.slack.messages[-1]


async def test_a_mention_reaches_the_listener_and_is_answered_in_its_thread(
    stage: BoltStage,
) -> None:
    """The event has user, channel and text, and the mention as a part of its blocks."""

    @stage.app.event("app_mention")
    async def mentioned(
        event: dict[str, Any], body: dict[str, Any], context: AsyncBoltContext, say: Any
    ) -> None:
        await say(text="here", thread_ts=event["ts"])
        stage.note(event, body, context)

    message = await stage.person.say(MENTION)
    event, body, context = (await stage.noted())[0]
    assert (made_up.USER_ID, made_up.CHANNEL_ID) == (context.user_id, context.channel_id)
    assert (made_up.TEAM_ID, None) == (context.team_id, context.thread_ts)
    assert (MENTION, message.ts) == (event["text"], event["ts"])
    assert not {"channel_type", "files", "attachments"} & set(event)
    parts = event["blocks"][0]["elements"][0]["elements"]
    assert {"type": "user", "user_id": made_up.BOT_USER_ID} == parts[0]
    assert {"type": "text", "text": " SANDBOX-OK"} == parts[1]
    assert message.event_id == body["event_id"]
    assert int(float(message.ts)) == body["event_time"]
    assert (False, made_up.APP_ID) == (body["is_ext_shared_channel"], body["api_app_id"])
    assert made_up.BOT_USER_ID == body["authorizations"][0]["user_id"]
    shown = stage.slack.thread(made_up.CHANNEL_ID, message.ts)
    assert [MENTION, "here"] == [entry.text for entry in shown]
    replies = stage.slack.replies(made_up.CHANNEL_ID, message.ts)
    assert ["here"] == [entry.text for entry in replies]


async def test_a_mention_in_a_thread_names_the_thread(stage: BoltStage) -> None:
    """The event of a reply has the thread's time stamp and author."""

    @stage.app.event("app_mention")
    async def mentioned(event: dict[str, Any], context: AsyncBoltContext) -> None:
        stage.note(event, context.thread_ts)

    root = await stage.person.as_user(made_up.OTHER_USER_ID).say("what of SANDBOX-OK?")
    assert root.event_id is None
    await stage.person.say(made_up.BOT_MENTION, thread_ts=root.ts)
    event, thread_ts = (await stage.noted())[0]
    assert root.ts == thread_ts == event["thread_ts"]
    assert made_up.OTHER_USER_ID == event["parent_user_id"]


async def test_a_direct_message_is_a_message_event(stage: BoltStage) -> None:
    """In the conversation with the bot a mention is a plain message of channel_type im."""

    @stage.app.event("message")
    async def written(event: dict[str, Any], context: AsyncBoltContext, say: Any) -> None:
        await say(text="yes", thread_ts=event["ts"])
        stage.note(event, context)

    channel = stage.person.direct_channel
    message = await stage.person.say(MENTION, channel=channel)
    event, context = (await stage.noted())[0]
    assert ("im", channel, made_up.USER_ID) == (
        event["channel_type"],
        context.channel_id,
        context.user_id,
    )
    assert "subtype" not in event
    assert [200] == [ack.status for ack in stage.slack.events[0].acks]
    assert "yes" == stage.slack.replies(channel, message.ts)[0].text


async def test_files_and_attachments_come_with_the_event(stage: BoltStage) -> None:
    """A message with a file is a file_share that describes it; attachments are unchanged."""

    @stage.app.event({"type": "message", "subtype": "file_share"})
    async def shared(event: dict[str, Any]) -> None:
        stage.note(event)

    forwarded = {"text": "SANDBOX-BUSY", "is_share": True}
    await stage.person.say(
        "look",
        channel=stage.person.direct_channel,
        files=["SANDBOX-OK.csv", {"name": "a", "mimetype": "text/plain"}],
        attachments=[forwarded],
    )
    event = (await stage.noted())[0]
    names = [(entry["name"], entry["mimetype"]) for entry in event["files"]]
    assert [("SANDBOX-OK.csv", "text/csv"), ("a", "text/plain")] == names
    assert [forwarded] == event["attachments"]


async def test_markup_becomes_blocks(stage: BoltStage) -> None:
    """Links, channels and broadcasts become separate parts; entities are unescaped."""
    message = await stage.person.say(
        "a &amp; <https://example.com/?a=1&amp;b|here> <tel:+5511|+55 11> <#C1> <!here>"
    )
    parts = message.blocks[0]["elements"][0]["elements"]
    expected = [
        {"type": "text", "text": "a & "},
        {"type": "link", "url": "https://example.com/?a=1&b", "text": "here"},
        {"type": "text", "text": " "},
        {"type": "link", "url": "tel:+5511", "text": "+55 11"},
        {"type": "text", "text": " "},
        {"type": "channel", "channel_id": "C1"},
        {"type": "text", "text": " "},
        {"type": "broadcast", "range": "here"},
    ]
    assert expected == parts
    given = ({"type": "rich_text", "elements": []},)
    assert given == (await stage.person.say("x", blocks=given)).blocks
    assert () == (await stage.person.say("")).blocks


@pytest.mark.both_modes
async def test_the_same_event_comes_again(stage: BoltStage) -> None:
    """Retries carry their number and the same ids, in both modes in the same headers."""

    @stage.app.event("app_mention")
    async def mentioned(body: dict[str, Any], request: Any) -> None:
        # a first delivery has the number 0 over a socket, and no header over HTTP
        number = request.headers.get("x-slack-retry-num", ["0"])
        stage.note(body["event_id"], number[0])

    message = await stage.person.say(MENTION)
    acks = await stage.person.deliver_again(2)
    acks += await stage.person.deliver_again(1, event=stage.slack.events[0])
    await stage.noted(4)
    ids = [event_id for event_id, _ in stage.seen]
    assert [message.event_id] * 4 == ids
    assert ["0", "1", "2", "3"] == sorted(number for _, number in stage.seen)
    assert [200] * 3 == [ack.status for ack in acks]
    assert 4 == len(stage.slack.events[0].acks)
    if stage.mode is Mode.SOCKET:
        assert 1 == len({ack.envelope_id for ack in stage.slack.socket.acks})


async def test_an_old_event_says_how_old_it_is(stage: BoltStage) -> None:
    """event_time and the time stamps are in the past, as the test requests."""

    @stage.app.event("app_mention")
    async def mentioned(body: dict[str, Any]) -> None:
        stage.note(body)

    await stage.person.say(MENTION, seconds_ago=3 * 3_600)
    body = (await stage.noted())[0]
    assert 3 * 3_600 == stage.slack.ledger.clock() - body["event_time"]
    assert body["event"]["ts"].startswith(f"{body['event_time']}.")


async def test_an_edited_direct_message_is_an_event(stage: BoltStage) -> None:
    """Editing sends message_changed with both texts; in a channel it sends nothing."""

    @stage.app.event({"type": "message", "subtype": "message_changed"})
    async def changed(event: dict[str, Any]) -> None:
        stage.note(event)

    @stage.app.event("message")
    async def written() -> None:
        pass

    said = await stage.person.say("one", channel=stage.person.direct_channel)
    edited = await stage.person.edit(said, "two")
    event = (await stage.noted())[0]
    texts = (event["previous_message"]["text"], event["message"]["text"])
    assert ("one", "two") == texts
    assert edited.edited_ts == event["message"]["edited"]["ts"]
    assert "two" == stage.slack.said[0].text
    elsewhere = await stage.person.say("three")
    before = stage.slack.ledger.revision
    await stage.person.edit(elsewhere, "four")
    assert 2 == len(stage.slack.events)
    assert before < stage.slack.ledger.revision
    with pytest.raises(NotPossibleError):
        await stage.person.as_user(made_up.OTHER_USER_ID).edit(elsewhere, "five")


async def test_a_message_shortcut_brings_the_message(stage: BoltStage) -> None:
    """The listener gets the message, its thread and a response_url that answers there."""

    @stage.app.shortcut("check")
    async def check(
        ack: Any, shortcut: dict[str, Any], context: AsyncBoltContext, respond: Any
    ) -> None:
        await ack()
        await respond(text="found", thread_ts=context.thread_ts, response_type="in_channel")
        stage.note(shortcut, context)

    channel = made_up.PRIVATE_CHANNEL_ID
    root = await stage.person.say("a call", channel=channel)
    reply = await stage.person.say("id SANDBOX-OK", channel=channel, thread_ts=root.ts)
    ack = await stage.person.message_shortcut("check", reply)
    assert (200, "") == (ack.status, ack.body)
    shortcut, context = (await stage.noted())[0]
    assert ("message_action", reply.ts) == (shortcut["type"], shortcut["message_ts"])
    assert ("id SANDBOX-OK", made_up.USER_ID) == (
        shortcut["message"]["text"],
        shortcut["message"]["user"],
    )
    assert {"id": channel, "name": "privategroup"} == shortcut["channel"]
    expected = (made_up.USER_ID, channel, root.ts)
    assert expected == (context.user_id, context.channel_id, context.thread_ts)
    assert ["found"] == [entry.text for entry in stage.slack.replies(channel, root.ts)]


async def test_a_thread_is_known_from_its_first_message(stage: BoltStage) -> None:
    """A message with replies has its own time stamp as thread_ts."""

    @stage.app.shortcut("check")
    async def check(ack: Any, shortcut: dict[str, Any]) -> None:
        await ack()
        stage.note(shortcut["message"].get("thread_ts"))

    root = await stage.person.say("a call")
    await stage.person.message_shortcut("check", root)
    await stage.person.say("more", thread_ts=root.ts)
    await stage.person.message_shortcut("check", root)
    assert [None, root.ts] == await stage.noted(2)


async def test_messages_of_the_bot_have_shortcuts_but_ephemeral_ones(stage: BoltStage) -> None:
    """A posted card can be checked; an ephemeral one or one that is gone cannot."""

    @stage.app.shortcut("check")
    async def check(ack: Any, shortcut: dict[str, Any]) -> None:
        await ack()
        stage.note(shortcut["message"])

    posted = await card(stage, button("refresh"))
    await stage.person.message_shortcut("check", posted)
    message = (await stage.noted())[0]
    assert (made_up.BOT_ID, made_up.BOT_USER_ID) == (message["bot_id"], message["user"])
    await stage.client.chat_delete(channel=posted.channel, ts=posted.ts)
    with pytest.raises(NotPossibleError, match="gone"):
        await stage.person.message_shortcut("check", posted)
    await stage.client.chat_postEphemeral(
        channel=made_up.CHANNEL_ID, user=made_up.USER_ID, text="x"
    )
    with pytest.raises(NotPossibleError, match="ephemeral"):
        await stage.person.message_shortcut("check", stage.slack.messages[-1])


async def test_a_global_shortcut_has_no_place(stage: BoltStage) -> None:
    """The payload has neither channel nor response_url, but a trigger that opens a modal."""

    @stage.app.shortcut("ask")
    async def ask(
        ack: Any, shortcut: dict[str, Any], client: Any, context: AsyncBoltContext
    ) -> None:
        await ack()
        await client.views_open(trigger_id=shortcut["trigger_id"], view=modal())
        stage.note(shortcut, context)

    await stage.person.global_shortcut("ask")
    shortcut, context = (await stage.noted())[0]
    assert ("shortcut", made_up.USER_ID) == (shortcut["type"], context.user_id)
    assert not {"channel", "response_url", "message"} & set(shortcut)
    assert context.response_url is None
    assert ["Ask"] == [
        view.content["title"]["text"] for view in stage.slack.modals_of(made_up.USER_ID)
    ]


async def test_a_click_on_a_card_replaces_the_card(stage: BoltStage) -> None:
    """The listener gets action, message and container; respond() acts on the card itself."""

    @stage.app.action("refresh")
    async def refresh(
        ack: Any,
        action: dict[str, Any],
        body: dict[str, Any],
        context: AsyncBoltContext,
        respond: Any,
    ) -> None:
        await ack()
        await respond(text="working")
        await respond(text="fresh", blocks=[{"type": "divider"}], replace_original=True)
        stage.note(action, body, context)

    said = await stage.person.say("a call")
    posted = await card(
        stage, button("refresh", value="SANDBOX-OK", style="primary"), thread_ts=said.ts
    )
    await stage.person.click(posted, "refresh")
    action, body, context = (await stage.noted())[0]
    assert ("SANDBOX-OK", "button", "primary") == (
        action["value"],
        action["type"],
        action["style"],
    )
    assert action["action_ts"]
    expected = {
        "type": "message",
        "message_ts": posted.ts,
        "channel_id": posted.channel,
        "is_ephemeral": False,
        "thread_ts": said.ts,
    }
    assert expected == body["container"]
    assert action["block_id"] == body["message"]["blocks"][0]["block_id"]
    assert {"values": {}} == body["state"]
    expected_context = (made_up.USER_ID, posted.channel, said.ts)
    assert expected_context == (context.user_id, context.channel_id, context.thread_ts)
    # further posts to the URL do not become its original
    shown = [(entry.ts, entry.text) for entry in stage.slack.messages]
    assert [(posted.ts, "fresh"), (shown[1][0], "working")] == shown


async def test_only_existing_elements_can_be_clicked(stage: BoltStage) -> None:
    """Unknown, ambiguous and outdated buttons are refused; a value selects one of several."""
    posted = await card(stage, button("a"), button("b", value="1"))
    with pytest.raises(NotPossibleError, match="there are"):
        await stage.person.click(posted, "c")
    with pytest.raises(NotPossibleError):
        await stage.person.click(posted, "a", block_id="elsewhere")
    with pytest.raises(NotPossibleError):
        await stage.person.click(posted, "b", value="2")
    await stage.client.chat_update(channel=posted.channel, ts=posted.ts, text="x", blocks=[])
    with pytest.raises(NotPossibleError):
        await stage.person.click(posted, "a")


async def test_equal_buttons_are_distinguished_by_block_or_value(stage: BoltStage) -> None:
    """Buttons with one action_id differ by block or by value."""

    @stage.app.action("refresh")
    async def refresh(ack: Any, action: dict[str, Any]) -> None:
        await ack()
        stage.note(action["value"])

    blocks = [
        actions(button("refresh", value="1"), block_id="one"),
        {"type": "section", "text": plain("x"), "accessory": button("refresh", value="2")},
    ]
    await stage.client.chat_postMessage(channel=made_up.CHANNEL_ID, text="x", blocks=blocks)
    posted = stage.slack.messages[-1]
    with pytest.raises(NotPossibleError):
        await stage.person.click(posted, "refresh")
    await stage.person.click(posted, "refresh", block_id="one")
    await stage.person.click(posted, "refresh", value="2")
    assert ["1", "2"] == await stage.noted(2)


async def test_visible_to_user_ids_hides_a_button(stage: BoltStage) -> None:
    """Other users cannot click it."""

    @stage.app.action("refresh")
    async def refresh(ack: Any) -> None:
        await ack()
        stage.note("clicked")

    posted = await card(stage, button("refresh", visible_to_user_ids=[made_up.USER_ID]))
    with pytest.raises(NotPossibleError):
        await stage.person.as_user(made_up.OTHER_USER_ID).click(posted, "refresh")
    await stage.person.click(posted, "refresh")
    assert ["clicked"] == await stage.noted()


async def test_a_click_on_an_ephemeral_message_brings_no_message(stage: BoltStage) -> None:
    """Only the container identifies it; other users do not see the message at all."""

    @stage.app.action("refresh")
    async def refresh(ack: Any, body: dict[str, Any], respond: Any) -> None:
        await ack()
        await respond(text="done", replace_original=True, response_type="in_channel")
        stage.note(body)

    await stage.client.chat_postEphemeral(
        channel=made_up.CHANNEL_ID,
        user=made_up.USER_ID,
        text="x",
        blocks=[actions(button("refresh"))],
    )
    shown = stage.slack.messages[-1]
    with pytest.raises(NotPossibleError, match="does not see"):
        await stage.person.as_user(made_up.OTHER_USER_ID).click(shown, "refresh")
    await stage.person.click(shown, "refresh")
    body = (await stage.noted())[0]
    assert body["container"]["is_ephemeral"]
    assert "message" not in body
    # an ephemeral message stays ephemeral, whatever response_type the answer has
    assert [("done", True)] == [(entry.text, entry.ephemeral) for entry in stage.slack.messages]


async def test_menus_send_the_choice(stage: BoltStage) -> None:
    """The action has the chosen option; so has the state, except for overflow menus."""

    @stage.app.action("menu")
    async def chosen(ack: Any, action: dict[str, Any], body: dict[str, Any]) -> None:
        await ack()
        stage.note(action, body["state"]["values"])

    first, second = options("a", "b")
    both = {"options": [first, second]}
    grouped = {"option_groups": [{"label": plain("x"), **both}]}
    someone = made_up.USER_ID
    menus: list[tuple[dict[str, Any], Any, str, Any]] = [
        ({"type": "overflow", **both}, "b", "selected_option", second),
        ({"type": "static_select", **both}, "a", "selected_option", first),
        ({"type": "static_select", **grouped}, "b", "selected_option", second),
        ({"type": "radio_buttons", **both}, "b", "selected_option", second),
        ({"type": "checkboxes", **both}, ["a", "b"], "selected_options", [first, second]),
        ({"type": "users_select"}, someone, "selected_user", someone),
    ]
    for number, (menu, value, name, expected) in enumerate(menus, start=1):
        posted = await card(stage, {**menu, "action_id": "menu"})
        await stage.person.click(posted, "menu", value=value)
        action, values = (await stage.noted(number))[-1]
        assert expected == _bare(action[name]), menu
        in_state = values.get(action["block_id"], {}).get("menu", {}).get(name)
        assert (None if menu["type"] == "overflow" else action[name]) == in_state, menu
        if "options" in menu:
            with pytest.raises(NotPossibleError, match="offers"):
                await stage.person.click(posted, "menu", value=["c"])


def _bare(chosen: Any) -> Any:
    """An option without the fields that Slack adds."""
    if isinstance(chosen, list):
        return [_bare(one) for one in chosen]
    if not isinstance(chosen, dict):
        return chosen
    return chosen | {"text": {name: chosen["text"][name] for name in ("type", "text")}}


async def test_a_body_with_the_acknowledgement_of_a_click_is_noted(stage: BoltStage) -> None:
    """Slack ignores it, so the bot should not send it."""

    @stage.app.action("refresh")
    async def refresh(ack: Any) -> None:
        await ack(text="for nobody")

    await stage.person.click(await card(stage, button("refresh")), "refresh")
    assert 1 == len(stage.slack.warnings)
    assert stage.slack.warnings[0].startswith("block_actions: ")


async def test_opening_the_home_tab_is_an_event(stage: BoltStage) -> None:
    """The event has tab and user, and from the second time on the view; clicks work there."""

    @stage.app.event("app_home_opened")
    async def opened(event: dict[str, Any], client: Any, context: AsyncBoltContext) -> None:
        view = {"type": "home", "blocks": [actions(button("more"))]}
        if "view" not in event and event["tab"] == "home":
            await client.views_publish(user_id=context.user_id, view=view)
        stage.note(event)

    @stage.app.action("more")
    async def more(ack: Any, body: dict[str, Any]) -> None:
        await ack()
        stage.note(body)

    assert stage.slack.home_of(made_up.USER_ID) is None
    await stage.person.open_home()
    await stage.noted(1)
    await stage.person.open_home()
    await stage.noted(2)
    await stage.person.open_home(tab="messages")
    await stage.noted(3)
    assert [False, True, False] == ["view" in event for event in stage.seen]
    assert ["home", "home", "messages"] == [event["tab"] for event in stage.seen]
    assert {stage.person.direct_channel} == {event["channel"] for event in stage.seen}
    home = stage.slack.home_of(made_up.USER_ID)
    assert home is not None
    await stage.person.click(home, "more")
    body = (await stage.noted(4))[3]
    assert {"type": "view", "view_id": home.id} == body["container"]
    assert ("home", home.hash) == (body["view"]["type"], body["view"]["hash"])
    assert not {"channel", "message", "response_url"} & set(body)
    with pytest.raises(NotPossibleError):
        await stage.person.as_user(made_up.OTHER_USER_ID).click(home, "more")


async def test_a_click_opens_one_modal(stage: BoltStage) -> None:
    """A click's trigger_id opens one modal only."""

    @stage.app.action("open")
    async def opening(ack: Any, body: dict[str, Any], client: Any) -> None:
        await ack()
        await client.views_open(trigger_id=body["trigger_id"], view=modal())
        again = client.views_open(trigger_id=body["trigger_id"], view=modal())
        stage.note((await refusal_of(again))["error"])

    await stage.person.click(await card(stage, button("open")), "open")
    assert ["exchanged_trigger_id"] == await stage.noted()
