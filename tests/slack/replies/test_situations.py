"""Payloads read as situations: who reads the answer, and in which thread it is posted."""

from __future__ import annotations

import pytest

from bot.services.records import Surface
from bot.slack.blocks.style import Audience
from bot.slack.cards.controls import Origin, asking
from bot.slack.replies.requests import click, mention, submitted, submitted_ids
from bot.slack.replies.routes import Route, Situation
from tests.support.wording import EN


@pytest.mark.parametrize("begins", [True, False])
def test_typed_ids_are_answered_in_the_thread_that_the_modal_was_opened_from(
    *, begins: bool
) -> None:
    """With what is known about the thread; a modal without a thread shows the answer itself."""
    surface = Surface.MESSAGE_SHORTCUT
    origin = Origin(surface=surface, channel="C1", thread_ts="1.1", begins=begins)
    threaded = {"view": asking(EN, origin)}
    alone = {"view": asking(EN, Origin(surface=surface, channel="C1"))}
    public = Situation(surface=surface, audience=Audience.PUBLIC, thread_ts="1.1", begins=begins)
    in_modal = Situation(surface=surface, audience=Audience.MODAL)

    assert [public, in_modal] == [submitted_ids(threaded), submitted_ids(alone)]
    assert in_modal == submitted(threaded)


@pytest.mark.parametrize(
    ("event", "thread_ts", "begins"),
    [({"ts": "2.2"}, "2.2", True), ({"ts": "2.2", "thread_ts": "1.1"}, "1.1", False)],
)
def test_a_mention_is_answered_in_its_thread_or_begins_one(
    event: dict[str, str], thread_ts: str, *, begins: bool
) -> None:
    """A message without replies becomes the first one of a thread."""
    found = mention({"event": {"channel": "C1", "user": "U1", **event}})

    assert found is not None
    assert (Route.THREAD, thread_ts, begins) == (found.route, found.thread_ts, found.begins)


@pytest.mark.parametrize(
    ("block_id", "container", "audience"),
    [
        ("card_actions", {}, Audience.PRIVATE),
        ("card_actions", {"is_ephemeral": True}, Audience.PRIVATE),
        ("card_actions_direct", {}, Audience.DIRECT),
        ("card_actions_public", {}, Audience.PUBLIC),
        ("card_actions_public", {"is_ephemeral": True}, Audience.PRIVATE),
        # The modal was closed, so its answer was sent directly.
        ("card_actions_modal", {}, Audience.DIRECT),
        ("another", {}, Audience.PUBLIC),
        (["hostile"], {}, Audience.PUBLIC),
        ("card_actions_public", {"type": "view"}, Audience.MODAL),
    ],
)
def test_a_card_counts_as_public_unless_one_user_alone_sees_it(
    block_id: object, container: dict[str, object], audience: Audience
) -> None:
    """In a modal, what would replace the card replaces the content."""
    body = {"actions": [{"block_id": block_id}], "container": container}
    found = [click(body, how) for how in (Route.BESIDE, Route.IN_PLACE)]

    route = Route.MODAL if audience is Audience.MODAL else Route.IN_PLACE
    assert [audience] * 2 == [one.audience for one in found]
    assert [Route.BESIDE, route] == [one.route for one in found]
