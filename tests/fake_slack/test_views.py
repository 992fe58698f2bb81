"""Modals: opened, filled in, answered, stacked and closed."""

from __future__ import annotations

from typing import Any

import pytest

from bot.fake_slack.people.person import NotPossibleError, Outcome
from bot.fake_slack.state import workspace as made_up
from bot.fake_slack.state.ledger import View
from tests.fake_slack.blocks import IDS, actions, asks, button, modal, options, plain
from tests.fake_slack.bolt_stage import BoltStage, Clock, Payload, refusal_of


async def opened(stage: BoltStage, view: Payload) -> View:
    """Open a modal for the user."""
    trigger_id = stage.slack.issue_trigger(stage.person.user)
    await stage.client.views_open(trigger_id=trigger_id, view=view)
    return stage.slack.modals_of(stage.person.user)[-1]


def answering(stage: BoltStage, **answer: Any) -> None:
    """Make the view_submission listener acknowledge with this."""

    @stage.app.view("ask")
    async def submitted(ack: Any, body: Payload, view: Payload) -> None:
        await ack(**answer)
        stage.note(body, view)


ALL_INPUTS = [
    IDS,
    asks("one", {"type": "plain_text_input", "action_id": "a", "max_length": 5}, optional=True),
    asks("select", {"type": "static_select", "action_id": "a", "options": options("x", "y")}),
    asks("radio", {"type": "radio_buttons", "action_id": "a", "options": options("x", "y")}),
    asks(
        "boxes",
        {
            "type": "checkboxes",
            "action_id": "a",
            "options": options("x", "y"),
            "initial_options": options("y"),
        },
    ),
]


async def test_a_submitted_modal_brings_its_values(stage: BoltStage) -> None:
    """The values have Slack's shape by block and action; an empty answer closes the modal."""
    answering(stage)
    view = await opened(stage, modal(*ALL_INPUTS, private_metadata="secret"))
    values = {"text": "SANDBOX-OK\nSANDBOX-BUSY", "select": "y", "radio": "x"}
    done = await stage.person.submit(view, values)
    assert (Outcome.CLOSED, None, {}) == (done.action, done.view, done.errors)
    assert [] == stage.slack.modals_of(made_up.USER_ID)
    body, shown = (await stage.noted())[0]
    held = shown["state"]["values"]
    text = {"type": "plain_text_input", "value": "SANDBOX-OK\nSANDBOX-BUSY"}
    assert {"text": text} == held["ids"]
    assert {"a": {"type": "plain_text_input", "value": None}} == held["one"]
    assert "y" == held["select"]["a"]["selected_option"]["value"]
    assert "x" == held["radio"]["a"]["selected_option"]["value"]
    assert ["y"] == [option["value"] for option in held["boxes"]["a"]["selected_options"]]
    assert ("view_submission", "secret") == (body["type"], shown["private_metadata"])
    assert (made_up.USER_ID, []) == (body["user"]["id"], body["response_urls"])
    assert (None, view.id, made_up.TEAM_ID) == (
        shown["previous_view_id"],
        shown["root_view_id"],
        shown["app_installed_team_id"],
    )


async def test_errors_leave_the_modal_and_its_values(stage: BoltStage) -> None:
    """response_action errors returns texts by block, and the user can submit again."""
    answering(stage, response_action="errors", errors={"ids": "No id in there."})
    view = await opened(stage, modal(IDS))
    refused = await stage.person.submit(view, {"ids": "nothing"})
    assert (Outcome.ERRORS, {"ids": "No id in there."}) == (refused.action, refused.errors)
    assert refused.view is not None
    await stage.person.submit(refused.view)
    typed = [shown["state"]["values"]["ids"]["text"]["value"] for _, shown in stage.seen]
    assert ["nothing", "nothing"] == typed


async def test_a_submission_without_a_listener_fails(stage: BoltStage) -> None:
    """The modal stays open."""
    stage.person.delivery._patience = 0.2
    view = await opened(stage, modal(IDS))
    done = await stage.person.submit(view, {"ids": "x"})
    assert (Outcome.FAILED, view.id) == (done.action, done.view and done.view.id)


async def test_an_update_replaces_the_modal(stage: BoltStage) -> None:
    """response_action update changes the same view and its hash."""
    answering(stage, response_action="update", view=modal(title=plain("Result")))
    view = await opened(stage, modal(IDS))
    done = await stage.person.submit(view, {"ids": "x"})
    assert Outcome.UPDATED is done.action
    assert done.view is not None
    assert (view.id, "Result") == (done.view.id, done.view.content["title"]["text"])
    assert view.hash != done.view.hash


async def test_modals_are_pushed_on_each_other_three_high(stage: BoltStage) -> None:
    """A pushed view names the one below; a fourth is refused; closing returns to the one below."""
    answering(stage, response_action="push", view=modal(title=plain("Next")))
    first = await opened(stage, modal())
    second = (await stage.person.submit(first)).view
    assert second is not None
    assert (first.id, first.id) == (second.previous_id, second.root_id)
    with pytest.raises(NotPossibleError, match="covered"):
        await stage.person.submit(first)
    third = (await stage.person.submit(second)).view
    assert third is not None
    assert (second.id, first.id) == (third.previous_id, third.root_id)
    full = await stage.person.submit(third)
    assert Outcome.FAILED is full.action
    assert "push_limit_reached" in stage.slack.refusals[-1]
    await stage.person.close(third)
    assert [first.id, second.id] == [view.id for view in stage.slack.modals_of(made_up.USER_ID)]


async def test_clear_closes_the_whole_stack(stage: BoltStage) -> None:
    """response_action clear leaves no modal open."""
    first = await opened(stage, modal())
    trigger_id = stage.slack.issue_trigger(made_up.USER_ID, view_id=first.id)
    await stage.client.views_push(trigger_id=trigger_id, view=modal())
    answering(stage, response_action="clear")
    top = stage.slack.modals_of(made_up.USER_ID)[-1]
    done = await stage.person.submit(top)
    assert (Outcome.CLEARED, None) == (done.action, done.view)
    assert [] == stage.slack.views


async def test_views_push_needs_a_trigger_of_a_modal(stage: BoltStage) -> None:
    """A trigger_id of a command or a message has no modal below; three modals are the limit."""
    loose = stage.slack.issue_trigger(made_up.USER_ID)
    refused = await refusal_of(stage.client.views_push(trigger_id=loose, view=modal()))
    assert "not_found" == refused["error"]
    root = await opened(stage, modal())
    for error in (None, None, "push_limit_reached"):
        trigger_id = stage.slack.issue_trigger(made_up.USER_ID, view_id=root.id)
        call = stage.client.views_push(trigger_id=trigger_id, view=modal())
        if error is None:
            assert root.id == (await call)["view"]["root_view_id"]
        else:
            assert error == (await refusal_of(call))["error"]


async def test_a_click_in_a_modal_brings_view_and_trigger(stage: BoltStage) -> None:
    """The payload has the view with its state and no channel; its trigger pushes a view."""

    @stage.app.action("more")
    async def more(ack: Any, body: Payload, client: Any) -> None:
        await ack()
        await client.views_push(trigger_id=body["trigger_id"], view=modal())
        stage.note(body)

    @stage.app.action("menu")
    async def menu(ack: Any, body: Payload) -> None:
        await ack()
        stage.note(body)

    choosing = {"type": "static_select", "action_id": "menu", "options": options("x", "y")}
    view = await opened(stage, modal(actions(button("more"), choosing, block_id="b")))
    await stage.person.click(view, "menu", value="y")
    await stage.person.click(view, "more")
    first, second = await stage.noted(2)
    for body in (first, second):
        chosen = body["view"]["state"]["values"]["b"]["menu"]["selected_option"]
        assert "y" == chosen["value"]
        assert {"type": "view", "view_id": view.id} == body["container"]
        assert not {"channel", "message", "response_url"} & set(body)
    assert 2 == len(stage.slack.modals_of(made_up.USER_ID))
    with pytest.raises(NotPossibleError, match="covered"):
        await stage.person.click(view, "more")


async def test_inputs_send_actions_only_with_dispatch_action(stage: BoltStage) -> None:
    """An input with dispatch_action sends block_actions."""

    @stage.app.action("text")
    async def typed(ack: Any, action: Payload) -> None:
        await ack()
        stage.note(action["value"])

    view = await opened(stage, modal(IDS | {"dispatch_action": True}))
    await stage.person.click(view, "text", value="SANDBOX-OK")
    assert ["SANDBOX-OK"] == await stage.noted()
    quiet = await opened(stage, modal(IDS))
    with pytest.raises(NotPossibleError, match="without dispatch_action"):
        await stage.person.click(quiet, "text", value="x")


async def test_an_update_preserves_the_values_of_equal_inputs(stage: BoltStage) -> None:
    """views.update preserves values by block_id and action_id; a new block_id starts empty."""
    answering(stage)
    again = IDS | {"block_id": "again", "optional": True}
    view = await opened(stage, modal(IDS | {"dispatch_action": True}, again))

    @stage.app.action("text")
    async def typed(ack: Any) -> None:
        await ack()

    await stage.person.click(view, "text", block_id="ids", value="typed")
    changed = modal(IDS, again | {"block_id": "other"})
    await stage.client.views_update(view_id=view.id, view=changed)
    await stage.person.submit(view)
    _, shown = (await stage.noted())[0]
    values = shown["state"]["values"]
    assert "typed" == values["ids"]["text"]["value"]
    assert None is values["other"]["text"]["value"]


async def test_a_line_stays_one_line(stage: BoltStage) -> None:
    """Only multiline inputs preserve line breaks."""
    answering(stage)
    line = asks("line", {"type": "plain_text_input", "action_id": "a"})
    await stage.person.submit(await opened(stage, modal(line)), {"line": "a\nb"})
    _, shown = (await stage.noted())[0]
    assert "a b" == shown["state"]["values"]["line"]["a"]["value"]


async def test_closing_is_sent_only_with_notify_on_close(stage: BoltStage) -> None:
    """notify_on_close sends view_closed; clear_on_close closes all modals, each with its event."""

    @stage.app.view_closed("ask")
    async def closed(ack: Any, body: Payload, view: Payload) -> None:
        await ack()
        stage.note(view["id"], body["is_cleared"])

    silent = await opened(stage, modal())
    assert [] == await stage.person.close(silent)
    with pytest.raises(NotPossibleError):
        await stage.person.close(silent)
    first = await opened(stage, modal(notify_on_close=True))
    trigger_id = stage.slack.issue_trigger(made_up.USER_ID, view_id=first.id)
    await stage.client.views_push(
        trigger_id=trigger_id, view=modal(notify_on_close=True, clear_on_close=True)
    )
    second = stage.slack.modals_of(made_up.USER_ID)[-1]
    acks = await stage.person.close(second)
    assert [200, 200] == [ack.status for ack in acks]
    assert [(second.id, True), (first.id, True)] == await stage.noted(2)
    assert [] == stage.slack.views


async def test_a_modal_can_give_a_response_url(stage: BoltStage) -> None:
    """A chosen conversation with response_url_enabled lets respond() answer there."""

    @stage.app.view("ask")
    async def submitted(ack: Any, respond: Any, body: Payload) -> None:
        await ack()
        await respond(text="there", response_type="in_channel")
        stage.note(body["response_urls"])

    where = asks(
        "where",
        {"type": "conversations_select", "action_id": "a", "response_url_enabled": True},
    )
    shown = await opened(stage, modal(where))
    await stage.person.submit(shown, {"where": made_up.PRIVATE_CHANNEL_ID})
    urls = (await stage.noted())[0]
    assert [("where", "a", made_up.PRIVATE_CHANNEL_ID)] == [
        (url["block_id"], url["action_id"], url["channel_id"]) for url in urls
    ]
    assert [made_up.PRIVATE_CHANNEL_ID] == [entry.channel for entry in stage.slack.messages]


async def test_a_trigger_of_a_click_lives_three_seconds(stage: BoltStage, clock: Clock) -> None:
    """An expired trigger_id opens nothing."""

    @stage.app.action("more")
    async def more(ack: Any, body: Payload) -> None:
        await ack()
        stage.note(body["trigger_id"])

    await stage.person.click(await opened(stage, modal(actions(button("more")))), "more")
    trigger_id = (await stage.noted())[0]
    clock.now += 3.1
    refused = await refusal_of(stage.client.views_push(trigger_id=trigger_id, view=modal()))
    assert "expired_trigger_id" == refused["error"]


async def test_views_are_bounded_and_their_names_unique(stage: BoltStage) -> None:
    """A view over 250 kB or with an external_id that is taken is refused."""
    shown = await opened(stage, modal(external_id="mine"))
    trigger_id = stage.slack.issue_trigger(made_up.OTHER_USER_ID)
    taken = await refusal_of(
        stage.client.views_open(trigger_id=trigger_id, view=modal(external_id="mine"))
    )
    assert "duplicate_external_id" == taken["error"]
    await stage.client.views_update(external_id="mine", view=modal(external_id="mine"))
    long = {"type": "section", "text": plain("x" * 3_000)}
    large = await refusal_of(stage.client.views_update(view_id=shown.id, view=modal(*[long] * 90)))
    assert "view_too_large" == large["error"]
    await stage.person.close(shown)
    gone = await refusal_of(stage.client.views_update(view_id=shown.id, view=modal()))
    assert "not_found" == gone["error"]


async def test_an_opened_view_is_answered_with_everything(stage: BoltStage) -> None:
    """The answer of views.open has the ids that the app omitted, and the default fields."""
    trigger_id = stage.slack.issue_trigger(made_up.USER_ID)
    element = {"type": "plain_text_input"}
    block = {"type": "input", "label": plain("Ids"), "element": element}
    answer = await stage.client.views_open(trigger_id=trigger_id, view=modal(block))
    shown = answer["view"]
    block_id = shown["blocks"][0]["block_id"]
    action_id = shown["blocks"][0]["element"]["action_id"]
    assert block_id
    value = {"type": "plain_text_input", "value": None}
    assert {block_id: {action_id: value}} == shown["state"]["values"]
    assert ("", False, None) == (
        shown["private_metadata"],
        shown["notify_on_close"],
        shown["close"],
    )
    assert plain("Ids") | {"emoji": True} == shown["blocks"][0]["label"]
