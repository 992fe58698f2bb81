"""Which post an event is about, and whether it holds a person's words."""

from __future__ import annotations

from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as some

from bot.slack.inbound.posts import as_it_is_now, has_words, may_be_a_bots

MESSAGE: dict[str, Any] = {"type": "message", "user": "U1", "ts": "1700000000.000100", "text": "x"}


def changed(ts: object = "1700000030.000000", **more: Any) -> dict[str, Any]:
    """The event about an edit of the message in a direct conversation."""
    event = {"type": "message", "subtype": "message_changed", "ts": ts, "hidden": True}
    place = {"channel": "D1", "channel_type": "im"}
    return {"event_id": "Ev1", "event": event | place | {"message": MESSAGE} | more}


def test_a_changed_message_is_read_as_it_is_now() -> None:
    """In its place; the rest of the payload stays."""
    place = {"channel": "D1", "channel_type": "im"}

    assert {"event_id": "Ev1", "event": MESSAGE | place} == as_it_is_now(changed())


def test_every_other_event_stays_as_it_is() -> None:
    """Also one that only resembles a change, and a change of a post of more than a day ago."""
    day = 24 * 60 * 60
    kept = [
        {"event": MESSAGE},
        {"event": {**MESSAGE, "message": MESSAGE}},
        changed(f"{1_700_000_001 + day}.000100"),
        changed(None),
        changed("soon"),
        changed(message=None),
        changed(message={}),
        {},
    ]

    assert kept == [as_it_is_now(body) for body in kept]
    assert changed(f"{1_700_000_000 + day}.000100") != as_it_is_now(
        changed(f"{1_700_000_000 + day}.000100")
    )


@pytest.mark.parametrize(
    "subtype",
    [None, "", "thread_broadcast", "reply_broadcast", "me_message", "file_share", "not_yet_known"],
)
def test_what_is_not_listed_holds_words(subtype: str | None) -> None:
    """So that a new subtype costs nobody an answer."""
    assert has_words({**MESSAGE, "subtype": subtype})


@pytest.mark.parametrize(
    "subtype",
    [
        *("bot_message", "bot_add", "bot_remove", "message_changed", "message_deleted"),
        *("message_replied", "channel_join", "channel_leave", "channel_topic", "channel_purpose"),
        *("channel_name", "channel_archive", "channel_posting_permissions", "group_join"),
        *("group_topic", "ekm_access_denied", "tombstone", "pinned_item", "unpinned_item"),
        *("reminder_add", "huddle_thread", "sh_room_created", "assistant_app_thread"),
        *("app_conversation_join", "joiner_notification", "file_mention", "document_mention"),
    ],
)
def test_what_slack_reports_holds_none(subtype: str) -> None:
    """Although it has a user and a text."""
    assert not has_words({**MESSAGE, "subtype": subtype})


@pytest.mark.parametrize("user", [None, "", 7, {}])
def test_without_a_user_nobody_asks(user: object) -> None:
    """There is nobody to answer."""
    assert not has_words({**MESSAGE, "user": user})


@pytest.mark.parametrize(
    ("more", "found"),
    [
        ({}, False),
        ({"bot_id": None}, False),
        ({"bot_id": "B1"}, True),
        ({"bot_id": "B1", "app_id": "A1"}, True),
        ({"bot_id": "B1", "client_msg_id": "0-0"}, False),
    ],
)
def test_a_bot_leaves_its_id_and_no_client_does(more: dict[str, Any], *, found: bool) -> None:
    """An app that posts as a person leaves its id as well, so this is not certain."""
    assert found is may_be_a_bots({**MESSAGE, **more})


ANYTHING = some.none() | some.integers() | some.text(max_size=9) | some.just(MESSAGE)


@given(event=some.dictionaries(some.sampled_from(["subtype", "message", "ts", "user"]), ANYTHING))
def test_no_shape_breaks_the_reading(event: dict[str, Any]) -> None:
    """Anyone may send it."""
    assert isinstance(has_words(as_it_is_now({"event": event}).get("event") or {}), bool)
