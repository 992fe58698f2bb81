from __future__ import annotations

from collections.abc import AsyncIterator
from typing import Any

import pytest
from bolt_stage import BoltStage, Payload, actions, bolt_stage, button, options, plain, refusal_of
from slack_bolt.response import BoltResponse

from bot.demo.loopback import workspace as made_up
from bot.demo.loopback.block_rules import Surface
from bot.demo.loopback.ledger import View
from bot.demo.loopback.view_rules import problems_of_view
from bot.demo.person import NotPossibleError, Outcome
from bot.settings import Mode


class Clock:
    """A clock that moves when a test says so."""

    def __init__(self) -> None:
        self.now = 1_790_000_000.0

    def __call__(self) -> float:
        """Return the time, in seconds since the epoch."""
        return self.now


@pytest.fixture
def clock() -> Clock:
    """Return the clock of the loopback Slack."""
    return Clock()


@pytest.fixture
async def stage(mode: Mode, clock: Clock) -> AsyncIterator[BoltStage]:
    """Run Bolt behind a loopback Slack, in both modes."""
    async with bolt_stage(mode, clock=clock) as running:
        yield running


def asks(block_id: str, element: Payload, **fields: Any) -> Payload:
    """Return an input block."""
    return {
        "type": "input",
        "block_id": block_id,
        "label": plain(block_id),
        "element": element,
        **fields,
    }


IDS = asks("ids", {"type": "plain_text_input", "action_id": "text", "multiline": True})


def modal(*blocks: Payload, **fields: Any) -> Payload:
    """Return a modal that can be submitted."""
    return {
        "type": "modal",
        "callback_id": "ask",
        "title": plain("Ask"),
        "submit": plain("Go"),
        "blocks": list(blocks),
        **fields,
    }


async def opened(stage: BoltStage, view: Payload) -> View:
    """Open a modal before the person."""
    trigger_id = stage.slack.issue_trigger(stage.person.user)
    await stage.client.views_open(trigger_id=trigger_id, view=view)
    return stage.slack.modals_of(stage.person.user)[-1]


def answering(stage: BoltStage, **answer: Any) -> None:
    """Let the listener of submitted modals acknowledge with this."""

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


async def test_errors_keep_the_modal_and_what_was_typed(stage: BoltStage) -> None:
    """response_action errors is returned by block, and the next try can go on from there."""
    answering(stage, response_action="errors", errors={"ids": "No id in there."})
    view = await opened(stage, modal(IDS))
    refused = await stage.person.submit(view, {"ids": "nothing"})
    assert (Outcome.ERRORS, {"ids": "No id in there."}) == (refused.action, refused.errors)
    assert refused.view is not None
    await stage.person.submit(refused.view)
    typed = [shown["state"]["values"]["ids"]["text"]["value"] for _, shown in stage.seen]
    assert ["nothing", "nothing"] == typed


@pytest.mark.parametrize(
    ("answer", "words"),
    [
        ({"response_action": "errors", "errors": {"other": "x"}}, "which is no input"),
        ({"response_action": "errors", "errors": {"ids": ""}}, "without a text"),
        ({"response_action": "errors", "errors": {}}, "errors without texts"),
        ({"response_action": "update", "view": {"type": "modal"}}, "missing required field"),
        ({"response_action": "shout"}, "unknown response_action"),
        ({"text": "thanks"}, "unknown fields"),
    ],
)
async def test_answers_that_slack_would_not_take_change_nothing(
    stage: BoltStage, answer: Payload, words: str
) -> None:
    """The person sees that something went wrong, and the refusal is recorded."""

    @stage.app.middleware
    async def answering_raw(body: Payload) -> BoltResponse:
        assert "view_submission" == body["type"]
        return BoltResponse(status=200, body=answer)

    view = await opened(stage, modal(IDS))
    done = await stage.person.submit(view, {"ids": "x"})
    assert Outcome.FAILED is done.action
    assert words in stage.slack.refusals[-1]
    assert [view.id] == [shown.id for shown in stage.slack.modals_of(made_up.USER_ID)]


async def test_nobody_to_take_a_submission_is_trouble(stage: BoltStage) -> None:
    """Without a listener the modal stays."""
    stage.person.delivery._patience = 0.2
    view = await opened(stage, modal(IDS))
    done = await stage.person.submit(view, {"ids": "x"})
    assert (Outcome.FAILED, view.id) == (done.action, done.view and done.view.id)


async def test_an_update_takes_the_place_of_the_modal(stage: BoltStage) -> None:
    """response_action update changes the same view, with another hash."""
    answering(stage, response_action="update", view=modal(title=plain("Result")))
    view = await opened(stage, modal(IDS))
    done = await stage.person.submit(view, {"ids": "x"})
    assert Outcome.UPDATED is done.action
    assert done.view is not None
    assert (view.id, "Result") == (done.view.id, done.view.content["title"]["text"])
    assert view.hash != done.view.hash


async def test_modals_are_pushed_on_each_other_three_high(stage: BoltStage) -> None:
    """A pushed view knows what is below; a fourth is refused; closing leads back."""
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


async def test_clear_takes_the_whole_stack_away(stage: BoltStage) -> None:
    """response_action clear leaves no modal."""
    first = await opened(stage, modal())
    trigger_id = stage.slack.issue_trigger(made_up.USER_ID, view_id=first.id)
    await stage.client.views_push(trigger_id=trigger_id, view=modal())
    answering(stage, response_action="clear")
    top = stage.slack.modals_of(made_up.USER_ID)[-1]
    done = await stage.person.submit(top)
    assert (Outcome.CLEARED, None) == (done.action, done.view)
    assert [] == stage.slack.views


async def test_views_push_needs_a_trigger_of_a_modal(stage: BoltStage) -> None:
    """A trigger of a command or of a message has nothing to push on; three is the limit."""
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


async def test_inputs_tell_of_their_use_only_if_asked_to(stage: BoltStage) -> None:
    """dispatch_action makes a click of an input."""

    @stage.app.action("text")
    async def typed(ack: Any, action: Payload) -> None:
        await ack()
        stage.note(action["value"])

    view = await opened(stage, modal(IDS | {"dispatch_action": True}))
    await stage.person.click(view, "text", value="SANDBOX-OK")
    assert ["SANDBOX-OK"] == await stage.noted()
    quiet = await opened(stage, modal(IDS))
    with pytest.raises(NotPossibleError, match="tells nobody"):
        await stage.person.click(quiet, "text", value="x")


async def test_an_update_keeps_what_was_put_into_the_same_inputs(stage: BoltStage) -> None:
    """views.update keeps values by block and action; a new block_id starts empty."""
    answering(stage)
    again = IDS | {"block_id": "again", "optional": True}
    view = await opened(stage, modal(IDS | {"dispatch_action": True}, again))

    @stage.app.action("text")
    async def typed(ack: Any) -> None:
        await ack()

    await stage.person.click(view, "text", block_id="ids", value="kept")
    changed = modal(IDS, again | {"block_id": "other"})
    await stage.client.views_update(view_id=view.id, view=changed)
    await stage.person.submit(view)
    _, shown = (await stage.noted())[0]
    values = shown["state"]["values"]
    assert "kept" == values["ids"]["text"]["value"]
    assert None is values["other"]["text"]["value"]


@pytest.mark.parametrize(
    ("view", "values", "words"),
    [
        (modal(IDS), {}, "must be filled in"),
        (modal(IDS), {"ids": "  "}, "must be filled in"),
        (modal(IDS), {"elsewhere": "x"}, "the modal has no"),
        (modal(*ALL_INPUTS), {"one": "x" * 6}, "takes 0 to 5 characters"),
        (modal(*ALL_INPUTS), {"select": "z"}, "offers"),
        (modal(IDS), {"ids": "x" * 3_001}, "takes 0 to 3000 characters"),
        (modal(actions(button("go"))), {"go": "x"}, "the modal has no"),
        ({k: v for k, v in modal().items() if k != "submit"}, {}, "no button to submit"),
        (modal(submit_disabled=True), {}, "no button to submit"),
    ],
)
async def test_slacks_client_lets_nobody_submit_nonsense(
    stage: BoltStage, view: Payload, values: Payload, words: str
) -> None:
    """What the client checks is refused before anything is sent."""
    shown = await opened(stage, view)
    with pytest.raises(NotPossibleError, match=words):
        await stage.person.submit(shown, values)
    assert [] == stage.seen


async def test_a_line_stays_one_line(stage: BoltStage) -> None:
    """Only multiline inputs keep line breaks."""
    answering(stage)
    line = asks("line", {"type": "plain_text_input", "action_id": "a"})
    await stage.person.submit(await opened(stage, modal(line)), {"line": "a\nb"})
    _, shown = (await stage.noted())[0]
    assert "a b" == shown["state"]["values"]["line"]["a"]["value"]


async def test_closing_is_told_only_where_asked_for(stage: BoltStage) -> None:
    """notify_on_close makes view_closed; clear_on_close closes all, each with its notice."""

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
    """What a click brought cannot open anything later."""

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
    """The answer of views.open has the ids that the app left out, and the usual fields."""
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


BAD_ELEMENTS: list[tuple[Payload, str]] = [
    ({"type": "plain_text_input", "min_length": 5, "max_length": 4}, "min_length must not"),
    ({"type": "plain_text_input", "max_length": 3_001}, "must be between 1 and 3000"),
    ({"type": "plain_text_input", "max_length": 2, "initial_value": "xxx"}, "initial_value"),
    ({"type": "plain_text_input", "lines": 3}, "invalid additional property: lines"),
    (
        {"type": "static_select", "options": options("a"), "initial_option": options("b")[0]},
        "initial option must be",
    ),
    (
        {"type": "checkboxes", "options": options("a"), "initial_options": options("b")},
        "initial option must be",
    ),
    (
        {"type": "radio_buttons", "options": options("a"), "initial_option": options("b")[0]},
        "initial option must be",
    ),
    ({"type": "static_select", "options": options(*map(str, range(101)))}, "no more than 100"),
    ({"type": "radio_buttons", "options": options(*map(str, range(11)))}, "no more than 10"),
    (
        {
            "type": "static_select",
            "options": [{"text": {"type": "mrkdwn", "text": "x"}, "value": "x"}],
        },
        "unsupported type: mrkdwn",
    ),
    ({"type": "static_select", "placeholder": plain("x" * 151)}, "less than 151"),
    ({"type": "overflow", "options": options("a")}, "unsupported type: overflow"),
]


@pytest.mark.parametrize(("element", "words"), BAD_ELEMENTS)
def test_bad_inputs_are_named(element: Payload, words: str) -> None:
    """An input that breaks a rule has that problem."""
    found = problems_of_view(modal(asks("x", element)), Surface.MODAL)
    assert any(words in line for line in found), found


def test_good_inputs_pass() -> None:
    """Inputs at their limits have no problem."""
    elements: list[Payload] = [
        {"type": "plain_text_input", "min_length": 2, "max_length": 3_000, "multiline": True},
        {"type": "plain_text_input", "max_length": 2, "initial_value": "xx"},
        {
            "type": "static_select",
            "option_groups": [{"label": plain("x"), "options": options("a", "b")}],
            "initial_option": options("b")[0],
            "focus_on_load": True,
        },
        {
            "type": "checkboxes",
            "options": [{"text": {"type": "mrkdwn", "text": "*x*"}, "value": "x"}],
        },
    ]
    blocks = [asks(f"b{number}", element) for number, element in enumerate(elements)]
    assert [] == problems_of_view(modal(*blocks), Surface.MODAL)


def test_one_input_has_the_cursor() -> None:
    """focus_on_load may stand once in a view."""
    focused = {"type": "plain_text_input", "focus_on_load": True}
    found = problems_of_view(modal(asks("a", focused), asks("b", focused)), Surface.MODAL)
    assert any("focus_on_load" in line for line in found)
