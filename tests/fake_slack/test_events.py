"""Which messages become events, and how Slack sends an edit, a file, an app's post."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

import pytest

from bot.fake_slack.people.person import Person, person_over_http
from bot.fake_slack.slack_server import LoopbackSlack
from bot.fake_slack.state.ledger import UserMessage
from bot.fake_slack.state.refusals import NotPossibleError
from bot.fake_slack.state.workspace import BOT_MENTION, CHANNEL_ID, SLACKBOT_ID

TEXT = f"{BOT_MENTION} hello"
LINES = "\n".join(f"line {number}" for number in range(8))


@pytest.fixture
async def person(slack: LoopbackSlack) -> Any:
    """A user whose bot does not listen."""
    async with person_over_http(slack, "http://127.0.0.1:9/slack/events") as somebody:
        yield somebody


def sent(slack: LoopbackSlack) -> list[Mapping[str, Any]]:
    """The events so far."""
    return [event.payload["event"] for event in slack.events]


async def test_an_edited_mention_is_another_mention(person: Person, slack: LoopbackSlack) -> None:
    """Under another id, with the same `ts`; also if the edit has added it."""
    said = await person.say("hello")
    assert [] == sent(slack)

    for text in (TEXT, f"{TEXT}!", "hello again"):
        said = await person.edit(said, text)

    first, second = slack.events
    assert ["app_mention", "app_mention"] == [event["type"] for event in sent(slack)]
    assert first.id != second.id
    assert {said.ts} == {event["ts"] for event in sent(slack)}
    assert sent(slack)[0]["edited"] != sent(slack)[1]["edited"]


async def test_an_edited_direct_message_is_inside_an_event(
    person: Person, slack: LoopbackSlack
) -> None:
    """With what it was before."""
    said = await person.say("hello", channel=person.direct_channel)
    await person.edit(said, "hello!")

    event = sent(slack)[-1]
    assert ("message", "message_changed") == (event["type"], event["subtype"])
    assert ("hello!", "hello") == (event["message"]["text"], event["previous_message"]["text"])


async def test_a_post_names_the_client_or_the_app_that_sent_it(
    person: Person, slack: LoopbackSlack
) -> None:
    """Slack's own clients leave an id of the message, apps their own."""
    await person.say(TEXT)
    await person.say(TEXT, app="A0CLIENT001")

    names = ("client_msg_id", "bot_id", "app_id", "bot_profile")
    has = [[name in event for name in names] for event in sent(slack)]
    assert [[True, False, False, False], [False, True, True, True]] == has


async def test_a_subtype_is_sent_as_it_is(person: Person, slack: LoopbackSlack) -> None:
    """Only a file has one of its own, in a direct message."""
    here = person.direct_channel
    await person.say("x", channel=here, subtype="thread_broadcast")
    await person.say("x", channel=here, subtype="me_message", files=["a.txt"])
    await person.say("x", channel=here, files=["a.txt"])
    await person.say(TEXT, files=["a.txt"])

    found = [event.get("subtype") for event in sent(slack)]
    assert ["thread_broadcast", "me_message", "file_share", None] == found


async def test_slackbot_writes_everywhere(person: Person, slack: LoopbackSlack) -> None:
    """Others only where they are."""
    await person.as_user(SLACKBOT_ID).say(TEXT)

    assert [SLACKBOT_ID] == [event["user"] for event in sent(slack)]
    with pytest.raises(NotPossibleError):
        await person.as_user("U0NOWHERE01").say(TEXT)


async def file_on(person: Person, **fields: Any) -> Mapping[str, Any]:
    """The file object of a message."""
    said: UserMessage = await person.say("", files=[{"name": "a.txt", **fields}])
    return said.files[0]


async def test_slack_shows_the_beginning_of_a_snippet(person: Person) -> None:
    """Five lines, and how many more there are; nothing of another file."""
    names = ("preview", "lines", "lines_more", "preview_is_truncated")
    long = await file_on(person, mode="snippet", content=LINES)
    short = await file_on(person, mode="snippet", content="x")
    hosted = await file_on(person, content="x")

    assert [LINES[:34], 8, 3, True] == [long[name] for name in names]
    assert ["x", 1, 0, False] == [short[name] for name in names]
    assert set() == {*names} & {*hosted}


async def test_slack_shows_the_text_of_an_email(person: Person) -> None:
    """As text, and as HTML."""
    email = await file_on(person, mode="email", subject="Re: x", plain_text="a < b")

    assert ("email", "text/html") == (email["filetype"], email["mimetype"])
    assert ("a < b", "<div>a &lt; b</div>") == (email["preview_plain_text"], email["preview"])


async def test_a_file_may_stand_in_the_text_only(person: Person, slack: LoopbackSlack) -> None:
    """As an element of its rich text."""
    said = await person.say(TEXT, files=[{"name": "a.txt", "content": "x", "in_text": True}])

    (element,) = [one for one in said.blocks[0]["elements"][0]["elements"] if one["type"] == "file"]
    stored = slack.files.find(element["file_id"])
    assert stored is not None
    assert ((), b"x", CHANNEL_ID) == (said.files, stored.content, stored.channel)
    assert "in_text" not in stored.described
